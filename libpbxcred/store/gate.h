// SPDX-License-Identifier: BSD-2-Clause
// Lets many in and one alone.
#pragma once

#include <condition_variable>
#include <mutex>
#include <utility>

namespace pbxcred {

/// Lets transactions in and out. Who reopens keeps newcomers out, so that they cannot starve it, and waits until the
/// rest have left. Unlike a shared mutex it may be left by another thread than entered.
class Gate {
 public:
  void enter() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !closed_; });
    ++inside_;
  }
  bool is_closed() {
    const std::lock_guard lock(mutex_);
    return closed_;
  }
  void leave() {
    const std::lock_guard lock(mutex_);
    if (--inside_ == 0) changed_.notify_all();
  }
  void close() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !closed_; });
    closed_ = true;
    changed_.wait(lock, [&] { return inside_ == 0; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    closed_ = false;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  unsigned inside_ = 0;
  bool closed_ = false;
};

/// Being inside the gate.
class Pass {
 public:
  explicit Pass(Gate& gate) : gate_(&gate) { gate.enter(); }
  Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
  Pass& operator=(Pass&&) = delete;
  bool is_recalled() const { return gate_->is_closed(); }
  ~Pass() {
    if (gate_ != nullptr) gate_->leave();
  }

 private:
  Gate* gate_;
};

}  // namespace pbxcred
