// SPDX-License-Identifier: BSD-2-Clause
// Tests of pam_pbx's chauthtok: both passes, every row of design §4's table (R14, R82).
#include "client/fake_daemon.h"
#include "pam/fake_pam.h"
#include "pam_pbx/module.h"
#include "support/check.h"

using namespace pbxcred;
using namespace pbxcred::test;
using Proof = ChangeRequest::Proof;
using Lines = std::vector<std::string>;

namespace {

constexpr int kExpired = static_cast<int>(PAM_CHANGE_EXPIRED_AUTHTOK);

GrantToken token(std::uint8_t byte) {
  GrantToken grant;
  grant.fill(byte);
  return grant;
}

/// The daemon's side of a change: what it answers to each step, to be altered by a case.
struct Script {
  Verdict login = Verdict::kGranted;  ///< demands a change, brings grant 1
  Verdict begin = Verdict::kGranted;  ///< brings grant 2 unless the proof was privilege
  Verdict commit = Verdict::kGranted;
  bool begin_has_grant = true;
  Act::Mode begin_mode = Act::Mode::kReply;
  Act::Mode commit_mode = Act::Mode::kReply;
  KindSet change = only(Kind::kPassword);
  int rules_broken = 0;  ///< so many commits break a rule first
  bool grant_has_expired = false;

  Act operator()(const Seen& seen) {
    if (seen.is_auth()) return login_reply(seen);
    if (seen.is_begin()) return begin_reply(seen);
    if (seen.is_commit()) return commit_reply(seen);
    return {Act::Mode::kReply, reply_to(seen, Verdict::kGranted), {}};
  }

