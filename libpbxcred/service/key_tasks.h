// SPDX-License-Identifier: BSD-2-Clause
// key list, key rotate, key retire.
#pragma once

#include <string>

#include "service/admin_task.h"
#include "service/key_keeper.h"
#include "store/reseal.h"

namespace pbxcred {

/// Counts in slices who needs which key.
class KeyListTask final : public AdminTask {
 public:
  using AdminTask::AdminTask;
  void step() override;

 private:
  Result<bool> page();
  Status report();

  std::string cursor_;
  KeyUse use_;
};

class KeyRotateTask final : public AdminTask {
 public:
  KeyRotateTask(AdminContext context, KeyKeeper* keeper) : AdminTask(std::move(context)), keeper_(keeper) {}
  void step() override;

 private:
  KeyKeeper* keeper_;
};

class KeyRetireTask final : public AdminTask {
 public:
  KeyRetireTask(AdminContext context, KeyKeeper* keeper, std::uint32_t id)
      : AdminTask(std::move(context)), keeper_(keeper), id_(id) {}
  void step() override;

 private:
  KeyKeeper* keeper_;
  std::uint32_t id_;
};

}  // namespace pbxcred
