// SPDX-License-Identifier: BSD-2-Clause
// Tests of client/auth_call: only an answer to this very question counts (design §5, promise 1).
#include "client/auth_call.h"

#include "client/fake_daemon.h"
#include "support/check.h"

using namespace pbxcred;
using namespace pbxcred::test;
using std::chrono::milliseconds;

namespace {

/// One AuthRequest, and everything that came of it.
struct Call {
  AuthRequest request;
  ReplyBuffer buffer;
  AuthReply reply;
  CallResult result;
  explicit Call(const std::string& run_dir, milliseconds timeout = milliseconds(5000)) {
    static constexpr std::uint8_t kSecret[] = {'s', '3'};
    request.subject.user = "1001";
    request.subject.kind = Kind::kVoicemail;
    request.secret = {kSecret};
    result = auth_call(run_dir, timeout, request, buffer, reply);
  }
};

FakeDaemon::Answerer with(void (*alter)(AuthReply&)) {
  return [alter](const Seen& seen) {
    Act act{Act::Mode::kReply, reply_to(seen, Verdict::kGranted), {}};
    alter(act.reply);
    return act;
  };
}

FakeDaemon::Answerer doing(Act::Mode mode, std::vector<std::uint8_t> raw = {}) {
  return [mode, raw](const Seen&) { return Act{mode, {}, raw}; };
}

void expect_nonsense(FakeDaemon::Answerer answerer) {
  FakeDaemon daemon(std::move(answerer));
  const Call call(daemon.run_dir());
  assert_false(static_cast<bool>(call.result));
  assert_int_equal(call.result.status.code, Code::kUnavailable);
  assert_true(call.result.sent);
  assert_int_equal(call.reply.verdict, Verdict::kRefused);
}

CASE(auth_call_brings_reply_when_granted) {
  FakeDaemon daemon(Verdict::kGranted);
  const Call call(daemon.run_dir());
  assert_true(static_cast<bool>(call.result));
  assert_int_equal(call.reply.verdict, Verdict::kGranted);
  assert_string_equal(std::string(call.reply.account).c_str(), "1001@example.org");
  const auto seen = daemon.seen();
  assert_int_equal(seen.size(), 1);
  assert_string_equal(seen[0].user.c_str(), "1001");
  assert_string_equal(seen[0].secret.c_str(), "s3");
  assert_int_equal(seen[0].kind, Kind::kVoicemail);
}

CASE(auth_call_asks_with_a_new_nonce_each_time) {
  FakeDaemon daemon(Verdict::kGranted);
  const Call first(daemon.run_dir());
  const Call second(daemon.run_dir());
  assert_true(first.request.nonce != Nonce{});
  assert_true(first.request.nonce != second.request.nonce);
}

CASE(auth_call_disbelieves_reply_to_another_question) {
  expect_nonsense(with([](AuthReply& reply) { reply.nonce[15] ^= 1; }));
  expect_nonsense(with([](AuthReply& reply) { reply.nonce = {}; }));
  expect_nonsense(with([](AuthReply& reply) { reply.kind = Kind::kPassword; }));
  expect_nonsense(with([](AuthReply& reply) { reply.account = {}; }));
}

CASE(auth_call_disbelieves_early_reply_unless_it_refuses) {
  const struct {
    Verdict verdict;
    bool believed;
  } rows[] = {{Verdict::kDenied, true},   {Verdict::kBusy, true},     {Verdict::kUnavailable, true},
              {Verdict::kGranted, false}, {Verdict::kRefused, false}, {Verdict::kUnknown, false},
              {Verdict::kDisabled, false}};
  for (const auto& row : rows) {
    FakeDaemon daemon([&](const Seen&) {
      Act act;
      act.reply.verdict = row.verdict;
      act.reply.account = "1001@example.org";
      act.reply.has_grant = true;
      return act;
    });
    const Call call(daemon.run_dir());
    assert_int_equal(static_cast<bool>(call.result), row.believed);
    assert_int_equal(call.reply.verdict, row.believed ? row.verdict : Verdict::kRefused);
    assert_false(call.reply.has_grant);
  }
}

CASE(auth_call_believes_denial_when_request_is_not_read) {
  TempDir dir;
  const Fd listener = listen_at(dir.file("auth.sock"), 8);
  AuthReply denied;
  denied.verdict = Verdict::kDenied;
  std::uint8_t space[1024];
  ByteWriter writer(space);
  encode_packet(writer, denied);
  std::thread door([&] {
    const Fd connection(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    static_cast<void>(static_cast<bool>(send_packet(connection.get(), writer.written(), kNever)));
  });
  const Call call(dir.path());
  door.join();
  assert_true(static_cast<bool>(call.result));
  assert_int_equal(call.reply.verdict, Verdict::kDenied);
}

CASE(auth_call_disbelieves_garbage) {
  expect_nonsense(doing(Act::Mode::kRaw, {'x'}));
  expect_nonsense(doing(Act::Mode::kRaw, {'P', 'B', 9, 0, 0x10, 0}));
  expect_nonsense(doing(Act::Mode::kRaw, {'P', 'B', 1, 0, 0x01, 0}));
  expect_nonsense(doing(Act::Mode::kRaw, {'P', 'B', 1, 0, 0x10, 0, 1}));
  expect_nonsense(doing(Act::Mode::kRaw, {'P', 'B', 1, 0, 0x10, 0}));  // well formed: nothing but defaults
  expect_nonsense(doing(Act::Mode::kRaw, std::vector<std::uint8_t>(kMaxAuthPacket + 1, 'P')));
}

CASE(auth_call_is_unavailable_when_daemon_hangs_up) {
  FakeDaemon daemon(doing(Act::Mode::kClose));
  const Call call(daemon.run_dir());
  assert_int_equal(call.result.status.code, Code::kUnavailable);
  assert_true(call.result.sent);
}

CASE(auth_call_is_unavailable_when_daemon_is_slow) {
  FakeDaemon daemon(doing(Act::Mode::kSilent));
  const Call call(daemon.run_dir(), milliseconds(30));
  assert_int_equal(call.result.status.code, Code::kUnavailable);
  assert_true(call.result.sent);
}

CASE(auth_call_says_never_sent_when_nobody_is_there) {
  const Call call("/nonexistent/pbxcred");
  assert_int_equal(call.result.status.code, Code::kUnavailable);
  assert_false(call.result.sent);
}

CASE(auth_call_is_invalid_when_request_is_too_long) {
  FakeDaemon daemon(Verdict::kGranted);
  const std::vector<std::uint8_t> huge(kMaxAuthPacket, 'x');
  AuthRequest request;
  request.secret = {huge};
  ReplyBuffer buffer;
  AuthReply reply;
  const CallResult result = auth_call(daemon.run_dir(), milliseconds(1000), request, buffer, reply);
  assert_int_equal(result.status.code, Code::kInvalid);
  assert_false(result.sent);
  assert_int_equal(daemon.seen().size(), 0);
}

}  // namespace

RUN_CASES(cmocka_unit_test(auth_call_brings_reply_when_granted),
          cmocka_unit_test(auth_call_asks_with_a_new_nonce_each_time),
          cmocka_unit_test(auth_call_disbelieves_reply_to_another_question),
          cmocka_unit_test(auth_call_disbelieves_early_reply_unless_it_refuses),
          cmocka_unit_test(auth_call_believes_denial_when_request_is_not_read),
          cmocka_unit_test(auth_call_disbelieves_garbage),
          cmocka_unit_test(auth_call_is_unavailable_when_daemon_hangs_up),
          cmocka_unit_test(auth_call_is_unavailable_when_daemon_is_slow),
          cmocka_unit_test(auth_call_says_never_sent_when_nobody_is_there),
          cmocka_unit_test(auth_call_is_invalid_when_request_is_too_long))
