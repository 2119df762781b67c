// SPDX-License-Identifier: BSD-2-Clause
// Directories that others must not change under the daemon.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/result.h"

namespace pbxcred {

/// What errno says about what, as `unavailable`.
Error failed(const std::string& what);

/// `invalid` unless path is a directory of root or uid that nobody else may write. mode: what chmod would mend it with.
Status check_directory(const std::string& path, uid_t uid, const char* mode);

}  // namespace pbxcred
