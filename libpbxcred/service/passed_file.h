// SPDX-License-Identifier: BSD-2-Clause
// A file that an administrator's command has made and passed, to be written by the daemon.
//
// It may be on a disk that hangs, and be cut or replaced by others meanwhile. So only threads that nobody waits for
// (service/aside.h) write it, nothing of it is mapped, and what was written is read back before it is called done.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/fd.h"
#include "base/result.h"

namespace pbxcred {

class PassedFile {
 public:
  /// Does not block. `invalid`: none came, not a regular file, not empty, not open for reading and writing, or open to
  /// group or others.
  static Result<PassedFile> take(Fd fd);

  /// Appends. `exhausted`: disk full; `unavailable`: other errors.
  Status write(Bytes bytes);
  Status sync();
  int fd() const { return fd_.get(); }
  std::uint64_t size() const { return size_; }

 private:
  explicit PassedFile(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
  std::uint64_t size_ = 0;
};

}  // namespace pbxcred
