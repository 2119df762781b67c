// SPDX-License-Identifier: BSD-2-Clause
// store backup: two threads aside. One reads the store, in one transaction; the other writes the passed file, syncs it
// and reads it back. The first never waits for a disk, so that it can give the store back at any moment; the second may
// hang for ever without harm.
#pragma once

#include <memory>
#include <string>

#include "base/fd.h"
#include "service/admin_task.h"

namespace pbxcred {

class StoreBackupTask final : public AdminTask {
 public:
  StoreBackupTask(AdminContext context, std::string program, Fd file)
      : AdminTask(std::move(context)), program_(std::move(program)), file_(std::move(file)) {}
  /// A client that has gone wants no backup any more.
  ~StoreBackupTask() override;
  void step() override;

 private:
  struct Job;
  Status start();
  void progressed(const char* stage, std::uint64_t done, std::uint64_t total);
  void ended(const Status& outcome, std::uint64_t records, std::uint64_t bytes);

  std::string program_;
  Fd file_;
  std::shared_ptr<Job> job_;
};

}  // namespace pbxcred
