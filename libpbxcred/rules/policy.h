// SPDX-License-Identifier: BSD-2-Clause
// A policy: what a secret of some kind may be. Named in the configuration, chosen per kind by server and domain (R99).
#pragma once

#include <cstdint>
#include <string>

namespace pbxcred {

/// Which characters a secret is made of. kAny: UTF-8 without control characters. kAlphanumeric: 0-9 a-z A-Z (R15).
enum class Alphabet : std::uint8_t { kAny, kDigits, kAlphanumeric };

struct Policy {
  std::string name;
  std::uint32_t min_length = 1;    ///< characters
  std::uint32_t max_length = 256;  ///< characters
  Alphabet alphabet = Alphabet::kAny;
};

}  // namespace pbxcred
