// SPDX-License-Identifier: BSD-2-Clause
// Opening and reading, with the checks that libconfig leaves out.
#include "config_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/fd.h"

namespace pbxcred {
namespace {

Error system_error(int number) {
  Code code = Code::kUnavailable;
  if (number == ENOENT || number == ENOTDIR) code = Code::kNotFound;
  if (number == EACCES || number == EPERM) code = Code::kDenied;
  return {code, std::generic_category().message(number)};
}

Result<std::string> read_all(int fd, std::size_t most) {
  std::string text;
  char piece[16384];
  for (;;) {
    const ssize_t got = read(fd, piece, sizeof piece);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error(errno);
    if (got == 0) return text;
    text.append(piece, static_cast<std::size_t>(got));
    if (text.size() > most) return Error{Code::kInvalid, "the configuration is larger than 4 MiB"};
  }
}

}  // namespace

Result<ConfigFile> load_config_file(const std::string& path, std::size_t most) {
  // O_NONBLOCK: a pipe without a writer must not hold up the daemon.
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) return system_error(errno);
  struct stat status = {};
  if (fstat(fd.get(), &status) != 0) return system_error(errno);
  if (S_ISDIR(status.st_mode)) return Error{Code::kInvalid, "is a directory"};
  if (!S_ISREG(status.st_mode)) return Error{Code::kInvalid, "is not a regular file"};
  PBXCRED_TRY(std::string text, read_all(fd.get(), most));
  if (text.find('\0') != std::string::npos) return Error{Code::kInvalid, "contains a NUL byte: not a text file"};
  if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);
  return ConfigFile{std::move(text), status.st_dev, status.st_ino};
}

}  // namespace pbxcred
