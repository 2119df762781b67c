// SPDX-License-Identifier: BSD-2-Clause
// What a run of the command has around it: streams, terminal, global options.
#pragma once

#include <cstddef>
#include <cstdio>
#include <string>

namespace pbxcred::ctl {

/// Made by main() from the process, by tests from temporary files. Streams and descriptors are borrowed.
struct Session {
  std::string run_dir = "/run/pbxcred";
  bool json = false;
  std::string command;  ///< its words, for messages: "user add"
  std::FILE* out = stdout;
  std::FILE* err = stderr;
  int secret_fd = 0;           ///< a terminal: secrets are asked for on /dev/tty; else they are its first line
  std::size_t width = 0;       ///< columns of out's terminal; 0: it is none, nothing is shortened
  bool show_progress = false;  ///< err is a terminal
};

}  // namespace pbxcred::ctl
