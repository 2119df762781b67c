// SPDX-License-Identifier: BSD-2-Clause
// One deadline for everything that a call does: connecting, sending, waiting.
#pragma once

#include <chrono>

#include "wire/packet.h"

namespace pbxcred {

/// An absolute instant on CLOCK_MONOTONIC; setting the clock does not move it.
class Deadline {
 public:
  static Deadline after(std::chrono::milliseconds from_now);
  /// For commands that may take as long as they take.
  static Deadline never() { return Deadline(kNever); }

  MonotonicTime at() const { return at_; }
  bool passed() const { return at_ != kNever && monotonic_now() >= at_; }
  /// Sleeps for `length`, but not beyond the deadline. A signal may cut it short.
  void pause(std::chrono::milliseconds length) const;

 private:
  explicit Deadline(MonotonicTime at) : at_(at) {}
  MonotonicTime at_;
};

}  // namespace pbxcred
