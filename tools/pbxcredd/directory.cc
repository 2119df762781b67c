// SPDX-License-Identifier: BSD-2-Clause
#include "directory.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

namespace pbxcred {

Error failed(const std::string& what) {
  return Error{Code::kUnavailable, fmt::format("{}: {}", what, std::strerror(errno))};
}

Status check_directory(const std::string& path, uid_t uid, const char* mode) {
  struct stat dir {};
  if (lstat(path.c_str(), &dir) != 0) return failed(path);
  if (!S_ISDIR(dir.st_mode)) return Error{Code::kInvalid, fmt::format("{}: not a directory", path)};
  if (dir.st_uid != uid && dir.st_uid != 0)
    return Error{Code::kInvalid, fmt::format("{}: belongs to uid {}, not to root or uid {}", path, dir.st_uid, uid)};
  if ((dir.st_mode & 022) != 0)
    return Error{Code::kInvalid, fmt::format("{}: others may write it; chmod {} mends it", path, mode)};
  return {};
}

}  // namespace pbxcred
