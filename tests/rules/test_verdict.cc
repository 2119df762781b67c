// SPDX-License-Identifier: BSD-2-Clause
// The one place that turns a login into yes: every combination of facts.
#include <string>

#include "rules/verdict.h"
#include "support/check.h"

using namespace pbxcred;

namespace {

LoginFacts facts_of(int bits) {
  LoginFacts facts;
  facts.found = (bits & 1) != 0;
  facts.enabled = (bits & 2) != 0;
  facts.set = (bits & 4) != 0;
  facts.locked = (bits & 8) == 0;
  facts.expired = (bits & 16) == 0;
  facts.matched = (bits & 32) != 0;
  facts.due = (bits & 64) == 0;
  return facts;
}
constexpr int kAllGood = 127;

CASE(verdict_refuses_when_nothing_is_known) {
  const Outcome outcome = decide(LoginFacts{});
  assert_false(is_granted(outcome));
  assert_true(outcome == Outcome::kUnknown);
  // Each fact that nobody filled in stands in the way by itself.
  const LoginFacts empty;
  for (int fact = 0; fact < 7; ++fact) {
    LoginFacts facts = facts_of(kAllGood);
    if (fact == 0) facts.found = empty.found;
    if (fact == 1) facts.enabled = empty.enabled;
    if (fact == 2) facts.set = empty.set;
    if (fact == 3) facts.locked = empty.locked;
    if (fact == 4) facts.expired = empty.expired;
    if (fact == 5) facts.matched = empty.matched;
    if (fact == 6) facts.due = empty.due;
    if (decide(facts) == Outcome::kGranted) fail_msg("fact %d is good unless somebody says otherwise", fact);
  }
}

CASE(verdict_grants_only_when_all_facts_are_good) {
  int granted = 0;
  int passed = 0;
  for (int bits = 0; bits <= kAllGood; ++bits) {
    const Outcome outcome = decide(facts_of(bits));
    granted += outcome == Outcome::kGranted ? 1 : 0;
    passed += is_granted(outcome) ? 1 : 0;
    if (outcome == Outcome::kGranted && bits != kAllGood) fail_msg("granted with facts %d", bits);
    if (outcome == Outcome::kMustChange && bits != (kAllGood & ~64)) fail_msg("must change with facts %d", bits);
  }
  assert_int_equal(granted, 1);
  assert_int_equal(passed, 2);
}

/// The order of reasons, stated once more: the first fact of this list that is bad is the reason.
Outcome naive(const LoginFacts& facts) {
  const struct {
    bool bad;
    Outcome outcome;
  } reasons[] = {
      {!facts.found, Outcome::kUnknown},     {!facts.enabled, Outcome::kDisabled}, {!facts.set, Outcome::kNotSet},
      {facts.locked, Outcome::kLocked},      {!facts.matched, Outcome::kWrong},    {facts.expired, Outcome::kExpired},
      {facts.due, Outcome::kMustChange},
  };
  for (const auto& reason : reasons)
    if (reason.bad) return reason.outcome;
  return Outcome::kGranted;
}

CASE(verdict_agrees_with_the_second_statement_for_every_combination) {
  for (int bits = 0; bits <= kAllGood; ++bits) {
    const LoginFacts facts = facts_of(bits);
    if (decide(facts) != naive(facts))
      fail_msg("facts %d: %s, not %s", bits, name_of(decide(facts)), name_of(naive(facts)));
  }
}

/// Whether the secret was right is told only where it opens something, or has died.
CASE(verdict_is_the_same_for_right_and_wrong_while_locked_disabled_or_not_set) {
  for (int bits = 0; bits <= kAllGood; ++bits) {
    LoginFacts facts = facts_of(bits);
    if (facts.found && facts.enabled && facts.set && !facts.locked) continue;
    facts.matched = true;
    const Outcome right = decide(facts);
    facts.matched = false;
    assert_true(decide(facts) == right);
  }
}

CASE(outcomes_have_names_of_their_own) {
  std::string all;
  for (int i = 0; i <= static_cast<int>(Outcome::kGranted); ++i) {
    const std::string name = name_of(static_cast<Outcome>(i));
    assert_true(name != "?");
    assert_true(all.find("|" + name + "|") == std::string::npos);
    all += "|" + name + "|";
  }
}

}  // namespace

RUN_CASES(cmocka_unit_test(verdict_refuses_when_nothing_is_known),
          cmocka_unit_test(verdict_grants_only_when_all_facts_are_good),
          cmocka_unit_test(verdict_agrees_with_the_second_statement_for_every_combination),
          cmocka_unit_test(verdict_is_the_same_for_right_and_wrong_while_locked_disabled_or_not_set),
          cmocka_unit_test(outcomes_have_names_of_their_own))
