// SPDX-License-Identifier: BSD-2-Clause
// What an interrupted command leaves behind: its job goes on, and the user is told so.
#pragma once

#include <cstdint>

namespace pbxcred::ctl {

/// Once armed, SIGINT and SIGTERM say on standard error which job goes on, and then end the process as they would have.
/// One at a time in a process; a signal that is ignored stays so.
class InterruptNote {
 public:
  InterruptNote() = default;
  InterruptNote(const InterruptNote&) = delete;
  InterruptNote& operator=(const InterruptNote&) = delete;
  ~InterruptNote();

  void arm(std::uint64_t job);

 private:
  bool armed_ = false;
};

}  // namespace pbxcred::ctl
