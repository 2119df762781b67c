// SPDX-License-Identifier: BSD-2-Clause
// When a verifier stops listening (R103-R106, design §8).
#include <array>
#include <cstdint>
#include <vector>

#include "rules/lockout.h"
#include "support/check.h"

using namespace pbxcred;
using namespace std::chrono_literals;

namespace {

using Guess = std::array<std::uint8_t, 16>;

Guess guess(std::uint32_t number) {
  Guess hash{};
  for (unsigned i = 0; i < 4; ++i) hash[i] = static_cast<std::uint8_t>(number >> (8 * i));
  hash[15] = 1;
  return hash;
}

constexpr Time kStart = Time(std::chrono::hours(24 * 365 * 50));
const LockoutSettings kDefault;

/// A ledger, a clock and a supply of fresh guesses.
struct Attack {
  Ledger ledger;
  Time now = kStart;
  LockoutSettings settings = kDefault;
  std::uint32_t next = 0;

  void wrong() { wrong(next++); }
  void wrong(std::uint32_t number) { count_failure(ledger, guess(number), now, settings); }
  bool locked() const { return is_locked(ledger, now, settings); }
  /// How long the lock lasts from now; none: 0.
  std::chrono::milliseconds length() const { return ledger.locked_until ? *ledger.locked_until - now : 0ms; }
  void wait_out() { now = *ledger.locked_until; }
};

CASE(lockout_locks_at_the_fifth_distinct_guess) {
  Attack attack;
  for (int i = 0; i < 4; ++i) {
    attack.wrong();
    assert_false(attack.locked());
  }
  attack.wrong();
  assert_true(attack.locked());
  assert_int_equal(attack.ledger.failures, 5);
  assert_true(attack.ledger.last_failure == kStart);
}

CASE(lockout_ends_exactly_when_it_says) {
  Attack attack;
  for (int i = 0; i < 5; ++i) attack.wrong();
  attack.now = kStart + 1min - 1ms;
  assert_true(attack.locked());
  attack.now = kStart + 1min;
  assert_false(attack.locked());
}

CASE(lockout_takes_the_steps_of_the_design) {
  Attack attack;
  for (int i = 0; i < 5; ++i) attack.wrong();
  for (const std::chrono::milliseconds step : {std::chrono::milliseconds(1min), std::chrono::milliseconds(5min),
                                               std::chrono::milliseconds(30min), std::chrono::milliseconds(2h),
                                               std::chrono::milliseconds(24h), std::chrono::milliseconds(24h),
                                               std::chrono::milliseconds(24h)}) {
    assert_true(attack.length() == step);
    assert_true(attack.locked());
    attack.wait_out();
    assert_false(attack.locked());
    attack.wrong();  // one further wrong secret brings the next
  }
}

CASE(lockout_becomes_permanent_at_fifty) {
  Attack attack;
  std::uint32_t counted = 0;
  while (counted < 49) {
    attack.wrong();
    ++counted;
    assert_int_equal(attack.ledger.failures, counted);
    assert_false(attack.ledger.locked_permanently);
    if (attack.locked()) attack.wait_out();
  }
  attack.wrong();
  assert_true(attack.ledger.locked_permanently);
  attack.now += std::chrono::hours(24 * 365 * 100);
  assert_true(attack.locked());
  attack.now = kStart - 24h;
  assert_true(attack.locked());
}

CASE(lockout_is_never_permanent_when_that_is_switched_off) {
  Attack attack;
  attack.settings.permanent_at = 0;
  for (int i = 0; i < 200; ++i) {
    attack.wrong();
    if (attack.locked()) attack.wait_out();
  }
  assert_int_equal(attack.ledger.failures, 200);
  assert_false(attack.ledger.locked_permanently);
}

CASE(lockout_does_not_count_attempts_while_locked) {
  Attack attack;
  for (int i = 0; i < 5; ++i) attack.wrong();
  const auto until = attack.ledger.locked_until;
  for (int i = 0; i < 100; ++i) attack.wrong();
  assert_int_equal(attack.ledger.failures, 5);
  assert_true(attack.ledger.locked_until == until);
  assert_false(attack.ledger.locked_permanently);
}

CASE(lockout_does_not_count_while_locked_for_good) {
  Attack attack;
  attack.ledger.locked_permanently = true;
  attack.wrong();
  assert_int_equal(attack.ledger.failures, 0);
  assert_true(attack.ledger.recent.empty());
}

CASE(lockout_counts_the_same_guess_once) {
  Attack attack;
  for (int i = 0; i < 50; ++i) {
    attack.now += 1min;
    attack.wrong(7);
  }
  assert_int_equal(attack.ledger.failures, 1);
  assert_false(attack.locked());
}

CASE(lockout_remembers_the_last_four_guesses) {
  Attack attack;
  attack.settings.threshold = 100;
  for (std::uint32_t i = 0; i < 4; ++i) attack.wrong(i);
  for (std::uint32_t i = 0; i < 4; ++i) attack.wrong(i);
  assert_int_equal(attack.ledger.failures, 4);
  attack.wrong(4);  // pushes the first out
  attack.wrong(0);
  assert_int_equal(attack.ledger.failures, 6);
  assert_int_equal(attack.ledger.recent.size(), 4);
  assert_true(attack.ledger.recent[0].hash == guess(0));  // newest first
  assert_true(attack.ledger.recent[3].hash == guess(2));
}

CASE(lockout_forgets_a_guess_after_a_day) {
  Attack attack;
  attack.wrong(7);
  attack.now = kStart + 24h - 1ms;
  attack.wrong(7);
  assert_int_equal(attack.ledger.failures, 1);
  attack.now = kStart + 24h;
  attack.wrong(7);
  assert_int_equal(attack.ledger.failures, 2);
}

CASE(lockout_counts_a_guess_that_seems_to_come_from_the_future) {
  Attack attack;
  attack.wrong(7);
  attack.now = kStart - 1h;  // the clock jumped back
  attack.wrong(7);
  assert_int_equal(attack.ledger.failures, 2);
}

CASE(lockout_holds_when_the_clock_jumps_a_little) {
  Attack attack;
  for (int i = 0; i < 5; ++i) attack.wrong();
  attack.now = kStart - 10min;
  assert_true(attack.locked());
}

CASE(lockout_does_not_believe_a_lock_beyond_its_longest_step) {
  Attack attack;
  for (int i = 0; i < 5; ++i) attack.wrong();
  attack.now = *attack.ledger.locked_until - 24h;
  assert_true(attack.locked());
  attack.now -= 1ms;
  assert_false(attack.locked());
  attack.wrong();  // and is counted again, into the next step
  assert_int_equal(attack.ledger.failures, 6);
  assert_true(attack.locked());
  assert_true(attack.length() == 5min);
}

CASE(lockout_ends_when_the_clock_jumps_ahead_and_counts_on) {
  Attack attack;
  for (int i = 0; i < 5; ++i) attack.wrong();
  attack.now += std::chrono::hours(24 * 365);
  assert_false(attack.locked());
  attack.wrong();
  assert_int_equal(attack.ledger.failures, 6);
  assert_true(attack.length() == 5min);
}

CASE(lockout_follows_its_settings) {
  Attack attack;
  attack.settings.threshold = 1;
  attack.settings.steps = {10s, 20s};
  attack.settings.permanent_at = 3;
  attack.wrong();
  assert_true(attack.length() == 10s);
  attack.wait_out();
  attack.wrong();
  assert_true(attack.length() == 20s);
  attack.wait_out();
  attack.wrong();
  assert_true(attack.ledger.locked_permanently);
}

CASE(lockout_without_steps_counts_and_locks_for_good_only) {
  Attack attack;
  attack.settings.steps.clear();
  attack.settings.permanent_at = 10;
  for (int i = 0; i < 9; ++i) {
    attack.wrong();
    assert_false(attack.locked());
  }
  attack.wrong();
  assert_true(attack.locked());
}

CASE(lockout_count_does_not_wrap) {
  Attack attack;
  attack.settings.permanent_at = 0;
  attack.ledger.failures = UINT32_MAX;
  attack.wrong();
  assert_true(attack.ledger.failures == UINT32_MAX);
  assert_true(attack.length() == 24h);
}

/// An attacker with all the patience there is, one fresh guess as soon as the lock ends: how many are heard.
CASE(lockout_hears_few_guesses_in_a_week) {
  Attack attack;
  int heard = 0;
  while (attack.now < kStart + std::chrono::hours(24 * 7)) {
    const auto before = attack.ledger.failures;
    attack.wrong();
    heard += attack.ledger.failures > before ? 1 : 0;
    attack.now = attack.locked() ? *attack.ledger.locked_until : attack.now + 1ms;
  }
  assert_int_equal(heard, 5 + 4 + 6);  // to the first lock, through the steps to a day, then one a day
}

CASE(lockout_of_a_fresh_ledger_is_none) {
  assert_false(is_locked(Ledger{}, kStart, kDefault));
  assert_false(is_locked(Ledger{}, Time{}, kDefault));
}

}  // namespace

