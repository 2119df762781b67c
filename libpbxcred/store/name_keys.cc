// SPDX-License-Identifier: BSD-2-Clause
#include "store/name_keys.h"

#include <span>
#include <utility>

#include "model/name.h"
#include "rules/phone_number.h"

namespace pbxcred {
namespace {

constexpr std::size_t kIdBytes = sizeof(DomainId::raw);
constexpr std::size_t kSearchBytes = 64;  ///< of a text in a key of kPeople

/// A name in the role it is held in.
struct HeldName {
  std::string canonical;
  NameRole role;
};

Status append_names(std::vector<HeldName>& names, std::span<const std::string> from, NameRole role) {
  for (const std::string& name : from) {
    PBXCRED_TRY(std::string canonical, canonical_name(name));
    names.push_back({std::move(canonical), role});
  }
  return {};
}

Result<std::vector<HeldName>> names_of(const Account& account) {
  std::vector<HeldName> names;
  names.reserve(2 + account.numbers.size() + account.alternate_ids.size());
  if (!account.username.empty()) PBXCRED_CHECK(append_names(names, {&account.username, 1}, NameRole::kUsername));
  if (!account.extension.empty()) PBXCRED_CHECK(append_names(names, {&account.extension, 1}, NameRole::kExtension));
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

/// Of a user.
void append_extension_key(std::vector<std::string>& keys, const Account& account) {
  if (const auto extension = canonical_extension(account.extension))
    keys.push_back(make_key(Table::kExtension, {account.domain.bytes(), as_bytes(*extension)}));
}

}  // namespace

Hash16 hash_canonical(const KeyRing& ring, std::string_view canonical) {
  return keyed_hash(ring.subkey(Purpose::kIndex), {as_bytes(canonical)});
}

std::string name_key(Table table, const DomainId& domain, const Hash16& hash) {
  return make_key(table, {domain.bytes(), Bytes(hash)});
}

std::string username_key(const KeyRing& ring, std::string_view canonical) {
  return make_key(Table::kUsername, {Bytes(hash_canonical(ring, canonical))});
}

Result<std::vector<NameClaim>> name_claims(const KeyRing& ring, const Account& account, std::string_view country) {
  PBXCRED_TRY(auto names, names_of(account));
  std::vector<NameClaim> claims;
  claims.reserve(names.size() + account.numbers.size());
  for (HeldName& name : names)
    claims.push_back({name_key(Table::kName, account.domain, hash_canonical(ring, name.canonical)), name.role,
                      std::move(name.canonical)});
  for (const std::string& number : e164_of(account, country))
    claims.push_back(
        {name_key(Table::kNumber, account.domain, hash_canonical(ring, number)), NameRole::kNumber, number});
  return claims;
}

std::vector<std::string> account_index_keys(const KeyRing& ring, const Account& account) {
  std::vector<std::string> keys;
  const auto username = canonical_name(account.username);
  if (username) keys.push_back(username_key(ring, *username));
  if (username && account.role == Role::kAdmin) keys.push_back(make_key(Table::kAdmin, {as_bytes(*username)}));
  if (account.role == Role::kUser) append_extension_key(keys, account);
  return keys;
}

std::vector<std::string> account_index_keys(const Account& account, const std::vector<NameClaim>& claims) {
  std::vector<std::string> keys;
  for (const NameClaim& claim : claims)
    if (claim.role == NameRole::kUsername) keys.push_back(username_key_of(claim.key));
  append_extension_key(keys, account);
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
    keys.push_back(people_prefix_of_whole(account.domain, role, text).append(as_text(account.id.bytes())));
  };
  add(SearchRole::kFirst, account.first);
  add(SearchRole::kLast, account.last);
  add(SearchRole::kLocation, account.location);
  return keys;
}

std::string bare_name_key(const std::string& name_key) {
  // Table byte, domain id, hash: the other way round.
  const Bytes rest = as_bytes(name_key).subspan(1);
  return make_key(Table::kBareName, {rest.subspan(kIdBytes), rest.first(kIdBytes)});
}

std::string username_key_of(const std::string& name_key) {
  return make_key(Table::kUsername, {as_bytes(name_key).subspan(1 + kIdBytes)});
}

std::string tombstone_key(const std::string& name_key) {
  return make_key(Table::kTombstone, {as_bytes(name_key).subspan(1)});
}

}  // namespace pbxcred
