// SPDX-License-Identifier: BSD-2-Clause
// One packet over SOCK_SEQPACKET.
#include "wire/packet.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

#include <cerrno>
#include <climits>
#include <cstring>

namespace pbxcred {
namespace {

constexpr IoStatus kTimeout = {Code::kUnavailable, "no answer in time"};
constexpr IoStatus kGone = {Code::kUnavailable, "the other side closed the connection"};
constexpr IoStatus kNothingYet = {Code::kBusy, "nothing to receive yet"};
constexpr std::size_t kMaxPassed = 4;  ///< descriptors taken in to be closed; the kernel drops any beyond

/// Milliseconds for poll(): rounded up, so that it does not spin before the deadline; -1: for ever.
int poll_timeout(MonotonicTime deadline) {
  if (deadline == kNever) return -1;
  const MonotonicTime now = monotonic_now();
  if (now >= deadline) return 0;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now).count();
  return left > INT_MAX ? INT_MAX : static_cast<int>(left);
}

IoStatus status_of_errno() {
  switch (errno) {
    case EPIPE:
    case ECONNRESET:
    case ENOTCONN: return kGone;
    case EMSGSIZE: return {Code::kInvalid, "the packet is too long"};
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case ETOOMANYREFS: return {Code::kExhausted, "no memory or descriptors left"};
    default: return {Code::kInternal, "the socket failed"};
  }
}

/// Room for descriptors beside a packet, aligned as the kernel wants it.
union Control {
  cmsghdr align;
  char bytes[CMSG_SPACE(sizeof(int) * kMaxPassed)];
};

void attach(msghdr& message, Control& control, int fd) {
  std::memset(&control, 0, sizeof control);
  message.msg_control = control.bytes;
  message.msg_controllen = CMSG_SPACE(sizeof fd);
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof fd);
  std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
}

/// Takes every descriptor out of message: keeps the first for *passed, closes the others.
void detach(msghdr& message, Fd* passed) {
  Fd first;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int raw = -1;
      std::memcpy(&raw, CMSG_DATA(header) + i * sizeof raw, sizeof raw);
      Fd fd(raw);
      if (!first) first = static_cast<Fd&&>(fd);
    }
  }
  if (passed != nullptr) *passed = static_cast<Fd&&>(first);
}

/// recvmsg() that survives EINTR, and a reset by a peer that answered without reading: its answer is still queued.
ssize_t receive_raw(int socket, msghdr& message) {
  bool was_reset = false;
  for (;;) {
    const msghdr fresh = message;
    const ssize_t got = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got >= 0) return got;
    message = fresh;
    if (errno == EINTR) continue;
    if (errno != ECONNRESET || was_reset) return got;
    was_reset = true;
  }
}

}  // namespace

MonotonicTime monotonic_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return MonotonicTime(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

IoStatus wait_ready(int fd, short events, MonotonicTime deadline) {
  pollfd entry = {fd, events, 0};
  for (;;) {
    const int ready = poll(&entry, 1, poll_timeout(deadline));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return status_of_errno();
    if (deadline != kNever && monotonic_now() >= deadline) return kTimeout;
  }
}

IoStatus send_packet(int socket, Bytes packet, MonotonicTime deadline, int passed_fd) {
  iovec part = {const_cast<std::uint8_t*>(packet.data()), packet.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  Control control;
  if (passed_fd >= 0) attach(message, control, passed_fd);
  for (;;) {
    const ssize_t sent = sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) return {};  // a sequenced packet goes whole or not at all
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return status_of_errno();
    if (const IoStatus ready = wait_ready(socket, POLLOUT, deadline); !ready) return ready;
  }
}

IoStatus receive_packet_now(int socket, MutableBytes buffer, Bytes& packet, Fd* passed) {
  iovec part = {buffer.data(), buffer.size()};
  Control control;
  std::memset(&control, 0, sizeof control);
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof control.bytes;
  const ssize_t got = receive_raw(socket, message);
  if (got < 0) return errno == EAGAIN ? kNothingYet : status_of_errno();
  Fd first;
  detach(message, &first);
  if ((message.msg_flags & MSG_TRUNC) != 0) return {Code::kInvalid, "the packet is too long"};
  if (got == 0) return kGone;
  if (passed != nullptr) *passed = static_cast<Fd&&>(first);
  packet = buffer.first(static_cast<std::size_t>(got));
  return {};
}

IoStatus receive_packet(int socket, MutableBytes buffer, Bytes& packet, MonotonicTime deadline, Fd* passed) {
  for (;;) {
    const IoStatus now = receive_packet_now(socket, buffer, packet, passed);
    if (now || now.code != Code::kBusy) return now;
    if (const IoStatus ready = wait_ready(socket, POLLIN, deadline); !ready) return ready;
  }
}

}  // namespace pbxcred
