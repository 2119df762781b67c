// SPDX-License-Identifier: BSD-2-Clause
#include "export_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "file_error.h"

namespace pbxcred::ctl {
namespace {

constexpr std::size_t kFlushAt = std::size_t{64} << 10;

/// What --force may replace: a device or a folder is a slip.
Status check_replaceable(const std::string& path) {
  struct stat status{};
  if (lstat(path.c_str(), &status) != 0) return errno == ENOENT ? Status() : Status(file_error(path, errno));
  if (!S_ISREG(status.st_mode)) return Error{Code::kInvalid, path + ": is not a regular file"};
  return {};
}

}  // namespace

Result<ExportFile> ExportFile::open(Session& session, const std::string& path, bool force) {
  ExportFile file(session);
  file.path_ = path;
  if (path == "-") return file;
  if (force) {
    PBXCRED_CHECK(check_replaceable(path));
    std::string made = path + ".XXXXXX";
    file.file_ = Fd(mkostemp(made.data(), O_CLOEXEC));  // 0600
    if (!file.file_) return file_error(path, errno);
    file.made_ = std::move(made);
  } else {
    file.file_ = Fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file.file_) return file_error(path, errno);
    file.made_ = path;
  }
  return file;
}

ExportFile::ExportFile(ExportFile&& other) noexcept
    : session_(other.session_),
      path_(std::move(other.path_)),
      made_(std::exchange(other.made_, {})),
      file_(std::move(other.file_)),
      pending_(std::move(other.pending_)) {}

ExportFile::~ExportFile() {
  if (!made_.empty()) unlink(made_.c_str());
}

Status ExportFile::append(Bytes text) {
  pending_.append(text);
  return pending_.size() < kFlushAt ? Status() : flush();
}

Status ExportFile::flush() {
  int fd = file_.get();
  if (!file_) {
    std::fflush(session_->out);
    fd = fileno(session_->out);
  }
  for (Bytes rest = pending_.view(); !rest.empty();) {
    const ssize_t written = write(fd, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return file_error(file_ ? path_ : "standard output", errno);
    rest = rest.subspan(static_cast<std::size_t>(written));
  }
  pending_.clear();
  return {};
}

Status ExportFile::finish() {
  PBXCRED_CHECK(flush());
  if (!file_) return {};
  if (fsync(file_.get()) != 0) return file_error(path_, errno);
  if (made_ != path_ && rename(made_.c_str(), path_.c_str()) != 0) return file_error(path_, errno);
  made_.clear();
  return {};
}

}  // namespace pbxcred::ctl
