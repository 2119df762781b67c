// SPDX-License-Identifier: BSD-2-Clause
// store check, store stat, store backup.
#include "backup_file.h"
#include "call.h"
#include "catalog.h"
#include "query.h"
#include "report.h"
#include "wire/admin.h"

namespace pbxcred::ctl {
namespace {

class StoreCheckCommand final : public Command {
 public:
  StoreCheckCommand() : Command("store check", "checks every record and index, both ways", "store check") {}
  void declare(Syntax&) override {}
  Result<Exit> run(Session& session) override {
    PBXCRED_TRY(const Outcome outcome, ask(session, StoreCheck{}));
    const Exit exit = conclude(session, outcome, {"record", "checked", "record", "faulty"}, false);
    // A store with faults is no work partly done.
    return exit == Exit::kPartly ? Exit::kFailed : exit;
  }
};

class StoreStat final : public Command {
 public:
  StoreStat() : Command("store stat", "how much is in the store", "store stat") {}
  void declare(Syntax&) override {}
  Result<Exit> run(Session& session) override {
    return list_rows<StoreStatView>(session, StoreStatQuery{}, {{}, "table"});
  }
};

class StoreBackupCommand final : public Command {
 public:
  StoreBackupCommand()
      : Command("store backup", "writes a backup of the running store", "store backup /var/backups/pbxcred.backup") {}
  void declare(Syntax& syntax) override {
    syntax.operand("FILE", path_, "made 0600, as you, and only when it is whole");
    syntax.flag("--force", force_, "replace FILE");
  }
  Result<Exit> run(Session& session) override {
    PBXCRED_TRY(BackupFile file, BackupFile::create(path_, force_));
    PBXCRED_TRY(const Outcome outcome, ask(session, StoreBackup{}, file.fd()));
    if (outcome.ok) PBXCRED_CHECK(file.publish());
    return conclude(session, outcome, {"record", "backed up", "record"}, false);
  }

 private:
  std::string path_;
  bool force_ = false;
};

}  // namespace

void add_store_commands(Commands& commands) {
  commands.push_back(std::make_unique<StoreCheckCommand>());
  commands.push_back(std::make_unique<StoreStat>());
  commands.push_back(std::make_unique<StoreBackupCommand>());
}

}  // namespace pbxcred::ctl
