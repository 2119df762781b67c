// SPDX-License-Identifier: BSD-2-Clause
#include "service/new_secret.h"

#include "crypto/hasher.h"
#include "model/name.h"

namespace pbxcred {

std::vector<BrokenRule> check_new_secret(const Policy& policy, Kind kind, SecretView typed, Secret& out) {
  auto normal = secret_to_set(typed);
  if (!normal) return {{"encoding", std::string("Not possible: ") + normal.error().what + "."}};
  auto broken = broken_rules(policy, kind, normal->view());
  out = std::move(*normal);
  return broken;
}

Status hash_new_secret(HashArena& arena, const KeyRing& ring, const HashParams& cost, const AccountId& account,
                       NewSecretWork& work) {
  PBXCRED_TRY(work.hash, make_hash(arena, ring, cost, work.clear.view(), {account, work.kind, work.generation}));
  return {};
}

Status store_new_secret(Write& write, const Account& account, const NewSecretWork& work, const SecretOptions& options,
                        Time now) {
  Verifier verifier;
  verifier.kind = work.kind;
  verifier.hash = work.hash;
  verifier.generation = work.generation;
  verifier.set_at = now;
  verifier.must_change = options.must_change || options.temporary;
  verifier.temporary = options.temporary;
  verifier.expires_at = options.expires_at;
  verifier.weak = options.weak;
  PBXCRED_CHECK(write.put_verifier(account, verifier));
  write.erase_ledger(account.id, work.kind);
  return {};
}

Result<bool> store_cleared_secret(Write& write, const Account& account, Kind kind, Time now) {
  PBXCRED_TRY(auto verifier, write.verifier(account.id, kind));
  if (!verifier || !verifier->hash) return false;
  Verifier cleared;
  cleared.kind = kind;
  cleared.generation = verifier->generation + 1;
  cleared.set_at = now;
  PBXCRED_CHECK(write.put_verifier(account, cleared));
  write.erase_ledger(account.id, kind);
  return true;
}

}  // namespace pbxcred
