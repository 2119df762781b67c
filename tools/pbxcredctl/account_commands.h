// SPDX-License-Identifier: BSD-2-Clause
// Commands that users and administrators share: add, set, show, list, enable, disable, remove.
#pragma once

#include <string>

#include "account_options.h"
#include "command.h"
#include "selection.h"
#include "wire/admin.h"

namespace pbxcred::ctl {

/// The texts of a command and whose accounts it is about.
struct AccountTexts {
  Role role;
  const char* words;
  const char* summary;
  const char* example;
};

/// user add|set, admin add|set.
class AccountPutCommand final : public Command {
 public:
  AccountPutCommand(PutMode mode, const AccountTexts& texts)
      : Command(texts.words, texts.summary, texts.example), mode_(mode), role_(texts.role) {}
  void declare(Syntax& syntax) override;
  Status prepare() override { return options_.prepare(mode_ == PutMode::kSet); }
  Result<Exit> run(Session& session) override;

 private:
  PutMode mode_;
  Role role_;
  std::string name_;
  AccountOptions options_;
};

/// user show, admin show.
class AccountShow final : public Command {
 public:
  explicit AccountShow(const AccountTexts& texts)
      : Command(texts.words, texts.summary, texts.example), role_(texts.role) {}
  void declare(Syntax& syntax) override;
  Result<Exit> run(Session& session) override;

 private:
  Role role_;
  std::string name_;
};

/// user list, admin list. Without a selection: all.
class AccountList final : public Command {
 public:
  explicit AccountList(const AccountTexts& texts)
      : Command(texts.words, texts.summary, texts.example), role_(texts.role) {}
  void declare(Syntax& syntax) override;
  Status prepare() override { return selection_.prepare(false); }
  Result<Exit> run(Session& session) override;

 private:
  Role role_;
  SelectionOptions selection_;
};

/// enable, disable, remove, and `lock clear`.
class AccountActCommand final : public Command {
 public:
  /// done: "disabled".
  AccountActCommand(AccountAct::Action action, const char* done, const AccountTexts& texts)
      : Command(texts.words, texts.summary, texts.example), action_(action), done_(done), role_(texts.role) {}
  void declare(Syntax& syntax) override;
  Status prepare() override { return selection_.prepare(true); }
  Result<Exit> run(Session& session) override;

 private:
  AccountAct::Action action_;
  const char* done_;
  Role role_;
  SelectionOptions selection_;
};

}  // namespace pbxcred::ctl
