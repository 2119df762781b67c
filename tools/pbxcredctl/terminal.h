// SPDX-License-Identifier: BSD-2-Clause
// What this process is connected to.
#pragma once

#include "session.h"

namespace pbxcred::ctl {

/// A session on standard input, output and error of this process.
Session session_of_process();

/// Flushes what was printed. False, with errno, if some of it was lost.
bool flush_output(Session& session);

}  // namespace pbxcred::ctl
