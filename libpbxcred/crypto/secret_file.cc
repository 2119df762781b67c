// SPDX-License-Identifier: BSD-2-Clause
// A small file that only its owner may read, in a directory that only its owner may enter: the key ring's.
#include "crypto/secret_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/fd.h"

namespace pbxcred {
namespace {

constexpr mode_t kForOthers = S_IRWXG | S_IRWXO;

/// A path as its directory and the name in it.
struct Place {
  std::string directory;
  std::string name;

  explicit Place(const std::string& path) {
    const auto slash = path.rfind('/');
    directory = slash == std::string::npos ? "." : path.substr(0, slash == 0 ? 1 : slash);
    name = slash == std::string::npos ? path : path.substr(slash + 1);
  }
};

Error system_error(const std::string& what) {
  const int number = errno;
  const bool full = number == ENOSPC || number == EDQUOT;
  return {full ? Code::kExhausted : Code::kUnavailable, fmt::format("{}: {}", what, std::strerror(number))};
}

Status check_directory(int fd, const std::string& path, uid_t owner) {
  struct stat info {};
  if (fstat(fd, &info) != 0) return system_error("the directory " + path);
  if (info.st_uid != owner && info.st_uid != 0)
    return Error{Code::kInvalid,
                 fmt::format("the directory {} belongs to uid {}, not to uid {} or root", path, info.st_uid, owner)};
  if ((info.st_mode & kForOthers) != 0)
    return Error{Code::kInvalid,
                 fmt::format("the directory {} is open to group or others (mode {:04o}), it must be 0700", path,
                             info.st_mode & 07777)};
  return {};
}

Status check_file(int fd, const std::string& what, const std::string& path, uid_t owner) {
  struct stat info {};
  if (fstat(fd, &info) != 0) return system_error(fmt::format("the {} {}", what, path));
  if (!S_ISREG(info.st_mode)) return Error{Code::kInvalid, fmt::format("the {} {} is not a regular file", what, path)};
  if (info.st_uid != owner)
    return Error{Code::kInvalid,
                 fmt::format("the {} {} belongs to uid {}, not to uid {}", what, path, info.st_uid, owner)};
  if ((info.st_mode & kForOthers) != 0)
    return Error{Code::kInvalid, fmt::format("the {} {} is open to group or others (mode {:04o}), it must be 0600",
                                             what, path, info.st_mode & 07777)};
  if (info.st_nlink != 1)
    return Error{Code::kInvalid, fmt::format("the {} {} is linked: it has {} names", what, path, info.st_nlink)};
  return {};
}

Result<Fd> open_file(int directory, const std::string& what, const std::string& path, const std::string& name) {
  // O_NONBLOCK: a fifo in its place must not make us wait.
  Fd fd(openat(directory, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (fd) return fd;
  if (errno == ENOENT) return Error{Code::kNotFound, fmt::format("the {} {} is missing", what, path)};
  if (errno == ELOOP) return Error{Code::kInvalid, fmt::format("the {} {} is a symbolic link", what, path)};
  if (errno == ENXIO) return Error{Code::kInvalid, fmt::format("the {} {} is not a regular file", what, path)};
  return system_error(fmt::format("the {} {}", what, path));
}

/// Fills the buffer as far as the file goes; -1: error.
ssize_t read_all(int fd, LockedBytes& buffer) {
  std::size_t size = 0;
  while (size < buffer.size()) {
    const ssize_t got = read(fd, buffer.data() + size, buffer.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  return static_cast<ssize_t>(size);
}

bool write_all(int fd, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t put = write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  return true;
}

bool give_to(int fd, uid_t owner, gid_t group, mode_t mode) {
  struct stat info {};
  if (fstat(fd, &info) != 0) return false;
  if ((info.st_uid != owner || info.st_gid != group) && fchown(fd, owner, group) != 0) return false;
  return fchmod(fd, mode) == 0;
}

bool sync_parent(const std::string& directory) {
  const Fd parent(open(Place(directory).directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return parent && fsync(parent.get()) == 0;
}

/// The directory of a file to be made, itself made if it is missing.
Result<Fd> make_directory(const std::string& path, uid_t owner, gid_t group) {
  const bool made = mkdir(path.c_str(), 0700) == 0;
  if (!made && errno != EEXIST) return system_error("the directory " + path + " cannot be made");
  Fd fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | (made ? O_NOFOLLOW : 0)));
  if (!fd) return system_error("the directory " + path);
  if (made && (!give_to(fd.get(), owner, group, 0700) || !sync_parent(path)))
    return system_error("the directory " + path);
  PBXCRED_CHECK(check_directory(fd.get(), path, owner));
  return fd;
}

/// A file under another name until it is published; unlinked if that never happens.
class TemporaryFile {
 public:
  TemporaryFile(int directory, std::string name) : directory_(directory), name_(std::move(name)) {
    unlinkat(directory_, name_.c_str(), 0);  // of an attempt that was interrupted
    fd_.reset(openat(directory_, name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (!published_) unlinkat(directory_, name_.c_str(), 0);
  }

  bool fill(uid_t owner, gid_t group, Bytes contents) {
    return fd_ && give_to(fd_.get(), owner, group, 0600) && write_all(fd_.get(), contents) && fsync(fd_.get()) == 0;
  }
  /// flags: RENAME_NOREPLACE fails with EEXIST rather than to replace anything.
  bool publish(const std::string& name, unsigned flags) {
    published_ = renameat2(directory_, name_.c_str(), directory_, name.c_str(), flags) == 0;
    return published_ && fsync(directory_) == 0;
  }

 private:
  int directory_;
  std::string name_;
  Fd fd_;
  bool published_ = false;
};

}  // namespace

Result<SecretFile> read_secret_file(const std::string& what, const std::string& path, uid_t owner, std::size_t limit) {
  const Place place(path);
  const Fd directory(open(place.directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory && (errno == ENOENT || errno == ENOTDIR))
    return Error{Code::kNotFound, fmt::format("the {} {} is missing", what, path)};
  if (!directory) return system_error("the directory " + place.directory);
  PBXCRED_CHECK(check_directory(directory.get(), place.directory, owner));
  PBXCRED_TRY(const Fd fd, open_file(directory.get(), what, path, place.name));
  PBXCRED_CHECK(check_file(fd.get(), what, path, owner));

  PBXCRED_TRY(LockedBytes bytes, LockedBytes::make(limit + 1));
  const ssize_t size = read_all(fd.get(), bytes);
  if (size < 0) return system_error(fmt::format("the {} {} cannot be read", what, path));
  if (static_cast<std::size_t>(size) > limit)
    return Error{Code::kInvalid, fmt::format("the {} {} is too long", what, path)};
  return SecretFile{std::move(bytes), static_cast<std::size_t>(size)};
}

Status create_secret_file(const std::string& what, const std::string& path, uid_t owner, gid_t group, Bytes contents) {
  const Place place(path);
  const Error conflict{Code::kConflict, fmt::format("there is a {} at {} already", what, path)};
  struct stat info {};
  if (lstat(path.c_str(), &info) == 0) return conflict;
  PBXCRED_TRY(const Fd directory, make_directory(place.directory, owner, group));
  TemporaryFile file(directory.get(), place.name + ".new");
  if (!file.fill(owner, group, contents)) return system_error(fmt::format("the {} {} cannot be written", what, path));
  if (file.publish(place.name, RENAME_NOREPLACE)) return {};
  if (errno == EEXIST) return conflict;
  return system_error(fmt::format("the {} {} cannot be put in place", what, path));
}

Status replace_secret_file(const std::string& what, const std::string& path, uid_t owner, gid_t group, Bytes contents) {
  const Place place(path);
  const Fd directory(open(place.directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return system_error("the directory " + place.directory);
  PBXCRED_CHECK(check_directory(directory.get(), place.directory, owner));
  {
    PBXCRED_TRY(const Fd old, open_file(directory.get(), what, path, place.name));
    PBXCRED_CHECK(check_file(old.get(), what, path, owner));
  }
  TemporaryFile file(directory.get(), place.name + ".new");
  if (!file.fill(owner, group, contents)) return system_error(fmt::format("the {} {} cannot be written", what, path));
  if (file.publish(place.name, 0)) return {};
  return system_error(fmt::format("the {} {} cannot be put in place", what, path));
}

}  // namespace pbxcred
