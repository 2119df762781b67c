// SPDX-License-Identifier: BSD-2-Clause
// Alphabet and length of a secret (R15-R17, R99), the sentences people read, and what sshd sends for nobody.
#include <algorithm>
#include <string>
#include <vector>

#include "rules/limits.h"
#include "service/settings.h"
#include "support/check.h"

using namespace pbxcred;

namespace {

// Document D, as policies.
const Policy kPasswordOfD = {"d-password", 0, 31, Alphabet::kAlphanumeric};
const Policy kVoicemailOfD = {"d-voicemail", 0, 15, Alphabet::kDigits};
const Policy kLoginOfD = {"d-login", 0, 31, Alphabet::kDigits};
// The defaults.
Policy built_in(const std::string& name) {
  for (const Policy& policy : built_in_policies())
    if (policy.name == name) return policy;
  fail_msg("there is no policy %s", name.c_str());
  return {};
}

std::string codes(const Policy& policy, Kind kind, std::string_view secret) {
  std::string all;
  for (const BrokenRule& rule : broken_rules(policy, kind, {as_bytes(secret)})) {
    if (!all.empty()) all += ' ';
    all += rule.code;
    assert_true(rule.text.ends_with('.'));
    assert_true(rule.text.find(noun_of(kind)) != std::string::npos);
  }
  return all;
}

CASE(limits_hold_at_the_borders) {
  const std::string umlaut = "\xc3\xa4";
  std::string umlauts;
  for (int i = 0; i < 15; ++i) umlauts += umlaut;
  const struct {
    const char* requirement;
    Policy policy;
    Kind kind;
    std::string secret;
    const char* broken;
  } rows[] = {
      {"R15", kPasswordOfD, Kind::kPassword, "", ""},
      {"R15", kPasswordOfD, Kind::kPassword, std::string(31, 'z'), ""},
      {"R15", kPasswordOfD, Kind::kPassword, std::string(32, 'z'), "too-long"},
      {"R15", kPasswordOfD, Kind::kPassword, "azAZ09", ""},
      {"R15", kPasswordOfD, Kind::kPassword, "az_AZ", "alphabet"},
      {"R15", kPasswordOfD, Kind::kPassword, "az AZ", "alphabet"},
      {"R15", kPasswordOfD, Kind::kPassword, "@", "alphabet"},
      {"R15", kPasswordOfD, Kind::kPassword, "[", "alphabet"},
      {"R15", kPasswordOfD, Kind::kPassword, "`", "alphabet"},
      {"R15", kPasswordOfD, Kind::kPassword, "{", "alphabet"},
      {"R15", kPasswordOfD, Kind::kPassword, umlaut, "alphabet"},
      {"R15", kPasswordOfD, Kind::kPassword, std::string(32, '-'), "alphabet too-long"},
      {"R16", kVoicemailOfD, Kind::kVoicemail, std::string(15, '0'), ""},
      {"R16", kVoicemailOfD, Kind::kVoicemail, std::string(16, '0'), "too-long"},
      {"R16", kVoicemailOfD, Kind::kVoicemail, "0123456789", ""},
      {"R16", kVoicemailOfD, Kind::kVoicemail, "12a4", "alphabet"},
      {"R16", kVoicemailOfD, Kind::kVoicemail, "12/4", "alphabet"},
      {"R16", kVoicemailOfD, Kind::kVoicemail, "12:4", "alphabet"},
      {"R16", kVoicemailOfD, Kind::kVoicemail, "-123", "alphabet"},
      {"R16", kVoicemailOfD, Kind::kVoicemail, "\xd9\xa1\xd9\xa2", "alphabet"},  // Arabic-Indic digits
      {"R17", kLoginOfD, Kind::kLogin, std::string(31, '9'), ""},
      {"R17", kLoginOfD, Kind::kLogin, std::string(32, '9'), "too-long"},
      {"R17", kLoginOfD, Kind::kLogin, "x", "alphabet"},
      {"default password", built_in("standard"), Kind::kPassword, std::string(14, 'x'), "too-short"},
      {"default password", built_in("standard"), Kind::kPassword, std::string(15, 'x'), ""},
      {"default password", built_in("standard"), Kind::kPassword, umlauts, ""},  // characters, not bytes
      {"default password", built_in("standard"), Kind::kPassword, umlauts.substr(2), "too-short"},
      {"default password", built_in("standard"), Kind::kPassword, std::string(256, 'x'), ""},
      {"default password", built_in("standard"), Kind::kPassword, std::string(257, 'x'), "too-long"},
      {"default PIN", built_in("pin-standard"), Kind::kVoicemail, "12345", "too-short"},
      {"default PIN", built_in("pin-standard"), Kind::kVoicemail, "123456", ""},
      {"default PIN", built_in("pin-standard"), Kind::kVoicemail, std::string(15, '5'), ""},
      {"default PIN", built_in("pin-standard"), Kind::kVoicemail, std::string(16, '5'), "too-long"},
      {"default PIN", built_in("pin-standard"), Kind::kVoicemail, "12a", "alphabet too-short"},
      {"default login", built_in("login-standard"), Kind::kLogin, std::string(31, '5'), ""},
      {"default login", built_in("login-standard"), Kind::kLogin, std::string(32, '5'), "too-long"},
      {"default phone", built_in("phone-standard"), Kind::kPhone, std::string(11, 'x'), "too-short"},
      {"default phone", built_in("phone-standard"), Kind::kPhone, std::string(64, '$'), ""},
      {"default admin", built_in("admin"), Kind::kAdmin, std::string(14, 'x'), "too-short"},
  };
  for (const auto& row : rows) {
    const std::string got = codes(row.policy, row.kind, row.secret);
    if (got != row.broken)
      fail_msg("%s: \"%s\" breaks \"%s\", not \"%s\"", row.requirement, row.secret.c_str(), got.c_str(), row.broken);
  }
}

CASE(limits_take_every_ascii_character_that_is_in_the_alphabet_and_no_other) {
  const std::string digits = "0123456789";
  const std::string alphanumeric = digits + "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  for (int c = 0x20; c < 0x7f; ++c) {
    const std::string secret(1, static_cast<char>(c));
    assert_true(codes({"", 1, 9, Alphabet::kDigits}, Kind::kLogin, secret).empty() ==
                (digits.find(secret) != std::string::npos));
    assert_true(codes({"", 1, 9, Alphabet::kAlphanumeric}, Kind::kPassword, secret).empty() ==
                (alphanumeric.find(secret) != std::string::npos));
    assert_true(codes({"", 1, 9, Alphabet::kAny}, Kind::kPassword, secret).empty());
  }
}

