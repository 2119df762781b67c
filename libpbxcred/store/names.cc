// SPDX-License-Identifier: BSD-2-Clause
#include "store/names.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/name.h"
#include "rules/phone_number.h"

namespace pbxcred {
namespace {

/// The only account among the holders; none if they are several.
std::optional<AccountId> sole_holder(const NameEntry& entry) {
  if (entry.holders.empty()) return std::nullopt;
  const AccountId& first = entry.holders.front().account;
  const bool same = std::all_of(entry.holders.begin(), entry.holders.end(),
                                [&](const NameHolder& holder) { return holder.account == first; });
  return same ? std::optional(first) : std::nullopt;
}

Result<std::optional<AccountId>> find_in_domain(Read& read, const Domain& domain, std::string_view canonical) {
  const Hash16 hash = hash_canonical(read.ring(), canonical);
  PBXCRED_TRY(auto entry, read.get<NameEntry>(name_key(Table::kName, domain.id, hash)));
  if (entry) return sole_holder(*entry);
  const auto e164 = to_e164(canonical, domain.country);
  if (!e164) return std::optional<AccountId>();
  PBXCRED_TRY(auto number,
              read.get<NameEntry>(name_key(Table::kNumber, domain.id, hash_canonical(read.ring(), *e164))));
  return number ? sole_holder(*number) : std::optional<AccountId>();
}

/// The only domain in which the bare name occurs.
Result<std::optional<Domain>> sole_domain(Read& read, std::string_view canonical) {
  const Hash16 hash = hash_canonical(read.ring(), canonical);
  const std::string prefix = make_key(Table::kBareName, {Bytes(hash)});
  PBXCRED_TRY(auto first, read.seek<DomainRef>(Table::kBareName, prefix));
  if (!first || !first->key.starts_with(prefix)) return std::optional<Domain>();
  PBXCRED_TRY(auto second, read.next<DomainRef>(Table::kBareName));
  if (second && second->key.starts_with(prefix)) return std::optional<Domain>();
  return read.domain(first->record.domain);
}

Result<std::optional<AccountId>> find_username_at(Read& read, const std::string& key) {
  PBXCRED_TRY(auto ref, read.get<AccountRef>(key));
  return ref ? std::optional(ref->account) : std::optional<AccountId>();
}

Result<std::optional<AccountId>> find_username(Read& read, std::string_view canonical) {
  return find_username_at(read, username_key(read.ring(), canonical));
}

Result<bool> within_fence(Read& read, const Account& account, std::string_view fence) {
  if (fence.empty()) return true;
  PBXCRED_TRY(auto domain, read.find_domain(fence));
  if (!domain) return false;
  if (account.role == Role::kUser) return account.domain == domain->id;
  return account.domains.empty() ||
         std::find(account.domains.begin(), account.domains.end(), domain->id) != account.domains.end();
}

/// extension@domain, the domain by name or alias.
Result<std::optional<AccountId>> find_qualified(Read& read, std::string_view canonical) {
  const auto at = canonical.rfind('@');
  if (at == std::string_view::npos) return std::optional<AccountId>();
  const auto extension = canonical_extension(canonical.substr(0, at));
  if (!extension) return std::optional<AccountId>();
  PBXCRED_TRY(auto domain, read.find_domain(canonical.substr(at + 1)));
  if (!domain) return std::optional<AccountId>();
  PBXCRED_TRY(auto ref, read.get<AccountRef>(
                            make_key(Table::kExtension, {domain->id.bytes(), as_bytes(*extension)})));
  return ref ? std::optional(ref->account) : std::optional<AccountId>();
}

Result<std::optional<AccountId>> find_bare(Read& read, const Lookup& lookup, std::string_view canonical) {
  const std::string_view where = lookup.domain.empty() ? lookup.default_domain : lookup.domain;
  std::optional<Domain> domain;
  if (where.empty()) {
    PBXCRED_TRY(domain, sole_domain(read, canonical));
  } else {
    PBXCRED_TRY(domain, read.find_domain(where));
  }
  if (!domain) return std::optional<AccountId>();
  return find_in_domain(read, *domain, canonical);
}

/// The account, if there is one and the fence lets it in.
Result<std::optional<Account>> account_inside(Read& read, const std::optional<AccountId>& id, std::string_view fence) {
  if (!id) return std::optional<Account>();
  PBXCRED_TRY(auto account, read.account(*id));
  if (!account) return Error{Code::kCorrupt, "a name leads to an account that is not there"};
  PBXCRED_TRY(const bool inside, within_fence(read, *account, fence));
  if (!inside) account.reset();
  return account;
}

Error name_taken(std::string_view name) {
  return Error{Code::kConflict, fmt::format("the name {} belongs to another account", name)};
}

/// A username that reads like somebody's extension@domain would shadow it.
Status check_shadowing(Read& read, const Account& account, const Domain& domain) {
  std::vector<std::string> domains = domain.aliases;
  domains.push_back(domain.name);
  for (const std::string& name : domains) {
    PBXCRED_TRY(std::string canonical, canonical_name(account.extension + "@" + name));
    PBXCRED_TRY(auto username, find_username(read, canonical));
    if (username && *username != account.id) return name_taken(account.extension + "@" + name);
  }
  return {};
}

/// Another account may hold a name too only where both roles may be shared.
bool clashes(const NameEntry& entry, const NameHolder& holder) {
  return std::any_of(entry.holders.begin(), entry.holders.end(), [&](const NameHolder& other) {
    return other.account != holder.account && !(is_shareable(other.role) && is_shareable(holder.role));
  });
}

/// key: of the username, canonical.
Status check_username_at(Read& read, const Account& account, const std::string& key, std::string_view canonical) {
  PBXCRED_TRY(auto holder, find_username_at(read, key));
  if (holder && *holder != account.id) return name_taken(account.username);
  PBXCRED_TRY(auto qualified, find_qualified(read, canonical));
  if (qualified && *qualified != account.id) return name_taken(account.username);
  return {};
}

}  // namespace

Result<std::optional<Account>> find_account(Read& read, const Lookup& lookup) {
  const auto canonical = canonical_name(lookup.name);
  if (!canonical) return std::optional<Account>();
  PBXCRED_TRY(auto username, find_username(read, *canonical));
  PBXCRED_TRY(auto qualified, find_qualified(read, *canonical));
  if (username && qualified && *username != *qualified) return std::optional<Account>();
  PBXCRED_TRY(auto account, account_inside(read, username ? username : qualified, lookup.domain));
  if (account) return account;
  // Somebody's username elsewhere hides no name inside the fence.
  if ((username || qualified) && lookup.domain.empty()) return std::optional<Account>();
  PBXCRED_TRY(auto bare, find_bare(read, lookup, *canonical));
  return account_inside(read, bare, lookup.domain);
}

Result<std::vector<std::string>> domains_with_name(Read& read, std::string_view name, std::size_t most) {
  std::vector<std::string> names;
  const auto canonical = canonical_name(name);
  if (!canonical) return names;
  const std::string prefix = make_key(Table::kBareName, {Bytes(hash_canonical(read.ring(), *canonical))});
  std::vector<DomainId> ids;
  PBXCRED_TRY(auto row, read.seek<DomainRef>(Table::kBareName, prefix));
  while (row && row->key.starts_with(prefix) && ids.size() < most) {
    ids.push_back(row->record.domain);
    PBXCRED_TRY(row, read.next<DomainRef>(Table::kBareName));
  }
  for (const DomainId& id : ids) {
    PBXCRED_TRY(auto domain, read.domain(id));
    if (domain) names.push_back(domain->name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

Hash16 hash_name(const KeyRing& ring, std::string_view name) {
  const auto canonical = canonical_name(name);
  return keyed_hash(ring.subkey(Purpose::kLog), {as_bytes(canonical ? std::string_view(*canonical) : name)});
}

Status check_username(Read& read, const Account& account) {
  if (account.username.empty()) return {};
  PBXCRED_TRY(std::string canonical, canonical_name(account.username));
  return check_username_at(read, account, username_key(read.ring(), canonical), canonical);
}

Status check_domain_name(Read& read, const DomainId& domain, std::string_view name) {
  const std::string prefix = make_key(Table::kExtension, {domain.bytes()});
  std::vector<std::pair<std::string, AccountId>> users;
  PBXCRED_TRY(auto row, read.seek<AccountRef>(Table::kExtension, prefix));
  while (row && row->key.starts_with(prefix)) {
    users.emplace_back(row->key.substr(prefix.size()), row->record.account);
    PBXCRED_TRY(row, read.next<AccountRef>(Table::kExtension));
  }
  for (const auto& [extension, account] : users) {
    const std::string qualified = extension + "@" + std::string(name);
    PBXCRED_TRY(std::string canonical, canonical_name(qualified));
    PBXCRED_TRY(auto holder, find_username(read, canonical));
    if (holder && *holder != account) return name_taken(qualified);
  }
  return {};
}

Result<Domain> domain_of(Read& read, const Account& account) {
  PBXCRED_TRY(auto domain, read.domain(account.domain));
  if (!domain) return Error{Code::kNotFound, "the domain of the account does not exist"};
  return std::move(*domain);
}

Status check_names(Read& read, const Account& account) {
  if (account.role != Role::kUser) return check_username(read, account);
  PBXCRED_TRY(const Domain domain, domain_of(read, account));
  return check_names(read, account, domain);
}

Status check_names(Read& read, const Account& account, const Domain& domain) {
  PBXCRED_TRY(const auto claims, name_claims(read.ring(), account, domain.country));
  return check_names(read, account, domain, claims);
}

Status check_names(Read& read, const Account& account, const Domain& domain, const std::vector<NameClaim>& claims) {
  PBXCRED_CHECK(check_shadowing(read, account, domain));
  for (const NameClaim& claim : claims) {
    if (claim.role == NameRole::kUsername)
      PBXCRED_CHECK(check_username_at(read, account, username_key_of(claim.key), claim.shown));
    PBXCRED_TRY(auto entry, read.get<NameEntry>(claim.key));
    if (entry && clashes(*entry, {account.id, claim.role})) return name_taken(claim.shown);
  }
  return {};
}

}  // namespace pbxcred
