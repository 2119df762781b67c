// SPDX-License-Identifier: BSD-2-Clause
// 128 random bits that name an account or a domain for ever.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace pbxcred {

template <class Noun>
struct Id {
  using value_type = std::uint8_t;
  static constexpr bool kFixedBytes = true;
  std::array<std::uint8_t, 16> raw{};

  std::uint8_t* data() { return raw.data(); }
  const std::uint8_t* data() const { return raw.data(); }
  static constexpr std::size_t size() { return 16; }
  Bytes bytes() const { return raw; }
  auto operator<=>(const Id&) const = default;
};

using AccountId = Id<struct AccountNoun>;
using DomainId = Id<struct DomainNoun>;

/// Lower-case hexadecimal.
inline std::string to_hex(Bytes bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (std::uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace pbxcred
