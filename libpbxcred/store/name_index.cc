// SPDX-License-Identifier: BSD-2-Clause
#include "store/name_index.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "store/names.h"

namespace pbxcred {
namespace {

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

Status enter_admin(Write& write, const Account& account) {
  for (const std::string& key : account_index_keys(write.ring(), account)) write.put(key, AccountRef{account.id});
  return {};
}

Status enter_user(Write& write, const Account& account, const std::vector<NameClaim>& claims) {
  for (const std::string& key : account_index_keys(account, claims)) write.put(key, AccountRef{account.id});
  for (const std::string& key : people_keys(account)) write.put(key, AccountRef{account.id});
  for (const NameClaim& claim : claims) {
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
  PBXCRED_TRY(const auto claims, name_claims(write.ring(), account, domain.country));
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

Status add_account(Write& write, const Account& account) {
  if (account.role != Role::kUser) {
    PBXCRED_CHECK(check_username(write, account));
    PBXCRED_CHECK(write.put_account(account));
    return enter_admin(write, account);
  }
  PBXCRED_TRY(const Domain domain, domain_of(write, account));
  PBXCRED_TRY(const auto claims, name_claims(write.ring(), account, domain.country));
  PBXCRED_CHECK(check_names(write, account, domain, claims));
  PBXCRED_CHECK(write.put_account(account));
  return enter_user(write, account, claims);
}

Status index_account(Write& write, const Account* before, const Account& after, Time now) {
  if (before != nullptr) PBXCRED_CHECK(leave_all(write, *before, now));
  if (after.role != Role::kUser) return enter_admin(write, after);
  PBXCRED_TRY(const Domain domain, domain_of(write, after));
  PBXCRED_TRY(const auto claims, name_claims(write.ring(), after, domain.country));
  return enter_user(write, after, claims);
}

Status unenter_account(Write& write, const Account& account, Time now) { return leave_all(write, account, now); }

Status unindex_account(Write& write, const Account& account, Time now) {
  write.put(account_key(Table::kTombstone, account.id), Tombstone{now});
  return leave_all(write, account, now);
}

}  // namespace pbxcred
