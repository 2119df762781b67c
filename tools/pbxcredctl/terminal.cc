// SPDX-License-Identifier: BSD-2-Clause
// What this process is connected to.
#include "terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

namespace pbxcred::ctl {
namespace {

constexpr std::size_t kUnknownWidth = 80;

std::size_t width_of_terminal(int fd) {
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUnknownWidth;
  return size.ws_col;
}

}  // namespace

Session session_of_process() {
  Session session;
  session.secret_fd = STDIN_FILENO;
  session.width = isatty(STDOUT_FILENO) != 0 ? width_of_terminal(STDOUT_FILENO) : 0;
  session.show_progress = isatty(STDERR_FILENO) != 0;
  return session;
}

bool flush_output(Session& session) {
  return std::fflush(session.out) == 0 && std::ferror(session.out) == 0;
}

}  // namespace pbxcred::ctl
