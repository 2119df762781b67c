// SPDX-License-Identifier: BSD-2-Clause
// The key ring under a passphrase: what rebuilds a machine together with a backup of the store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "crypto/locked_bytes.h"

namespace pbxcred {

inline constexpr std::size_t kLeastPassphrase = 12;  ///< characters

/// What one guess at a passphrase costs (libsodium's crypto_pwhash, argon2id).
struct PassphraseCost {
  std::uint64_t operations = 3;                       ///< crypto_pwhash_OPSLIMIT_MODERATE
  std::uint64_t memory_bytes = std::uint64_t{256} << 20;  ///< crypto_pwhash_MEMLIMIT_MODERATE
};

/// A passphrase as it is used: NFC. `invalid`: not a secret that could be set, or under kLeastPassphrase characters.
Result<Secret> passphrase_to_set(SecretView typed);

/// Encrypts contents with XChaCha20-Poly1305 under a key derived from a passphrase_to_set().
/// Integers little-endian: magic 16, version u32, operations u64, memory u64, salt 16, all bound to what follows:
/// nonce 24, cipher text, tag 16. `exhausted`: no memory for the cost. Takes the better part of a second. Thread-safe.
Result<std::vector<std::uint8_t>> seal_key_backup(Bytes contents, SecretView passphrase, const PassphraseCost& cost = {});

/// The most bytes that seal_key_backup() makes of a key ring.
inline constexpr std::size_t kMaxKeyBackup = 8192;

/// Opens what that made. passphrase: as typed.
/// `corrupt`: it is no backup of a key ring, cut, or asks for a cost that nobody sets; `invalid`: of a newer version;
/// `refused`: the passphrase is wrong, or something was changed: nothing tells the two apart; `exhausted`.
Result<LockedBytes> open_key_backup(Bytes file, SecretView passphrase);

}  // namespace pbxcred
