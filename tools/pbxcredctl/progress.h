// SPDX-License-Identifier: BSD-2-Clause
// One line on a terminal that tells how far long work has come.
#pragma once

#include <cstdint>
#include <string_view>

#include "session.h"

namespace pbxcred::ctl {

/// Rewrites its line on standard error, if that is a terminal, and removes it when it goes.
class ProgressLine {
 public:
  explicit ProgressLine(Session& session) : session_(session) {}
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// total 0: not known.
  void show(std::string_view stage, std::uint64_t done, std::uint64_t total);
  /// Makes room for another line.
  void clear();

 private:
  Session& session_;
  bool shown_ = false;
};

}  // namespace pbxcred::ctl
