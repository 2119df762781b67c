// SPDX-License-Identifier: BSD-2-Clause
// A clock that stands until it is set.
#pragma once

#include <atomic>
#include <chrono>

#include "base/clock.h"

namespace pbxcred {

/// Starts at some instant of 2020. Thread-safe.
class ManualClock final : public Clock {
 public:
  Time now() const override { return Time(std::chrono::milliseconds(now_.load())); }
  void set(Time now) { now_ = now.time_since_epoch().count(); }
  void advance(std::chrono::milliseconds by) { now_ += by.count(); }

 private:
  std::atomic<std::int64_t> now_{1'600'000'000'000};
};

}  // namespace pbxcred
