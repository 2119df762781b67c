// SPDX-License-Identifier: BSD-2-Clause
// What was guessed against one verifier. No record: nothing since the last success.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/fields.h"

namespace pbxcred {

/// A wrong secret lately tried: its keyed hash, bound to account, kind and source.
struct RecentGuess {
  std::array<std::uint8_t, 16> hash{};
  Time at{};
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& g) {
    v(1, "hash", g.hash);
    v(2, "at", g.at);
  }
};

struct Ledger {
  std::uint32_t failures = 0;  ///< distinct wrong secrets since the last success
  Time last_failure{};
  std::optional<Time> locked_until;
  bool locked_permanently = false;
  std::vector<RecentGuess> recent;  ///< newest first, at most 4
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& l) {
    v(1, "failures", l.failures);
    v(2, "last_failure", l.last_failure);
    v(3, "locked_until", l.locked_until);
    v(4, "locked_permanently", l.locked_permanently);
    v(5, "recent", l.recent);
  }
};

}  // namespace pbxcred
