// SPDX-License-Identifier: BSD-2-Clause
#include "store/names.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/name.h"
#include "rules/phone_number.h"

namespace pbxcred {
namespace {

constexpr std::size_t kSearchBytes = 64;  ///< of a text in a key of kPeople

/// Hash of a canonical name; domain and purpose are part of the key it is stored under.
Hash16 hash_canonical(const KeyRing& ring, std::string_view canonical) {
  return keyed_hash(ring.subkey(Purpose::kIndex), {as_bytes(canonical)});
}

std::string name_key(Table table, const DomainId& domain, const Hash16& hash) {
  return make_key(table, {domain.bytes(), Bytes(hash)});
}

/// A name in the role it is held in.
struct HeldName {
  std::string canonical;
  NameRole role;
};

Status append_names(std::vector<HeldName>& names, const std::vector<std::string>& from, NameRole role) {
  for (const std::string& name : from) {
    PBXCRED_TRY(std::string canonical, canonical_name(name));
    names.push_back({std::move(canonical), role});
  }
  return {};
}

Result<std::vector<HeldName>> names_of(const Account& account) {
  std::vector<HeldName> names;
  if (!account.username.empty()) PBXCRED_CHECK(append_names(names, {account.username}, NameRole::kUsername));
  if (!account.extension.empty()) PBXCRED_CHECK(append_names(names, {account.extension}, NameRole::kExtension));
  PBXCRED_CHECK(append_names(names, account.numbers, NameRole::kNumber));
  PBXCRED_CHECK(append_names(names, account.alternate_ids, NameRole::kAlternateId));
  return names;
}

std::vector<std::string> e164_of(const Account& account, std::string_view country) {
  std::vector<std::string> numbers;
  for (const std::string& number : account.numbers)
    if (auto e164 = to_e164(number, country)) numbers.push_back(std::move(*e164));
  return numbers;
}

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

Result<std::optional<AccountId>> find_username(Read& read, std::string_view canonical) {
  PBXCRED_TRY(auto ref, read.get<AccountRef>(
                            make_key(Table::kUsername, {Bytes(hash_canonical(read.ring(), canonical))})));
  return ref ? std::optional(ref->account) : std::optional<AccountId>();
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

Result<Domain> domain_of(Read& read, const Account& account) {
  PBXCRED_TRY(auto domain, read.domain(account.domain));
  if (!domain) return Error{Code::kNotFound, "the domain of the account does not exist"};
  return std::move(*domain);
}

Status enter_name(Write& write, const std::string& key, const NameHolder& holder) {
  PBXCRED_TRY(auto found, write.get<NameEntry>(key));
  NameEntry entry = found ? std::move(*found) : NameEntry{};
  if (std::find(entry.holders.begin(), entry.holders.end(), holder) != entry.holders.end()) return {};
  entry.holders.push_back(holder);
  write.put(key, entry);
  return {};
}

Status leave_name(Write& write, const std::string& key, const AccountId& account) {
  PBXCRED_TRY(auto entry, write.get<NameEntry>(key));
  if (!entry) return {};
  std::erase_if(entry->holders, [&](const NameHolder& holder) { return holder.account == account; });
  if (entry->holders.empty()) {
    write.erase(key);
  } else {
    write.put(key, *entry);
  }
  return {};
}

bool is_of(Table table, const NameClaim& claim) {
  return claim.key[0] == static_cast<char>(table);
}

/// The kTombstone key that belongs to a kName key.
std::string tombstone_key(const std::string& name_key) {
  return std::string(1, static_cast<char>(Table::kTombstone)) + name_key.substr(1);
}

Status enter_all(Write& write, const Account& account) {
  for (const std::string& key : account_index_keys(write.ring(), account)) write.put(key, AccountRef{account.id});
  for (const std::string& key : people_keys(account)) write.put(key, AccountRef{account.id});
  if (account.role != Role::kUser) return {};
  if (const auto names = names_of(account); !names) return names.error();
  PBXCRED_TRY(const Domain domain, domain_of(write, account));
  for (const NameClaim& claim : name_claims(write.ring(), account, domain.country)) {
    PBXCRED_CHECK(enter_name(write, claim.key, {account.id, claim.role}));
    if (!is_of(Table::kName, claim)) continue;
    write.put(bare_name_key(claim.key), DomainRef{account.domain});
    write.erase(tombstone_key(claim.key));
  }
  return {};
}

Status leave_all(Write& write, const Account& account, Time now) {
  for (const std::string& key : account_index_keys(write.ring(), account)) write.erase(key);
  for (const std::string& key : people_keys(account)) write.erase(key);
  if (account.role != Role::kUser) return {};
  PBXCRED_TRY(const Domain domain, domain_of(write, account));
  const std::vector<NameClaim> claims = name_claims(write.ring(), account, domain.country);
  for (const NameClaim& claim : claims) PBXCRED_CHECK(leave_name(write, claim.key, account.id));
  for (const NameClaim& claim : claims) {
    if (!is_of(Table::kName, claim)) continue;
    PBXCRED_TRY(auto held, write.get<NameEntry>(claim.key));
    if (held) continue;
    write.erase(bare_name_key(claim.key));
    write.put(tombstone_key(claim.key), Tombstone{now});
  }
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
  PBXCRED_TRY(auto holder, find_username(read, canonical));
  if (holder && *holder != account.id) return name_taken(account.username);
  PBXCRED_TRY(auto qualified, find_qualified(read, canonical));
  if (qualified && *qualified != account.id) return name_taken(account.username);
  return {};
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

std::string username_key(const KeyRing& ring, std::string_view canonical) {
  return make_key(Table::kUsername, {Bytes(hash_canonical(ring, canonical))});
}

Status check_names(Read& read, const Account& account) {
  if (account.role != Role::kUser) return check_username(read, account);
  PBXCRED_TRY(const Domain domain, domain_of(read, account));
  return check_names(read, account, domain);
}

Status check_names(Read& read, const Account& account, const Domain& domain) {
  PBXCRED_CHECK(check_username(read, account));
  if (const auto names = names_of(account); !names) return names.error();
  PBXCRED_CHECK(check_shadowing(read, account, domain));
  for (const NameClaim& claim : name_claims(read.ring(), account, domain.country)) {
    PBXCRED_TRY(auto entry, read.get<NameEntry>(claim.key));
    if (entry && clashes(*entry, {account.id, claim.role})) return name_taken(claim.shown);
  }
  return {};
}

Status index_account(Write& write, const Account* before, const Account& after, Time now) {
  if (before != nullptr) PBXCRED_CHECK(leave_all(write, *before, now));
  return enter_all(write, after);
}

Status unenter_account(Write& write, const Account& account, Time now) { return leave_all(write, account, now); }

Status unindex_account(Write& write, const Account& account, Time now) {
  write.put(account_key(Table::kTombstone, account.id), Tombstone{now});
  return leave_all(write, account, now);
}

std::vector<NameClaim> name_claims(const KeyRing& ring, const Account& account, std::string_view country) {
  std::vector<NameClaim> claims;
  const auto names = names_of(account);
  if (!names) return claims;
  for (const HeldName& name : *names)
    claims.push_back({name_key(Table::kName, account.domain, hash_canonical(ring, name.canonical)), name.role,
                      name.canonical});
  for (const std::string& number : e164_of(account, country))
    claims.push_back(
        {name_key(Table::kNumber, account.domain, hash_canonical(ring, number)), NameRole::kNumber, number});
  return claims;
}

std::vector<std::string> account_index_keys(const KeyRing& ring, const Account& account) {
  std::vector<std::string> keys;
  const auto username = canonical_name(account.username);
  if (username) keys.push_back(make_key(Table::kUsername, {Bytes(hash_canonical(ring, *username))}));
  if (username && account.role == Role::kAdmin) keys.push_back(make_key(Table::kAdmin, {as_bytes(*username)}));
  const auto extension = canonical_extension(account.extension);
  if (extension && account.role == Role::kUser)
    keys.push_back(make_key(Table::kExtension, {account.domain.bytes(), as_bytes(*extension)}));
  return keys;
}

std::string people_prefix(const DomainId& domain, SearchRole role, std::string_view begin) {
  const auto raw = static_cast<std::uint8_t>(role);
  return make_key(Table::kPeople, {domain.bytes(), Bytes(&raw, 1), as_bytes(begin.substr(0, kSearchBytes))});
}

std::string people_prefix_of_whole(const DomainId& domain, SearchRole role, std::string_view text) {
  return people_prefix(domain, role, text) + '\0';  // no text holds one
}

std::vector<std::string> people_keys(const Account& account) {
  std::vector<std::string> keys;
  if (account.role != Role::kUser) return keys;
  const auto add = [&](SearchRole role, const std::string& shown) {
    const std::string text = search_text(shown);
    if (text.empty()) return;
    keys.push_back(people_prefix_of_whole(account.domain, role, text) + std::string(as_text(account.id.bytes())));
  };
  add(SearchRole::kFirst, account.first);
  add(SearchRole::kLast, account.last);
  add(SearchRole::kLocation, account.location);
  return keys;
}

std::string bare_name_key(const std::string& name_key) {
  // Table byte, domain id, hash: the other way round.
  return std::string(1, static_cast<char>(Table::kBareName)) + name_key.substr(1 + 16) + name_key.substr(1, 16);
}

}  // namespace pbxcred
