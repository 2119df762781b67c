// SPDX-License-Identifier: BSD-2-Clause
#include "rules/lockout.h"

#include <algorithm>

namespace pbxcred {
namespace {

constexpr std::size_t kRemembered = 4;
constexpr auto kRememberedFor = std::chrono::hours(24);

/// Which step a lock after this many failures takes: the threshold brings the first, each further failure the next.
std::chrono::seconds step_after(std::uint32_t failures, const LockoutSettings& settings) {
  const std::size_t index = failures - settings.threshold;
  return settings.steps[std::min(index, settings.steps.size() - 1)];
}

bool seen_before(const Ledger& ledger, const std::array<std::uint8_t, 16>& guess, Time now) {
  return std::any_of(ledger.recent.begin(), ledger.recent.end(), [&](const RecentGuess& recent) {
    return recent.hash == guess && recent.at <= now && now - recent.at < kRememberedFor;
  });
}

}  // namespace

bool is_locked(const Ledger& ledger, Time now, const LockoutSettings& settings) {
  if (ledger.locked_permanently) return true;
  if (!ledger.locked_until || now >= *ledger.locked_until) return false;
  const auto longest = settings.steps.empty() ? std::chrono::seconds(0) : settings.steps.back();
  return *ledger.locked_until - now <= longest;
}

void count_failure(Ledger& ledger, const std::array<std::uint8_t, 16>& guess, Time now,
                   const LockoutSettings& settings) {
  if (is_locked(ledger, now, settings) || seen_before(ledger, guess, now)) return;
  ledger.failures += ledger.failures < UINT32_MAX ? 1 : 0;
  ledger.last_failure = now;
  ledger.recent.insert(ledger.recent.begin(), RecentGuess{guess, now});
  if (ledger.recent.size() > kRemembered) ledger.recent.resize(kRemembered);
  if (settings.permanent_at > 0 && ledger.failures >= settings.permanent_at) ledger.locked_permanently = true;
  if (ledger.failures >= settings.threshold && !settings.steps.empty())
    ledger.locked_until = now + step_after(ledger.failures, settings);
}

Ledger stricter_of(const Ledger& one, const Ledger& other) {
  const bool other_is_later = other.last_failure > one.last_failure;
  Ledger both = other_is_later ? other : one;
  const Ledger& less = other_is_later ? one : other;
  both.failures = std::max(both.failures, less.failures);
  both.locked_permanently = both.locked_permanently || less.locked_permanently;
  if (less.locked_until && (!both.locked_until || *less.locked_until > *both.locked_until))
    both.locked_until = less.locked_until;
  return both;
}

}  // namespace pbxcred
