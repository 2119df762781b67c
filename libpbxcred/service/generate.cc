// SPDX-License-Identifier: BSD-2-Clause
#include "service/generate.h"

#include <algorithm>
#include <string_view>

#include "crypto/random.h"

namespace pbxcred {
namespace {

/// A uniformly chosen character: bytes beyond the last whole multiple are thrown away.
char pick(std::string_view from) {
  const auto limit = static_cast<unsigned>(256 - 256 % from.size());
  for (;;) {
    const std::uint8_t byte = random_bytes<1>()[0];
    if (byte < limit) return from[byte % from.size()];
  }
}

}  // namespace

Secret generate_secret(const Policy& policy) {
  // People read these from paper and over the telephone: one case, and nothing that looks like something else (no
  // 0 o, 1 i l, 2, 5, 8, 9 q). 16 of them carry 75 bits.
  static constexpr std::string_view kLetters = "abcdefghjkmnprstuvwxyz3467";
  const bool digits = policy.alphabet == Alphabet::kDigits;
  const std::uint32_t wanted = std::clamp(digits ? 6U : 16U, policy.min_length, policy.max_length);
  SecureBuffer text;
  for (std::uint32_t i = 0; i < wanted; ++i) {
    const char c = pick(digits ? std::string_view("0123456789") : kLetters);
    text.append(as_bytes(std::string_view(&c, 1)));
  }
  return Secret(text.view());
}

}  // namespace pbxcred
