// SPDX-License-Identifier: BSD-2-Clause
// Reads pbxcred.conf(5) into Settings. What is wrong is told with file and line, all of it at once.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "service/settings.h"

namespace pbxcred {

struct ConfigError {
  std::string file;
  unsigned line = 0;  ///< counted from 1; 0: the file as a whole
  std::string what;   ///< one sentence without a final stop
};

struct ConfigResult {
  std::optional<Settings> settings;  ///< there if and only if errors is empty
  std::vector<ConfigError> errors;   ///< in the order of the text
};

/// Reads the configuration and everything it includes, and looks up the users it names (NSS).
/// path: a regular file; together with its includes at most 4 MiB.
/// A text that cannot be parsed gives one error, a text that can gives all of its errors. Never ends the process and
/// never throws, so that a daemon with threads may call it for a reload and keep what it has (config_text.h says why
/// no child process is needed for that). Reads nothing but the file: which settings a running daemon can take over is
/// for the caller to decide. Thread-safe.
ConfigResult read_config(const std::string& path);

/// Every key the reader knows, in the manual's notation: "workers", "hash.passes", "policies.NAME.alphabet",
/// "services.user". The sample, the manual and the tests are compared with it.
std::vector<std::string> config_keys();

/// "FILE:LINE: WHAT", without the line if there is none.
std::string to_text(const ConfigError& error);

}  // namespace pbxcred
