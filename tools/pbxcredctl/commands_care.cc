// SPDX-License-Identifier: BSD-2-Clause
// status, lock, reload.
#include <chrono>
#include <set>
#include <thread>

#include "account_commands.h"
#include "call.h"
#include "catalog.h"
#include "query.h"
#include "report.h"
#include "terminal.h"
#include "wire/admin.h"

namespace pbxcred::ctl {
namespace {

class StatusCommand final : public Command {
 public:
  StatusCommand() : Command("status", "the state of the server and of every domain", "status --json") {}
  void declare(Syntax& syntax) override {
    syntax.flag("--watch", watch_, "again every two seconds, until interrupted");
  }

  Result<Exit> run(Session& session) override {
    if (!watch_) return show(session);
    if (session.json) return report_usage(session, "--watch prints no JSON document");
    for (;;) {
      write_text(session.out, session.width > 0 ? "\033[H\033[2J" : "\n");  // a terminal is cleared
      const auto shown = show(session);
      if (!shown) report(session, session.command, shown.error().what);  // it may come back
      if (!flush_output(session)) return Exit::kFailed;
      std::this_thread::sleep_for(std::chrono::seconds(2));
    }
  }

 private:
  static Result<Exit> show(Session& session) {
    StatusDocument document;
    bool came = false;
    auto on_row = [&](const PacketHead& head) -> Status {
      DomainView domain;
      if (head.type == StatusView::kType && decode(head.body, document.server)) {
        came = true;
        return {};
      }
      if (head.type != DomainView::kType || !decode(head.body, domain))
        return Error{Code::kInternal, "unexpected reply"};
      document.per_domain.push_back(std::move(domain));
      return {};
    };
    SecureBuffer packet;
    encode_packet(packet, StatusQuery{});
    PBXCRED_TRY(const Outcome outcome, converse(session, packet.view(), -1, on_row));
    if (came) print(session, document);  // a store that cannot be read is the time to see the rest
    if (!outcome.ok) return conclude_query(session, outcome);
    return document.server.degraded ? Exit::kUnavailable : Exit::kDone;
  }

  static void print(Session& session, const StatusDocument& document) {
    if (session.json) {
      write_text(session.out, json_of(document) + "\n");
      return;
    }
    write_text(session.out, record_text(fields_of(document.server), session.width));
    if (document.per_domain.empty()) return;
    const Table table = table_of(document.per_domain, {"domain", "phase", "users", "disabled", "no_password", "kinds"});
    write_text(session.out, "\n" + table_text(table, session.width));
  }

  bool watch_ = false;
};

/// The daemon lists all locks; a USER is looked up first, because it may be given by any of its names.
class LockList final : public Command {
 public:
  LockList() : Command("lock list", "lists what is locked, and until when", "lock list") {}
  void declare(Syntax& syntax) override { syntax.operands("USER", users_, "only of these"); }

  Result<Exit> run(Session& session) override {
    std::set<std::string> accounts;
    bool missing = false;
    if (!users_.empty()) {
      PBXCRED_TRY(const Outcome found, look_up(session, accounts));
      if (!found.ok) return conclude_query(session, found);
      missing = found.failed > 0;
    }
    auto wanted = [&](const LockView& lock) { return users_.empty() || accounts.contains(lock.account); };
    PBXCRED_TRY(const Exit exit, list_rows<LockView>(session, LockQuery{}, {{}, "lock"}, wanted));
    return exit == Exit::kDone && missing ? Exit::kPartly : exit;
  }

 private:
  Result<Outcome> look_up(Session& session, std::set<std::string>& accounts) const {
    AccountQuery query;
    query.selection.users.assign(users_.begin(), users_.end());
    return ask_rows<AccountView>(session, query, -1, [&](AccountView account) -> Status {
      accounts.insert(std::move(account.account));
      return {};
    });
  }

  Texts users_;
};

class Reload final : public Command {
 public:
  Reload() : Command("reload", "has the daemon read its configuration again", "reload") {}
  void declare(Syntax&) override {}
  Result<Exit> run(Session& session) override {
    PBXCRED_TRY(Outcome outcome, ask(session, ReloadRequest{}));
    if (outcome.ok) outcome.affected = 1;
    return conclude(session, outcome, {"configuration", "reloaded", "configuration"}, false);
  }
};

}  // namespace

void add_care_commands(Commands& commands) {
  commands.push_back(std::make_unique<StatusCommand>());
  commands.push_back(std::make_unique<LockList>());
  commands.push_back(std::make_unique<AccountActCommand>(
      AccountAct::Action::kUnlock, "unlocked",
      AccountTexts{Role::kUser, "lock clear", "lifts the locks of users", "lock clear 1001@acme.example"}));
  commands.push_back(std::make_unique<Reload>());
}

}  // namespace pbxcred::ctl
