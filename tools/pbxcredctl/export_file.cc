// SPDX-License-Identifier: BSD-2-Clause
#include "export_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <utility>

#include "file_error.h"
#include "file_place.h"

namespace pbxcred::ctl {
namespace {

constexpr std::size_t kFlushAt = std::size_t{64} << 10;

/// What --force may replace: a device or a folder is a slip.
Status check_place(const std::string& path, bool force) {
  struct stat status{};
  if (lstat(path.c_str(), &status) != 0) return errno == ENOENT ? Status() : Status(file_error(path, errno));
  if (!force) return Error{Code::kConflict, path + ": exists; --force replaces it"};
  if (!S_ISREG(status.st_mode)) return Error{Code::kInvalid, path + ": is not a regular file"};
  return {};
}

}  // namespace

Result<ExportFile> ExportFile::open(Session& session, const std::string& path, bool force) {
  ExportFile file(session);
  file.path_ = path;
  file.force_ = force;
  if (path == "-") return file;
  PBXCRED_CHECK(check_place(path, force));
  // Without a name until it is whole: whatever ends the command leaves nothing behind.
  file.file_ = Fd(::open(directory_of(path).c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600));
  if (file.file_) return file;
  if (errno != EOPNOTSUPP && errno != EISDIR) return file_error(path, errno);
  std::string made = path + ".XXXXXX";
  file.file_ = Fd(mkostemp(made.data(), O_CLOEXEC));  // 0600
  if (!file.file_) return file_error(path, errno);
  file.made_ = std::move(made);
  return file;
}

ExportFile::ExportFile(ExportFile&& other) noexcept
    : session_(other.session_),
      path_(std::move(other.path_)),
      force_(other.force_),
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

/// Gives a file without a name one beside its place.
Status ExportFile::name() {
  if (!made_.empty()) return {};
  const std::string open_file = "/proc/self/fd/" + std::to_string(file_.get());
  std::string made = path_ + ".XXXXXX";
  const Fd place(mkostemp(made.data(), O_CLOEXEC));  // a name that is free
  if (!place || unlink(made.c_str()) != 0 ||
      linkat(AT_FDCWD, open_file.c_str(), AT_FDCWD, made.c_str(), AT_SYMLINK_FOLLOW) != 0)
    return file_error(path_, errno);
  made_ = std::move(made);
  return {};
}

Status ExportFile::finish() {
  PBXCRED_CHECK(flush());
  if (!file_) return {};
  if (fsync(file_.get()) != 0) return file_error(path_, errno);
  PBXCRED_CHECK(name());
  const unsigned flags = force_ ? 0 : RENAME_NOREPLACE;
  if (renameat2(AT_FDCWD, made_.c_str(), AT_FDCWD, path_.c_str(), flags) != 0) return file_error(path_, errno);
  made_.clear();
  return {};
}

}  // namespace pbxcred::ctl
