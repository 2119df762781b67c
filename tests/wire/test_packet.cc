// SPDX-License-Identifier: BSD-2-Clause
// Tests of wire/packet: whole packets, deadlines, descriptors, peers that go.
#include "wire/packet.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <vector>

#include "support/check.h"

using namespace pbxcred;
using std::chrono::milliseconds;

namespace {

/// Both ends of a connection.
struct Pair {
  Fd a, b;
  Pair() {
    int fds[2] = {-1, -1};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0) {
      a.reset(fds[0]);
      b.reset(fds[1]);
    }
  }
};

MonotonicTime soon() {
  return monotonic_now() + milliseconds(20);
}
bool is_open(int fd) {
  return fcntl(fd, F_GETFD) >= 0;
}

void expect_failure(const IoStatus& status, Code code) {
  assert_false(static_cast<bool>(status));
  assert_string_equal(name_of(status.code), name_of(code));
}

/// Sends one byte with `count` descriptors, past send_packet's limit of one.
void send_many(int socket, const std::vector<int>& fds) {
  std::vector<char> control(CMSG_SPACE(sizeof(int) * fds.size()));
  char byte = 'x';
  iovec part = {&byte, 1};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int) * fds.size());
  std::memcpy(CMSG_DATA(header), fds.data(), sizeof(int) * fds.size());
  assert_int_equal(sendmsg(socket, &message, MSG_NOSIGNAL), 1);
}

int count_open() {
  int count = 0;
  for (int fd = 0; fd < 256; ++fd) count += is_open(fd) ? 1 : 0;
  return count;
}

CASE(packet_arrives_whole_when_sent) {
  Pair pair;
  const std::vector<std::uint8_t> sent(60000, 7);
  std::vector<std::uint8_t> buffer(65536);
  Bytes packet;
  assert_true(static_cast<bool>(send_packet(pair.a.get(), sent, kNever)));
  assert_true(static_cast<bool>(receive_packet(pair.b.get(), buffer, packet, kNever)));
  assert_int_equal(packet.size(), sent.size());
  assert_memory_equal(packet.data(), sent.data(), sent.size());
}

CASE(packet_is_invalid_when_longer_than_buffer) {
  Pair pair;
  const std::uint8_t sent[9] = {};
  std::uint8_t buffer[8] = {};
  Bytes packet;
  assert_true(static_cast<bool>(send_packet(pair.a.get(), sent, kNever)));
  expect_failure(receive_packet(pair.b.get(), buffer, packet, soon()), Code::kInvalid);
  assert_int_equal(packet.size(), 0);
  assert_true(static_cast<bool>(send_packet(pair.a.get(), Bytes(sent).first(8), kNever)));
  assert_true(static_cast<bool>(receive_packet(pair.b.get(), buffer, packet, soon())));
  assert_int_equal(packet.size(), 8);
}

CASE(packet_times_out_when_nothing_comes) {
  Pair pair;
  std::uint8_t buffer[8];
  Bytes packet;
  const MonotonicTime deadline = soon();
  expect_failure(receive_packet(pair.b.get(), buffer, packet, deadline), Code::kUnavailable);
  assert_true(monotonic_now() >= deadline);
  expect_failure(receive_packet_now(pair.b.get(), buffer, packet), Code::kBusy);
}

CASE(packet_times_out_when_buffer_stays_full) {
  Pair pair;
  const std::vector<std::uint8_t> sent(60000);
  IoStatus status;
  for (int i = 0; i < 100 && status; ++i) status = send_packet(pair.a.get(), sent, soon());
  expect_failure(status, Code::kUnavailable);
}

CASE(packet_is_unavailable_when_other_side_has_gone) {
  Pair pair;
  std::uint8_t buffer[8] = {};
  Bytes packet;
  pair.a.reset();
  expect_failure(receive_packet(pair.b.get(), buffer, packet, kNever), Code::kUnavailable);
  // And no SIGPIPE, whose default action would end this program.
  expect_failure(send_packet(pair.b.get(), buffer, kNever), Code::kUnavailable);
}

CASE(packet_is_received_when_sent_before_closing_unread) {
  Pair pair;
  const std::uint8_t sent[3] = {1, 2, 3};
  std::uint8_t buffer[8];
  Bytes packet;
  assert_true(static_cast<bool>(send_packet(pair.b.get(), sent, kNever)));  // stays unread: a reset, not an end
  assert_true(static_cast<bool>(send_packet(pair.a.get(), sent, kNever)));
  pair.a.reset();
  assert_true(static_cast<bool>(receive_packet(pair.b.get(), buffer, packet, kNever)));
  assert_int_equal(packet.size(), 3);
}

