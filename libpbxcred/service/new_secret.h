// SPDX-License-Identifier: BSD-2-Clause
// Making and storing a new secret: the same for PAM, administrators and import (R102).
#pragma once

#include <optional>
#include <vector>

#include "base/secret.h"
#include "crypto/argon2.h"
#include "rules/limits.h"
#include "service/secrets.h"
#include "service/settings.h"
#include "store/database.h"

namespace pbxcred {

/// How a secret is to be kept.
struct SecretOptions {
  bool temporary = false;    ///< must be changed, and dies at expires_at
  bool must_change = false;
  bool weak = false;
  std::optional<Time> expires_at;
};

/// A secret on its way: clear until it is hashed.
struct NewSecretWork {
  Kind kind = Kind::kPassword;
  Secret clear;                  ///< normalised
  std::uint64_t generation = 0;  ///< the Verifier's that it will have
  std::optional<SealedHash> hash;
};

/// What is wrong with a secret as typed: encoding, then every rule of the policy. Empty: it may be set; out then holds
/// its normal form.
std::vector<BrokenRule> check_new_secret(const Policy& policy, Kind kind, SecretView typed, Secret& out);

/// Hashes work for the account. The clear secret stays until work goes: a settlement may have to begin again.
Status hash_new_secret(HashArena& arena, const KeyRing& ring, const HashParams& cost, const AccountId& account,
                       NewSecretWork& work);

/// Puts the hashed secret, forgets its ledger. The caller raises the account's generation.
Status store_new_secret(Write& write, const Account& account, const NewSecretWork& work, const SecretOptions& options,
                        Time now);

/// Leaves a tombstone of a secret that is set, and forgets its ledger: it goes and stays gone. Whether it was set; then
/// the caller raises the account's generation.
Result<bool> store_cleared_secret(Write& write, const Account& account, Kind kind, Time now);

/// The generation that the next secret of this kind has.
inline std::uint64_t next_generation(const std::optional<Verifier>& current) {
  return current ? current->generation + 1 : 1;
}

}  // namespace pbxcred
