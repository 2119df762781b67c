// SPDX-License-Identifier: BSD-2-Clause
// What is stored of one secret of one account.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/fields.h"
#include "wire/kind.h"

namespace pbxcred {

/// Cost of argon2id (RFC 9106).
struct HashParams {
  std::uint32_t memory_kib = 19456;
  std::uint32_t passes = 2;
  std::uint32_t lanes = 1;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& p) {
    v(1, "memory_kib", p.memory_kib);
    v(2, "passes", p.passes);
    v(3, "lanes", p.lanes);
  }
  bool operator==(const HashParams&) const = default;
};

/// What is sealed. Append only.
enum class HashScheme : std::uint8_t {
  kArgon2id,  ///< argon2id(secret, salt), 32 bytes
  kForeign,  ///< another system's hash as it was imported, a text (crypto/foreign_hash.h); params and salt mean nothing
};
template <>
inline constexpr std::uint64_t kEnumEnd<HashScheme> = 2;

/// The sealed hash: seal(K, argon2id(secret, salt)), bound to account, kind, scheme, params and generation.
struct SealedHash {
  std::uint32_t key_id = 0;
  HashParams params;
  std::array<std::uint8_t, 16> salt{};
  std::vector<std::uint8_t> sealed;  ///< nonce 24, hash 32 (kForeign: its text), tag 16
  HashScheme scheme = HashScheme::kArgon2id;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& s) {
    v(1, "key_id", s.key_id);
    v(2, "params", s.params);
    v(3, "salt", s.salt);
    v(4, "sealed", s.sealed);
    v(5, "scheme", s.scheme);
  }
};

/// Whether it is what would be made today.
inline bool is_current(const SealedHash& hash, const HashParams& cost) {
  return hash.scheme == HashScheme::kArgon2id && hash.params == cost;
}

/// R18: no record, "not set, never was"; hash absent, "cleared" (a tombstone: it stays gone, and the kind counts as
/// having been defined); hash present, "set".
struct Verifier {
  Kind kind = Kind::kPassword;
  std::optional<SealedHash> hash;
  std::uint64_t generation = 0;  ///< rises with every change of this secret
  Time set_at{};
  bool must_change = false;
  bool temporary = false;        ///< dies for good at expires_at
  std::optional<Time> expires_at;
  bool weak = false;             ///< imported although a rule is against it
  /// A keyed hash of the foreign hash it was imported as, also after its first good login has replaced that: the same
  /// file, imported again, then changes nothing.
  std::optional<std::array<std::uint8_t, 16>> origin;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& s) {
    v(1, "kind", s.kind);
    v(2, "hash", s.hash);
    v(3, "generation", s.generation);
    v(4, "set_at", s.set_at);
    v(5, "must_change", s.must_change);
    v(6, "temporary", s.temporary);
    v(7, "expires_at", s.expires_at);
    v(8, "weak", s.weak);
    v(9, "origin", s.origin);
  }
};

}  // namespace pbxcred
