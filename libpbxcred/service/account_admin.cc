// SPDX-License-Identifier: BSD-2-Clause
#include "service/account_admin.h"

#include <fmt/format.h>

#include <algorithm>

#include "crypto/random.h"
#include "model/name.h"
#include "service/nobody.h"
#include "service/secrets.h"
#include "store/name_index.h"
#include "store/names.h"

namespace pbxcred {
namespace {

constexpr std::size_t kMostNames = 32;  ///< numbers, alternate ids, trusted extensions of one account
/// An account's view must fit into one packet.
constexpr std::size_t kMostDomains = 128;

using Normaliser = Result<std::string> (*)(std::string_view);

Error in_field(const char* field, const Error& error) {
  return Error{error.code, fmt::format("{}: {}", field, error.what)};
}

Status set_text(const char* field, const std::optional<std::string_view>& given, Normaliser normalise,
                std::string& out) {
  if (!given) return {};
  if (given->empty()) {
    out.clear();
    return {};
  }
  auto text = normalise(*given);
  if (!text) return in_field(field, text.error());
  out = std::move(*text);
  return {};
}

Status set_list(const char* field, const std::optional<std::vector<std::string_view>>& given, Normaliser normalise,
                std::vector<std::string>& out) {
  if (!given) return {};
  std::vector<std::string> texts;
  for (std::string_view one : *given) {
    if (one.empty()) continue;
    auto text = normalise(one);
    if (!text) return in_field(field, text.error());
    if (std::find(texts.begin(), texts.end(), *text) == texts.end()) texts.push_back(std::move(*text));
  }
  if (texts.size() > kMostNames) return Error{Code::kInvalid, fmt::format("{}: at most {}", field, kMostNames)};
  out = std::move(texts);
  return {};
}

/// extension@domain, or an extension of the account's own domain.
Result<std::string> trusted_extension(std::string_view text) {
  const auto at = text.rfind('@');
  PBXCRED_TRY(std::string extension, canonical_extension(text.substr(0, at)));
  if (at == std::string_view::npos) return extension;
  PBXCRED_TRY(std::string domain, canonical_domain(text.substr(at + 1)));
  return extension + "@" + domain;
}

Result<std::string> language_tag(std::string_view text) {
  const bool well_formed = text.size() <= 35 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
  if (!well_formed) return Error{Code::kInvalid, "a language is a tag such as en or de-AT"};
  return std::string(text);
}

Status set_domains(Read& read, const std::optional<std::vector<std::string_view>>& given, std::vector<DomainId>& out) {
  if (!given) return {};
  std::vector<DomainId> domains;
  for (std::string_view name : *given) {
    if (name.empty()) continue;
    PBXCRED_TRY(auto domain, read.find_domain(name));
    if (!domain) return Error{Code::kNotFound, fmt::format("there is no domain {}", name)};
    domains.push_back(domain->id);
  }
  if (domains.size() > kMostDomains)
    return Error{Code::kInvalid, fmt::format("an administrator has at most {} named domains", kMostDomains)};
  out = std::move(domains);
  return {};
}

Status check_role(const AccountFields& data, Role role) {
  const bool users_only = data.numbers || data.alternate_ids || data.trusted_extensions || data.location;
  if (role == Role::kAdmin && users_only)
    return Error{Code::kInvalid, "an administrator has no numbers, alternate ids, location or trusted extensions"};
  if (role == Role::kUser && data.domains) return Error{Code::kInvalid, "a user has one domain"};
  return {};
}

Result<Account> new_account(Read& read, const AccountPut& request, Time now) {
  Account account;
  if (request.role == Role::kUser) {
    PBXCRED_TRY(const Address address, parse_address(request.name));
    PBXCRED_TRY(auto domain, read.find_domain(address.domain));
    if (!domain)
      return Error{Code::kNotFound, fmt::format("there is no domain {}; `domain add` makes one", address.domain)};
    return new_user(address.extension, domain->id, now);
  }
  account.id.raw = random_bytes<16>();
  account.role = Role::kAdmin;
  account.created_at = now;
  PBXCRED_TRY(account.username, display_name(request.name));
  return account;
}

}  // namespace

Result<Address> parse_address(std::string_view text) {
  const auto at = text.rfind('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == text.size())
    return Error{Code::kInvalid, fmt::format("{} is not of the form EXTENSION@DOMAIN", text)};
  return Address{text.substr(0, at), text.substr(at + 1)};
}

Result<Account> new_user(std::string_view extension, const DomainId& domain, Time now) {
  Account account;
  account.id.raw = random_bytes<16>();
  account.domain = domain;
  account.created_at = now;
  PBXCRED_TRY(account.extension, canonical_extension(extension));
  return account;
}

Status apply_fields(Read& read, const AccountFields& data, Account& account) {
  PBXCRED_CHECK(check_role(data, account.role));
  if (account.role == Role::kAdmin && data.username && data.username->empty())
    return Error{Code::kInvalid, "username: an administrator needs one"};
  PBXCRED_CHECK(set_text("username", data.username, display_name, account.username));
  PBXCRED_CHECK(set_text("email", data.email, mail_address, account.email));
  PBXCRED_CHECK(set_text("first", data.first, display_text, account.first));
  PBXCRED_CHECK(set_text("last", data.last, display_text, account.last));
  PBXCRED_CHECK(set_text("location", data.location, display_text, account.location));
  PBXCRED_CHECK(set_text("language", data.language, language_tag, account.language));
  PBXCRED_CHECK(set_list("number", data.numbers, display_name, account.numbers));
  PBXCRED_CHECK(set_list("alternate id", data.alternate_ids, display_name, account.alternate_ids));
  PBXCRED_CHECK(
      set_list("trusted extension", data.trusted_extensions, trusted_extension, account.trusted_extensions));
  return set_domains(read, data.domains, account.domains);
}

Result<Account> named_account(Read& read, std::string_view default_domain, Role role, std::string_view name) {
  PBXCRED_TRY(auto account, find_account(read, {name, {}, default_domain}));
  if (!account || account->role != role)
    return nobody_answers(read, role == Role::kAdmin ? "administrator" : "user", name);
  return std::move(*account);
}

Result<std::uint64_t> put_account(Write& write, const Settings& settings, const AccountPut& request, Time now) {
  if (request.mode == PutMode::kAdd) {
    PBXCRED_TRY(Account account, new_account(write, request, now));
    PBXCRED_CHECK(apply_fields(write, request.data, account));
    PBXCRED_CHECK(add_account(write, account));
    return std::uint64_t{1};
  }
  PBXCRED_TRY(const Account before, named_account(write, settings.default_domain, request.role, request.name));
  Account after = before;
  PBXCRED_CHECK(apply_fields(write, request.data, after));
  PBXCRED_CHECK(check_names(write, after));
  if (after.email != before.email) ++after.generation;  // mailed codes went to the old address
  PBXCRED_CHECK(write.put_account(after));
  PBXCRED_CHECK(index_account(write, &before, after, now));
  return std::uint64_t{1};
}

Result<std::uint64_t> move_account(Write& write, const Settings& settings, const AccountMove& request, Time now) {
  PBXCRED_TRY(const Account before, named_account(write, settings.default_domain, Role::kUser, request.user));
  PBXCRED_TRY(const Address address, parse_address(request.to));
  PBXCRED_TRY(auto domain, write.find_domain(address.domain));
  if (!domain) return Error{Code::kNotFound, fmt::format("there is no domain {}", address.domain)};
  Account after = before;
  PBXCRED_TRY(after.extension, canonical_extension(address.extension));
  after.domain = domain->id;
  PBXCRED_CHECK(check_names(write, after));
  if (after.domain == before.domain) {
    PBXCRED_CHECK(write.put_account(after));
  } else {
    PBXCRED_CHECK(write.move_account(before, after));
  }
  PBXCRED_CHECK(index_account(write, &before, after, now));
  return std::uint64_t{1};
}

}  // namespace pbxcred
