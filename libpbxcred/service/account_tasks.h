// SPDX-License-Identifier: BSD-2-Clause
// Commands over a selection of accounts: list, and enable, disable, remove, unlock.
#pragma once

#include <optional>

#include "service/admin_task.h"
#include "service/selection.h"

namespace pbxcred {

/// How many accounts one slice or one settlement takes: a login waits for a millisecond or two at most.
inline constexpr std::size_t kAccountsAtOnce = 64;

/// user show|list, admin show|list.
class AccountQueryTask final : public AdminTask {
 public:
  AccountQueryTask(AdminContext context, SecureBuffer packet, const AccountQuery& request, Fd file)
      : AdminTask(std::move(context)), packet_(std::move(packet)), request_(request), file_(std::move(file)) {}
  void step() override;

 private:
  Status page();

  SecureBuffer packet_;
  AccountQuery request_;
  Fd file_;
  std::optional<SelectionScan> scan_;
  std::uint64_t found_ = 0, missing_ = 0;
  std::optional<Error> last_error_;
};

/// user enable|disable|remove, lock clear.
class AccountActTask final : public AdminTask {
 public:
  AccountActTask(AdminContext context, SecureBuffer packet, const AccountAct& request, Fd file)
      : AdminTask(std::move(context)), packet_(std::move(packet)), request_(request), file_(std::move(file)) {}
  void step() override;

 private:
  Result<std::vector<AccountId>> page();
  Status log(Read& read, const Account& account);
  void settle(std::vector<AccountId> accounts);

  SecureBuffer packet_;
  AccountAct request_;
  Fd file_;
  std::optional<SelectionScan> scan_;
  std::uint64_t changed_ = 0, failed_ = 0;
  std::optional<Error> last_error_;
};

}  // namespace pbxcred