CASE(packet_carries_one_descriptor_close_on_exec) {
  Pair pair;
  const std::uint8_t sent[1] = {1};
  std::uint8_t buffer[8];
  Bytes packet;
  Fd passed;
  assert_true(static_cast<bool>(send_packet(pair.a.get(), sent, kNever, pair.a.get())));
  assert_true(is_open(pair.a.get()));
  assert_true(static_cast<bool>(receive_packet(pair.b.get(), buffer, packet, kNever, &passed)));
  assert_true(is_open(passed.get()));
  assert_int_equal(fcntl(passed.get(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

CASE(packet_closes_descriptors_nobody_asked_for) {
  Pair pair;
  std::uint8_t buffer[8];
  Bytes packet;
  const int before = count_open();
  send_many(pair.a.get(), std::vector<int>(7, pair.a.get()));
  assert_true(static_cast<bool>(receive_packet(pair.b.get(), buffer, packet, kNever)));
  assert_int_equal(count_open(), before);
  Fd passed;
  send_many(pair.a.get(), std::vector<int>(3, pair.a.get()));
  assert_true(static_cast<bool>(receive_packet(pair.b.get(), buffer, packet, kNever, &passed)));
  assert_true(static_cast<bool>(passed));
  assert_int_equal(count_open(), before + 1);
}

CASE(packet_closes_descriptor_when_too_long) {
  Pair pair;
  const std::uint8_t sent[9] = {};
  std::uint8_t buffer[8];
  Bytes packet;
  Fd passed;
  const int before = count_open();
  assert_true(static_cast<bool>(send_packet(pair.a.get(), sent, kNever, pair.a.get())));
  expect_failure(receive_packet(pair.b.get(), buffer, packet, kNever, &passed), Code::kInvalid);
  assert_false(static_cast<bool>(passed));
  assert_int_equal(count_open(), before);
}

CASE(packet_works_when_descriptor_is_above_1023) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max < 2100) return;
  limit.rlim_cur = limit.rlim_max < 4096 ? limit.rlim_max : 4096;
  setrlimit(RLIMIT_NOFILE, &limit);
  Pair pair;
  const Fd high(fcntl(pair.b.get(), F_DUPFD_CLOEXEC, 2000));
  assert_true(high.get() >= 2000);
  const std::uint8_t sent[1] = {1};
  std::uint8_t buffer[8];
  Bytes packet;
  expect_failure(receive_packet(high.get(), buffer, packet, soon()), Code::kUnavailable);
  assert_true(static_cast<bool>(send_packet(pair.a.get(), sent, kNever)));
  assert_true(static_cast<bool>(receive_packet(high.get(), buffer, packet, kNever)));
}

volatile sig_atomic_t g_interrupted = 0;

CASE(packet_waits_to_the_deadline_when_interrupted) {
  struct sigaction action {};
  action.sa_handler = [](int) { g_interrupted = g_interrupted + 1; };  // without SA_RESTART
  sigaction(SIGALRM, &action, nullptr);
  const itimerval every_millisecond = {{0, 1000}, {0, 1000}};
  setitimer(ITIMER_REAL, &every_millisecond, nullptr);
  Pair pair;
  std::uint8_t buffer[8];
  Bytes packet;
  const MonotonicTime deadline = soon();
  const IoStatus status = receive_packet(pair.b.get(), buffer, packet, deadline);
  const itimerval off{};
  setitimer(ITIMER_REAL, &off, nullptr);
  expect_failure(status, Code::kUnavailable);
  assert_true(monotonic_now() >= deadline);
  assert_true(g_interrupted >= 3);
}

}  // namespace

RUN_CASES(cmocka_unit_test(packet_arrives_whole_when_sent), cmocka_unit_test(packet_is_invalid_when_longer_than_buffer),
          cmocka_unit_test(packet_times_out_when_nothing_comes),
          cmocka_unit_test(packet_times_out_when_buffer_stays_full),
          cmocka_unit_test(packet_is_unavailable_when_other_side_has_gone),
          cmocka_unit_test(packet_is_received_when_sent_before_closing_unread),
          cmocka_unit_test(packet_carries_one_descriptor_close_on_exec),
          cmocka_unit_test(packet_closes_descriptors_nobody_asked_for),
          cmocka_unit_test(packet_closes_descriptor_when_too_long),
          cmocka_unit_test(packet_works_when_descriptor_is_above_1023),
          cmocka_unit_test(packet_waits_to_the_deadline_when_interrupted))
