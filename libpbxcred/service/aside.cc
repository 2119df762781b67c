// SPDX-License-Identifier: BSD-2-Clause
// Threads beside the engine's.
#include "service/aside.h"

#include <mutex>
#include <system_error>
#include <utility>
#include <vector>

#include "base/wipe_stack.h"
#include "service/block_signals.h"

namespace pbxcred {

struct Aside::Shared {
  std::mutex mutex;
  bool closed = false;
  std::vector<std::function<void()>> told;
  std::function<void()> wake;
};

bool Aside::Desk::is_closed() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->closed;
}

void Aside::Desk::tell(std::function<void()> told) const {
  const std::lock_guard lock(shared_->mutex);
  if (shared_->closed || !told) return;
  shared_->told.push_back(std::move(told));
  shared_->wake();
}

Aside::Aside(std::function<void()> wake) : shared_(std::make_shared<Shared>()) { shared_->wake = std::move(wake); }

Aside::~Aside() {
  std::vector<std::function<void()>> unheard;
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->closed = true;
    unheard.swap(shared_->told);  // what they hold goes without the lock
  }
  for (Job& job : jobs_) job.thread.join();
}

Status Aside::start(const std::string& name, Work work) {
  reap();
  for (const Job& job : jobs_)
    if (job.name == name) return Error{Code::kBusy, name + ": one is under way already"};
  auto ended = std::make_shared<std::atomic<bool>>(false);
  try {
    const BlockSignals blocked;
    jobs_.push_back({name, ended, std::thread([work = std::move(work), desk = Desk(shared_), ended]() mutable {
                       auto last = work(desk);
                       work = nullptr;
                       wipe_stack();
                       *ended = true;
                       desk.tell(std::move(last));
                     })});
  } catch (const std::system_error&) {
    return Error{Code::kExhausted, "there is no thread left"};
  }
  return {};
}

Status Aside::release(std::function<void()> work) {
  try {
    const BlockSignals blocked;
    std::thread([work = std::move(work)]() mutable {
      work();
      work = nullptr;
      wipe_stack();
    }).detach();
  } catch (const std::system_error&) {
    return Error{Code::kExhausted, "there is no thread left"};
  }
  return {};
}

void Aside::reap() {
  for (auto job = jobs_.begin(); job != jobs_.end();) {
    if (!*job->ended) {
      ++job;
      continue;
    }
    job->thread.join();
    job = jobs_.erase(job);
  }
}

void Aside::deliver() {
  std::vector<std::function<void()>> told;
  {
    const std::lock_guard lock(shared_->mutex);
    told.swap(shared_->told);
  }
  for (auto& one : told) one();
  reap();
}

}  // namespace pbxcred
