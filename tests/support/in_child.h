// SPDX-License-Identifier: BSD-2-Clause
// What a test does as somebody else, or with limits of its own.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

namespace pbxcred {

/// Runs body in a child; whether it returned true.
template <class Body>
bool in_child(Body body) {
  const pid_t child = fork();
  if (child == 0) _exit(body() ? 0 : 1);
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace pbxcred
