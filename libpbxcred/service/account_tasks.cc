// SPDX-License-Identifier: BSD-2-Clause
#include "service/account_tasks.h"

#include <fmt/format.h>

#include "service/admin_write.h"
#include "service/secrets.h"
#include "service/views.h"
#include "store/names.h"

namespace pbxcred {
namespace {

using Action = AccountAct::Action;

/// Returns whether anything changed.
Result<bool> unlock(Write& write, const Account& account) {
  bool changed = false;
  for (Kind kind : kAllKinds) {
    PBXCRED_TRY(auto ledger, write.ledger(account.id, kind));
    if (!ledger) continue;
    write.erase_ledger(account.id, kind);
    changed = true;
  }
  return changed;
}

Result<bool> act(Write& write, Action action, Account account, Time now) {
  if (action == Action::kUnlock) return unlock(write, account);
  if (action == Action::kRemove) {
    PBXCRED_CHECK(unindex_account(write, account, now));
    PBXCRED_CHECK(write.erase_account(account));
    return true;
  }
  const bool enable = action == Action::kEnable;
  if (account.enabled == enable) return false;
  account.enabled = enable;
  ++account.generation;
  PBXCRED_CHECK(write.put_account(account));
  return true;
}

Result<std::uint64_t> act_on_all(Write& write, Action action, const std::vector<AccountId>& accounts, Time now) {
  std::uint64_t changed = 0;
  for (const AccountId& id : accounts) {
    PBXCRED_TRY(auto account, write.account(id));
    if (!account) continue;
    PBXCRED_TRY(const bool one, act(write, action, std::move(*account), now));
    changed += one ? 1 : 0;
  }
  return changed;
}

}  // namespace

Status AccountQueryTask::page() {
  PBXCRED_TRY(Read read, engine().database().read());
  if (!scan_) {
    PBXCRED_TRY(scan_, SelectionScan::start(read, settings(), request_.selection, request_.role, std::move(file_)));
  }
  PBXCRED_TRY(auto hits, scan_->page(read, kAccountsAtOnce));
  for (const SelectionScan::Hit& hit : hits) {
    if (!hit.account) {
      note(true, hit.name, hit.error->what);
      last_error_ = hit.error;
      ++missing_;
      continue;
    }
    PBXCRED_TRY(AccountView view, account_view(read, context_.services, *hit.account, engine().clock().now()));
    context_.reply->put(view);
    ++found_;
  }
  return {};
}

void AccountQueryTask::step() {
  const Status paged = page();
  if (!paged) return finish(paged, found_, missing_);
  if (scan_->done()) finish(last_error_ && found_ == 0 ? Status(*last_error_) : Status(), found_, missing_);
}

Result<std::vector<AccountId>> AccountActTask::page() {
  PBXCRED_TRY(Read read, engine().database().read());
  if (!scan_) {
    PBXCRED_TRY(scan_, SelectionScan::start(read, settings(), request_.selection, request_.role, std::move(file_)));
  }
  PBXCRED_TRY(auto hits, scan_->page(read, kAccountsAtOnce));
  std::vector<AccountId> accounts;
  for (const SelectionScan::Hit& hit : hits) {
    if (hit.account) {
      accounts.push_back(hit.account->id);
      if (!request_.dry_run) PBXCRED_CHECK(log(read, *hit.account));
      continue;
    }
    note(true, hit.name, hit.error->what);
    last_error_ = hit.error;
    ++failed_;
  }
  return accounts;
}

Status AccountActTask::log(Read& read, const Account& account) {
  PBXCRED_TRY(auto domain, domain_of_account(read, account));
  context_.services.log->write(LogLevel::kNotice,
                               fmt::format("account uid={} action={} account={}", context_.uid,
                                           name_of(request_.action),
                                           quoted(account_name(account, domain ? &*domain : nullptr))));
  return {};
}

void AccountActTask::settle(std::vector<AccountId> accounts) {
  waiting_ = true;
  auto self = std::static_pointer_cast<AccountActTask>(shared_from_this());
  engine().submit(std::make_unique<AdminWrite>(
                      [self, accounts = std::move(accounts)](Write& write, Time now) {
                        return act_on_all(write, self->request_.action, accounts, now);
                      },
                      [self](const Status& outcome, std::uint64_t changed) {
                        self->waiting_ = false;
                        self->changed_ += changed;
                        if (!outcome) self->finish(outcome, self->changed_, self->failed_ + 1);
                      },
                      Growth::kNone),
                  share(scan_->is_bulk()));
}

void AccountActTask::step() {
  if (is_cancelled()) return finish(cancelled(changed_), changed_, failed_);
  if (!scan_ || !scan_->done()) {
    auto accounts = page();
    if (!accounts) return finish(accounts.error(), changed_, failed_);
    if (request_.dry_run) changed_ += accounts->size();
    else if (!accounts->empty()) return settle(std::move(*accounts));
  }
  if (scan_->done()) finish(last_error_ && changed_ == 0 ? Status(*last_error_) : Status(), changed_, failed_);
}

}  // namespace pbxcred
