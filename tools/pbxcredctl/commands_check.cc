// SPDX-License-Identifier: BSD-2-Clause
// auth, explain: would this user get in?
#include <fmt/format.h>

#include "call.h"
#include "catalog.h"
#include "query.h"
#include "secret_input.h"
#include "selection.h"
#include "wire/admin.h"

namespace pbxcred::ctl {
namespace {

constexpr const char* kUserHelp = "any name that leads to one account";
constexpr const char* kKindHelp = "password, voicemail, login, phone or admin: the door";

/// What a service would have done.
Exit exit_of(const AuthTryView& result) {
  if (!result.signed_in) return Exit::kRefused;
  return result.change.empty() ? Exit::kDone : Exit::kMustChange;
}

class AuthCommand final : public Command {
 public:
  AuthCommand() : Command("auth", "one real authentication; it counts", "auth 1001@acme.example password") {}

  void declare(Syntax& syntax) override {
    syntax.operand("USER", user_, kUserHelp);
    syntax.operand("KIND", kind_name_, kKindHelp);
    syntax.option("--rhost", "ADDRESS", rhost_, "as if from this address");
  }
  Status prepare() override {
    PBXCRED_TRY(kind_, parse_kind(kind_name_));
    return {};
  }

  Result<Exit> run(Session& session) override {
    PBXCRED_TRY(const Secret secret, read_secret(session, is_numeric(kind_) ? "PIN" : "Password", false));
    std::optional<AuthTryView> result;
    const AuthTry request{user_, kind_, secret.view(), rhost_};
    PBXCRED_TRY(const Outcome outcome, ask_rows<AuthTryView>(session, request, -1, [&](AuthTryView row) -> Status {
                  result = std::move(row);
                  return {};
                }));
    if (!outcome.ok) return conclude_query(session, outcome);
    if (!result) return Error{Code::kInternal, "the daemon gave no answer"};
    print_one(session, *result);
    return exit_of(*result);
  }

 private:
  std::string user_, kind_name_, rhost_;
  Kind kind_ = Kind::kPassword;
};

class ExplainCommand final : public Command {
 public:
  ExplainCommand()
      : Command("explain", "says, without a secret, what would happen at a door and why",
                "explain 1001@acme.example password --service www-data") {}

  void declare(Syntax& syntax) override {
    syntax.operand("USER", user_, kUserHelp);
    syntax.operand("KIND", kind_name_, kKindHelp);
    syntax.option("--service", "S", service_, "an entry of `services`: what may it do?");
    syntax.option("--rhost", "A", rhost_, "as if from this address");
    syntax.option("--at", "T", at_text_, "as if at this time: YYYY-MM-DD[ HH:MM], local, or RFC 3339");
  }
  Status prepare() override {
    PBXCRED_TRY(kind_, parse_kind(kind_name_));
    if (!at_text_.empty()) {
      PBXCRED_TRY(at_, parse_time(at_text_));
    }
    return {};
  }
  Result<Exit> run(Session& session) override {
    return show_one<ExplainView>(session, ExplainQuery{user_, kind_, service_, rhost_, at_});
  }

 private:
  std::string user_, kind_name_, service_, rhost_, at_text_;
  Kind kind_ = Kind::kPassword;
  std::optional<Time> at_;
};

}  // namespace

void add_check_commands(Commands& commands) {
  commands.push_back(std::make_unique<AuthCommand>());
  commands.push_back(std::make_unique<ExplainCommand>());
}

}  // namespace pbxcred::ctl
