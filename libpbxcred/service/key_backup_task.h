// SPDX-License-Identifier: BSD-2-Clause
// key backup: the ring, encrypted, into a passed file.
//
// Administrators are root and the members of a group; whoever has the ring and a copy of the store has every PIN. So
// this is for root and the daemon's own user alone, who could read the ring anyway.
#pragma once

#include "base/fd.h"
#include "base/secret.h"
#include "service/admin_task.h"
#include "service/key_keeper.h"

namespace pbxcred {

class KeyBackupTask final : public AdminTask {
 public:
  KeyBackupTask(AdminContext context, KeyKeeper* keeper, Secret passphrase, Fd file)
      : AdminTask(std::move(context)), keeper_(keeper), passphrase_(std::move(passphrase)), file_(std::move(file)) {}
  void step() override;

 private:
  Status check_peer() const;
  Status start();
  void ended(const Status& outcome);

  KeyKeeper* keeper_;
  Secret passphrase_;
  Fd file_;
};

}  // namespace pbxcred
