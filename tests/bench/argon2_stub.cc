// SPDX-License-Identifier: BSD-2-Clause
// Stands in for crypto/argon2.cc in programs of the benchmark, so that everything but the hash can be timed: one
// BLAKE2b instead of megabytes. Never part of what is installed.
#include <sodium.h>

#include "crypto/argon2.h"

namespace pbxcred {

HashArena::~HashArena() {
  release();
}
void HashArena::release() {}
Status HashArena::reserve(std::size_t) {
  return {};
}
MutableBytes HashArena::memory() const {
  return {};
}

Status argon2id_into(HashArena&, MutableBytes tag, SecretView secret, Bytes salt, const HashParams& params, Bytes,
                     Bytes) {
  if (!is_sane(params) || salt.size() < crypto_generichash_KEYBYTES_MIN)
    return Error{Code::kInvalid, "argon2 parameters are out of range"};
  crypto_generichash(tag.data(), tag.size(), secret.bytes.data(), secret.bytes.size(), salt.data(), salt.size());
  return {};
}

Result<Hash32> argon2id(HashArena& arena, SecretView secret, Bytes salt, const HashParams& params, Bytes, Bytes) {
  Hash32 hash;
  PBXCRED_CHECK(argon2id_into(arena, MutableBytes(hash.raw), secret, salt, params));
  return hash;
}

}  // namespace pbxcred