RUN_CASES(cmocka_unit_test(lockout_locks_at_the_fifth_distinct_guess),
          cmocka_unit_test(lockout_ends_exactly_when_it_says), cmocka_unit_test(lockout_takes_the_steps_of_the_design),
          cmocka_unit_test(lockout_becomes_permanent_at_fifty),
          cmocka_unit_test(lockout_is_never_permanent_when_that_is_switched_off),
          cmocka_unit_test(lockout_does_not_count_attempts_while_locked),
          cmocka_unit_test(lockout_does_not_count_while_locked_for_good),
          cmocka_unit_test(lockout_counts_the_same_guess_once),
          cmocka_unit_test(lockout_remembers_the_last_four_guesses),
          cmocka_unit_test(lockout_forgets_a_guess_after_a_day),
          cmocka_unit_test(lockout_counts_a_guess_that_seems_to_come_from_the_future),
          cmocka_unit_test(lockout_holds_when_the_clock_jumps_a_little),
          cmocka_unit_test(lockout_does_not_believe_a_lock_beyond_its_longest_step),
          cmocka_unit_test(lockout_ends_when_the_clock_jumps_ahead_and_counts_on),
          cmocka_unit_test(lockout_follows_its_settings),
          cmocka_unit_test(lockout_without_steps_counts_and_locks_for_good_only),
          cmocka_unit_test(lockout_count_does_not_wrap), cmocka_unit_test(lockout_hears_few_guesses_in_a_week),
          cmocka_unit_test(lockout_of_a_fresh_ledger_is_none))
