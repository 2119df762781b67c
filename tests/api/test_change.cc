// SPDX-License-Identifier: BSD-2-Clause
// Tests of the C interface's changes: by the current secret, by a grant, by root (R14, R82).
#include <unistd.h>

#include <cstring>

#include "api/api_handle.h"
#include "support/check.h"

using namespace pbxcred;
using namespace pbxcred::test;
using Proof = ChangeRequest::Proof;
using std::chrono::milliseconds;

namespace {

constexpr int kPassword = PBXCRED_KIND_PASSWORD;
constexpr int kPin = PBXCRED_KIND_VOICEMAIL;

/// The daemon's side: what it answers to each step, to be altered by a case.
struct Script {
  Verdict begin = Verdict::kGranted;  ///< brings grant 2
  Verdict commit = Verdict::kGranted;
  bool begin_has_grant = true;
  Act::Mode begin_mode = Act::Mode::kReply;
  Act::Mode commit_mode = Act::Mode::kReply;
  KindSet change = only(Kind::kPassword);
  milliseconds begin_takes{0};

  Act operator()(const Seen& seen) const {
    Act act{seen.is_commit() ? commit_mode : begin_mode, reply_to(seen, verdict_for(seen)), {}};
    act.reply.change = change;
    if (seen.is_auth()) give(act.reply, 1);
    if (seen.is_begin()) tell_rules(seen, act.reply);
    if (act.reply.verdict == Verdict::kRuleBroken) act.reply.texts.push_back({true, "Too short."});
    return act;
  }

