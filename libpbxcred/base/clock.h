// SPDX-License-Identifier: BSD-2-Clause
// Time as it is stored and compared, and where it comes from.
#pragma once

#include <chrono>

namespace pbxcred {

/// UTC, milliseconds since 1970.
using Time = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;

/// Asked by the edges (daemon, command); rules are given a Time.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Time now() const override {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  }
};

}  // namespace pbxcred
