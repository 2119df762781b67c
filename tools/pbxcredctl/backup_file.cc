// SPDX-License-Identifier: BSD-2-Clause
// A file that the daemon fills: made beside its place, put there when it is whole.
#include "backup_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "file_error.h"
#include "file_place.h"

namespace pbxcred::ctl {
namespace {

constexpr char kOurs[] = "pbxcred-";  ///< so begin the backups of stores and of keys

std::string beside(const std::string& path) { return path + ".new"; }

/// Whoever makes the file holds its lock.
bool lock(int fd) { return flock(fd, LOCK_EX | LOCK_NB) == 0; }

Fd make_new(const std::string& path) {
  return Fd(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
}

/// Removes what a command that was killed has left.
Status remove_stale(const std::string& path) {
  const Fd old(open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!old) return file_error(path, errno);
  if (!lock(old.get())) return Error{Code::kConflict, path + ": another command is writing it"};
  char begin[sizeof kOurs - 1] = {};
  const ssize_t size = pread(old.get(), begin, sizeof begin, 0);
  if (size < 0) return file_error(path, errno);
  if (std::memcmp(begin, kOurs, std::min(static_cast<std::size_t>(size), sizeof begin)) != 0)
    return Error{Code::kConflict, path + ": is in the way, and no unfinished backup"};
  if (unlink(path.c_str()) != 0) return file_error(path, errno);
  return {};
}

}  // namespace

Result<BackupFile> BackupFile::create(const std::string& path, bool force) {
  struct stat info {};
  const bool there = lstat(path.c_str(), &info) == 0;
  if (there && !force) return Error{Code::kConflict, path + ": exists; --force replaces it"};
  if (there && !S_ISREG(info.st_mode)) return Error{Code::kInvalid, path + ": not a regular file"};
  Fd fd = make_new(beside(path));
  if (!fd && errno == EEXIST) {
    PBXCRED_CHECK(remove_stale(beside(path)));
    fd = make_new(beside(path));
  }
  if (!fd) return file_error(beside(path), errno);
  if (!lock(fd.get())) return file_error(beside(path), errno);
  return BackupFile(path, std::move(fd), force);
}

BackupFile::~BackupFile() {
  if (fd_) unlink(beside(path_).c_str());
}

Status BackupFile::publish() {
  if (fsync(fd_.get()) != 0) return file_error(beside(path_), errno);
  const unsigned flags = force_ ? 0 : RENAME_NOREPLACE;
  if (renameat2(AT_FDCWD, beside(path_).c_str(), AT_FDCWD, path_.c_str(), flags) != 0) return file_error(path_, errno);
  fd_.reset();
  const Fd directory(open(directory_of(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory || fsync(directory.get()) != 0) return file_error(directory_of(path_), errno);
  return {};
}

}  // namespace pbxcred::ctl
