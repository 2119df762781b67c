// SPDX-License-Identifier: BSD-2-Clause
// Tests of pam_pbx's authenticate and acct_mgmt: every row of design §4's result table (R1-R4, R21-R25).
#include <algorithm>

#include "client/fake_daemon.h"
#include "pam/fake_pam.h"
#include "pam_pbx/module.h"
#include "support/check.h"

using namespace pbxcred;
using namespace pbxcred::test;

namespace {

Options options_for(const FakeDaemon& daemon, Kind kind = Kind::kPassword) {
  Options options;
  options.kind = kind;
  options.run_dir = daemon.run_dir().c_str();
  options.timeout = std::chrono::seconds(1);
  return options;
}

void type(FakePam& pam, const char* answer) {
  pam.answers = {std::string(answer)};
}

/// A daemon whose reply is verdict, altered.
FakeDaemon::Answerer reply_with(Verdict verdict, std::function<void(AuthReply&)> alter) {
  return [verdict, alter = std::move(alter)](const Seen& seen) {
    Act act{Act::Mode::kReply, reply_to(seen, verdict), {}};
    alter(act.reply);
    return act;
  };
}

FakeDaemon::Answerer demand_change() {
  return reply_with(Verdict::kGranted, [](AuthReply& reply) {
    reply.method = Method::kPin;
    reply.change.add(Kind::kVoicemail);
    reply.change.add(Kind::kPassword);
    reply.has_grant = true;
    reply.grant.fill(7);
  });
}

CASE(authenticate_maps_every_verdict) {
  const struct {
    Verdict verdict;
    int result, hidden;
  } rows[] = {
      {Verdict::kGranted, PAM_SUCCESS, PAM_SUCCESS},
      {Verdict::kRefused, PAM_AUTH_ERR, PAM_AUTH_ERR},  // wrong, not set, expired, locked
      {Verdict::kUnknown, PAM_USER_UNKNOWN, PAM_AUTH_ERR},
      {Verdict::kDisabled, PAM_AUTH_ERR, PAM_AUTH_ERR},
      {Verdict::kRuleBroken, PAM_AUTH_ERR, PAM_AUTH_ERR},
      {Verdict::kDenied, PAM_SYSTEM_ERR, PAM_SYSTEM_ERR},
      {Verdict::kBusy, PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL},
      {Verdict::kUnavailable, PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL},
      {Verdict::kInvalid, PAM_SYSTEM_ERR, PAM_SYSTEM_ERR},
      {Verdict::kInternal, PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL},
  };
  static_assert(std::size(rows) == kEnumEnd<Verdict>);
  for (const auto& row : rows) {
    FakeDaemon daemon(row.verdict);
    FakePam pam;
    Options options = options_for(daemon);
    type(pam, "right");
    assert_int_equal(authenticate(pam, options, 0), row.result);
    options.hide_unknown = true;
    type(pam, "right");
    assert_int_equal(authenticate(pam, options, 0), row.hidden);
    assert_int_equal(pam.env.empty(), row.result != PAM_SUCCESS);
    assert_int_equal(pam.prompts.size(), 2);
    assert_string_equal(pam.prompts[0].c_str(), "Password: ");
    assert_false(pam.told("right"));
    assert_false(pam.told("1001"));
  }
}

CASE(authenticate_says_whom_and_from_where) {
  FakeDaemon daemon(Verdict::kGranted);
  FakePam pam;
  Options options = options_for(daemon, Kind::kVoicemail);
  options.domain = "example.org";
  type(pam, "4711");
  assert_int_equal(authenticate(pam, options, 0), PAM_SUCCESS);
  const Seen seen = daemon.seen().at(0);
  assert_true(seen.is_auth());
  assert_int_equal(seen.kind, Kind::kVoicemail);
  assert_string_equal(seen.user.c_str(), "1001");
  assert_string_equal(seen.domain.c_str(), "example.org");
  assert_string_equal(seen.service.c_str(), "portal");
  assert_string_equal(seen.rhost.c_str(), "192.0.2.7");
  assert_string_equal(seen.secret.c_str(), "4711");
}

CASE(authenticate_leaves_out_items_that_are_no_names) {
  FakeDaemon daemon(Verdict::kGranted);
  FakePam pam;
  pam.items = {{PAM_RHOST, std::string(256, 'x')}};
  type(pam, "right");
  assert_int_equal(authenticate(pam, options_for(daemon), 0), PAM_SUCCESS);
  assert_string_equal(daemon.seen().at(0).rhost.c_str(), "");
  assert_string_equal(daemon.seen().at(0).service.c_str(), "");
}

CASE(authenticate_prompts_as_designed) {
  const struct {
    Kind kind;
    const char* prompt;
  } rows[] = {{Kind::kPassword, "Password: "},
              {Kind::kVoicemail, "PIN: "},
              {Kind::kLogin, "PIN: "},
              {Kind::kPhone, "Password: "},
              {Kind::kAdmin, "Password: "}};
  FakeDaemon daemon(Verdict::kRefused);
  for (const auto& row : rows) {
    FakePam pam;
    Options options = options_for(daemon, row.kind);
    type(pam, "1");
    assert_int_equal(authenticate(pam, options, 0), PAM_AUTH_ERR);
    options.sounds = true;
    type(pam, "1");
    assert_int_equal(authenticate(pam, options, 0), PAM_AUTH_ERR);
    assert_true((pam.prompts == std::vector<std::string>{row.prompt, "vm-password"}));
  }
}

CASE(authenticate_refuses_without_asking_the_daemon) {
  FakeDaemon daemon(Verdict::kGranted);
  const std::optional<std::string> answers[] = {std::nullopt, "", std::string(kMaxSecret + 1, 'x')};
  for (const auto& answer : answers) {
    FakePam pam;
    pam.answers = {answer};
    assert_int_equal(authenticate(pam, options_for(daemon), 0), PAM_AUTH_ERR);
    assert_int_equal(pam.prompts.size(), 1);
    assert_true(pam.env.empty());
  }
  FakePam nameless;
  nameless.name.reset();
  assert_int_equal(authenticate(nameless, options_for(daemon), 0), PAM_AUTH_ERR);
  for (const std::size_t size : {std::size_t{0}, kMaxName + 1}) {
    FakePam pam;
    pam.name = std::string(size, 'n');
    type(pam, "right");
    assert_int_equal(authenticate(pam, options_for(daemon), 0), PAM_USER_UNKNOWN);
    assert_int_equal(pam.prompts.size(), 1);
  }
  assert_int_equal(daemon.seen().size(), 0);
}

CASE(authenticate_takes_names_and_secrets_up_to_the_limit) {
  FakeDaemon daemon(Verdict::kGranted);
  FakePam pam;
  pam.name = std::string(kMaxName, 'n');
  type(pam, std::string(kMaxSecret, 'x').c_str());
  assert_int_equal(authenticate(pam, options_for(daemon), 0), PAM_SUCCESS);
  assert_int_equal(daemon.seen().at(0).secret.size(), kMaxSecret);
}

CASE(authenticate_uses_first_pass_as_told) {
  FakeDaemon daemon(Verdict::kGranted);
  Options options = options_for(daemon);
  const struct {
    Pass pass;
    std::optional<std::string> left;
    std::size_t prompts;
    int result;
    const char* sent;
  } rows[] = {
      {Pass::kFirst, "first", 0, PAM_SUCCESS, "first"},
      {Pass::kFirst, std::nullopt, 0, PAM_AUTH_ERR, ""},
      {Pass::kFirst, "", 0, PAM_AUTH_ERR, ""},
      {Pass::kTry, "first", 0, PAM_SUCCESS, "first"},
      {Pass::kTry, std::nullopt, 1, PAM_SUCCESS, "typed"},
      {Pass::kTry, "", 1, PAM_SUCCESS, "typed"},
      {Pass::kAsk, "first", 1, PAM_SUCCESS, "typed"},
  };
  for (const auto& row : rows) {
    FakePam pam;
    options.pass = row.pass;
    if (row.left) pam.items[PAM_AUTHTOK] = *row.left;
    type(pam, "typed");
    const std::size_t before = daemon.seen().size();
    assert_int_equal(authenticate(pam, options, 0), row.result);
    assert_int_equal(pam.prompts.size(), row.prompts);
    const auto seen = daemon.seen();
    assert_int_equal(seen.size() - before, row.result == PAM_SUCCESS ? 1 : 0);
    if (row.result == PAM_SUCCESS) assert_string_equal(seen.back().secret.c_str(), row.sent);
    if (row.prompts == 1) assert_string_equal(pam.items[PAM_AUTHTOK].c_str(), "typed");
  }
}

CASE(authenticate_is_unavailable_when_daemon_is_away_or_odd) {
  FakePam pam;
  Options options;
  options.run_dir = "/nonexistent/pbxcred";
  type(pam, "right");
  assert_int_equal(authenticate(pam, options, 0), PAM_AUTHINFO_UNAVAIL);
  assert_int_equal(pam.logs.size(), 1);
  FakeDaemon daemon([](const Seen&) { return Act{Act::Mode::kRaw, {}, {'x'}}; });
  for (const auto mode : {Act::Mode::kRaw, Act::Mode::kClose, Act::Mode::kSilent}) {
    daemon.answer_with([mode](const Seen&) { return Act{mode, {}, {'x'}}; });
    type(pam, "right");
    assert_int_equal(authenticate(pam, options_for(daemon), 0), PAM_AUTHINFO_UNAVAIL);
  }
  assert_true(pam.env.empty());
  assert_false(pam.told("right"));
}

CASE(authenticate_fails_when_memory_is_short) {
  FakeDaemon daemon(demand_change());
  FakePam pam;
  pam.no_memory = true;
  type(pam, "right");
  assert_int_equal(authenticate(pam, options_for(daemon), 0), PAM_BUF_ERR);
  Options first_pass = options_for(daemon);
  first_pass.pass = Pass::kFirst;
  pam.items[PAM_AUTHTOK] = "right";
  assert_int_equal(authenticate(pam, first_pass, 0), PAM_BUF_ERR);
  assert_int_equal(daemon.seen().size(), 1);
}

CASE(authenticate_fails_when_account_is_no_name_for_an_environment) {
  FakeDaemon daemon(reply_with(Verdict::kGranted, [](AuthReply& reply) { reply.account = "a\nLD_PRELOAD=b"; }));
  FakePam pam;
  type(pam, "right");
  assert_int_equal(authenticate(pam, options_for(daemon), 0), PAM_BUF_ERR);
  assert_true(pam.env.empty());
}

CASE(authenticate_sets_environment_on_success_only) {
  const auto full = [](AuthReply& reply) {
    reply.account = "1001@example.org";
    reply.method = Method::kPin;
    reply.phase = "warn";
    reply.notice = "password-unset";
    reply.days_left = 30;
    reply.change.add(Kind::kVoicemail);
    reply.change.add(Kind::kPassword);
  };
  FakeDaemon daemon(reply_with(Verdict::kGranted, full));
  FakePam pam;
  type(pam, "4711");
  assert_int_equal(authenticate(pam, options_for(daemon), 0), PAM_SUCCESS);
  const std::map<std::string, std::string> expected = {
      {"PBXCRED_ACCOUNT", "1001@example.org"}, {"PBXCRED_METHOD", "pin"},   {"PBXCRED_PHASE", "warn"},
      {"PBXCRED_NOTICE", "password-unset"},    {"PBXCRED_DAYS_LEFT", "30"}, {"PBXCRED_CHANGE", "password,voicemail"}};
  assert_true(pam.env == expected);
  pam.env["PBXCRED_GRANT"] = "stale";
  pam.env["OTHER"] = "stays";
  daemon.answer_with(reply_with(Verdict::kRefused, full));
  type(pam, "4711");
  assert_int_equal(authenticate(pam, options_for(daemon), 0), PAM_AUTH_ERR);
  assert_true((pam.env == std::map<std::string, std::string>{{"OTHER", "stays"}}));
}

CASE(authenticate_names_days_from_zero) {
  FakeDaemon daemon(reply_with(Verdict::kGranted, [](AuthReply& reply) { reply.days_left = 0; }));
  FakePam pam;
  type(pam, "right");
  assert_int_equal(authenticate(pam, options_for(daemon), 0), PAM_SUCCESS);
  assert_string_equal(pam.env["PBXCRED_DAYS_LEFT"].c_str(), "0");
  daemon.answer_with(reply_with(Verdict::kGranted, [](AuthReply& reply) { reply.days_left = 2147483647; }));
  type(pam, "right");
  assert_int_equal(authenticate(pam, options_for(daemon), 0), PAM_SUCCESS);
  assert_string_equal(pam.env["PBXCRED_DAYS_LEFT"].c_str(), "2147483647");
}

CASE(authenticate_is_insufficient_when_reset_was_mailed) {
  FakeDaemon daemon(reply_with(Verdict::kRefused, [](AuthReply& reply) {
    reply.phase = "reset";
    reply.notice = "reset-mailed";
    reply.texts.push_back({false, "We have sent you an e-mail."});
  }));
  FakePam pam;
  type(pam, "4711");
  assert_int_equal(authenticate(pam, options_for(daemon), 0), PAM_CRED_INSUFFICIENT);
  const std::map<std::string, std::string> expected = {{"PBXCRED_PHASE", "reset"}, {"PBXCRED_NOTICE", "reset-mailed"}};
  assert_true(pam.env == expected);
  assert_true((pam.messages == std::vector<std::string>{"INFO We have sent you an e-mail."}));
}

CASE(authenticate_shows_texts_unless_told_not_to) {
  FakeDaemon daemon(reply_with(Verdict::kGranted, [](AuthReply& reply) {
    reply.texts.push_back({false, "one"});
    reply.texts.push_back({true, "two"});
  }));
  const struct {
    int flags;
    bool sounds;
    std::vector<std::string> shown;
  } rows[] = {{0, false, {"INFO one", "ERROR two"}}, {static_cast<int>(PAM_SILENT), false, {}}, {0, true, {}}};
  for (const auto& row : rows) {
    FakePam pam;
    Options options = options_for(daemon);
    options.sounds = row.sounds;
    type(pam, "right");
    assert_int_equal(authenticate(pam, options, row.flags), PAM_SUCCESS);
    assert_true(pam.messages == row.shown);
  }
}

CASE(authenticate_delays_refusals_when_told) {
  FakeDaemon daemon(Verdict::kRefused);
  FakePam pam;
  Options options = options_for(daemon);
  type(pam, "wrong");
  assert_int_equal(authenticate(pam, options, 0), PAM_AUTH_ERR);
  assert_int_equal(pam.delayed, 0);
  options.delay = std::chrono::seconds(2);
  assert_int_equal(authenticate(pam, options, 0), PAM_AUTH_ERR);  // no answer is a refusal too
  assert_int_equal(pam.delayed, 2000000);
  daemon.answer_with(reply_with(Verdict::kGranted, [](AuthReply&) {}));
  pam.delayed = 0;
  type(pam, "right");
  assert_int_equal(authenticate(pam, options, 0), PAM_SUCCESS);
  assert_int_equal(pam.delayed, 0);
}

CASE(authenticate_logs_verdicts_when_debugging) {
  FakeDaemon daemon(Verdict::kUnknown);
  FakePam pam;
  Options options = options_for(daemon);
  type(pam, "hunter2");
  assert_int_equal(authenticate(pam, options, 0), PAM_USER_UNKNOWN);
  assert_true(pam.logs.empty());
  options.debug = true;
  type(pam, "hunter2");
  assert_int_equal(authenticate(pam, options, 0), PAM_USER_UNKNOWN);
  assert_true((pam.logs == std::vector<std::string>{"password: unknown"}));
}

CASE(must_change_lets_in_and_tells_acct_mgmt) {
  FakeDaemon daemon(demand_change());
  FakePam pam;
  type(pam, "4711");
  assert_int_equal(authenticate(pam, options_for(daemon), 0), PAM_SUCCESS);
  assert_string_equal(pam.env["PBXCRED_CHANGE"].c_str(), "password,voicemail");
  daemon.answer_with(reply_with(Verdict::kGranted, [](AuthReply&) {}));  // knows no reason by itself
  pam.env.erase("PBXCRED_CHANGE");
  assert_int_equal(check_account(pam, options_for(daemon), 0), PAM_NEW_AUTHTOK_REQD);
  assert_string_equal(pam.env["PBXCRED_CHANGE"].c_str(), "password,voicemail");
  assert_true(daemon.seen().back().is_status());
}

CASE(must_change_of_one_user_is_not_another_users) {
  FakeDaemon daemon(demand_change());
  FakePam pam;
  type(pam, "4711");
  assert_int_equal(authenticate(pam, options_for(daemon), 0), PAM_SUCCESS);
  daemon.answer_with(reply_with(Verdict::kGranted, [](AuthReply&) {}));
  assert_int_equal(check_account(pam, options_for(daemon, Kind::kLogin), 0), PAM_SUCCESS);
  pam.name = "1002";
  assert_int_equal(check_account(pam, options_for(daemon), 0), PAM_SUCCESS);
  pam.name = "1001";
  assert_int_equal(check_account(pam, options_for(daemon), 0), PAM_NEW_AUTHTOK_REQD);
}

CASE(must_change_is_forgotten_when_the_next_login_starts) {
  FakeDaemon daemon(demand_change());
  FakePam pam;
  type(pam, "4711");
  assert_int_equal(authenticate(pam, options_for(daemon), 0), PAM_SUCCESS);
  assert_non_null(pam.login());
  assert_int_equal(authenticate(pam, options_for(daemon), 0), PAM_AUTH_ERR);  // no answer
  assert_null(pam.login());
  assert_true(pam.env.empty());
}

CASE(must_change_refuses_when_strict) {
  FakeDaemon daemon(demand_change());
  FakePam pam;
  Options options = options_for(daemon);
  options.strict = true;
  options.delay = std::chrono::seconds(1);
  type(pam, "4711");
  assert_int_equal(authenticate(pam, options, 0), PAM_AUTH_ERR);
  assert_true((pam.messages == std::vector<std::string>{"ERROR This password must be changed before it can be used "
                                                        "here."}));
  assert_true(pam.env.empty());
  assert_null(pam.login());
  assert_int_equal(pam.delayed, 1000000);
}

CASE(acct_mgmt_maps_every_verdict) {
  const struct {
    Verdict verdict;
    int result, hidden;
  } rows[] = {
      {Verdict::kGranted, PAM_SUCCESS, PAM_SUCCESS},  // locked as well
      {Verdict::kRefused, PAM_AUTH_ERR, PAM_AUTH_ERR},
      {Verdict::kUnknown, PAM_USER_UNKNOWN, PAM_AUTH_ERR},
      {Verdict::kDisabled, PAM_ACCT_EXPIRED, PAM_ACCT_EXPIRED},
      {Verdict::kRuleBroken, PAM_AUTH_ERR, PAM_AUTH_ERR},
      {Verdict::kDenied, PAM_SYSTEM_ERR, PAM_SYSTEM_ERR},
      {Verdict::kBusy, PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL},
      {Verdict::kUnavailable, PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL},
      {Verdict::kInvalid, PAM_SYSTEM_ERR, PAM_SYSTEM_ERR},
      {Verdict::kInternal, PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL},
  };
  static_assert(std::size(rows) == kEnumEnd<Verdict>);
  for (const auto& row : rows) {
    FakeDaemon daemon(row.verdict);
    FakePam pam;
    Options options = options_for(daemon);
    assert_int_equal(check_account(pam, options, 0), row.result);
    options.hide_unknown = true;
    assert_int_equal(check_account(pam, options, 0), row.hidden);
    assert_true(pam.prompts.empty());
    assert_true(daemon.seen().at(0).is_status());
    assert_string_equal(daemon.seen().at(0).user.c_str(), "1001");
  }
}

CASE(acct_mgmt_demands_change_when_alone) {
  FakeDaemon daemon(demand_change());
  FakePam pam;
  assert_int_equal(check_account(pam, options_for(daemon), 0), PAM_NEW_AUTHTOK_REQD);
  assert_string_equal(pam.env["PBXCRED_CHANGE"].c_str(), "password,voicemail");
}

CASE(acct_mgmt_answers_without_a_daemon_or_a_user) {
  FakePam pam;
  Options options;
  options.run_dir = "/nonexistent/pbxcred";
  assert_int_equal(check_account(pam, options, 0), PAM_AUTHINFO_UNAVAIL);
  pam.name = std::string(kMaxName + 1, 'n');
  assert_int_equal(check_account(pam, options, 0), PAM_USER_UNKNOWN);
  pam.name.reset();
  assert_int_equal(check_account(pam, options, 0), PAM_USER_UNKNOWN);
}

}  // namespace

