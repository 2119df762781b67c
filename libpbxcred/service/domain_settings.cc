// SPDX-License-Identifier: BSD-2-Clause
#include "service/domain_settings.h"

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <string>

#include "model/name.h"
#include "rules/phone_number.h"

namespace pbxcred {
namespace {

Status set_country(Domain& domain, std::string_view country) {
  if (!country.empty() && !is_known_country(country))
    return Error{Code::kInvalid, fmt::format("there is no country {} (ISO 3166-1, two letters)", country)};
  domain.country = std::string(country);
  for (char& c : domain.country)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return {};
}

/// Letters, digits and dashes, as BCP 47 has them.
Status set_language(Domain& domain, std::string_view language) {
  const bool well_formed = language.size() <= 35 && std::all_of(language.begin(), language.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (!well_formed) return Error{Code::kInvalid, "a language is a tag such as en or de-AT (BCP 47)"};
  domain.language = language.empty() ? "en" : std::string(language);
  return {};
}

Status set_base_url(Domain& domain, std::string_view url) {
  if (!url.empty() && !url.starts_with("https://") && !url.starts_with("http://"))
    return Error{Code::kInvalid, "a base URL begins with https://"};
  PBXCRED_TRY(domain.base_url, display_text(url));
  return {};
}

Status set_policy(Domain& domain, const Settings& settings, const PolicyChoice& choice) {
  std::erase_if(domain.policies, [&](const DomainPolicy& chosen) { return chosen.kind == choice.kind; });
  if (choice.policy.empty()) return {};
  const std::string name(choice.policy);
  if (find_policy(settings, name) == nullptr)
    return Error{Code::kNotFound, fmt::format("there is no policy {} in the configuration", name)};
  domain.policies.push_back({choice.kind, name});
  return {};
}

}  // namespace

Status set_timezone(Domain& domain, std::string_view name) {
  const std::string wanted(name.empty() ? "UTC" : name);
  try {
    (void)date::locate_zone(wanted);
  } catch (const std::exception&) {
    return Error{Code::kInvalid, fmt::format("there is no time zone {}", wanted)};
  }
  domain.timezone = wanted;
  return {};
}

Status apply_settings(Domain& domain, const Settings& settings, const DomainPut& request) {
  if (request.timezone) PBXCRED_CHECK(set_timezone(domain, *request.timezone));
  if (request.language) PBXCRED_CHECK(set_language(domain, *request.language));
  if (request.country) PBXCRED_CHECK(set_country(domain, *request.country));
  if (request.base_url) PBXCRED_CHECK(set_base_url(domain, *request.base_url));
  if (request.contact) {
    PBXCRED_TRY(domain.contact, display_text(*request.contact));
  }
  if (request.mail_from) {
    PBXCRED_TRY(domain.mail_from, mail_address(*request.mail_from));
  }
  for (const PolicyChoice& choice : request.policies) PBXCRED_CHECK(set_policy(domain, settings, choice));
  return {};
}

}  // namespace pbxcred