 private:
  Verdict verdict_for(const Seen& seen) const {
    if (seen.is_auth()) return Verdict::kGranted;
    return seen.is_begin() ? begin : commit;
  }
  void tell_rules(const Seen& seen, AuthReply& reply) const {
    std::this_thread::sleep_for(begin_takes);
    if (begin_has_grant && seen.proof == Proof::kSecret) give(reply, 2);
    if (begin == Verdict::kGranted) reply.texts.push_back({false, "At least 15 characters."});
  }
  static void give(AuthReply& reply, std::uint8_t byte) {
    reply.has_grant = true;
    reply.grant = token(byte);
  }
};

pbxcred_new_secret of(int kind, const char* secret) {
  return {kind, secret, std::strlen(secret)};
}

pbxcred_result change(pbxcred_handle* handle, const char* current, const char* secret, const char* user = "1001") {
  const pbxcred_new_secret one = of(kPassword, secret);
  return pbxcred_secret_change(handle, kPassword, user, current, std::strlen(current), &one, 1);
}

pbxcred_result change_by_grant(pbxcred_handle* handle, const char* secret, const char* user = "1001",
                               int kind = kPassword) {
  const pbxcred_new_secret one = of(kPassword, secret);
  return pbxcred_secret_change_by_grant(handle, kind, user, &one, 1);
}

CASE(change_proves_with_current_secret_and_commits_with_grant) {
  FakeDaemon daemon{Script{}};
  ApiHandle handle(daemon.run_dir());
  assert_int_equal(change(handle, "old", "new"), PBXCRED_OK);
  assert_int_equal(pbxcred_reply_result(handle), PBXCRED_OK);
  assert_int_equal(pbxcred_reply_changes(handle, kPassword), 1);
  assert_int_equal(pbxcred_reply_changes(handle, kPin), 0);
  assert_int_equal(pbxcred_reply_must_change(handle, kPassword), 0);
  assert_int_equal(pbxcred_grant_is_held(handle), 0);
  const auto seen = daemon.seen();
  assert_int_equal(seen.size(), 2);
  assert_true(seen[0].is_begin() && seen[0].proof == Proof::kSecret && seen[0].secret == "old");
  assert_true(seen[0].secrets.empty());
  assert_true(seen[1].is_commit() && seen[1].proof == Proof::kGrant && seen[1].grant == token(2));
  assert_true(seen[1].secret.empty() && seen[1].user == "1001");
  assert_true((seen[1].secrets == std::vector<std::pair<Kind, std::string>>{{Kind::kPassword, "new"}}));
}

CASE(change_stores_several_kinds_at_once) {
  Script script;
  script.change.add(Kind::kVoicemail);
  FakeDaemon daemon{script};
  ApiHandle handle(daemon.run_dir());
  const pbxcred_new_secret both[] = {of(kPassword, "new"), of(kPin, "428617")};
  assert_int_equal(handle.verify(kPassword, "1001", "s"), PBXCRED_MUST_CHANGE);
  assert_int_equal(pbxcred_secret_change_by_grant(handle, kPassword, "1001", both, 2), PBXCRED_OK);
  assert_int_equal(pbxcred_reply_changes(handle, kPin), 1);
  const auto seen = daemon.seen();
  assert_int_equal(seen.size(), 2);
  assert_true(seen[1].is_commit() && seen[1].proof == Proof::kGrant && seen[1].grant == token(1));
  assert_true((seen[1].secrets ==
               std::vector<std::pair<Kind, std::string>>{{Kind::kPassword, "new"}, {Kind::kVoicemail, "428617"}}));
}

CASE(change_maps_how_each_step_ends) {
  const struct {
    Verdict verdict;
    pbxcred_result begin;
    pbxcred_result commit;
  } rows[] = {{Verdict::kRefused, PBXCRED_REFUSED, PBXCRED_REFUSED},
              {Verdict::kUnknown, PBXCRED_UNKNOWN, PBXCRED_UNKNOWN},
              {Verdict::kDisabled, PBXCRED_DISABLED, PBXCRED_DISABLED},
              {Verdict::kRuleBroken, PBXCRED_RULE_BROKEN, PBXCRED_RULE_BROKEN},
              {Verdict::kDenied, PBXCRED_DENIED, PBXCRED_DENIED},
              {Verdict::kBusy, PBXCRED_BUSY, PBXCRED_BUSY},
              {Verdict::kUnavailable, PBXCRED_UNAVAILABLE, PBXCRED_UNSURE},
              {Verdict::kInvalid, PBXCRED_INVALID, PBXCRED_INVALID},
              {Verdict::kInternal, PBXCRED_INTERNAL, PBXCRED_UNSURE}};
  assert_int_equal(std::size(rows) + 1, kEnumEnd<Verdict>);
  for (const auto& row : rows) {
    Script script;
    script.begin = row.verdict;
    FakeDaemon daemon{script};
    ApiHandle handle(daemon.run_dir());
    assert_int_equal(change(handle, "old", "new"), row.begin);
    assert_int_equal(daemon.seen().size(), 1);
    assert_int_equal(pbxcred_reply_changes(handle, kPassword), 0);
    script.begin = Verdict::kGranted;
    script.commit = row.verdict;
    daemon.answer_with(script);
    assert_int_equal(change(handle, "old", "new"), row.commit);
    assert_int_equal(pbxcred_reply_changes(handle, kPassword), 0);
    assert_int_equal(pbxcred_reply_result(handle), row.commit);
  }
}

CASE(change_is_unsure_once_the_new_secret_was_sent) {
  for (const Act::Mode mode : {Act::Mode::kSilent, Act::Mode::kClose, Act::Mode::kRaw}) {
    Script script;
    script.begin_mode = mode;
    FakeDaemon daemon{script};
    ApiHandle handle(daemon.run_dir(), 200);
    assert_int_equal(change(handle, "old", "new"), PBXCRED_UNAVAILABLE);
    script.commit_mode = mode;
    script.begin_mode = Act::Mode::kReply;
    daemon.answer_with(script);
    assert_int_equal(pbxcred_handle_set_deadline(handle, mode == Act::Mode::kSilent ? 5000 : 60000), PBXCRED_OK);
    assert_int_equal(change(handle, "old", "new"), PBXCRED_UNSURE);
    assert_true(handle.tells_nothing());
    assert_string_not_equal(pbxcred_reply_reason(handle), "");
  }
  ApiHandle away("/nonexistent/pbxcred");
  assert_int_equal(change(away, "old", "new"), PBXCRED_UNAVAILABLE);
}

CASE(change_keeps_its_grant_when_a_rule_is_broken) {
  Script script;
  script.commit = Verdict::kRuleBroken;
  FakeDaemon daemon{script};
  ApiHandle handle(daemon.run_dir());
  assert_int_equal(change(handle, "old", "n"), PBXCRED_RULE_BROKEN);
  assert_true((handle.texts() == std::vector<std::string>{"Too short."}));
  assert_int_equal(pbxcred_reply_text_is_error(handle, 0), 1);
  assert_int_equal(pbxcred_grant_is_held(handle), 1);
  daemon.answer_with(Script{});
  assert_int_equal(change_by_grant(handle, "longer"), PBXCRED_OK);
  assert_true(daemon.seen()[2].grant == token(2));
  assert_int_equal(change_by_grant(handle, "longer"), PBXCRED_REFUSED);
  assert_int_equal(daemon.seen().size(), 3);
}

CASE(change_by_grant_drops_one_that_the_daemon_refuses) {
  Script script;
  script.commit = Verdict::kRefused;
  FakeDaemon daemon{script};
  ApiHandle handle(daemon.run_dir());
  assert_int_equal(handle.verify(kPassword, "1001", "s"), PBXCRED_MUST_CHANGE);
  assert_int_equal(change_by_grant(handle, "new"), PBXCRED_REFUSED);
  assert_int_equal(pbxcred_grant_is_held(handle), 0);
}

CASE(change_by_grant_is_for_its_user_and_kind_only) {
  FakeDaemon daemon{Script{}};
  ApiHandle handle(daemon.run_dir());
  assert_int_equal(change_by_grant(handle, "new"), PBXCRED_REFUSED);
  assert_int_equal(handle.verify(kPassword, "1001", "s"), PBXCRED_MUST_CHANGE);
  assert_int_equal(change_by_grant(handle, "new", "1002"), PBXCRED_REFUSED);
  assert_int_equal(change_by_grant(handle, "new", "1001", kPin), PBXCRED_REFUSED);
  assert_string_equal(pbxcred_reply_reason(handle), "the handle holds no grant for this user and kind");
  assert_int_equal(daemon.seen().size(), 1);
  assert_int_equal(change_by_grant(handle, "new"), PBXCRED_OK);
}

CASE(change_by_grant_holds_for_one_daemon_and_domain) {
  FakeDaemon daemon{Script{}};
  ApiHandle handle(daemon.run_dir());
  assert_int_equal(handle.verify(kPassword, "1001", "s"), PBXCRED_MUST_CHANGE);
  assert_int_equal(pbxcred_handle_set_run_dir(handle, "relative"), PBXCRED_INVALID);
  assert_int_equal(pbxcred_grant_is_held(handle), 1);
  assert_int_equal(pbxcred_handle_set_run_dir(handle, daemon.run_dir().c_str()), PBXCRED_OK);
  assert_int_equal(pbxcred_grant_is_held(handle), 0);
  assert_int_equal(handle.verify(kPassword, "1001", "s"), PBXCRED_MUST_CHANGE);
  assert_int_equal(pbxcred_handle_set_domain(handle, nullptr), PBXCRED_OK);
  assert_int_equal(change_by_grant(handle, "new"), PBXCRED_REFUSED);
}

CASE(change_goes_no_further_than_its_proof) {
  Script script;
  script.change = only(Kind::kLogin);  // a phone service without a secret of the device
  FakeDaemon daemon{script};
  ApiHandle handle(daemon.run_dir());
  assert_int_equal(change(handle, "old", "new"), PBXCRED_INVALID);
  assert_int_equal(pbxcred_reply_changes(handle, PBXCRED_KIND_LOGIN), 1);
  assert_string_not_equal(pbxcred_reply_reason(handle), "");
  assert_int_equal(daemon.seen().size(), 1);
  script.begin_has_grant = false;
  daemon.answer_with(script);
  assert_int_equal(change(handle, "old", "new"), PBXCRED_INTERNAL);
  assert_int_equal(daemon.seen().size(), 2);
}

CASE(change_refuses_lists_that_make_no_sense) {
  FakeDaemon daemon{Script{}};
  ApiHandle handle(daemon.run_dir());
  const std::string longer(1025, 'n');
  const pbxcred_new_secret four[] = {of(1, "a"), of(2, "b"), of(3, "c"), of(4, "d"), of(5, "e")};
  const pbxcred_new_secret twice[] = {of(1, "a"), of(1, "b")};
  const pbxcred_new_secret no_kind = of(0, "a");
  const pbxcred_new_secret no_secret = {1, nullptr, 3};
  const pbxcred_new_secret empty = {1, "", 0};
  const pbxcred_new_secret too_long = {1, longer.data(), longer.size()};
  const struct {
    const pbxcred_new_secret* secrets;
    std::size_t count;
    pbxcred_result result;
  } rows[] = {{nullptr, 0, PBXCRED_INVALID},      {nullptr, 1, PBXCRED_INVALID},     {four, 0, PBXCRED_INVALID},
              {four, 5, PBXCRED_INVALID},         {four, SIZE_MAX, PBXCRED_INVALID}, {twice, 2, PBXCRED_INVALID},
              {&no_kind, 1, PBXCRED_INVALID},     {&no_secret, 1, PBXCRED_INVALID},  {&empty, 1, PBXCRED_RULE_BROKEN},
              {&too_long, 1, PBXCRED_RULE_BROKEN}};
  for (const auto& row : rows) {
    assert_int_equal(pbxcred_secret_change(handle, 1, "1001", "old", 3, row.secrets, row.count), row.result);
    assert_int_equal(pbxcred_secret_change_by_grant(handle, 1, "1001", row.secrets, row.count), row.result);
    assert_int_equal(pbxcred_secret_set(handle, 1, "1001", row.secrets, row.count), row.result);
    assert_int_equal(pbxcred_reply_text_count(handle), row.result == PBXCRED_RULE_BROKEN ? 1 : 0);
  }
  assert_int_equal(pbxcred_secret_change(handle, 1, "1001", nullptr, 3, four, 1), PBXCRED_INVALID);
  assert_int_equal(pbxcred_secret_change(handle, 1, "1001", "", 0, four, 1), PBXCRED_REFUSED);
  assert_int_equal(pbxcred_secret_change(handle, 1, "1001", longer.data(), longer.size(), four, 1), PBXCRED_REFUSED);
  assert_int_equal(daemon.seen().size(), 0);
}

CASE(change_has_one_deadline_for_both_steps) {
  Script script;
  script.begin_takes = milliseconds(3000);
  script.commit_mode = Act::Mode::kSilent;
  FakeDaemon daemon{script};
  ApiHandle handle(daemon.run_dir(), 4000);
  const MonotonicTime begin = monotonic_now();
  const pbxcred_result result = change(handle, "old", "new");
  assert_true(monotonic_now() - begin < milliseconds(6500));  // not 3000 and then 4000
  // On a machine that is very busy even the first step may come too late.
  assert_true(result == PBXCRED_UNSURE || result == PBXCRED_UNAVAILABLE);
}

CASE(rules_tell_what_a_change_would_change) {
  FakeDaemon daemon{Script{}};
  ApiHandle handle(daemon.run_dir());
  assert_int_equal(pbxcred_secret_rules(handle, kPassword, "1001"), PBXCRED_OK);
  assert_int_equal(pbxcred_reply_changes(handle, kPassword), 1);
  assert_true((handle.texts() == std::vector<std::string>{"At least 15 characters."}));
  assert_int_equal(pbxcred_reply_text_is_error(handle, 0), 0);
  const auto seen = daemon.seen();
  assert_true(seen.size() == 1 && seen[0].is_begin() && seen[0].proof == Proof::kNone);
}

CASE(set_is_for_root_with_both_uids) {
  FakeDaemon daemon{Script{}};
  ApiHandle handle(daemon.run_dir());
  const pbxcred_new_secret one = of(kPassword, "new");
  const bool root = getuid() == 0 && geteuid() == 0;
  if (root) {
    assert_int_equal(pbxcred_secret_set(handle, kPassword, "1001", &one, 1), PBXCRED_OK);
    const auto seen = daemon.seen();
    assert_true(seen.size() == 1 && seen[0].is_commit() && seen[0].proof == Proof::kPrivilege);
    assert_true(seen[0].grant == GrantToken{} && seen[0].secret.empty());
    assert_int_equal(seteuid(12345), 0);
  }
  const pbxcred_result as_other = pbxcred_secret_set(handle, kPassword, "1001", &one, 1);
  if (root) assert_int_equal(seteuid(0), 0);
  if (root) assert_int_equal(setreuid(12345, 0), 0);
  const pbxcred_result as_set_uid = pbxcred_secret_set(handle, kPassword, "1001", &one, 1);
  if (root) assert_int_equal(setreuid(0, 0), 0);
  assert_int_equal(as_other, PBXCRED_DENIED);
  assert_int_equal(as_set_uid, PBXCRED_DENIED);
  assert_int_equal(daemon.seen().size(), root ? 1 : 0);
}

}  // namespace

RUN_CASES(cmocka_unit_test(change_proves_with_current_secret_and_commits_with_grant),
          cmocka_unit_test(change_stores_several_kinds_at_once), cmocka_unit_test(change_maps_how_each_step_ends),
          cmocka_unit_test(change_is_unsure_once_the_new_secret_was_sent),
          cmocka_unit_test(change_keeps_its_grant_when_a_rule_is_broken),
          cmocka_unit_test(change_by_grant_drops_one_that_the_daemon_refuses),
          cmocka_unit_test(change_by_grant_is_for_its_user_and_kind_only),
          cmocka_unit_test(change_by_grant_holds_for_one_daemon_and_domain),
          cmocka_unit_test(change_goes_no_further_than_its_proof),
          cmocka_unit_test(change_refuses_lists_that_make_no_sense),
          cmocka_unit_test(change_has_one_deadline_for_both_steps),
          cmocka_unit_test(rules_tell_what_a_change_would_change), cmocka_unit_test(set_is_for_root_with_both_uids))
