// SPDX-License-Identifier: BSD-2-Clause
// Secrets from the terminal or from standard input, never from the command line.
#pragma once

#include <string>

#include "base/result.h"
#include "base/secret.h"
#include "session.h"
#include "wire/kind.h"

namespace pbxcred::ctl {

/// What to call a secret of this kind when asking for it: "password" or "PIN".
const char* word_for(Kind kind);

/// Asks "prompt: " on /dev/tty without echo if session.secret_fd is a terminal (twice: again with "Retype "), else
/// takes the first line of it, without its LF or CRLF, and reads nothing beyond. `invalid`: empty, over kMaxSecret
/// bytes, no answer, or the two differ. Whatever else held it is wiped.
Result<Secret> read_secret(const Session& session, const std::string& prompt, bool twice);

}  // namespace pbxcred::ctl
