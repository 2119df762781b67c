// SPDX-License-Identifier: BSD-2-Clause
// Short answers: status, domain show|list, store stat, lock list. Each reads and replies in slices.
#pragma once

#include <cstdint>
#include <string>

#include "service/admin_task.h"

namespace pbxcred {

/// What only the daemon's edge knows.
struct DaemonFacts {
  std::string version;
  Time started_at{};
  std::uint32_t workers = 0;
  std::chrono::microseconds hash_time{0};
};

class StatusTask final : public AdminTask {
 public:
  StatusTask(AdminContext context, DaemonFacts facts) : AdminTask(std::move(context)), facts_(std::move(facts)) {}
  void step() override;

 private:
  DaemonFacts facts_;
};

/// name empty: all.
class DomainQueryTask final : public AdminTask {
 public:
  DomainQueryTask(AdminContext context, std::string name) : AdminTask(std::move(context)), name_(std::move(name)) {}
  void step() override;

 private:
  std::string name_;
};

class StoreStatTask final : public AdminTask {
 public:
  using AdminTask::AdminTask;
  void step() override;

 private:
  Status page();
  Status file();

  std::size_t table_ = 0;
  std::string cursor_;
  std::uint64_t records_ = 0, bytes_ = 0, all_ = 0;
};

class LockListTask final : public AdminTask {
 public:
  using AdminTask::AdminTask;
  void step() override;

 private:
  Result<bool> page();

  std::string cursor_;
  std::uint64_t found_ = 0;
};

}  // namespace pbxcred
