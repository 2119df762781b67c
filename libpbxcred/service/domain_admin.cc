// SPDX-License-Identifier: BSD-2-Clause
#include "service/domain_admin.h"

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>

#include "crypto/random.h"
#include "model/name.h"
#include "rules/door.h"
#include "rules/phone_number.h"
#include "store/names.h"

namespace pbxcred {
namespace {

std::string name_key(std::string_view canonical) { return make_key(Table::kDomainName, {as_bytes(canonical)}); }

Error no_domain(std::string_view name) { return Error{Code::kNotFound, fmt::format("there is no domain {}", name)}; }

Result<Domain> existing_domain(Read& read, std::string_view name) {
  PBXCRED_TRY(auto domain, read.find_domain(name));
  if (!domain) return no_domain(name);
  return std::move(*domain);
}

/// `conflict` if another domain has the name, as its own or as an alias.
Result<std::string> free_name(Read& read, std::string_view name, const DomainId& mine) {
  PBXCRED_TRY(std::string canonical, canonical_domain(name));
  PBXCRED_TRY(auto holder, read.get<DomainRef>(name_key(canonical)));
  if (holder && holder->domain != mine)
    return Error{Code::kConflict, fmt::format("the name {} belongs to another domain", canonical)};
  return canonical;
}

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

Status apply(Domain& domain, const Settings& settings, const DomainPut& request) {
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

Result<std::vector<std::string>> checked_aliases(Read& read, const Domain& domain, const DomainPut& request) {
  if (!request.aliases) return domain.aliases;
  std::vector<std::string> aliases;
  for (std::string_view alias : *request.aliases) {
    if (alias.empty()) continue;
    PBXCRED_TRY(std::string canonical, free_name(read, alias, domain.id));
    PBXCRED_CHECK(check_domain_name(read, domain.id, canonical));
    if (canonical != domain.name && std::find(aliases.begin(), aliases.end(), canonical) == aliases.end())
      aliases.push_back(std::move(canonical));
  }
  if (aliases.size() > 32) return Error{Code::kInvalid, "a domain has at most 32 aliases"};
  return aliases;
}

/// Telephone numbers are indexed as the country reads them: another country, another index.
Status reindex_numbers(Write& write, const Domain& before, const Domain& after, Time now) {
  const std::string prefix = make_key(Table::kExtension, {before.id.bytes()});
  std::vector<AccountId> users;
  PBXCRED_TRY(auto row, write.seek<AccountRef>(Table::kExtension, prefix));
  while (row && row->key.starts_with(prefix)) {
    users.push_back(row->record.account);
    PBXCRED_TRY(row, write.next<AccountRef>(Table::kExtension));
  }
  std::vector<Account> with_numbers;
  for (const AccountId& id : users) {
    PBXCRED_TRY(auto account, write.account(id));
    if (account && !account->numbers.empty()) with_numbers.push_back(std::move(*account));
  }
  for (const Account& account : with_numbers) PBXCRED_CHECK(unenter_account(write, account, now));
  write.put_domain(after);
  for (const Account& account : with_numbers) PBXCRED_CHECK(index_account(write, nullptr, account, now));
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

Result<Domain> new_domain(Read& read, std::string_view name, Time now) {
  Domain domain;
  domain.id.raw = random_bytes<16>();
  domain.created_at = now;
  PBXCRED_TRY(domain.name, free_name(read, name, domain.id));
  return domain;
}

Result<std::vector<std::string>> missing_policies(Read& read, const Settings& settings) {
  std::vector<std::string> sentences;
  PBXCRED_TRY(auto row, read.seek<Domain>(Table::kDomain, make_key(Table::kDomain)));
  while (row) {
    for (const DomainPolicy& chosen : row->record.policies)
      if (find_policy(settings, chosen.policy) == nullptr)
        sentences.push_back(fmt::format("domain {}: there is no policy {} for {}; the server's default is in force",
                                        row->record.name, chosen.policy, name_of(chosen.kind)));
    PBXCRED_TRY(row, read.next<Domain>(Table::kDomain));
  }
  return sentences;
}

void store_new_domain(Write& write, const Domain& domain) {
  write.put_domain(domain);
  write.put(name_key(domain.name), DomainRef{domain.id});
  for (const std::string& alias : domain.aliases) write.put(name_key(alias), DomainRef{domain.id});
}

Result<std::uint64_t> put_domain(Write& write, const Settings& settings, const DomainPut& request, Time now) {
  if (request.mode == PutMode::kAdd) {
    PBXCRED_TRY(Domain domain, new_domain(write, request.name, now));
    PBXCRED_CHECK(apply(domain, settings, request));
    PBXCRED_TRY(domain.aliases, checked_aliases(write, domain, request));
    store_new_domain(write, domain);
    return std::uint64_t{1};
  }
  PBXCRED_TRY(const Domain before, existing_domain(write, request.name));
  Domain after = before;
  PBXCRED_CHECK(apply(after, settings, request));
  PBXCRED_TRY(after.aliases, checked_aliases(write, before, request));
  for (const std::string& alias : before.aliases) write.erase(name_key(alias));
  for (const std::string& alias : after.aliases) write.put(name_key(alias), DomainRef{after.id});
  if (before.country != after.country) {
    PBXCRED_CHECK(reindex_numbers(write, before, after, now));
  } else {
    write.put_domain(after);
  }
  return std::uint64_t{1};
}

Result<std::uint64_t> rename_domain(Write& write, const Settings&, const DomainRename& request, Time) {
  PBXCRED_TRY(Domain domain, existing_domain(write, request.name));
  PBXCRED_TRY(std::string canonical, free_name(write, request.new_name, domain.id));
  PBXCRED_CHECK(check_domain_name(write, domain.id, canonical));
  write.erase(name_key(domain.name));
  std::erase(domain.aliases, canonical);
  domain.name = std::move(canonical);
  write.put(name_key(domain.name), DomainRef{domain.id});
  write.put_domain(domain);
  return std::uint64_t{1};
}

Result<std::uint64_t> remove_domain(Write& write, const Settings&, const DomainRemove& request, Time) {
  PBXCRED_TRY(const Domain domain, existing_domain(write, request.name));
  PBXCRED_TRY(const DomainCount count, write.count(domain.id));
  if (count.users > 0)
    return Error{Code::kConflict, fmt::format("{} users are still in the domain {}", count.users, domain.name)};
  write.erase(name_key(domain.name));
  for (const std::string& alias : domain.aliases) write.erase(name_key(alias));
  write.erase(make_key(Table::kDomainCount, {domain.id.bytes()}));
  write.erase(make_key(Table::kDomain, {domain.id.bytes()}));
  return std::uint64_t{1};
}

}  // namespace pbxcred
