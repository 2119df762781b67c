// SPDX-License-Identifier: BSD-2-Clause
// Which secret a door takes: the requirements one by one, then every combination against a second statement of the rule.
#include <optional>
#include <string>

#include "rules/door.h"
#include "support/check.h"

using namespace pbxcred;

namespace {

KindSet kinds(std::initializer_list<Kind> of) {
  KindSet set;
  for (Kind kind : of) set.add(kind);
  return set;
}

std::string shown(std::optional<Kind> kind) { return kind ? name_of(*kind) : "nothing"; }

CASE(door_takes_what_the_requirements_say) {
  using enum Kind;
  const KindSet all_of_user = kinds({kPassword, kVoicemail, kLogin, kPhone});
  const struct {
    const char* requirement;
    Kind door;
    Role role;
    KindSet set;
    const char* takes;
  } rows[] = {
      {"R1: the PIN is no credential of the portal", kPassword, Role::kUser, kinds({kVoicemail}), "nothing"},
      {"R1: nor is the login code", kPassword, Role::kUser, kinds({kLogin, kPhone}), "nothing"},
      {"R2, R21: the portal takes the password", kPassword, Role::kUser, kinds({kPassword}), "password"},
      {"R3: beside a PIN, only the password", kPassword, Role::kUser, kinds({kPassword, kVoicemail}), "password"},
      {"R4, R23: the PIN opens the mailbox", kVoicemail, Role::kUser, kinds({kVoicemail}), "voicemail"},
      {"R4: also beside a password", kVoicemail, Role::kUser, all_of_user, "voicemail"},
      {"R11: the password does not open the mailbox", kVoicemail, Role::kUser, kinds({kPassword, kLogin}), "nothing"},
      {"R12, R24: the login code logs on at a phone", kLogin, Role::kUser, kinds({kLogin}), "login"},
      {"R12: the device's secret does not", kLogin, Role::kUser, kinds({kPhone, kPassword}), "nothing"},
      {"R24: the login code, also beside the device's", kLogin, Role::kUser, all_of_user, "login"},
      {"R13: the device's secret registers it", kPhone, Role::kUser, kinds({kPhone}), "phone"},
      {"R25: else the login code", kPhone, Role::kUser, kinds({kLogin}), "login"},
      {"R25: the device's secret wins where it is set", kPhone, Role::kUser, kinds({kPhone, kLogin}), "phone"},
      {"R25: no other stands in", kPhone, Role::kUser, kinds({kPassword, kVoicemail}), "nothing"},
      {"R18: not set opens nothing", kPassword, Role::kUser, {}, "nothing"},
      {"R22: an administrator's door takes its secret", kAdmin, Role::kAdmin, kinds({kAdmin}), "admin"},
      {"R22: a user does not pass it", kAdmin, Role::kUser, kinds({kPassword, kAdmin}), "nothing"},
      {"R22: an administrator passes no user's door", kPassword, Role::kAdmin, kinds({kAdmin, kPassword}), "nothing"},
      {"R22: nor a phone's", kPhone, Role::kAdmin, kinds({kAdmin, kLogin, kPhone}), "nothing"},
  };
  for (const auto& row : rows) {
    const std::string got = shown(secret_for_door(row.door, row.role, row.set));
    if (got != row.takes) fail_msg("%s: takes %s, not %s", row.requirement, got.c_str(), row.takes);
  }
}

/// The rule once more, as a table of who opens what: door, first choice, second choice.
std::optional<Kind> naive(Kind door, Role role, KindSet set) {
  const bool has[] = {(set.bits & 1) != 0, (set.bits & 2) != 0, (set.bits & 4) != 0, (set.bits & 8) != 0,
                      (set.bits & 16) != 0};
  if (role == Role::kAdmin) return door == Kind::kAdmin && has[4] ? std::optional(Kind::kAdmin) : std::nullopt;
  switch (door) {
    case Kind::kPassword: return has[0] ? std::optional(Kind::kPassword) : std::nullopt;
    case Kind::kVoicemail: return has[1] ? std::optional(Kind::kVoicemail) : std::nullopt;
    case Kind::kLogin: return has[2] ? std::optional(Kind::kLogin) : std::nullopt;
    case Kind::kPhone:
      if (has[3]) return Kind::kPhone;
      return has[2] ? std::optional(Kind::kLogin) : std::nullopt;
    case Kind::kAdmin: return std::nullopt;
  }
  return std::nullopt;
}

CASE(door_agrees_with_the_second_statement_for_every_combination) {
  int opened = 0;
  for (Kind door : kAllKinds) {
    for (const Role role : {Role::kUser, Role::kAdmin}) {
      for (int bits = 0; bits < 32; ++bits) {
        KindSet set;
        set.bits = static_cast<std::uint8_t>(bits);
        const auto got = secret_for_door(door, role, set);
        if (got != naive(door, role, set))
          fail_msg("door %s, role %d, set %d: %s", name_of(door), static_cast<int>(role), bits, shown(got).c_str());
        if (!got) continue;
        ++opened;
        assert_true(set.has(*got));            // R18: only what is set
        assert_true(may_hold(role, *got));     // R22
      }
    }
  }
  // password, voicemail, login: half of 32 each; phone: three quarters; admin: half.
  assert_int_equal(opened, 16 + 16 + 16 + 24 + 16);
}

CASE(may_hold_keeps_administrators_apart) {
  for (Kind kind : kAllKinds) {
    assert_true(may_hold(Role::kAdmin, kind) == (kind == Kind::kAdmin));
    assert_true(may_hold(Role::kUser, kind) == (kind != Kind::kAdmin));
  }
}

}  // namespace

RUN_CASES(cmocka_unit_test(door_takes_what_the_requirements_say),
          cmocka_unit_test(door_agrees_with_the_second_statement_for_every_combination),
          cmocka_unit_test(may_hold_keeps_administrators_apart))
