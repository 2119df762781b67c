// SPDX-License-Identifier: BSD-2-Clause
// Makes and checks the stored form of one secret: seal(K, argon2id(secret, salt)).
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "crypto/argon2.h"
#include "crypto/key_ring.h"
#include "model/id.h"
#include "model/verifier.h"
#include "wire/kind.h"

namespace pbxcred {

/// Whose secret it is. Together with key id, parameters and salt the seal is bound to it: a hash that was moved to
/// another account, kind or generation does not open.
struct SealBinding {
  AccountId account;
  Kind kind = Kind::kPassword;
  std::uint64_t generation = 0;  ///< the Verifier's
};

/// Makes the stored form under the ring's current key, with a fresh salt.
/// secret: normalised, not empty. Returns it; `invalid` parameters, `exhausted` if argon2 gets no memory.
/// Costs one hash. Thread-safe with an arena a thread, as all here.
Result<SealedHash> make_hash(HashArena& arena, const KeyRing& ring, const HashParams& params, SecretView secret,
                             const SealBinding& binding);

/// The stored form of another system's hash, under the ring's current key. text: as parse_foreign_hash() takes it.
SealedHash seal_foreign_hash(const KeyRing& ring, std::string_view text, const SealBinding& binding);

/// What is sealed: the hash, or the foreign hash's text. `corrupt` if the seal does not open or the ring lacks its key.
Result<SecureBuffer> open_hash(const KeyRing& ring, const SealedHash& stored, const SealBinding& binding);

/// Seals plain under the ring's current key as the hash that stored describes by scheme, params and salt.
SealedHash close_hash(const KeyRing& ring, const SealedHash& described, Bytes plain, const SealBinding& binding);

/// Checks a normalised secret against a stored form.
/// configured: the cost every attempt must have; a cheaper stored form is filled up to it, a dearer one costs more, as
/// does one of crypt(3): its own cost besides.
/// Returns whether it matches; `corrupt` if the seal does not open or the ring lacks its key, after the same cost;
/// `exhausted` if argon2 gets no memory.
Result<bool> check_hash(HashArena& arena, const KeyRing& ring, const HashParams& configured, SecretView secret,
                        const SealedHash& stored, const SealBinding& binding);

/// The same stored form under the ring's current key, without the secret: the seal is opened and made anew.
/// `corrupt` if it does not open or the ring lacks its key. Takes microseconds. Thread-safe.
Result<SealedHash> reseal_hash(const KeyRing& ring, const SealedHash& stored, const SealBinding& binding);

/// Whether the seal opens: the key is there, and nothing of the form and its binding was changed. Thread-safe.
bool opens(const KeyRing& ring, const SealedHash& stored, const SealBinding& binding);

/// Costs what check_hash() costs, for unknown users and whatever else has nothing to check; the hash is thrown away.
Status burn_hash(HashArena& arena, const HashParams& params, SecretView secret);

}  // namespace pbxcred
