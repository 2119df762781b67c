// SPDX-License-Identifier: BSD-2-Clause
// Where log lines go. Only edges and use cases log; nothing below them does.
#pragma once

#include <string_view>

namespace pbxcred {

/// As syslog's levels.
enum class LogLevel : int { kError = 3, kWarning = 4, kNotice = 5, kInfo = 6, kDebug = 7 };

/// One line at a time, without line feed, never with a secret. Thread-safe.
class Log {
 public:
  virtual ~Log() = default;
  virtual void write(LogLevel level, std::string_view line) = 0;
};

}  // namespace pbxcred
