// SPDX-License-Identifier: BSD-2-Clause
// Sends and receives one packet on a connected SOCK_SEQPACKET socket, within a deadline. No heap, no C++ runtime, no
// signals; blocking and non-blocking sockets behave alike; descriptors above 1023 are fine.
#pragma once

#include <chrono>
#include <cstddef>

#include "base/bytes.h"
#include "base/code.h"
#include "base/fd.h"

namespace pbxcred {

/// An instant on CLOCK_MONOTONIC.
using MonotonicTime = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;
/// A deadline that never comes.
inline constexpr MonotonicTime kNever = MonotonicTime::max();

MonotonicTime monotonic_now();

/// How a step on a socket ended, without heap.
struct [[nodiscard]] IoStatus {
  Code code = Code::kInternal;  ///< meaningful on failure only
  const char* what = nullptr;   ///< a constant sentence; nullptr: done

  explicit operator bool() const { return what == nullptr; }
};

/// Waits until fd is ready for events (POLLIN, POLLOUT), or has an error or hang-up to report.
/// Fails with `unavailable` when the deadline passes.
IoStatus wait_ready(int fd, short events, MonotonicTime deadline);

/// Sends packet whole, and passed_fd with it unless that is -1 (it stays the caller's).
/// Fails with `unavailable` (deadline, other side gone), `invalid` (too long for the socket) or `exhausted`; then
/// nothing was sent.
IoStatus send_packet(int socket, Bytes packet, MonotonicTime deadline, int passed_fd = -1);

/// Receives one packet into buffer; packet becomes the part of it that was filled, and stays untouched on failure.
/// A descriptor that came with it goes to *passed, close-on-exec; further ones, and all if passed is null, are closed.
/// Fails with `unavailable` (deadline, other side gone; an empty packet counts as that), `invalid` (longer than buffer)
/// or `exhausted`. What the other side sent before it closed is still received.
IoStatus receive_packet(int socket, MutableBytes buffer, Bytes& packet, MonotonicTime deadline, Fd* passed = nullptr);

/// The same without waiting; fails with `busy` if nothing is there yet. For event loops.
IoStatus receive_packet_now(int socket, MutableBytes buffer, Bytes& packet, Fd* passed = nullptr);

}  // namespace pbxcred
