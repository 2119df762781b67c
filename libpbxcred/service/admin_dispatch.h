// SPDX-License-Identifier: BSD-2-Clause
// Which task answers which request of admin.sock.
#pragma once

#include <functional>
#include <memory>

#include "base/fd.h"
#include "service/admin_task.h"
#include "service/key_keeper.h"
#include "service/jobs.h"
#include "service/reports.h"

namespace pbxcred {

/// What commands need of the daemon's edge.
struct AdminEdge {
  DaemonFacts facts;
  std::function<Status()> reload;  ///< reads the configuration anew
  KeyKeeper* keys = nullptr;       ///< none: the ring stays as it is
  std::shared_ptr<JobBook> jobs = std::make_shared<JobBook>();
};

/// The task for a request packet, which it keeps; null: no well-formed request. file: the descriptor that came with it.
std::shared_ptr<AdminTask> make_admin_task(AdminContext context, const AdminEdge& edge, SecureBuffer packet, Fd file);

}  // namespace pbxcred
