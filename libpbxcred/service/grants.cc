// SPDX-License-Identifier: BSD-2-Clause
#include "service/grants.h"

#include <vector>

#include "crypto/random.h"

namespace pbxcred {
namespace {

constexpr std::size_t kMostGrants = 4;  ///< of an account: sessions in which somebody changes a secret just now

Hash16 hash_of(const KeyRing& ring, const GrantToken& token) {
  return keyed_hash(ring.subkey(Purpose::kGrant), {Bytes(token)});
}

std::string key_of(const KeyRing& ring, const GrantToken& token) {
  return make_key(Table::kGrant, {Bytes(hash_of(ring, token))});
}

/// The oldest of too many goes.
Status remember(Write& write, const AccountId& account, const Hash16& token_hash) {
  const std::string key = account_key(Table::kGivenGrants, account);
  PBXCRED_TRY(auto found, write.get<GivenGrants>(key));
  GivenGrants given = found.value_or(GivenGrants{});
  while (given.grants.size() >= kMostGrants) {
    write.erase(make_key(Table::kGrant, {Bytes(given.grants.front().token_hash)}));
    given.grants.erase(given.grants.begin());
  }
  given.grants.push_back({token_hash});
  write.put(key, given);
  return {};
}

}  // namespace

Result<GrantToken> give_change_grant(Write& write, const Account& account, KindSet change, Method method,
                                     std::uint32_t peer_uid, Time now) {
  const GrantToken token = random_bytes<16>();
  PBXCRED_CHECK(remember(write, account.id, hash_of(write.ring(), token)));
  Grant grant;
  grant.account = account.id;
  grant.change = change;
  grant.method = method;
  grant.generation = account.generation;
  grant.peer_uid = peer_uid;
  grant.expires = now + kChangeGrantLife;
  grant.tries_left = kChangeGrantTries;
  write.put(key_of(write.ring(), token), grant);
  return token;
}

Result<std::optional<Grant>> find_grant(Read& read, const GrantToken& token, const Account& account,
                                        std::uint32_t peer_uid, Time now) {
  PBXCRED_TRY(auto grant, read.get<Grant>(key_of(read.ring(), token)));
  if (!grant || grant->account != account.id || grant->peer_uid != peer_uid ||
      grant->generation != account.generation || grant->tries_left == 0)
    return std::optional<Grant>();
  // One from the future was given under a clock that has since jumped back: it would live too long.
  if (now >= grant->expires || grant->expires - now > kChangeGrantLife) return std::optional<Grant>();
  return grant;
}

void spend_try(Write& write, const GrantToken& token, Grant grant) {
  if (grant.tries_left <= 1) return erase_grant(write, token);
  --grant.tries_left;
  write.put(key_of(write.ring(), token), grant);
}

void erase_grant(Write& write, const GrantToken& token) { write.erase(key_of(write.ring(), token)); }

Result<std::size_t> erase_expired_grants(Write& write, Time now, std::size_t most) {
  std::vector<std::string> expired;
  PBXCRED_TRY(auto row, write.seek<Grant>(Table::kGrant, make_key(Table::kGrant)));
  while (row && expired.size() < most) {
    if (now >= row->record.expires) expired.push_back(row->key);
    PBXCRED_TRY(row, write.next<Grant>(Table::kGrant));
  }
  for (const std::string& key : expired) write.erase(key);
  return expired.size();
}

}  // namespace pbxcred
