// SPDX-License-Identifier: BSD-2-Clause
// Secrets from the terminal or from a descriptor, never from the command line.
#pragma once

#include <string>

#include "base/result.h"
#include "base/secret.h"

namespace pbxcred {

/// Asks "prompt: " on /dev/tty without echo if fd is a terminal (twice: again with "Retype "), else takes the first line
/// of fd, without its LF or CRLF, and reads nothing beyond. `invalid`: empty, over kMaxSecret bytes, no answer, or the
/// two differ. Whatever else held it is wiped.
Result<Secret> prompt_for_secret(int fd, const std::string& prompt, bool twice);

}  // namespace pbxcred
