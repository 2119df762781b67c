// SPDX-License-Identifier: BSD-2-Clause
// One call on auth.sock: a request, its reply, within one deadline that includes connecting. No heap.
#pragma once

#include <chrono>
#include <string_view>

#include "client/connect.h"
#include "wire/auth.h"
#include "wire/limits.h"

namespace pbxcred {

/// The bytes that a reply borrows; wiped when it goes (a reply may carry a grant).
class ReplyBuffer {
 public:
  ReplyBuffer() {}  // NOLINT: 16 KiB that need not be zeroed
  ~ReplyBuffer() { wipe(bytes_, filled_); }
  ReplyBuffer(const ReplyBuffer&) = delete;
  ReplyBuffer& operator=(const ReplyBuffer&) = delete;

  MutableBytes space() {
    filled_ = sizeof bytes_;
    return bytes_;
  }
  void set_filled(std::size_t size) { filled_ = size; }
  /// The packet, as received.
  Bytes packet() const { return {bytes_, filled_}; }

 private:
  std::uint8_t bytes_[kMaxAuthPacket];
  std::size_t filled_ = 0;
};

/// How a call ended. On failure: was the request sent? If so, nobody knows what became of it.
struct [[nodiscard]] CallResult {
  IoStatus status;
  bool sent = false;

  explicit operator bool() const { return static_cast<bool>(status); }
};

namespace detail {
inline constexpr IoStatus kNonsense = {Code::kUnavailable, "the daemon's answer makes no sense"};
/// Random bytes from the kernel; false: it has none yet.
bool fill_nonce(Nonce& nonce);
/// Whether reply belongs to the request; one that was sent before the request was read becomes its bare verdict.
bool accept_reply(const Nonce& nonce, Kind kind, AuthReply& reply);
/// Sends packet and receives one, got, into buffer.
CallResult exchange(std::string_view run_dir, const Deadline& deadline, Bytes packet, ReplyBuffer& buffer, Bytes& got);
}  // namespace detail

/// Asks the daemon in run_dir. request: its nonce is filled in here. reply: borrows from buffer; untouched on failure.
/// A reply must repeat nonce and kind, and name the account if it grants. One with a nonce of zeros is believed if it
/// says denied, busy or unavailable: the daemon says so to peers whose request it does not read.
/// Fails with `unavailable` (nobody there, nonsense, timeout), `denied`, `invalid` (request too long) or `exhausted`.
/// Wipes what it sent.
template <Message Request>
CallResult auth_call(std::string_view run_dir, std::chrono::milliseconds timeout, Request& request, ReplyBuffer& buffer,
                     AuthReply& reply) {
  const Deadline deadline = Deadline::after(timeout);
  if (!detail::fill_nonce(request.nonce)) return {{Code::kExhausted, "the kernel has no random bytes yet"}};
  std::uint8_t space[kMaxAuthPacket];
  ByteWriter writer(space);
  encode_packet(writer, request);
  CallResult result = {{Code::kInvalid, "the request is too long"}};
  Bytes got;
  if (writer.ok()) result = detail::exchange(run_dir, deadline, writer.written(), buffer, got);
  wipe(space, writer.size());
  if (!result) return result;
  AuthReply fresh;
  const bool good = decode_packet(got, fresh) && detail::accept_reply(request.nonce, request.subject.kind, fresh);
  if (good) reply = fresh;
  wipe(fresh.grant);
  return {good ? IoStatus{} : detail::kNonsense, true};
}

}  // namespace pbxcred
