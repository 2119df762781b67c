// SPDX-License-Identifier: BSD-2-Clause
// One call on auth.sock.
#include "client/auth_call.h"

#include <sys/random.h>

#include <cerrno>

namespace pbxcred::detail {

bool fill_nonce(Nonce& nonce) {
  ssize_t got = 0;
  do {
    got = getrandom(nonce.data(), nonce.size(), GRND_NONBLOCK);
  } while (got < 0 && errno == EINTR);
  return got == static_cast<ssize_t>(nonce.size());
}

bool accept_reply(const Nonce& nonce, Kind kind, AuthReply& reply) {
  if (reply.nonce == nonce) {
    return reply.kind == kind && (reply.verdict != Verdict::kGranted || !reply.account.empty());
  }
  const Verdict verdict = reply.verdict;
  const bool may_come_early =
      verdict == Verdict::kDenied || verdict == Verdict::kBusy || verdict == Verdict::kUnavailable;
  if (reply.nonce != Nonce{} || !may_come_early) return false;
  reply = AuthReply{};
  reply.verdict = verdict;
  return true;
}

CallResult exchange(std::string_view run_dir, const Deadline& deadline, Bytes packet, ReplyBuffer& buffer, Bytes& got) {
  Fd connection;
  if (const IoStatus status = connect_to_daemon(run_dir, kAuthSocket, deadline, connection); !status) return {status};
  const IoStatus sending = send_packet(connection.get(), packet, deadline.at());
  const bool sent = static_cast<bool>(sending);
  Bytes received;
  // A daemon that turned us away before reading may have said why; then the send failed, and the reply is waiting.
  const IoStatus receiving = sent ? receive_packet(connection.get(), buffer.space(), received, deadline.at())
                                  : receive_packet_now(connection.get(), buffer.space(), received);
  if (!receiving) {
    if (sent && receiving.code == Code::kInvalid) return {kNonsense, true};
    return {sent ? receiving : sending, sent};
  }
  buffer.set_filled(received.size());
  got = received;
  return {{}, sent};
}

}  // namespace pbxcred::detail
