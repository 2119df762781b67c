// SPDX-License-Identifier: BSD-2-Clause
// One request on admin.sock and its stream of reply packets.
#pragma once

#include <string>

#include "base/fd.h"
#include "base/result.h"
#include "base/secret.h"
#include "wire/message.h"

namespace pbxcred {

/// Connected to the daemon for one request: send() once, then next() until Done has come. Not thread-safe.
class AdminChannel {
 public:
  /// Connects to run_dir/admin.sock, at most 5 s, and checks who answers.
  /// `unavailable`: nobody there, or not the daemon. `denied`: this user may not connect. `invalid`: unusable path.
  static Result<AdminChannel> connect(const std::string& run_dir);

  /// Sends the request, with a descriptor beside it if attachment is not -1 (borrowed), at most 5 s. Its copy is wiped.
  /// `invalid` if it is over kMaxPacket; `unavailable` if the daemon has gone without a word.
  template <Message M>
  Status send(const M& request, int attachment = -1) {
    SecureBuffer packet;
    encode_packet(packet, request);
    return send_encoded(packet.view(), attachment);
  }
  /// The same for a whole packet.
  Status send_encoded(Bytes packet, int attachment = -1);

  /// Waits for the next reply packet, however long it takes. It is borrowed until the next call or the end of the
  /// channel; then it is wiped. `unavailable` if the daemon goes away, `internal` if it sends what is no packet.
  Result<PacketHead> next();

 private:
  explicit AdminChannel(Fd fd) : fd_(std::move(fd)) {}

  Fd fd_;
  SecureBuffer packet_;
  bool early_ = false;  ///< packet_ holds an answer that came before the request could be sent
};

}  // namespace pbxcred