RUN_CASES(cmocka_unit_test(authenticate_maps_every_verdict), cmocka_unit_test(authenticate_says_whom_and_from_where),
          cmocka_unit_test(authenticate_leaves_out_items_that_are_no_names),
          cmocka_unit_test(authenticate_prompts_as_designed),
          cmocka_unit_test(authenticate_refuses_without_asking_the_daemon),
          cmocka_unit_test(authenticate_takes_names_and_secrets_up_to_the_limit),
          cmocka_unit_test(authenticate_uses_first_pass_as_told),
          cmocka_unit_test(authenticate_is_unavailable_when_daemon_is_away_or_odd),
          cmocka_unit_test(authenticate_fails_when_memory_is_short),
          cmocka_unit_test(authenticate_fails_when_account_is_no_name_for_an_environment),
          cmocka_unit_test(authenticate_sets_environment_on_success_only),
          cmocka_unit_test(authenticate_names_days_from_zero),
          cmocka_unit_test(authenticate_is_insufficient_when_reset_was_mailed),
          cmocka_unit_test(authenticate_shows_texts_unless_told_not_to),
          cmocka_unit_test(authenticate_delays_refusals_when_told),
          cmocka_unit_test(authenticate_logs_verdicts_when_debugging),
          cmocka_unit_test(must_change_lets_in_and_tells_acct_mgmt),
          cmocka_unit_test(must_change_of_one_user_is_not_another_users),
          cmocka_unit_test(must_change_is_forgotten_when_the_next_login_starts),
          cmocka_unit_test(must_change_refuses_when_strict), cmocka_unit_test(acct_mgmt_maps_every_verdict),
          cmocka_unit_test(acct_mgmt_demands_change_when_alone),
          cmocka_unit_test(acct_mgmt_answers_without_a_daemon_or_a_user))