 private:
  Act login_reply(const Seen& seen) const {
    Act act{Act::Mode::kReply, reply_to(seen, login), {}};
    act.reply.change = change;
    act.reply.has_grant = true;
    act.reply.grant = token(1);
    return act;
  }
  Act begin_reply(const Seen& seen) const {
    const bool expired = grant_has_expired && seen.proof == Proof::kGrant;
    Act act{begin_mode, reply_to(seen, expired ? Verdict::kRefused : begin), {}};
    act.reply.change = change;
    act.reply.has_grant = begin_has_grant && seen.proof != Proof::kPrivilege;
    act.reply.grant = token(2);
    if (begin == Verdict::kGranted) act.reply.texts.push_back({false, "At least 15 characters."});
    return act;
  }
  Act commit_reply(const Seen& seen) {
    Act act{commit_mode, reply_to(seen, commit), {}};
    if (rules_broken == 0) return act;
    --rules_broken;
    act.reply = reply_to(seen, Verdict::kRuleBroken);
    act.reply.texts.push_back({false, "Too short."});
    act.reply.texts.push_back({true, "Too common."});
    return act;
  }
};

Options options_for(const FakeDaemon& daemon, Kind kind = Kind::kPassword) {
  Options options;
  options.kind = kind;
  options.run_dir = daemon.run_dir().c_str();
  options.timeout = std::chrono::seconds(1);
  return options;
}

void type(FakePam& pam, std::initializer_list<const char*> answers) {
  pam.answers.clear();
  for (const char* answer : answers) pam.answers.emplace_back(std::string(answer));
}

/// Both passes, as libpam runs them.
int change(FakePam& pam, const Options& options, int flags = 0) {
  const int first = begin_change(pam, options, flags);
  return first == PAM_SUCCESS ? commit_change(pam, options, flags) : first;
}

CASE(change_asks_for_current_secret_of_ordinary_user) {
  FakeDaemon daemon{Script{}};
  FakePam pam;
  type(pam, {"old", "new", "new"});
  assert_int_equal(change(pam, options_for(daemon)), PAM_SUCCESS);
  assert_true((pam.prompts == Lines{"Current password: ", "New password: ", "Retype new password: "}));
  assert_true((pam.messages == Lines{"INFO At least 15 characters."}));
  const auto seen = daemon.seen();
  assert_int_equal(seen.size(), 2);
  assert_true(seen[0].is_begin() && seen[0].proof == Proof::kSecret);
  assert_string_equal(seen[0].secret.c_str(), "old");
  assert_true(seen[0].secrets.empty());
  assert_true(seen[1].is_commit() && seen[1].proof == Proof::kGrant && seen[1].grant == token(2));
  assert_string_equal(seen[1].secret.c_str(), "");
  assert_int_equal(seen[1].secrets.size(), 1);
  assert_int_equal(seen[1].secrets[0].first, Kind::kPassword);
  assert_string_equal(seen[1].secrets[0].second.c_str(), "new");
  assert_string_equal(pam.items[PAM_AUTHTOK].c_str(), "new");
  assert_null(pam.change());
}

CASE(change_asks_root_for_new_secret_only) {
  FakeDaemon daemon{Script{}};
  FakePam pam;
  pam.root = true;
  type(pam, {"new", "new"});
  assert_int_equal(change(pam, options_for(daemon)), PAM_SUCCESS);
  assert_true((pam.prompts == Lines{"New password: ", "Retype new password: "}));
  const auto seen = daemon.seen();
  assert_int_equal(seen[0].proof, Proof::kPrivilege);
  assert_int_equal(seen[1].proof, Proof::kPrivilege);
  assert_true(seen[1].grant == GrantToken{});
}

CASE(change_asks_root_for_current_secret_when_demanded) {
  FakeDaemon daemon{Script{}};
  FakePam pam;
  pam.root = true;
  type(pam, {"old", "new", "new"});
  assert_int_equal(change(pam, options_for(daemon), kExpired), PAM_SUCCESS);
  assert_int_equal(daemon.seen()[0].proof, Proof::kSecret);
}

CASE(change_uses_grant_of_login) {
  for (const bool begin_has_grant : {true, false}) {
    Script script;
    script.begin_has_grant = begin_has_grant;
    FakeDaemon daemon{script};
    FakePam pam;
    pam.root = true;  // as in sshd
    type(pam, {"temporary", "new", "new"});
    assert_int_equal(authenticate(pam, options_for(daemon), 0), PAM_SUCCESS);
    assert_int_equal(check_account(pam, options_for(daemon), 0), PAM_NEW_AUTHTOK_REQD);
    assert_int_equal(change(pam, options_for(daemon), kExpired), PAM_SUCCESS);
    assert_true((pam.prompts == Lines{"Password: ", "New password: ", "Retype new password: "}));
    const auto seen = daemon.seen();
    assert_true(seen[2].proof == Proof::kGrant && seen[2].grant == token(1));
    assert_true(seen[3].proof == Proof::kGrant && seen[3].grant == token(begin_has_grant ? 2 : 1));
    // The demand is met: no grant and no PBXCRED_CHANGE stay behind, and acct_mgmt is content.
    assert_null(pam.login());
    assert_int_equal(pam.env.count("PBXCRED_CHANGE"), 0);
    assert_int_equal(check_account(pam, options_for(daemon), 0), PAM_SUCCESS);
  }
}

CASE(change_does_not_use_grant_of_another_user_or_kind) {
  FakeDaemon daemon{Script{}};
  FakePam pam;
  type(pam, {"temporary"});
  assert_int_equal(authenticate(pam, options_for(daemon), 0), PAM_SUCCESS);
  type(pam, {"old"});
  assert_int_equal(begin_change(pam, options_for(daemon, Kind::kVoicemail), 0), PAM_SUCCESS);
  pam.name = "1002";
  type(pam, {"old"});
  assert_int_equal(begin_change(pam, options_for(daemon), 0), PAM_SUCCESS);
  const auto seen = daemon.seen();
  assert_int_equal(seen[1].proof, Proof::kSecret);
  assert_int_equal(seen[2].proof, Proof::kSecret);
}

CASE(change_asks_for_current_secret_when_grant_has_expired) {
  Script script;
  script.grant_has_expired = true;
  FakeDaemon daemon{script};
  FakePam pam;
  type(pam, {"temporary", "old"});
  assert_int_equal(authenticate(pam, options_for(daemon), 0), PAM_SUCCESS);
  assert_int_equal(begin_change(pam, options_for(daemon), 0), PAM_SUCCESS);
  const auto seen = daemon.seen();
  assert_int_equal(seen[1].proof, Proof::kGrant);
  assert_int_equal(seen[2].proof, Proof::kSecret);
  assert_true(seen[2].grant == GrantToken{});
}

CASE(change_begins_with_the_result_of_the_table) {
  const struct {
    Verdict verdict;
    int result, hidden;
  } rows[] = {
      {Verdict::kGranted, PAM_SUCCESS, PAM_SUCCESS},
      {Verdict::kRefused, PAM_AUTH_ERR, PAM_AUTH_ERR},
      {Verdict::kUnknown, PAM_USER_UNKNOWN, PAM_AUTH_ERR},
      {Verdict::kDisabled, PAM_PERM_DENIED, PAM_PERM_DENIED},
      {Verdict::kRuleBroken, PAM_AUTHTOK_ERR, PAM_AUTHTOK_ERR},
      {Verdict::kDenied, PAM_PERM_DENIED, PAM_PERM_DENIED},
      {Verdict::kBusy, PAM_TRY_AGAIN, PAM_TRY_AGAIN},
      {Verdict::kUnavailable, PAM_TRY_AGAIN, PAM_TRY_AGAIN},
      {Verdict::kInvalid, PAM_SYSTEM_ERR, PAM_SYSTEM_ERR},
      {Verdict::kInternal, PAM_TRY_AGAIN, PAM_TRY_AGAIN},
  };
  static_assert(std::size(rows) == kEnumEnd<Verdict>);
  for (const auto& row : rows) {
    Script script;
    script.begin = row.verdict;
    FakeDaemon daemon{script};
    FakePam pam;
    Options options = options_for(daemon);
    options.delay = std::chrono::seconds(1);
    type(pam, {"old"});
    assert_int_equal(begin_change(pam, options, 0), row.result);
    assert_int_equal(pam.change() != nullptr, row.result == PAM_SUCCESS);
    assert_int_equal(pam.delayed, row.result == PAM_SUCCESS ? 0 : 1000000);
    options.hide_unknown = true;
    type(pam, {"old"});
    assert_int_equal(begin_change(pam, options, 0), row.hidden);
  }
}

CASE(change_may_be_tried_again_when_daemon_is_away_in_first_pass) {
  FakePam pam;
  Options options;
  options.run_dir = "/nonexistent/pbxcred";
  type(pam, {"old"});
  assert_int_equal(begin_change(pam, options, 0), PAM_TRY_AGAIN);
  for (const auto mode : {Act::Mode::kClose, Act::Mode::kSilent}) {
    Script script;
    script.begin_mode = mode;
    FakeDaemon daemon{script};
    type(pam, {"old"});
    assert_int_equal(begin_change(pam, options_for(daemon), 0), PAM_TRY_AGAIN);
  }
}

CASE(change_disbelieves_begin_that_leads_nowhere) {
  Script nothing_to_change;
  nothing_to_change.change = {};
  Script without_grant;
  without_grant.begin_has_grant = false;
  Script too_much;
  for (const Kind kind : kAllKinds) too_much.change.add(kind);
  for (const Script& script : {nothing_to_change, without_grant, too_much}) {
    FakeDaemon daemon{script};
    FakePam pam;
    type(pam, {"old"});
    assert_int_equal(begin_change(pam, options_for(daemon), 0), PAM_TRY_AGAIN);
    assert_null(pam.change());
  }
}

CASE(change_refuses_current_secret_without_asking_the_daemon) {
  FakeDaemon daemon{Script{}};
  FakePam pam;
  assert_int_equal(begin_change(pam, options_for(daemon), 0), PAM_AUTHTOK_ERR);  // no answer
  type(pam, {""});
  assert_int_equal(begin_change(pam, options_for(daemon), 0), PAM_AUTH_ERR);
  pam.answers = {std::string(kMaxSecret + 1, 'x')};
  assert_int_equal(begin_change(pam, options_for(daemon), 0), PAM_AUTH_ERR);
  pam.name = std::string(kMaxName + 1, 'n');
  assert_int_equal(begin_change(pam, options_for(daemon), 0), PAM_USER_UNKNOWN);
  assert_int_equal(daemon.seen().size(), 0);
}

CASE(change_asks_for_password_and_then_pin) {
  Script script;
  script.change.add(Kind::kVoicemail);
  FakeDaemon daemon{script};
  FakePam pam;
  type(pam, {"4711", "new", "new", "0815", "0815"});
  assert_int_equal(authenticate(pam, options_for(daemon), 0), PAM_SUCCESS);
  assert_int_equal(change(pam, options_for(daemon), kExpired), PAM_SUCCESS);
  assert_true(
      (pam.prompts == Lines{"Password: ", "New password: ", "Retype new password: ", "New PIN: ", "Retype new PIN: "}));
  const Seen commit = daemon.seen().back();
  assert_int_equal(commit.secrets.size(), 2);
  assert_true((commit.secrets[0] == std::pair{Kind::kPassword, std::string("new")}));
  assert_true((commit.secrets[1] == std::pair{Kind::kVoicemail, std::string("0815")}));
  assert_string_equal(pam.items[PAM_AUTHTOK].c_str(), "new");
}

CASE(change_stores_neither_when_the_second_is_not_given) {
  Script script;
  script.change.add(Kind::kVoicemail);
  FakeDaemon daemon{script};
  FakePam pam;
  type(pam, {"old", "new", "new"});
  assert_int_equal(change(pam, options_for(daemon)), PAM_AUTHTOK_ERR);
  assert_int_equal(daemon.seen().size(), 1);
}

CASE(change_asks_again_when_rules_are_broken) {
  Script script;
  script.rules_broken = 2;
  FakeDaemon daemon{script};
  FakePam pam;
  type(pam, {"old", "a", "a", "b", "b", "c", "c"});
  assert_int_equal(change(pam, options_for(daemon)), PAM_SUCCESS);
  assert_true((pam.messages == Lines{"INFO At least 15 characters.", "ERROR Too short.", "ERROR Too common.",
                                     "ERROR Too short.", "ERROR Too common."}));
  assert_string_equal(pam.items[PAM_AUTHTOK].c_str(), "c");
  assert_int_equal(daemon.seen().size(), 4);
}

CASE(change_fails_when_rules_are_broken_three_times) {
  Script script;
  script.rules_broken = 9;
  FakeDaemon daemon{script};
  FakePam pam;
  type(pam, {"old", "a", "a", "b", "b", "c", "c", "d", "d"});
  assert_int_equal(change(pam, options_for(daemon)), PAM_AUTHTOK_ERR);
  assert_int_equal(daemon.seen().size(), 4);
  assert_int_equal(pam.answers.size(), 2);
  assert_int_equal(pam.items.count(PAM_AUTHTOK), 0);
  assert_null(pam.change());
}

CASE(change_asks_again_when_retype_differs) {
  FakeDaemon daemon{Script{}};
  FakePam pam;
  type(pam, {"old", "a", "b", "c", "c"});
  assert_int_equal(change(pam, options_for(daemon)), PAM_SUCCESS);
  assert_true((pam.messages == Lines{"INFO At least 15 characters.", "ERROR The two entries do not match."}));
  type(pam, {"old", "a", "b", "a", "", "a", "aa", "c", "c"});
  assert_int_equal(change(pam, options_for(daemon)), PAM_AUTHTOK_ERR);
  assert_int_equal(daemon.seen().size(), 3);
}

CASE(change_fails_when_new_secret_is_not_given) {
  FakeDaemon daemon{Script{}};
  for (const auto& answers : {std::initializer_list<const char*>{"old"}, {"old", ""}, {"old", "new"}}) {
    FakePam pam;
    type(pam, answers);
    assert_int_equal(change(pam, options_for(daemon)), PAM_AUTHTOK_ERR);
    assert_int_equal(daemon.seen().back().step, ChangeRequest::Step::kBegin);
  }
}

CASE(change_refuses_new_secret_over_the_limit) {
  FakeDaemon daemon{Script{}};
  FakePam pam;
  const std::string longest(kMaxSecret, 'x');
  pam.answers = {"old", longest + "x", longest, longest};
  assert_int_equal(change(pam, options_for(daemon)), PAM_SUCCESS);
  assert_int_equal(daemon.seen().back().secrets.at(0).second.size(), kMaxSecret);
}

CASE(change_commits_with_the_result_of_the_table) {
  const struct {
    Verdict verdict;
    int result, hidden;
  } rows[] = {
      {Verdict::kGranted, PAM_SUCCESS, PAM_SUCCESS},
      {Verdict::kRefused, PAM_AUTHTOK_ERR, PAM_AUTHTOK_ERR},
      {Verdict::kUnknown, PAM_USER_UNKNOWN, PAM_AUTH_ERR},
      {Verdict::kDisabled, PAM_PERM_DENIED, PAM_PERM_DENIED},
      {Verdict::kDenied, PAM_PERM_DENIED, PAM_PERM_DENIED},
      {Verdict::kBusy, PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL},
      {Verdict::kUnavailable, PAM_AUTHTOK_ERR, PAM_AUTHTOK_ERR},
      {Verdict::kInvalid, PAM_SYSTEM_ERR, PAM_SYSTEM_ERR},
      {Verdict::kInternal, PAM_AUTHTOK_ERR, PAM_AUTHTOK_ERR},
  };
  for (const auto& row : rows) {
    Script script;
    script.commit = row.verdict;
    FakeDaemon daemon{script};
    FakePam pam;
    Options options = options_for(daemon);
    type(pam, {"old", "new", "new"});
    assert_int_equal(change(pam, options), row.result);
    assert_int_equal(pam.items.count(PAM_AUTHTOK), row.result == PAM_SUCCESS);
    options.hide_unknown = true;
    type(pam, {"old", "new", "new"});
    assert_int_equal(change(pam, options), row.hidden);
    assert_false(pam.told("old") || pam.told("new"));
  }
}

CASE(change_is_unknown_when_connection_is_lost_after_commit) {
  for (const auto mode : {Act::Mode::kClose, Act::Mode::kSilent}) {
    Script script;
    script.commit_mode = mode;
    FakeDaemon daemon{script};
    FakePam pam;
    type(pam, {"old", "new", "new"});
    assert_int_equal(change(pam, options_for(daemon)), PAM_AUTHTOK_ERR);
    assert_true(pam.told("not known"));
    assert_int_equal(pam.items.count(PAM_AUTHTOK), 0);
  }
}

CASE(change_is_unavailable_when_commit_was_never_sent) {
  FakePam pam;
  std::string run_dir;
  Options options;
  {
    FakeDaemon daemon{Script{}};
    run_dir = daemon.run_dir();
    options = options_for(daemon);
    options.run_dir = run_dir.c_str();
    type(pam, {"old", "new", "new"});
    assert_int_equal(begin_change(pam, options, 0), PAM_SUCCESS);
  }
  assert_int_equal(commit_change(pam, options, 0), PAM_AUTHINFO_UNAVAIL);
  assert_false(pam.told("not known"));
}

CASE(change_fails_when_second_pass_has_no_first) {
  FakeDaemon daemon{Script{}};
  FakePam pam;
  type(pam, {"new", "new"});
  assert_int_equal(commit_change(pam, options_for(daemon), 0), PAM_AUTHTOK_ERR);
  type(pam, {"old", "new", "new"});
  assert_int_equal(begin_change(pam, options_for(daemon), 0), PAM_SUCCESS);
  pam.name = "1002";
  assert_int_equal(commit_change(pam, options_for(daemon), 0), PAM_AUTHTOK_ERR);
  assert_int_equal(daemon.seen().size(), 1);
}

CASE(change_fails_when_memory_is_short) {
  FakeDaemon daemon{Script{}};
  FakePam pam;
  pam.no_memory = true;
  type(pam, {"old"});
  assert_int_equal(begin_change(pam, options_for(daemon), 0), PAM_BUF_ERR);
}

CASE(change_prompts_by_kind) {
  const struct {
    Kind kind;
    const char* noun;
  } rows[] = {{Kind::kPassword, "password"},
              {Kind::kVoicemail, "PIN"},
              {Kind::kLogin, "PIN"},
              {Kind::kPhone, "password"},
              {Kind::kAdmin, "password"}};
  for (const auto& row : rows) {
    Script script;
    script.change = only(row.kind);
    FakeDaemon daemon{script};
    FakePam pam;
    type(pam, {"1", "2", "2"});
    assert_int_equal(change(pam, options_for(daemon, row.kind)), PAM_SUCCESS);
    const std::string noun = row.noun;
    assert_true((pam.prompts == Lines{"Current " + noun + ": ", "New " + noun + ": ", "Retype new " + noun + ": "}));
  }
}

CASE(change_speaks_in_sounds_when_told) {
  Script script;
  script.rules_broken = 1;
  script.change = only(Kind::kVoicemail);
  FakeDaemon daemon{script};
  FakePam pam;
  Options options = options_for(daemon, Kind::kVoicemail);
  options.sounds = true;
  type(pam, {"1", "2", "3", "4", "4", "5", "5"});
  assert_int_equal(change(pam, options), PAM_SUCCESS);
  assert_true((pam.prompts == Lines{"vm-password", "vm-newpassword", "vm-reenterpassword", "vm-newpassword",
                                    "vm-reenterpassword", "vm-newpassword", "vm-reenterpassword"}));
  assert_true((pam.messages == Lines{"ERROR vm-mismatch", "ERROR vm-invalid-password", "INFO vm-passchanged"}));
}

CASE(change_shows_nothing_when_silent) {
  Script script;
  script.rules_broken = 1;
  FakeDaemon daemon{script};
  FakePam pam;
  type(pam, {"old", "a", "b", "a", "a", "c", "c"});
  assert_int_equal(change(pam, options_for(daemon), static_cast<int>(PAM_SILENT)), PAM_SUCCESS);
  assert_true(pam.messages.empty());
}

}  // namespace

