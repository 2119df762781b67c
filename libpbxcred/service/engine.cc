// SPDX-License-Identifier: BSD-2-Clause
#include "service/engine.h"

#include <algorithm>
#include <utility>

#include "base/wipe_stack.h"
#include "service/block_signals.h"

namespace pbxcred {
namespace {

constexpr int kMostAttempts = 3;
constexpr std::size_t kMostTogether = 256;  ///< settlements in one commit
constexpr std::size_t kMostInLane = 64;     ///< one account's guesses must not fill what its service may have waiting
constexpr std::size_t kProbeBytes = 256 << 10;

/// Whether counts could not be kept either.
bool is_store_failure(const Error& error) {
  return error.code == Code::kUnavailable || error.code == Code::kExhausted;
}

const Error kDegraded{Code::kUnavailable, "the daemon is degraded: the store cannot be written"};

}  // namespace

struct Engine::Task {
  std::unique_ptr<UseCase> use_case;
  Share share;
  std::optional<Lane> lane;
  int attempts = 0;
  bool again = false;
  Status outcome;
};

Engine::Engine(Database& database, const Clock& clock, Log& log, Options options, std::function<void()> wake)
    : database_(database), clock_(clock), log_(log), options_(options), wake_(std::move(wake)), aside_(wake_) {
  const BlockSignals blocked;
  for (std::uint32_t i = 0; i < options_.workers; ++i) threads_.emplace_back([this] { work(); });
  threads_.emplace_back([this] { write(); });
}

Engine::~Engine() {
  {
    const std::scoped_lock lock(jobs_mutex_, settle_mutex_);
    stopping_ = true;
  }
  jobs_ready_.notify_all();
  settle_ready_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

EngineStatus Engine::status() const {
  EngineStatus status;
  status.degraded = degraded();
  const std::scoped_lock lock(reason_mutex_);
  status.reason = reason_;
  status.queued = interactive_;
  status.capacity = options_.capacity;
  status.busy = busy_;
  return status;
}

bool Engine::admit(const Share& share) {
  if (share.background) return true;
  if (interactive_ >= options_.capacity) return false;
  if (by_uid_[share.uid] >= options_.capacity / 2) return false;
  return share.source.empty() || by_source_[{share.uid, share.source}] < options_.capacity / 4;
}

void Engine::submit(std::unique_ptr<UseCase> use_case, Share share) {
  if (degraded()) return use_case->finish(kDegraded);
  if (!admit(share)) {
    ++busy_;
    return use_case->finish(Error{Code::kBusy, "too many requests are waiting"});
  }
  ++active_;
  if (!share.background) {
    ++interactive_;
    ++by_uid_[share.uid];
    if (!share.source.empty()) ++by_source_[{share.uid, share.source}];
  }
  auto task = std::make_unique<Task>();
  task->use_case = std::move(use_case);
  task->share = std::move(share);
  start(std::move(task));
}

// A read transaction ends before anything is concluded: what is told there may begin the next.

Result<std::optional<Lane>> Engine::lane_of(UseCase& use_case) {
  PBXCRED_TRY(Read read, database_.read());
  return use_case.lane(read);
}

Result<UseCase::Next> Engine::prepare(UseCase& use_case) {
  PBXCRED_TRY(Read read, database_.read());
  return use_case.prepare(read, clock_.now());
}

void Engine::start(TaskPtr task) {
  const auto lane = lane_of(*task->use_case);
  if (!lane) return conclude(std::move(task), lane.error());
  if (*lane) {
    auto [place, free] = lanes_.try_emplace(**lane);
    if (!free && !task->share.background && place->second.size() >= kMostInLane) {
      ++busy_;
      return conclude(std::move(task), Error{Code::kBusy, "too many requests for this account are waiting"});
    }
    if (!free) {
      place->second.push_back(std::move(task));
      return;
    }
    task->lane = **lane;
  }
  advance(std::move(task));
}

void Engine::advance(TaskPtr task) {
  if (degraded()) return conclude(std::move(task), kDegraded);
  const auto prepared = prepare(*task->use_case);
  if (!prepared) return conclude(std::move(task), prepared.error());
  const UseCase::Next next = *prepared;
  if (next == UseCase::Next::kFinish) return conclude(std::move(task), {});
  if (next != UseCase::Next::kCompute) return leave_to_writer(std::move(task));
  {
    const std::scoped_lock lock(jobs_mutex_);
    (task->share.background ? background_jobs_ : jobs_).push_back(std::move(task));
  }
  jobs_ready_.notify_one();  // unlocked: who wakes finds the mutex free
}

void Engine::leave_to_writer(TaskPtr task) {
  {
    const std::scoped_lock lock(settle_mutex_);
    to_settle_.push_back(std::move(task));
  }
  settle_ready_.notify_one();
}

void Engine::deliver() {
  aside_.deliver();
  std::vector<TaskPtr> finished;
  {
    const std::scoped_lock lock(finished_mutex_);
    finished.swap(finished_);
  }
  for (TaskPtr& task : finished) {
    if (!task->again || !task->outcome) {
      Status outcome = std::move(task->outcome);
      conclude(std::move(task), outcome);
    } else if (++task->attempts < kMostAttempts) {
      task->again = false;
      advance(std::move(task));
    } else {
      conclude(std::move(task), Error{Code::kBusy, "the account is being changed by others"});
    }
  }
}

void Engine::conclude(TaskPtr task, const Status& outcome) {
  task->use_case->finish(outcome);
  --active_;
  if (!task->share.background) {
    --interactive_;
    if (--by_uid_[task->share.uid] == 0) by_uid_.erase(task->share.uid);
    if (!task->share.source.empty()) {
      const auto key = std::pair(task->share.uid, task->share.source);
      if (--by_source_[key] == 0) by_source_.erase(key);
    }
  }
  if (task->lane) leave_lane(*task->lane);
  task.reset();
  run_ready();
}

void Engine::leave_lane(const Lane& lane) {
  auto place = lanes_.find(lane);
  if (place->second.empty()) {
    lanes_.erase(place);
    return;
  }
  TaskPtr next = std::move(place->second.front());
  place->second.pop_front();
  next->lane = lane;
  ready_.push_back(std::move(next));
}

/// One after the other, not one inside the other: a lane may be thousands long.
void Engine::run_ready() {
  if (running_ready_) return;
  running_ready_ = true;
  while (!ready_.empty()) {
    TaskPtr task = std::move(ready_.front());
    ready_.pop_front();
    advance(std::move(task));
  }
  running_ready_ = false;
}

// ---- workers

Engine::TaskPtr Engine::next_job() {
  const std::size_t background_limit = std::max<std::size_t>(1, options_.workers / 2);
  std::unique_lock lock(jobs_mutex_);
  const auto background_may_run = [&] { return !background_jobs_.empty() && background_running_ < background_limit; };
  jobs_ready_.wait(lock, [&] { return stopping_ || !jobs_.empty() || background_may_run(); });
  if (stopping_) return nullptr;
  const bool background = jobs_.empty();
  auto& queue = background ? background_jobs_ : jobs_;
  if (background) ++background_running_;
  TaskPtr task = std::move(queue.front());
  queue.pop_front();
  return task;
}

void Engine::work() {
  HashArena arena;
  while (TaskPtr task = next_job()) {
    const bool background = task->share.background;
    // What was queued when the store went is not evaluated any more: its count could not be kept.
    task->outcome = degraded() ? Status(kDegraded) : task->use_case->compute(arena);
    if (background) {
      const std::scoped_lock lock(jobs_mutex_);
      --background_running_;
      if (!background_jobs_.empty()) jobs_ready_.notify_one();
    }
    const bool settled = settle_here(*task);
    wipe_stack();
    if (settled) {
      hand_back(std::move(task));
    } else {
      leave_to_writer(std::move(task));
    }
  }
}

/// Most sign-ins change nothing: the worker settles them itself in a write transaction that has nothing to commit, and
/// spares a second thread. While the writer is at work, on the snapshot before it: what is not committed was told to
/// nobody, so this comes before it. An import of thousands then holds no sign-in up. False: nothing happened, it is the
/// writer's.
bool Engine::settle_here(Task& task) {
  if (!task.outcome || degraded() || !task.use_case->is_likely_quiet()) return false;
  const std::unique_lock writing(writing_, std::try_to_lock);
  auto write = writing ? database_.write(Space::kUseReserve) : database_.snapshot();
  if (!write) return false;
  const auto settled = task.use_case->settle(*write, clock_.now());
  if (!settled || write->error() || write->changes() > 0) return false;
  task.again = *settled == UseCase::Settled::kAgain;
  return true;
}

void Engine::hand_back(TaskPtr task) {
  {
    const std::scoped_lock lock(finished_mutex_);
    finished_.push_back(std::move(task));
  }
  wake_();
}

// ---- the writer

void Engine::write() {
  for (;;) {
    std::vector<TaskPtr> batch;
    {
      std::unique_lock lock(settle_mutex_);
      const auto ready = [&] { return stopping_ || !to_settle_.empty(); };
      if (degraded()) {
        settle_ready_.wait_for(lock, options_.probe_every, ready);
      } else {
        settle_ready_.wait(lock, [&] { return ready() || degraded(); });
      }
      if (stopping_) return;
      const auto many = static_cast<std::ptrdiff_t>(std::min(to_settle_.size(), kMostTogether));
      std::move(to_settle_.begin(), to_settle_.begin() + many, std::back_inserter(batch));
      to_settle_.erase(to_settle_.begin(), to_settle_.begin() + many);
    }
    if (!batch.empty()) {
      {
        const std::scoped_lock lock(writing_);
        settle_batch(batch);
      }
      hand_back(batch);
      wipe_stack();
    } else if (degraded()) {
      probe();
    }
  }
}

void Engine::hand_back(std::vector<TaskPtr>& batch) {
  {
    const std::scoped_lock lock(finished_mutex_);
    std::move(batch.begin(), batch.end(), std::back_inserter(finished_));
  }
  wake_();
}

void Engine::settle_batch(std::vector<TaskPtr>& batch) {
  std::vector<Task*> counts, growing;
  for (TaskPtr& task : batch) {
    if (!task->outcome) continue;
    switch (task->use_case->growth()) {
      case Growth::kNone: counts.push_back(task.get()); break;
      case Growth::kSome: growing.push_back(task.get()); break;
      case Growth::kMuch: transact({task.get()}); break;
    }
  }
  settle_together(growing);
  settle_together(counts);
}

void Engine::settle_together(const std::vector<Task*>& together) {
  if (together.empty() || transact(together)) return;
  // One of them spoilt the transaction for all: each alone, so that only the culprit fails.
  for (Task* task : together) transact({task});
}

/// Settles the tasks, alike in their growth, in one transaction and gives them their outcomes. False: one of several
/// spoilt it; nothing happened and no outcome was given.
bool Engine::transact(const std::vector<Task*>& tasks) {
  if (degraded()) return fail_all(tasks, kDegraded);
  const Growth growth = tasks.front()->use_case->growth();
  const bool grows = growth != Growth::kNone;
  auto write = growth == Growth::kMuch ? database_.write_sorted()
                                       : database_.write(grows ? Space::kLeaveReserve : Space::kUseReserve);
  if (!write) return lose_store(tasks, write.error());
  const Time now = clock_.now();
  std::vector<std::pair<Task*, Error>> refused;
  for (Task* task : tasks) {
    const std::uint64_t changes_before = write->changes();
    auto settled = task->use_case->settle(*write, now);
    if (settled && !write->error()) {
      task->again = *settled == UseCase::Settled::kAgain;
      continue;
    }
    const Error why = write->error() ? *write->error() : settled.error();
    const bool only_refused = !write->error() && write->changes() == changes_before && why.code != Code::kUnavailable;
    if (only_refused) {
      refused.emplace_back(task, why);
    } else if (tasks.size() > 1) {
      return false;
    } else if (grows || !is_store_failure(why)) {
      return fail_all(tasks, why);  // the use case's own; the store can still be written
    } else {
      return lose_store(tasks, why);
    }
  }
  write->flush();
  if (write->error()) {
    const Error why = *write->error();
    if (tasks.size() > 1) return false;
    return grows || !is_store_failure(why) ? fail_all(tasks, why) : lose_store(tasks, why);
  }
  const Status committed = write->commit();
  if (!committed) {
    { const Write ended = std::move(*write); }  // before another begins
    // What was too much for the disk need not stop those who only count: if they still can.
    const bool only_too_much = grows && committed.error().code == Code::kExhausted && try_to_write();
    return only_too_much ? fail_all(tasks, committed.error()) : lose_store(tasks, committed.error());
  }
  for (auto& [task, error] : refused) task->outcome = error;
  return true;
}

bool Engine::fail_all(const std::vector<Task*>& tasks, const Error& why) {
  for (Task* task : tasks) task->outcome = why;
  return true;
}

/// What was decided could not be recorded: nobody is told the decision, and nothing more is evaluated.
bool Engine::lose_store(const std::vector<Task*>& tasks, const Error& why) {
  degrade(why);
  return fail_all(tasks, Error{Code::kUnavailable, why.what});
}

void Engine::check_store() {
  if (degraded()) return;
  const Status whole = database_.store().check_file();
  if (whole) return;
  degrade(whole.error());
  { const std::scoped_lock lock(settle_mutex_); }  // a writer that has just looked is asleep by now
  settle_ready_.notify_one();                      // it probes from now on
}

void Engine::degrade(const Error& why) {
  {
    const std::scoped_lock lock(reason_mutex_);
    reason_ = why.what;
  }
  if (degraded_.exchange(true)) return;
  log_.write(LogLevel::kError, "degraded: the store cannot be written (" + why.what +
                                   "); no secret is checked until it can");
}

/// Only a commit that succeeds proves that counts can be kept again; one that takes as much as the largest batch, or a
/// nearly full disk would let checking go on until the next batch fails. Afterwards the space is free, for counts.
Status Engine::try_to_write() {
  PBXCRED_CHECK(database_.store().reopen());
  const std::string key = make_key(Table::kProbe);
  PBXCRED_TRY(Write write, database_.write(Space::kUseReserve));
  write.put(key, Probe{clock_.now(), std::string(kProbeBytes, 'p')});
  PBXCRED_CHECK(write.commit());
  PBXCRED_TRY(Write after, database_.write(Space::kUseReserve));
  after.erase(key);
  return after.commit();
}

void Engine::probe() {
  const Status works = try_to_write();
  if (!works) return;
  degraded_.store(false, std::memory_order_release);
  {
    const std::scoped_lock lock(reason_mutex_);
    reason_.clear();
  }
  log_.write(LogLevel::kNotice, "no longer degraded: the store can be written again");
}

}  // namespace pbxcred
