// SPDX-License-Identifier: BSD-2-Clause
// user add|set|show|move|list|enable|disable|remove.
#include "account_commands.h"
#include "call.h"
#include "catalog.h"

namespace pbxcred::ctl {
namespace {

class UserMove final : public Command {
 public:
  UserMove()
      : Command("user move", "gives a user another extension, domain or both; secrets and locks stay",
                "user move 1001@acme.example 2001@acme.example") {}
  void declare(Syntax& syntax) override {
    syntax.operand("USER", user_, "any name that leads to one account");
    syntax.operand("EXT@DOMAIN", to_, "where to");
  }
  Result<Exit> run(Session& session) override {
    PBXCRED_TRY(const Outcome outcome, ask(session, AccountMove{user_, to_}));
    return conclude(session, outcome, {"user", "moved", "user"}, false);
  }

 private:
  std::string user_, to_;
};

}  // namespace

void add_user_commands(Commands& commands) {
  constexpr Role kRole = Role::kUser;
  using Action = AccountAct::Action;
  commands.push_back(std::make_unique<AccountPutCommand>(
      PutMode::kAdd, AccountTexts{kRole, "user add", "adds a user",
                                  "user add 1001@acme.example --first Ada --last Byron --email ada@acme.example"}));
  commands.push_back(std::make_unique<AccountPutCommand>(
      PutMode::kSet, AccountTexts{kRole, "user set", "changes what is known of a user",
                                  "user set 1001@acme.example --number +4930123456"}));
  commands.push_back(std::make_unique<AccountShow>(
      AccountTexts{kRole, "user show", "shows one user and the state of its secrets", "user show 1001@acme.example"}));
  commands.push_back(std::make_unique<UserMove>());
  commands.push_back(std::make_unique<AccountList>(
      AccountTexts{kRole, "user list", "lists users", "user list --domain acme.example --without password"}));
  commands.push_back(std::make_unique<AccountActCommand>(
      Action::kEnable, "enabled",
      AccountTexts{kRole, "user enable", "lets users sign in again", "user enable 1001@acme.example"}));
  commands.push_back(std::make_unique<AccountActCommand>(
      Action::kDisable, "disabled",
      AccountTexts{kRole, "user disable", "keeps users from signing in", "user disable --location Berlin --dry-run"}));
  commands.push_back(std::make_unique<AccountActCommand>(
      Action::kRemove, "removed",
      AccountTexts{kRole, "user remove", "removes users and their secrets", "user remove 1001@acme.example"}));
}

void add_admin_commands(Commands& commands) {
  constexpr Role kRole = Role::kAdmin;
  using Action = AccountAct::Action;
  commands.push_back(std::make_unique<AccountPutCommand>(
      PutMode::kAdd, AccountTexts{kRole, "admin add", "adds an administrator of the named domains, or of all",
                                  "admin add alice --domain acme.example --email alice@acme.example"}));
  commands.push_back(std::make_unique<AccountPutCommand>(
      PutMode::kSet, AccountTexts{kRole, "admin set", "changes what is known of an administrator",
                                  "admin set alice --domain acme.example --domain branch.example"}));
  commands.push_back(
      std::make_unique<AccountShow>(AccountTexts{kRole, "admin show", "shows one administrator", "admin show alice"}));
  commands.push_back(
      std::make_unique<AccountList>(AccountTexts{kRole, "admin list", "lists administrators", "admin list"}));
  commands.push_back(std::make_unique<AccountActCommand>(
      Action::kEnable, "enabled",
      AccountTexts{kRole, "admin enable", "lets administrators sign in again", "admin enable alice"}));
  commands.push_back(std::make_unique<AccountActCommand>(
      Action::kDisable, "disabled",
      AccountTexts{kRole, "admin disable", "keeps administrators from signing in", "admin disable alice"}));
  commands.push_back(std::make_unique<AccountActCommand>(
      Action::kRemove, "removed", AccountTexts{kRole, "admin remove", "removes administrators", "admin remove alice"}));
}

}  // namespace pbxcred::ctl
