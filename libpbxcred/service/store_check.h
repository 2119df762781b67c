// SPDX-License-Identifier: BSD-2-Clause
// store check, on an idle worker.
#pragma once

#include "service/admin_task.h"
#include "store/check.h"

namespace pbxcred {

class StoreCheckTask final : public AdminTask {
 public:
  using AdminTask::AdminTask;
  void step() override;

 private:
  void report(const Status& outcome, const StoreCheckReport& report);
};

}  // namespace pbxcred
