// SPDX-License-Identifier: BSD-2-Clause
// What a stranger leaves in a socket's queue holds nobody up.
#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>

#include <chrono>
#include <cstring>

#include "closer.h"
#include "support/check.h"

using namespace pbxcred;

namespace {

struct Pair {
  explicit Pair(int type = SOCK_SEQPACKET) {
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), 0);
    theirs = Fd(ends[0]);
    ours = Fd(ends[1]);
  }
  Fd theirs, ours;
};

void send_with(int socket, int passed, std::size_t size) {
  char text[16] = "hello";
  char control[CMSG_SPACE(sizeof passed)] = {};
  iovec part = {text, size};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (passed >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof passed);
    std::memcpy(CMSG_DATA(header), &passed, sizeof passed);
  }
  assert_int_equal(sendmsg(socket, &message, 0), size);
}

/// A TCP connection whose last close waits four seconds for data that nobody reads.
struct Lingering {
  Lingering() : listener(socket(AF_INET, SOCK_STREAM, 0)), client(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* where = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    assert_int_equal(bind(listener.get(), where, size), 0);
    assert_int_equal(listen(listener.get(), 1), 0);
    assert_int_equal(getsockname(listener.get(), where, &size), 0);
    assert_int_equal(connect(client.get(), where, size), 0);
    const char data[65536] = {};
    while (send(client.get(), data, sizeof data, MSG_DONTWAIT) > 0) {
    }
    const linger patience = {1, 4};
    assert_int_equal(setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &patience, sizeof patience), 0);
  }
  Fd listener, client;
};

}  // namespace

CASE(closer_sees_descriptors_before_they_are_received) {
  const Fd passed(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const struct {
    bool passes;
    std::size_t size;
  } rows[] = {{false, 5}, {true, 5}, {false, 0}, {true, 0}};
  for (const auto& row : rows) {
    const Pair pair;
    assert_false(carries_descriptors(pair.ours.get()));
    send_with(pair.theirs.get(), row.passes ? passed.get() : -1, row.size);
    assert_int_equal(carries_descriptors(pair.ours.get()), row.passes);
    char byte = 0;
    assert_int_equal(recv(pair.ours.get(), &byte, 1, MSG_DONTWAIT), row.size > 0 ? 1 : 0);  // nothing was taken out
  }
}

CASE(closer_waits_for_no_strangers_socket) {
  for (const bool behind_an_empty_packet : {false, true}) {
    Lingering slow;
    Pair nested(SOCK_STREAM), pair;
    send_with(nested.theirs.get(), slow.client.get(), 1);
    slow.client.reset();
    if (behind_an_empty_packet) send_with(pair.theirs.get(), -1, 0);
    send_with(pair.theirs.get(), nested.ours.get(), 1);
    nested.ours.reset();
    nested.theirs.reset();
    const auto begin = std::chrono::steady_clock::now();
    close_client(std::move(pair.ours));  // the last that holds them all
    assert_true(std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(2500));
  }
}

CASE(closer_closes) {
  Pair pair;
  close_client(std::move(pair.ours));
  char byte = 0;
  assert_int_equal(recv(pair.theirs.get(), &byte, 1, 0), 0);
}

RUN_CASES(cmocka_unit_test(closer_sees_descriptors_before_they_are_received),
          cmocka_unit_test(closer_waits_for_no_strangers_socket), cmocka_unit_test(closer_closes))
