// SPDX-License-Identifier: BSD-2-Clause
// A file that an administrator's command has made and passed, to be written by the daemon.
#include "service/passed_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace pbxcred {
namespace {

Error cannot(const char* what) {
  const int number = errno;
  const bool full = number == ENOSPC || number == EDQUOT || number == EFBIG;
  return {full ? Code::kExhausted : Code::kUnavailable, std::string("the file cannot be ") + what + ": " + std::strerror(number)};
}

}  // namespace

Result<PassedFile> PassedFile::take(Fd fd) {
  struct stat info {};
  if (!fd || fstat(fd.get(), &info) != 0) return Error{Code::kInvalid, "no file came with the request"};
  if (!S_ISREG(info.st_mode)) return Error{Code::kInvalid, "what came with the request is not a regular file"};
  if (info.st_size != 0) return Error{Code::kInvalid, "the file that came with the request is not empty"};
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return Error{Code::kInvalid, "the file that came with the request is open to group or others"};
  const int flags = fcntl(fd.get(), F_GETFL);
  if (flags < 0 || (flags & O_ACCMODE) != O_RDWR || (flags & (O_APPEND | O_PATH)) != 0)
    return Error{Code::kInvalid, "the file that came with the request must be open for reading and writing"};
  return PassedFile(std::move(fd));
}

Status PassedFile::write(Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t put = pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(size_));
    if (put < 0 && errno == EINTR) continue;
    if (put == 0) errno = ENOSPC;
    if (put <= 0) return cannot("written");
    size_ += static_cast<std::uint64_t>(put);
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  return {};
}

Status PassedFile::sync() {
  if (fsync(fd_.get()) == 0) return {};
  return cannot("synced");
}

}  // namespace pbxcred
