// SPDX-License-Identifier: BSD-2-Clause
// When a verifier stops listening to guesses (R103-R106, design §8).
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "model/ledger.h"

namespace pbxcred {

struct LockoutSettings {
  std::uint32_t threshold = 5;  ///< distinct wrong secrets before the first lock
  /// Length of the first, second, … lock; each further wrong secret after a lock has ended brings the next; the last
  /// stays.
  std::vector<std::chrono::seconds> steps = {std::chrono::minutes(1), std::chrono::minutes(5), std::chrono::minutes(30),
                                             std::chrono::hours(2), std::chrono::hours(24)};
  std::uint32_t permanent_at = 50;  ///< distinct wrong secrets; 0: never
};

/// Whether the ledger's lock holds at now. A lock that ends later than the longest step from now was written under a
/// clock that has since jumped back; it is not believed.
bool is_locked(const Ledger& ledger, Time now, const LockoutSettings& settings);

/// Counts one wrong secret into ledger. guess: keyed hash of secret, account, kind and source. The same guess among the
/// last four within 24 h is not counted again. Attempts while locked are not counted.
void count_failure(Ledger& ledger, const std::array<std::uint8_t, 16>& guess, Time now, const LockoutSettings& settings);

/// What is left of two ledgers of the same verifier when neither may be forgotten: the later lock, the higher count.
Ledger stricter_of(const Ledger& one, const Ledger& other);

}  // namespace pbxcred
