// SPDX-License-Identifier: BSD-2-Clause
// Tests of client/connect: who is believed to be the daemon, and what happens when it is not there.
#include "client/connect.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <thread>

#include "client/fake_daemon.h"
#include "support/check.h"
#include "support/in_child.h"

using namespace pbxcred;
using namespace pbxcred::test;
using std::chrono::milliseconds;

namespace {

IoStatus try_connect(std::string_view run_dir, milliseconds timeout = milliseconds(1000)) {
  Fd fd;
  return connect_to_daemon(run_dir, kAuthSocket, Deadline::after(timeout), fd);
}

void expect_failure(const IoStatus& status, Code code) {
  assert_false(static_cast<bool>(status));
  assert_string_equal(name_of(status.code), name_of(code));
}

/// A listening socket that was opened by uid, in a directory that belongs to owner.
struct Served {
  TempDir dir;
  Fd listener;
  Served(uid_t uid, uid_t owner) {
    const std::string path = dir.file("auth.sock");
    bool done = chmod(dir.path().c_str(), 0755) == 0 && own(uid) && seteuid(uid) == 0;
    if (done) listener = listen_at(path, 8);
    done = seteuid(0) == 0 && done && own(owner);
    if (!done) listener.reset();
  }
  bool own(uid_t uid) const { return chown(dir.path().c_str(), uid, static_cast<gid_t>(-1)) == 0; }
};

CASE(connect_reaches_daemon_of_own_uid) {
  FakeDaemon daemon(Verdict::kGranted);
  Fd fd;
  assert_true(
      static_cast<bool>(connect_to_daemon(daemon.run_dir(), kAuthSocket, Deadline::after(milliseconds(1000)), fd)));
  assert_true(fd.get() > 2);
  assert_int_equal(fcntl(fd.get(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

CASE(connect_is_unavailable_when_nobody_is_there) {
  expect_failure(try_connect("/nonexistent/pbxcred"), Code::kUnavailable);
  TempDir dir;
  expect_failure(try_connect(dir.path()), Code::kUnavailable);
  const Fd listener = listen_at(dir.file("auth.sock"), 8);
  assert_true(static_cast<bool>(try_connect(dir.path())));
}

CASE(connect_is_unavailable_when_socket_is_stale) {
  TempDir dir;
  { const Fd listener = listen_at(dir.file("auth.sock"), 8); }
  expect_failure(try_connect(dir.path()), Code::kUnavailable);
}

CASE(connect_is_invalid_when_path_is_too_long) {
  expect_failure(try_connect("/" + std::string(200, 'x')), Code::kInvalid);
  expect_failure(try_connect(""), Code::kInvalid);
  expect_failure(try_connect(std::string_view("/tmp\0x", 6)), Code::kInvalid);
}

CASE(connect_refuses_run_dir_that_others_may_write) {
  FakeDaemon daemon(Verdict::kGranted);
  for (const mode_t mode : {0775U, 0757U, 01777U}) {
    assert_int_equal(chmod(daemon.run_dir().c_str(), mode), 0);
    expect_failure(try_connect(daemon.run_dir()), Code::kUnavailable);
  }
  assert_int_equal(chmod(daemon.run_dir().c_str(), 0755), 0);
  assert_true(static_cast<bool>(try_connect(daemon.run_dir())));
}

CASE(connect_refuses_strangers) {
  if (geteuid() != 0) return print_message("# needs root\n");
  const struct {
    uid_t daemon, owner;
    bool accepted;
  } rows[] = {{0, 0, true},          {0, 12345, true},      {12345, 12345, true}, {12345, 0, false},
              {12345, 12346, false}, {65534, 65534, false}, {0, 65534, false}};
  for (const auto& row : rows) {
    const Served served(row.daemon, row.owner);
    assert_true(static_cast<bool>(served.listener));
    assert_int_equal(static_cast<bool>(try_connect(served.dir.path())), row.accepted);
  }
}

CASE(connect_is_denied_when_socket_is_closed_to_this_uid) {
  if (geteuid() != 0) return print_message("# needs root\n");
  const Served served(0, 0);
  const std::string path = served.dir.path() + "/auth.sock";
  chmod(path.c_str(), 0600);
  assert_true(in_child([&] {
    if (setuid(12345) != 0) return false;
    const IoStatus status = try_connect(served.dir.path());
    return !status && status.code == Code::kDenied;
  }));
}

CASE(connect_waits_for_full_backlog_until_deadline) {
  TempDir dir;
  const Fd listener = listen_at(dir.file("auth.sock"), 0);
  Fd waiting[8];
  IoStatus status;
  for (auto& fd : waiting) {
    if (status) status = connect_to_daemon(dir.path(), kAuthSocket, Deadline::after(milliseconds(30)), fd);
  }
  expect_failure(status, Code::kUnavailable);
  std::thread acceptor([&] {
    poll(nullptr, 0, 20);
    const Fd accepted(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  });
  const IoStatus later = try_connect(dir.path(), milliseconds(5000));
  acceptor.join();
  assert_true(static_cast<bool>(later));
}

CASE(connect_moves_socket_when_standard_descriptors_are_closed) {
  FakeDaemon daemon(Verdict::kGranted);
  assert_true(in_child([&] {
    close(0);
    close(1);
    close(2);
    Fd fd;
    const IoStatus status = connect_to_daemon(daemon.run_dir(), kAuthSocket, Deadline::after(milliseconds(1000)), fd);
    const bool none_left_below = fcntl(0, F_GETFD) < 0 && fcntl(1, F_GETFD) < 0 && fcntl(2, F_GETFD) < 0;
    return status && fd.get() > 2 && (fcntl(fd.get(), F_GETFD) & FD_CLOEXEC) != 0 && none_left_below;
  }));
}

CASE(connect_is_exhausted_when_no_descriptor_is_left) {
  FakeDaemon daemon(Verdict::kGranted);
  assert_true(in_child([&] {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = 3;
    setrlimit(RLIMIT_NOFILE, &limit);
    const IoStatus status = try_connect(daemon.run_dir());
    return !status && status.code == Code::kExhausted;
  }));
}

}  // namespace

RUN_CASES(cmocka_unit_test(connect_reaches_daemon_of_own_uid),
          cmocka_unit_test(connect_is_unavailable_when_nobody_is_there),
          cmocka_unit_test(connect_is_unavailable_when_socket_is_stale),
          cmocka_unit_test(connect_is_invalid_when_path_is_too_long),
          cmocka_unit_test(connect_refuses_run_dir_that_others_may_write), cmocka_unit_test(connect_refuses_strangers),
          cmocka_unit_test(connect_is_denied_when_socket_is_closed_to_this_uid),
          cmocka_unit_test(connect_waits_for_full_backlog_until_deadline),
          cmocka_unit_test(connect_moves_socket_when_standard_descriptors_are_closed),
          cmocka_unit_test(connect_is_exhausted_when_no_descriptor_is_left))
