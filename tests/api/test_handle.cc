// SPDX-License-Identifier: BSD-2-Clause
// Tests of the C interface's handles, names and arguments: what makes no sense is refused, never a crash.
#include "api/handle.h"

#include <climits>

#include "api/api_handle.h"
#include "support/check.h"

using namespace pbxcred;
using namespace pbxcred::test;

namespace {

const pbxcred_new_secret kNew = {PBXCRED_KIND_PASSWORD, "new", 3};

CASE(handle_starts_with_no_result) {
  ApiHandle handle("/nonexistent/pbxcred");
  assert_int_equal(pbxcred_reply_result(handle), PBXCRED_NONE);
  assert_true(handle.tells_nothing());
  assert_string_equal(pbxcred_reply_reason(handle), "");
  assert_int_equal(pbxcred_grant_is_held(handle), 0);
}

/// A forgotten result, a truth value and success of other libraries are no yes.
CASE(result_of_zero_is_no_yes) {
  assert_int_not_equal(PBXCRED_OK, 0);
  assert_int_equal(PBXCRED_NONE, 0);
  assert_int_not_equal(PBXCRED_REFUSED, 0);
}

CASE(handle_refuses_null) {
  pbxcred_handle* none = nullptr;
  assert_int_equal(pbxcred_handle_set_run_dir(none, "/run"), PBXCRED_INVALID);
  assert_int_equal(pbxcred_handle_set_deadline(none, 1), PBXCRED_INVALID);
  assert_int_equal(pbxcred_handle_set_domain(none, "a"), PBXCRED_INVALID);
  assert_int_equal(pbxcred_handle_set_service(none, "a"), PBXCRED_INVALID);
  assert_int_equal(pbxcred_handle_set_rhost(none, "a"), PBXCRED_INVALID);
  assert_int_equal(pbxcred_secret_verify(none, 1, "u", "s", 1), PBXCRED_INVALID);
  assert_int_equal(pbxcred_account_status(none, 1, "u"), PBXCRED_INVALID);
  assert_int_equal(pbxcred_secret_rules(none, 1, "u"), PBXCRED_INVALID);
  assert_int_equal(pbxcred_secret_change(none, 1, "u", "s", 1, &kNew, 1), PBXCRED_INVALID);
  assert_int_equal(pbxcred_secret_change_by_grant(none, 1, "u", &kNew, 1), PBXCRED_INVALID);
  assert_int_equal(pbxcred_secret_set(none, 1, "u", &kNew, 1), PBXCRED_INVALID);
  pbxcred_handle_free(none);
}

CASE(reply_of_null_is_nothing) {
  const pbxcred_handle* none = nullptr;
  assert_int_equal(pbxcred_reply_result(none), PBXCRED_NONE);
  for (const char* text : {pbxcred_reply_reason(none), pbxcred_reply_account(none), pbxcred_reply_method(none),
                           pbxcred_reply_phase(none), pbxcred_reply_notice(none), pbxcred_reply_text(none, 0)})
    assert_string_equal(text, "");
  assert_int_equal(pbxcred_reply_days_left(none), -1);
  assert_int_equal(pbxcred_reply_must_change(none, 1), 0);
  assert_int_equal(pbxcred_reply_changes(none, 1), 0);
  assert_int_equal(pbxcred_reply_text_count(none), 0);
  assert_int_equal(pbxcred_reply_text_is_error(none, 0), 0);
  assert_int_equal(pbxcred_grant_is_held(none), 0);
}

CASE(question_refuses_what_makes_no_sense) {
  FakeDaemon daemon(Verdict::kGranted);
  ApiHandle handle(daemon.run_dir());
  const std::string longest(kMaxName + 1, 'u');
  const struct {
    int kind;
    const char* user;
    pbxcred_result result;
  } rows[] = {
      {0, "u", PBXCRED_INVALID},       {6, "u", PBXCRED_INVALID},
      {-1, "u", PBXCRED_INVALID},      {INT_MAX, "u", PBXCRED_INVALID},
      {INT_MIN, "u", PBXCRED_INVALID}, {1, nullptr, PBXCRED_INVALID},
      {1, "", PBXCRED_UNKNOWN},        {1, longest.c_str(), PBXCRED_UNKNOWN},
  };
  for (const auto& row : rows) {
    assert_int_equal(handle.verify(row.kind, row.user, "s"), row.result);
    assert_int_equal(pbxcred_reply_result(handle), row.result);
    assert_true(handle.tells_nothing());
    assert_string_not_equal(pbxcred_reply_reason(handle), "");
    assert_int_equal(pbxcred_account_status(handle, row.kind, row.user), row.result);
    assert_int_equal(pbxcred_secret_rules(handle, row.kind, row.user), row.result);
    assert_int_equal(pbxcred_secret_change(handle, row.kind, row.user, "s", 1, &kNew, 1), row.result);
    assert_int_equal(pbxcred_secret_change_by_grant(handle, row.kind, row.user, &kNew, 1), row.result);
    assert_int_equal(pbxcred_secret_set(handle, row.kind, row.user, &kNew, 1), row.result);
  }
  assert_int_equal(daemon.seen().size(), 0);
}

CASE(handle_takes_settings_within_their_limits) {
  ApiHandle handle("/nonexistent/pbxcred");
  const std::string dir97 = "/" + std::string(96, 'd');
  const std::string name255(255, 'n');
  const struct {
    pbxcred_result result;
    pbxcred_result wanted;
  } rows[] = {
      {pbxcred_handle_set_run_dir(handle, dir97.c_str()), PBXCRED_OK},
      {pbxcred_handle_set_run_dir(handle, (dir97 + "d").c_str()), PBXCRED_INVALID},
      {pbxcred_handle_set_run_dir(handle, "relative"), PBXCRED_INVALID},
      {pbxcred_handle_set_run_dir(handle, nullptr), PBXCRED_OK},
      {pbxcred_handle_set_run_dir(handle, ""), PBXCRED_OK},
      {pbxcred_handle_set_deadline(handle, 0), PBXCRED_INVALID},
      {pbxcred_handle_set_deadline(handle, 1), PBXCRED_OK},
      {pbxcred_handle_set_deadline(handle, 3600000), PBXCRED_OK},
      {pbxcred_handle_set_deadline(handle, 3600001), PBXCRED_INVALID},
      {pbxcred_handle_set_domain(handle, name255.c_str()), PBXCRED_OK},
      {pbxcred_handle_set_domain(handle, (name255 + "n").c_str()), PBXCRED_INVALID},
      {pbxcred_handle_set_service(handle, name255.c_str()), PBXCRED_OK},
      {pbxcred_handle_set_service(handle, (name255 + "n").c_str()), PBXCRED_INVALID},
      {pbxcred_handle_set_rhost(handle, name255.c_str()), PBXCRED_OK},
      {pbxcred_handle_set_rhost(handle, (name255 + "n").c_str()), PBXCRED_INVALID},
      {pbxcred_handle_set_rhost(handle, nullptr), PBXCRED_OK},
  };
  for (const auto& row : rows) assert_int_equal(row.result, row.wanted);
  const Settings& settings = static_cast<pbxcred_handle*>(handle)->settings;
  assert_string_equal(settings.run_dir, "/run/pbxcred");
  assert_string_equal(settings.domain, name255.c_str());
  assert_string_equal(settings.rhost, "");
  assert_int_equal(settings.deadline.count(), 3600000);
}

CASE(names_are_those_of_the_configuration) {
  const char* const names[] = {"password", "voicemail", "login", "phone", "admin"};
  for (int kind = 1; kind <= 5; ++kind) {
    assert_string_equal(pbxcred_kind_name(kind), names[kind - 1]);
    assert_int_equal(pbxcred_kind_from_name(names[kind - 1]), kind);
  }
  for (const int kind : {0, -1, 6, INT_MAX, INT_MIN}) assert_string_equal(pbxcred_kind_name(kind), "");
  for (const char* name : {"", "Password", "passwor", "passwordd"}) assert_int_equal(pbxcred_kind_from_name(name), 0);
  assert_int_equal(pbxcred_kind_from_name(nullptr), 0);
  assert_string_equal(pbxcred_version_text(), PBXCRED_VERSION);
}

CASE(result_text_is_another_for_each) {
  std::vector<std::string> texts;
  for (int result = 0; result <= PBXCRED_INTERNAL; ++result) {
    const std::string text = pbxcred_result_text(result);
    for (const auto& other : texts) assert_string_not_equal(text.c_str(), other.c_str());
    texts.push_back(text);
  }
  for (const int result : {PBXCRED_INTERNAL + 1, -1, INT_MAX, INT_MIN})
    assert_string_equal(pbxcred_result_text(result), "unknown result");
}

}  // namespace

RUN_CASES(cmocka_unit_test(handle_starts_with_no_result), cmocka_unit_test(result_of_zero_is_no_yes),
          cmocka_unit_test(handle_refuses_null), cmocka_unit_test(reply_of_null_is_nothing),
          cmocka_unit_test(question_refuses_what_makes_no_sense),
          cmocka_unit_test(handle_takes_settings_within_their_limits),
          cmocka_unit_test(names_are_those_of_the_configuration), cmocka_unit_test(result_text_is_another_for_each))
