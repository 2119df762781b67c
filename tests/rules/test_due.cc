// SPDX-License-Identifier: BSD-2-Clause
// When a secret has died, and when it must be changed (R67, R81, R82).
#include "rules/due.h"
#include "support/check.h"

using namespace pbxcred;

namespace {

constexpr Time at(std::int64_t seconds) { return Time(std::chrono::seconds(seconds)); }
constexpr Time kExpiry = at(1000);
constexpr auto kTick = std::chrono::milliseconds(1);

CASE(secret_expires_at_its_instant_and_stays_so) {
  Verifier secret;
  assert_false(is_expired(secret, at(0)));
  assert_false(is_expired(secret, at(1) + std::chrono::hours(24 * 365 * 200)));
  secret.expires_at = kExpiry;
  assert_false(is_expired(secret, at(0)));
  assert_false(is_expired(secret, kExpiry - kTick));
  assert_true(is_expired(secret, kExpiry));
  assert_true(is_expired(secret, kExpiry + std::chrono::hours(24)));
}

CASE(must_change_agrees_with_its_second_statement_for_every_combination) {
  for (int bits = 0; bits < 16; ++bits) {
    Verifier secret;
    if ((bits & 1) != 0) secret.hash.emplace();
    secret.must_change = (bits & 2) != 0;
    secret.temporary = (bits & 4) != 0;
    if ((bits & 8) != 0) secret.expires_at = kExpiry;
    const bool marked = (bits & 2) != 0 || (bits & 4) != 0;
    for (const Time now : {at(0), kExpiry - kTick, kExpiry, kExpiry + kTick}) {
      const bool alive = (bits & 8) == 0 || now < kExpiry;
      const bool wanted = (bits & 1) != 0 && marked && alive;
      if (must_change(secret, now) != wanted) fail_msg("combination %d at %lld", bits, static_cast<long long>(now.time_since_epoch().count()));
    }
  }
}

}  // namespace

RUN_CASES(cmocka_unit_test(secret_expires_at_its_instant_and_stays_so),
          cmocka_unit_test(must_change_agrees_with_its_second_statement_for_every_combination))
