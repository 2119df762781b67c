// SPDX-License-Identifier: BSD-2-Clause
// Keyed hashes: index keys of names, MACs of records, hashes of guesses and tokens.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>

#include "base/bytes.h"
#include "crypto/subkey.h"

namespace pbxcred {

using Hash16 = std::array<std::uint8_t, 16>;

/// BLAKE2b-128 of the parts under key. The length of every part goes in before it: {"ab", "c"} and {"a", "bc"} differ.
/// Thread-safe; about 1 µs for short parts.
Hash16 keyed_hash(const Subkey& key, std::initializer_list<Bytes> parts);

/// keyed_hash() of many messages: what depends on the key alone is done once. Holds key material, which is wiped with it.
class KeyedHasher {
 public:
  explicit KeyedHasher(const Subkey& key);
  KeyedHasher(const KeyedHasher&) = default;
  KeyedHasher& operator=(const KeyedHasher&) = default;
  ~KeyedHasher();

  Hash16 hash(std::initializer_list<Bytes> parts) const;

 private:
  alignas(64) std::uint8_t state_[384];  ///< libsodium's
};

/// BLAKE2b-256 of a stream under key, apart from the others here. Holds key material, which is wiped with it.
class StreamMac {
 public:
  using Sum = std::array<std::uint8_t, 32>;

  explicit StreamMac(const Subkey& key);
  StreamMac(const StreamMac&) = delete;
  StreamMac& operator=(const StreamMac&) = delete;
  ~StreamMac();

  void append(Bytes bytes);
  /// Once, last.
  Sum finish();

 private:
  alignas(64) std::uint8_t state_[384];  ///< libsodium's
};

/// BLAKE2b-128 of one run of bytes under key, apart from every keyed_hash() under the same key.
Hash16 mac16(const Subkey& key, Bytes message);

}  // namespace pbxcred