CASE(describe_says_what_is_asked_for) {
  const auto expect = [](const Policy& policy, Kind kind, const char* wanted) {
    assert_string_equal(describe(policy, kind).c_str(), wanted);
  };
  expect({"", 15, 256, Alphabet::kAny}, Kind::kPassword, "The new password must have 15 to 256 characters.");
  expect({"", 6, 15, Alphabet::kDigits}, Kind::kVoicemail, "The new PIN must have 6 to 15 digits.");
  expect({"", 6, 6, Alphabet::kDigits}, Kind::kVoicemail, "The new PIN must have exactly 6 digits.");
  expect({"", 8, 40, Alphabet::kAlphanumeric}, Kind::kPassword,
         "The new password must have 8 to 40 characters, only 0-9, a-z and A-Z.");
}

CASE(broken_rules_name_the_secret_and_the_bound) {
  const auto text = [](const Policy& policy, Kind kind, std::string_view secret) {
    return broken_rules(policy, kind, {as_bytes(secret)}).at(0).text;
  };
  const auto expect = [](const std::string& got, const char* wanted) { assert_string_equal(got.c_str(), wanted); };
  expect(text({"", 6, 15, Alphabet::kDigits}, Kind::kVoicemail, "1"), "The PIN must have at least 6 digits.");
  expect(text({"", 6, 8, Alphabet::kDigits}, Kind::kLogin, "123456789"), "The PIN must have at most 8 digits.");
  expect(text({"", 6, 8, Alphabet::kDigits}, Kind::kLogin, "12345x"), "The PIN may contain only digits.");
  expect(text({"", 15, 256, Alphabet::kAny}, Kind::kPassword, "1"), "The password must have at least 15 characters.");
  expect(text({"", 1, 9, Alphabet::kAlphanumeric}, Kind::kPassword, "!"),
         "The password may contain only 0-9, a-z and A-Z.");
}

CASE(nouns_are_what_people_call_them) {
  assert_string_equal(noun_of(Kind::kPassword), "password");
  assert_string_equal(noun_of(Kind::kVoicemail), "PIN");
  assert_string_equal(noun_of(Kind::kLogin), "PIN");
  assert_string_equal(noun_of(Kind::kPhone), "password");
  assert_string_equal(noun_of(Kind::kAdmin), "password");
}

CASE(sshd_junk_is_known_at_every_length) {
  // OpenSSH auth-pam.c, fake_password(): as long as what was typed, repeating this.
  const std::string pattern = "\b\n\r\177INCORRECT";
  std::string junk;
  for (std::size_t length = 1; length <= 1024; ++length) {
    junk += pattern[(length - 1) % pattern.size()];
    assert_true(is_sshd_junk({as_bytes(junk)}));
    std::string other = junk;
    other.back() = static_cast<char>(other.back() + 1);
    assert_false(is_sshd_junk({as_bytes(other)}));
  }
}

CASE(sshd_junk_is_nothing_that_people_type) {
  for (const std::string_view typed : {"", "INCORRECT", "\177INCORRECT", "incorrect", "\b\n\rINCORRECT", "\n", "4711"})
    assert_false(is_sshd_junk({as_bytes(typed)}));
}

}  // namespace

RUN_CASES(cmocka_unit_test(limits_hold_at_the_borders),
          cmocka_unit_test(limits_take_every_ascii_character_that_is_in_the_alphabet_and_no_other),
          cmocka_unit_test(describe_says_what_is_asked_for),
          cmocka_unit_test(broken_rules_name_the_secret_and_the_bound),
          cmocka_unit_test(nouns_are_what_people_call_them), cmocka_unit_test(sshd_junk_is_known_at_every_length),
          cmocka_unit_test(sshd_junk_is_nothing_that_people_type))
