// SPDX-License-Identifier: BSD-2-Clause
// A configuration as a sequence of tokens, with the place of each, ready for libconfig.
//
// libconfig 1.5 alone is no parser for a daemon: @include of a directory ends the process (flex's YY_FATAL_ERROR calls
// exit(2)), relative includes start at the working directory, numerals over 32 bits wrap silently, and strings that
// stand side by side because a comma is missing become one. So we split the text into tokens ourselves, resolve the
// includes, and hand libconfig one text in which every token stands alone on its line, without comments and without
// @include.
//
// That is why a reload needs no child process to parse in: what reaches libconfig's scanner consists of names, braces,
// short strings with every escape spelt out, and small numerals; it reads from memory, so the calls of exit() for
// files cannot be reached; nesting and number of tokens are bounded, which bounds recursion and time. What is left is
// exit() when malloc() of a few megabytes fails, where the daemon could not go on either. And fork() in a process with
// threads would be the greater risk.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "config.h"

namespace pbxcred {

struct ConfigToken {
  std::size_t file = 0;  ///< index into ConfigText::files
  unsigned line = 0;
  std::string text;  ///< as libconfig gets it
};

struct ConfigText {
  std::vector<std::string> files;   ///< as named: the first as by the caller, the others with their folder before them
  std::vector<ConfigToken> tokens;  ///< token i is line i + 1 of joined()
  std::vector<ConfigError> errors;  ///< empty, or the one that ended the scan

  std::string joined() const;
};

/// Splits the file and what it includes (paths relative to the including file, 8 deep, no loops) into tokens.
ConfigText scan_config(const std::string& path);

}  // namespace pbxcred
