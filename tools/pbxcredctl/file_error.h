// SPDX-License-Identifier: BSD-2-Clause
// What it means that a file of the administrator's cannot be used.
#pragma once

#include <cerrno>
#include <cstring>
#include <string>

#include "base/result.h"

namespace pbxcred::ctl {

inline Error file_error(const std::string& path, int number) {
  Code code = Code::kInternal;
  if (number == ENOENT || number == ENOTDIR) code = Code::kNotFound;
  if (number == EACCES || number == EPERM) code = Code::kDenied;
  if (number == EEXIST) code = Code::kConflict;
  if (number == EISDIR) code = Code::kInvalid;
  return {code, path + ": " + std::strerror(number)};
}

}  // namespace pbxcred::ctl
