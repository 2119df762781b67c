// SPDX-License-Identifier: BSD-2-Clause
// store check, store stat.
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

}  // namespace

void add_store_commands(Commands& commands) {
  commands.push_back(std::make_unique<StoreCheckCommand>());
  commands.push_back(std::make_unique<StoreStat>());
}

}  // namespace pbxcred::ctl
