// SPDX-License-Identifier: BSD-2-Clause
// Where a file is to be.
#pragma once

#include <string>

namespace pbxcred::ctl {

/// The directory of a path; "." if it names none.
inline std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace pbxcred::ctl
