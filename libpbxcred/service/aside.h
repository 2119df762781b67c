// SPDX-License-Identifier: BSD-2-Clause
// Threads beside the engine's, for what is long and neither hash nor settlement: a backup, a key file.
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <thread>

#include "base/result.h"

namespace pbxcred {

/// All public calls happen on the event loop.
class Aside {
  struct Shared;

 public:
  /// What a piece of work has of its surroundings; outlives them. Thread-safe.
  class Desk {
   public:
    /// Whether the daemon ends: give up soon.
    bool is_closed() const;
    /// Calls told on the event loop, after what was told before; never, once the daemon ends.
    void tell(std::function<void()> told) const;

   private:
    friend class Aside;
    explicit Desk(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
    std::shared_ptr<Shared> shared_;
  };
  /// Returns what is told last, when the next of that name may begin.
  using Work = std::function<std::function<void()>(const Desk&)>;

  /// wake: called from other threads when deliver() has something to do.
  explicit Aside(std::function<void()> wake);
  /// Tells all work to end and waits for it, but for what was released.
  ~Aside();
  Aside(const Aside&) = delete;
  Aside& operator=(const Aside&) = delete;

  /// Runs work on a thread of its own. `busy`: one of that name runs already; `exhausted`: no thread.
  Status start(const std::string& name, Work work);
  /// The same for work that may hang for ever, because it uses what a stranger has passed: nobody waits for it, and it
  /// may own what it uses but borrow nothing.
  static Status release(std::function<void()> work);

  /// Does what was told.
  void deliver();

 private:
  struct Job {
    std::string name;
    std::shared_ptr<std::atomic<bool>> ended;
    std::thread thread;
  };
  void reap();

  std::shared_ptr<Shared> shared_;
  std::list<Job> jobs_;
};

}  // namespace pbxcred
