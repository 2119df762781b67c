// SPDX-License-Identifier: BSD-2-Clause
// pbxcredctl: the administrator's command.
#include <sys/resource.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>

#include "exit_status.h"
#include "parse.h"
#include "report.h"
#include "terminal.h"

int main(int argc, char** argv) {
  using namespace pbxcred::ctl;
  const rlimit no_core = {0, 0};  // it would hold what was typed
  setrlimit(RLIMIT_CORE, &no_core);
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error like a full disk
  Session session = session_of_process();
  try {
    const int status = run_command_line({argv + (argc > 0 ? 1 : 0), argv + argc}, session);
    if (flush_output(session)) return status;
    report(session, "standard output", std::strerror(errno));
  } catch (const std::exception& error) {
    report(session, session.command, error.what());
  }
  return static_cast<int>(Exit::kFailed);
}
