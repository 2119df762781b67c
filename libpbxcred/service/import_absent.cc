// SPDX-License-Identifier: BSD-2-Clause
#include "service/import_absent.h"

#include <fmt/format.h>

#include <algorithm>

namespace pbxcred {

AbsentScan::AbsentScan(std::vector<DomainId> domains, std::vector<AccountId> present)
    : domains_(std::move(domains)), present_(std::move(present)) {
  std::sort(domains_.begin(), domains_.end());
  domains_.erase(std::unique(domains_.begin(), domains_.end()), domains_.end());  // a name and an alias are one
  std::sort(present_.begin(), present_.end());
}

Result<bool> AbsentScan::page(Read& read, std::size_t most) {
  if (next_ == domains_.size()) return false;
  const std::string prefix = make_key(Table::kExtension, {domains_[next_].bytes()});
  if (cursor_.empty()) {
    cursor_ = prefix;
    PBXCRED_TRY(const DomainCount count, read.count(domains_[next_]));
    users_ += count.users;
  }
  std::vector<AccountId> suspects;
  PBXCRED_TRY(auto row, read.seek<AccountRef>(Table::kExtension, cursor_));
  for (std::size_t i = 0; i < most && row && row->key.starts_with(prefix); ++i) {
    if (!std::binary_search(present_.begin(), present_.end(), row->record.account))
      suspects.push_back(row->record.account);
    cursor_ = row->key + '\0';  // just behind it
    PBXCRED_TRY(row, read.next<AccountRef>(Table::kExtension));
  }
  if (!row || !row->key.starts_with(prefix)) {
    ++next_;
    cursor_.clear();
  }
  for (const AccountId& id : suspects) {
    PBXCRED_TRY(auto account, read.account(id));
    if (account && account->enabled) absent_.push_back(id);
  }
  return next_ < domains_.size();
}

Status check_max_disable(const ImportRequest& request, std::uint64_t absent, std::uint64_t users) {
  const bool percent = request.max_disable_is_percent;
  const bool fits = percent ? absent * 100 <= users * std::min<std::uint64_t>(request.max_disable, 100)
                            : absent <= request.max_disable;
  if (fits) return {};
  return Error{Code::kRefused,
               fmt::format("{} of {} users of these domains are absent from the file, and --max-disable "
                           "allows {}{}; nothing was done",
                           absent, users, request.max_disable, percent ? "%" : "")};
}

}  // namespace pbxcred
