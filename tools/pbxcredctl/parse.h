// SPDX-License-Identifier: BSD-2-Clause
// From the words of a command line to a command that runs.
#pragma once

#include <string>
#include <vector>

#include "session.h"

namespace pbxcred::ctl {

/// Runs one command line. args: without the program's name. Reports errors to session.err; session's global options
/// are set from args. Returns the exit status.
int run_command_line(std::vector<std::string> args, Session& session);

}  // namespace pbxcred::ctl
