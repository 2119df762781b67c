// SPDX-License-Identifier: BSD-2-Clause
// Loads one file of a configuration.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>

#include "base/result.h"

namespace pbxcred {

struct ConfigFile {
  std::string text;  ///< without a byte order mark
  dev_t device = 0;  ///< with inode: which file it really is, to notice that it includes itself
  ino_t inode = 0;
};

/// Reads a regular file of at most most bytes. A directory, a device or a pipe is `invalid` (nothing is waited for),
/// so are a larger file and NUL bytes; `not_found` or `denied` or `unavailable` if it cannot be opened or read.
Result<ConfigFile> load_config_file(const std::string& path, std::size_t most);

}  // namespace pbxcred
