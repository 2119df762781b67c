// SPDX-License-Identifier: BSD-2-Clause
// Runs use cases: lanes and queues on the event loop, hash workers, and one store writer that settles many at a time.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "service/aside.h"
#include "service/use_case.h"
#include "store/database.h"

namespace pbxcred {

/// Who waits: each uid, and each source behind a uid, has at most half of what is above it.
struct Share {
  std::uint32_t uid = 0;
  std::string source;       ///< a remote address; empty: the uid itself
  bool background = false;  ///< imports and bulk work: idle workers only, at most half of them; never busy
};

struct EngineStatus {
  bool degraded = false;
  std::string reason;
  std::size_t queued = 0, capacity = 0;
  std::uint64_t busy = 0;  ///< answers since start
};

/// All public calls but the constructor's threads happen on the event loop.
class Engine {
 public:
  struct Options {
    std::uint32_t workers = 1;
    std::size_t capacity = 256;  ///< use cases waiting or running, background ones aside
    std::chrono::milliseconds probe_every{1000};  ///< while degraded
  };
  /// wake: called from other threads when deliver() has something to do; must be thread-safe and must not block.
  Engine(Database& database, const Clock& clock, Log& log, Options options, std::function<void()> wake);
  /// Stops the threads; what was not settled is dropped without an answer.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Takes a use case. Answers at once with `busy` if the queue or the share is full, `unavailable` if degraded.
  void submit(std::unique_ptr<UseCase> use_case, Share share);
  /// Finishes what workers and writer have done.
  void deliver();
  /// Degrades if somebody took the store's file away.
  void check_store();
  /// Nothing waiting or running.
  bool idle() const { return active_ == 0; }
  EngineStatus status() const;
  bool degraded() const { return degraded_.load(std::memory_order_acquire); }
  const Clock& clock() const { return clock_; }
  Database& database() { return database_; }
  /// Its work is not waited for by idle().
  Aside& aside() { return aside_; }

 private:
  struct Task;
  using TaskPtr = std::unique_ptr<Task>;

  bool admit(const Share& share);
  Result<std::optional<Lane>> lane_of(UseCase& use_case);
  Result<UseCase::Next> prepare(UseCase& use_case);
  void start(TaskPtr task);
  void advance(TaskPtr task);
  void conclude(TaskPtr task, const Status& outcome);
  void leave_lane(const Lane& lane);
  void run_ready();

  void work();
  TaskPtr next_job();
  void write();
  void settle_batch(std::vector<TaskPtr>& batch);
  void settle_together(const std::vector<Task*>& together);
  bool transact(const std::vector<Task*>& tasks);
  bool fail_all(const std::vector<Task*>& tasks, const Error& why);
  bool lose_store(const std::vector<Task*>& tasks, const Error& why);
  void degrade(const Error& why);
  Status try_to_write();
  void probe();
  void leave_to_writer(TaskPtr task);
  bool settle_here(Task& task);
  void hand_back(TaskPtr task);
  void hand_back(std::vector<TaskPtr>& batch);

  Database& database_;
  const Clock& clock_;
  Log& log_;
  const Options options_;
  std::function<void()> wake_;

  // Event loop only.
  std::size_t active_ = 0;      ///< tasks not yet concluded
  std::size_t interactive_ = 0; ///< of them, those that count against the capacity
  std::uint64_t busy_ = 0;
  std::map<std::uint32_t, std::size_t> by_uid_;
  std::map<std::pair<std::uint32_t, std::string>, std::size_t> by_source_;
  std::map<Lane, std::deque<TaskPtr>> lanes_;  ///< present: somebody is in it
  std::deque<TaskPtr> ready_;                  ///< whose lane has become free
  bool running_ready_ = false;

  std::atomic<bool> degraded_{false};
  mutable std::mutex reason_mutex_;
  std::string reason_;

  std::mutex jobs_mutex_;
  std::condition_variable jobs_ready_;
  std::deque<TaskPtr> jobs_, background_jobs_;
  std::size_t background_running_ = 0;

  std::mutex settle_mutex_;
  std::condition_variable settle_ready_;
  std::vector<TaskPtr> to_settle_;

  std::mutex writing_;  ///< whoever settles holds it

  std::mutex finished_mutex_;
  std::vector<TaskPtr> finished_;

  bool stopping_ = false;  ///< under each queue's mutex
  std::vector<std::thread> threads_;
  Aside aside_;
};

}  // namespace pbxcred
