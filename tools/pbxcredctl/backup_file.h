// SPDX-License-Identifier: BSD-2-Clause
// A file that the daemon fills: made beside its place, put there when it is whole.
#pragma once

#include <string>

#include "base/fd.h"
#include "base/result.h"

namespace pbxcred::ctl {

/// Makes PATH.new, 0600, as who runs the command; removed again unless it is put in place.
class BackupFile {
 public:
  /// force: something at path may be replaced. `conflict`: something is there, or another command makes it just now; as
  /// file_error() otherwise. What an interrupted command left behind is made anew.
  static Result<BackupFile> create(const std::string& path, bool force);
  BackupFile(BackupFile&&) noexcept = default;
  BackupFile& operator=(BackupFile&&) = delete;
  ~BackupFile();

  int fd() const { return fd_.get(); }
  /// Puts it in place, durable when this returns.
  Status publish();

 private:
  BackupFile(std::string path, Fd fd, bool force) : path_(std::move(path)), fd_(std::move(fd)), force_(force) {}
  std::string path_;
  Fd fd_;
  bool force_;
};

}  // namespace pbxcred::ctl
