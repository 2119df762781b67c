// SPDX-License-Identifier: BSD-2-Clause
// Bytes from one thread to another, which may stop taking them for ever.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/result.h"

namespace pbxcred {

/// Holds a few chunks. Thread-safe: one thread puts, one takes.
class BytePipe {
 public:
  using Chunk = std::vector<std::uint8_t>;

  /// Waits for room and asks impatient() meanwhile, every 20 ms. Fails with what impatient says, or why the taker has
  /// given up.
  Status put(Chunk chunk, const std::function<Status()>& impatient) {
    std::unique_lock lock(mutex_);
    while (chunks_.size() >= kMost && !failure_) {
      if (changed_.wait_for(lock, std::chrono::milliseconds(20)) == std::cv_status::no_timeout) continue;
      lock.unlock();
      PBXCRED_CHECK(impatient());
      lock.lock();
    }
    if (failure_) return *failure_;
    chunks_.push_back(std::move(chunk));
    changed_.notify_all();
    return {};
  }
  /// Nothing more comes.
  void close() { end(std::nullopt); }
  /// From either side: the other learns why.
  void fail(Error why) { end(std::move(why)); }

  /// The next chunk, none at the end; the error that the other side failed with.
  Result<std::optional<Chunk>> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !chunks_.empty() || closed_ || failure_; });
    if (failure_) return *failure_;
    if (chunks_.empty()) return std::optional<Chunk>();
    Chunk chunk = std::move(chunks_.front());
    chunks_.pop_front();
    ++taken_;
    changed_.notify_all();
    return std::optional(std::move(chunk));
  }
  /// Chunks taken so far.
  std::uint64_t taken() const {
    const std::lock_guard lock(mutex_);
    return taken_;
  }

 private:
  static constexpr std::size_t kMost = 8;

  void end(std::optional<Error> why) {
    const std::lock_guard lock(mutex_);
    if (why && !failure_) failure_ = std::move(why);
    closed_ = true;
    changed_.notify_all();
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Chunk> chunks_;
  bool closed_ = false;
  std::optional<Error> failure_;
  std::uint64_t taken_ = 0;
};

}  // namespace pbxcred