RUN_CASES(cmocka_unit_test(change_asks_for_current_secret_of_ordinary_user),
          cmocka_unit_test(change_asks_root_for_new_secret_only),
          cmocka_unit_test(change_asks_root_for_current_secret_when_demanded),
          cmocka_unit_test(change_uses_grant_of_login),
          cmocka_unit_test(change_does_not_use_grant_of_another_user_or_kind),
          cmocka_unit_test(change_asks_for_current_secret_when_grant_has_expired),
          cmocka_unit_test(change_begins_with_the_result_of_the_table),
          cmocka_unit_test(change_may_be_tried_again_when_daemon_is_away_in_first_pass),
          cmocka_unit_test(change_disbelieves_begin_that_leads_nowhere),
          cmocka_unit_test(change_refuses_current_secret_without_asking_the_daemon),
          cmocka_unit_test(change_asks_for_password_and_then_pin),
          cmocka_unit_test(change_stores_neither_when_the_second_is_not_given),
          cmocka_unit_test(change_asks_again_when_rules_are_broken),
          cmocka_unit_test(change_fails_when_rules_are_broken_three_times),
          cmocka_unit_test(change_asks_again_when_retype_differs),
          cmocka_unit_test(change_fails_when_new_secret_is_not_given),
          cmocka_unit_test(change_refuses_new_secret_over_the_limit),
          cmocka_unit_test(change_commits_with_the_result_of_the_table),
          cmocka_unit_test(change_is_unknown_when_connection_is_lost_after_commit),
          cmocka_unit_test(change_is_unavailable_when_commit_was_never_sent),
          cmocka_unit_test(change_fails_when_second_pass_has_no_first),
          cmocka_unit_test(change_fails_when_memory_is_short), cmocka_unit_test(change_prompts_by_kind),
          cmocka_unit_test(change_speaks_in_sounds_when_told), cmocka_unit_test(change_shows_nothing_when_silent))
