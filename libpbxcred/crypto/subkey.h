// SPDX-License-Identifier: BSD-2-Clause
// A key as the functions of this folder take it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace pbxcred {

/// 32 secret bytes for one purpose, borrowed (from the KeyRing, which must outlive it). Cheap to copy.
class Subkey {
 public:
  static constexpr std::size_t kBytes = 32;

  /// No key.
  Subkey() = default;
  explicit Subkey(const std::array<std::uint8_t, kBytes>& key) : key_(key.data()) {}
  /// key: kBytes bytes.
  static Subkey at(const std::uint8_t* key) {
    Subkey subkey;
    subkey.key_ = key;
    return subkey;
  }

  explicit operator bool() const { return key_ != nullptr; }
  /// The bytes. To use a key that is not there ends the process rather than to compute with nothing.
  const std::uint8_t* data() const {
    if (key_ == nullptr) std::abort();
    return key_;
  }

 private:
  const std::uint8_t* key_ = nullptr;
};

}  // namespace pbxcred
