// SPDX-License-Identifier: BSD-2-Clause
// Commands that users and administrators share.
#include "account_commands.h"

#include "call.h"
#include "query.h"

namespace pbxcred::ctl {
namespace {

const char* noun_of(Role role) {
  return role == Role::kUser ? "user" : "administrator";
}

/// Only users have more than one name, a location and so on to be selected by; --role chooses there.
void declare_selection(SelectionOptions& selection, Syntax& syntax, Role role) {
  if (role == Role::kUser) {
    selection.declare(syntax, "USER", "any name that leads to one account", true);
  } else {
    selection.declare(syntax, "NAME", "administrators", false);
  }
}

std::vector<std::string_view> columns_of(Role role) {
  if (role == Role::kAdmin) return {"account", "first", "last", "email", "domains", "enabled", "kinds"};
  return {"account", "username", "first", "last", "email", "location", "enabled", "kinds"};
}

}  // namespace

void AccountPutCommand::declare(Syntax& syntax) {
  const bool new_user = mode_ == PutMode::kAdd && role_ == Role::kUser;
  const char* help = new_user ? "extension and domain" : "any name that leads to one account";
  syntax.operand(new_user               ? "EXT@DOMAIN"
                 : role_ == Role::kUser ? "USER"
                                        : "NAME",
                 name_, role_ == Role::kUser ? help : "the administrator");
  options_.declare(syntax, role_);
}

Result<Exit> AccountPutCommand::run(Session& session) {
  PBXCRED_TRY(const Outcome outcome, ask(session, AccountPut{mode_, role_, name_, options_.message()}));
  const char* done = mode_ == PutMode::kAdd ? "added" : "changed";
  return conclude(session, outcome, {noun_of(role_), done, noun_of(role_)}, false);
}

void AccountShow::declare(Syntax& syntax) {
  if (role_ == Role::kUser) {
    syntax.operand("USER", name_, "any name that leads to one account");
  } else {
    syntax.operand("NAME", name_, "the administrator");
  }
}

Result<Exit> AccountShow::run(Session& session) {
  AccountQuery query;
  query.role = role_;
  query.selection.users.push_back(name_);
  return show_one<AccountView>(session, query);
}

void AccountList::declare(Syntax& syntax) {
  declare_selection(selection_, syntax, role_);
}

Result<Exit> AccountList::run(Session& session) {
  PBXCRED_TRY(const OpenSelection open, OpenSelection::open(selection_));
  const Role role = selection_.role().value_or(role_);
  return list_rows<AccountView>(session, AccountQuery{role, open.message()},
                                {columns_of(role), noun_of(role), open.attachment(), selection_.dry_run()});
}

void AccountActCommand::declare(Syntax& syntax) {
  declare_selection(selection_, syntax, role_);
}

Result<Exit> AccountActCommand::run(Session& session) {
  PBXCRED_TRY(const OpenSelection open, OpenSelection::open(selection_));
  const Role role = selection_.role().value_or(role_);
  const AccountAct request{role, action_, open.message(), selection_.dry_run()};
  PBXCRED_TRY(const Outcome outcome, ask(session, request, open.attachment()));
  return conclude(session, outcome, {noun_of(role), done_, noun_of(role)}, selection_.dry_run());
}

}  // namespace pbxcred::ctl
