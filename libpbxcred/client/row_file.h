// SPDX-License-Identifier: BSD-2-Clause
// A list for the daemon in a sealed memory file: frames of u32le size and that many bytes (wire/admin.h).
#pragma once

#include <cstdint>

#include "base/fd.h"
#include "base/result.h"
#include "base/secret.h"
#include "wire/message.h"

namespace pbxcred {

/// Collects frames and ends as a descriptor that nobody, the sender included, can change any more.
class RowFile {
 public:
  /// `exhausted` if the kernel gives no memory file.
  static Result<RowFile> create();

  /// Adds one frame. bytes: at most kMaxPacket, else `invalid`. `exhausted` if memory ends. The copy kept until it is
  /// written is wiped.
  Status append(Bytes bytes);

  /// Adds one frame that holds message as a packet.
  template <Message M>
  Status append_message(const M& message) {
    SecureBuffer packet;
    encode_packet(packet, message);
    return append(packet.view());
  }

  std::uint64_t frames() const { return frames_; }

  /// Writes what is left, seals (no write, no growing, no shrinking, no further seal) and returns the descriptor at
  /// offset 0. The RowFile is empty afterwards.
  Result<Fd> seal();

 private:
  explicit RowFile(Fd fd) : fd_(std::move(fd)) {}
  Status flush();

  Fd fd_;
  SecureBuffer pending_;
  std::uint64_t frames_ = 0;
};

}  // namespace pbxcred
