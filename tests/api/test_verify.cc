// SPDX-License-Identifier: BSD-2-Clause
// Tests of the C interface's verify and status, and of what a reply tells (design §5, promise 1).
#include <cstring>

#include "api/api_handle.h"
#include "api/handle.h"
#include "support/check.h"

using namespace pbxcred;
using namespace pbxcred::test;

namespace {

constexpr int kPin = PBXCRED_KIND_VOICEMAIL;

FakeDaemon::Answerer with(void (*alter)(AuthReply&), Verdict verdict = Verdict::kGranted) {
  return [alter, verdict](const Seen& seen) {
    Act act{Act::Mode::kReply, reply_to(seen, verdict), {}};
    alter(act.reply);
    return act;
  };
}

void tell_everything(AuthReply& reply) {
  reply.method = Method::kPin;
  reply.phase = "warn";
  reply.notice = "password-unset";
  reply.days_left = 12;
  reply.texts.push_back({false, "Set a password within 12 days."});
  reply.texts.push_back({true, ""});
  reply.texts.push_back({true, "Then choose a new PIN."});
}

void demand_change(AuthReply& reply) {
  reply.change.add(Kind::kPassword);
  reply.change.add(Kind::kVoicemail);
  reply.has_grant = true;
  reply.grant = token(7);
}

CASE(verify_maps_every_verdict) {
  const struct {
    Verdict verdict;
    pbxcred_result result;
  } rows[] = {{Verdict::kGranted, PBXCRED_OK},
              {Verdict::kRefused, PBXCRED_REFUSED},
              {Verdict::kUnknown, PBXCRED_UNKNOWN},
              {Verdict::kDisabled, PBXCRED_DISABLED},
              {Verdict::kRuleBroken, PBXCRED_RULE_BROKEN},
              {Verdict::kDenied, PBXCRED_DENIED},
              {Verdict::kBusy, PBXCRED_BUSY},
              {Verdict::kUnavailable, PBXCRED_UNAVAILABLE},
              {Verdict::kInvalid, PBXCRED_INVALID},
              {Verdict::kInternal, PBXCRED_INTERNAL}};
  assert_int_equal(std::size(rows), kEnumEnd<Verdict>);
  for (const auto& row : rows) {
    FakeDaemon daemon(row.verdict);
    ApiHandle handle(daemon.run_dir());
    assert_int_equal(handle.verify(kPin, "1001", "s3"), row.result);
    assert_int_equal(pbxcred_reply_result(handle), row.result);
    assert_int_equal(pbxcred_account_status(handle, kPin, "1001"), row.result);
    assert_int_equal(pbxcred_secret_rules(handle, kPin, "1001"), row.result);
  }
}

CASE(verify_sends_what_it_was_given) {
  FakeDaemon daemon(Verdict::kGranted);
  ApiHandle handle(daemon.run_dir());
  assert_int_equal(pbxcred_handle_set_domain(handle, "acme.example"), PBXCRED_OK);
  assert_int_equal(pbxcred_handle_set_service(handle, "ivr"), PBXCRED_OK);
  assert_int_equal(pbxcred_handle_set_rhost(handle, "192.0.2.1"), PBXCRED_OK);
  const std::string secret("a\0b", 3);
  assert_int_equal(handle.verify(kPin, "1001", secret), PBXCRED_OK);
  assert_int_equal(pbxcred_account_status(handle, PBXCRED_KIND_ADMIN, "root"), PBXCRED_OK);
  const auto seen = daemon.seen();
  assert_int_equal(seen.size(), 2);
  assert_true(seen[0].is_auth() && seen[0].kind == Kind::kVoicemail && seen[0].user == "1001");
  assert_true(seen[0].domain == "acme.example" && seen[0].service == "ivr" && seen[0].rhost == "192.0.2.1");
  assert_true(seen[0].secret == secret);
  assert_true(seen[1].is_status() && seen[1].kind == Kind::kAdmin && seen[1].user == "root");
}

CASE(verify_refuses_without_asking_what_can_be_no_secret) {
  FakeDaemon daemon(Verdict::kGranted);
  ApiHandle handle(daemon.run_dir());
  const std::string longer(kMaxSecret + 1, 's');
  assert_int_equal(handle.verify(kPin, "1001", ""), PBXCRED_REFUSED);
  assert_int_equal(handle.verify(kPin, "1001", longer), PBXCRED_REFUSED);
  assert_int_equal(pbxcred_secret_verify(handle, kPin, "1001", "s", SIZE_MAX), PBXCRED_REFUSED);
  assert_int_equal(pbxcred_secret_verify(handle, kPin, "1001", nullptr, 0), PBXCRED_INVALID);
  assert_int_equal(pbxcred_secret_verify(handle, kPin, "1001", nullptr, 5), PBXCRED_INVALID);
  assert_int_equal(daemon.seen().size(), 0);
  assert_int_equal(handle.verify(kPin, "1001", longer.substr(1)), PBXCRED_OK);
  assert_int_equal(daemon.seen().size(), 1);
}

CASE(verify_is_no_yes_when_something_must_be_changed) {
  FakeDaemon daemon(with(demand_change));
  ApiHandle handle(daemon.run_dir());
  assert_int_equal(handle.verify(kPin, "1001", "s3"), PBXCRED_MUST_CHANGE);
  assert_int_equal(pbxcred_reply_must_change(handle, PBXCRED_KIND_PASSWORD), 1);
  assert_int_equal(pbxcred_reply_must_change(handle, PBXCRED_KIND_VOICEMAIL), 1);
  assert_int_equal(pbxcred_reply_must_change(handle, PBXCRED_KIND_LOGIN), 0);
  assert_int_equal(pbxcred_reply_changes(handle, PBXCRED_KIND_PASSWORD), 0);
  assert_int_equal(pbxcred_grant_is_held(handle), 1);
  assert_int_equal(pbxcred_account_status(handle, kPin, "1001"), PBXCRED_MUST_CHANGE);
  assert_int_equal(pbxcred_grant_is_held(handle), 1);
}

CASE(verify_drops_the_grant_of_the_one_before) {
  FakeDaemon daemon(with(demand_change));
  ApiHandle handle(daemon.run_dir());
  assert_int_equal(handle.verify(kPin, "1001", "s3"), PBXCRED_MUST_CHANGE);
  daemon.answer_with(with(demand_change, Verdict::kRefused));
  assert_int_equal(handle.verify(kPin, "1001", "s4"), PBXCRED_REFUSED);
  assert_int_equal(pbxcred_grant_is_held(handle), 0);
  assert_int_equal(pbxcred_reply_must_change(handle, PBXCRED_KIND_PASSWORD), 0);
}

CASE(reply_tells_everything) {
  FakeDaemon daemon(with(tell_everything));
  ApiHandle handle(daemon.run_dir());
  assert_int_equal(handle.verify(kPin, "1001", "s3"), PBXCRED_OK);
  assert_string_equal(pbxcred_reply_account(handle), "1001@example.org");
  assert_string_equal(pbxcred_reply_method(handle), "pin");
  assert_string_equal(pbxcred_reply_phase(handle), "warn");
  assert_string_equal(pbxcred_reply_notice(handle), "password-unset");
  assert_int_equal(pbxcred_reply_days_left(handle), 12);
  assert_true(
      (handle.texts() == std::vector<std::string>{"Set a password within 12 days.", "", "Then choose a new PIN."}));
  assert_int_equal(pbxcred_reply_text_is_error(handle, 0), 0);
  assert_int_equal(pbxcred_reply_text_is_error(handle, 2), 1);
  assert_int_equal(pbxcred_reply_text_is_error(handle, 3), 0);
  assert_string_equal(pbxcred_reply_text(handle, 3), "");
  assert_string_equal(pbxcred_reply_text(handle, SIZE_MAX), "");
  assert_string_equal(pbxcred_reply_reason(handle), "");
}

CASE(reply_is_replaced_by_the_next_question) {
  FakeDaemon daemon(with(tell_everything));
  ApiHandle handle(daemon.run_dir());
  assert_int_equal(handle.verify(kPin, "1001", "s3"), PBXCRED_OK);
  daemon.answer_with([](const Seen& seen) { return Act{Act::Mode::kReply, reply_to(seen, Verdict::kRefused), {}}; });
  assert_int_equal(handle.verify(kPin, "1001", "s3"), PBXCRED_REFUSED);
  assert_true(handle.tells_nothing());
}

CASE(question_takes_the_account_that_the_last_reply_named) {
  FakeDaemon daemon(Verdict::kGranted);
  ApiHandle handle(daemon.run_dir());
  assert_int_equal(handle.verify(kPin, "anna", "s3"), PBXCRED_OK);
  assert_int_equal(pbxcred_account_status(handle, kPin, pbxcred_reply_account(handle)), PBXCRED_OK);
  assert_string_equal(daemon.seen()[1].user.c_str(), "1001@example.org");
}

CASE(reply_holds_the_largest_packet) {
  static const std::string kTexts[] = {std::string(4000, 'a'), std::string(4000, 'b'), std::string(4000, 'c'),
                                       std::string(3900, 'd')};
  FakeDaemon daemon(with([](AuthReply& reply) {
    for (const std::string& text : kTexts) reply.texts.push_back({true, text});
    while (reply.texts.push_back({true, ""})) {
    }
  }));
  ApiHandle handle(daemon.run_dir());
  assert_int_equal(handle.verify(kPin, "1001", "s3"), PBXCRED_OK);
  assert_int_equal(pbxcred_reply_text_count(handle), 12);
  for (std::size_t i = 0; i < 4; ++i) assert_string_equal(pbxcred_reply_text(handle, i), kTexts[i].c_str());
  assert_string_equal(pbxcred_reply_account(handle), "1001@example.org");
}

CASE(reply_is_disbelieved_when_no_c_program_can_read_it) {
  static constexpr std::string_view kCut("root\0@example.org", 17);
  void (*const rows[])(AuthReply&) = {
      [](AuthReply& reply) { reply.account = kCut; },
      [](AuthReply& reply) { reply.account = "1001\n@example.org"; },
      [](AuthReply& reply) { reply.phase = kCut; },
      [](AuthReply& reply) { reply.notice = "a\x7f"; },
      [](AuthReply& reply) {
        reply.texts.push_back({false, kCut});
      },
      [](AuthReply& reply) { reply.nonce[3] ^= 1; },
      [](AuthReply& reply) { reply.kind = Kind::kAdmin; },
      [](AuthReply& reply) { reply.account = {}; },
  };
  for (const auto alter : rows) {
    FakeDaemon daemon(with(alter));
    ApiHandle handle(daemon.run_dir());
    assert_int_equal(handle.verify(kPin, "1001", "s3"), PBXCRED_UNAVAILABLE);
    assert_true(handle.tells_nothing());
    assert_string_equal(pbxcred_reply_reason(handle), "the daemon's answer makes no sense");
  }
}

CASE(verify_is_unavailable_when_daemon_is_away_or_slow) {
  ApiHandle away("/nonexistent/pbxcred");
  assert_int_equal(away.verify(kPin, "1001", "s3"), PBXCRED_UNAVAILABLE);
  assert_string_equal(pbxcred_reply_reason(away), "no daemon answers in run_dir");
  assert_true(away.tells_nothing());
  for (const Act::Mode mode : {Act::Mode::kSilent, Act::Mode::kClose}) {
    FakeDaemon daemon([mode](const Seen&) { return Act{mode, {}, {}}; });
    ApiHandle handle(daemon.run_dir(), 50);
    assert_int_equal(handle.verify(kPin, "1001", "s3"), PBXCRED_UNAVAILABLE);
    assert_string_not_equal(pbxcred_reply_reason(handle), "");
  }
}

CASE(handle_keeps_no_copy_of_a_secret) {
  FakeDaemon daemon(with(demand_change));
  ApiHandle handle(daemon.run_dir());
  const std::string secret = "four quiet blue kettles";
  assert_int_equal(handle.verify(kPin, "1001", secret), PBXCRED_MUST_CHANGE);
  const pbxcred_handle* raw = handle;
  assert_null(memmem(raw, sizeof *raw, secret.data(), secret.size()));
  const GrantToken grant = token(7);
  assert_non_null(memmem(raw, sizeof *raw, grant.data(), grant.size()));
  assert_int_equal(pbxcred_handle_set_domain(handle, "other.example"), PBXCRED_OK);
  assert_null(memmem(raw, sizeof *raw, grant.data(), grant.size()));
}

}  // namespace

RUN_CASES(cmocka_unit_test(verify_maps_every_verdict), cmocka_unit_test(verify_sends_what_it_was_given),
          cmocka_unit_test(verify_refuses_without_asking_what_can_be_no_secret),
          cmocka_unit_test(verify_is_no_yes_when_something_must_be_changed),
          cmocka_unit_test(verify_drops_the_grant_of_the_one_before), cmocka_unit_test(reply_tells_everything),
          cmocka_unit_test(reply_is_replaced_by_the_next_question),
          cmocka_unit_test(question_takes_the_account_that_the_last_reply_named),
          cmocka_unit_test(reply_holds_the_largest_packet),
          cmocka_unit_test(reply_is_disbelieved_when_no_c_program_can_read_it),
          cmocka_unit_test(verify_is_unavailable_when_daemon_is_away_or_slow),
          cmocka_unit_test(handle_keeps_no_copy_of_a_secret))
