// SPDX-License-Identifier: BSD-2-Clause
// Long lists that came with a request, as a sealed memfd.
#pragma once

#include <cstdint>

#include "base/fd.h"
#include "base/result.h"
#include "base/secret.h"

namespace pbxcred {

/// Reads frames (u32le size, bytes) from a sealed memfd that came with a request. Never maps it, never follows it
/// anywhere: what it holds cannot change or block.
class FrameFile {
 public:
  FrameFile() = default;
  /// `invalid`: not a memfd, or not sealed against writing and shrinking.
  static Result<FrameFile> open(Fd fd);
  /// The next frame into out; false at the end. `invalid`: cut short, or a frame over kMaxPacket.
  Result<bool> next(SecureBuffer& out);
  void rewind() { offset_ = 0; }
  /// Where the next frame begins, and to go back there.
  std::uint64_t offset() const { return offset_; }
  void seek(std::uint64_t offset) { offset_ = offset; }

 private:
  Fd fd_;
  std::uint64_t offset_ = 0;
};

}  // namespace pbxcred
