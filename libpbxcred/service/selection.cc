// SPDX-License-Identifier: BSD-2-Clause
#include "service/selection.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/name.h"
#include "service/account_admin.h"

namespace pbxcred {
namespace {

Result<std::string> folded(std::string_view text) {
  if (text.empty()) return std::string();
  return canonical_name(text);
}

/// Users belong to one domain, administrators to those they are named for.
bool is_of_domain(const Account& account, const DomainId& domain) {
  if (account.role == Role::kUser) return account.domain == domain;
  return std::find(account.domains.begin(), account.domains.end(), domain) != account.domains.end();
}

bool starts_with_folded(const std::string& text, const std::string& prefix) {
  const auto canonical = folded(text);
  return canonical && canonical->starts_with(prefix);
}

}  // namespace

Result<SelectionScan> SelectionScan::start(Read& read, const Settings& settings, const Selection& selection, Role role,
                                           Fd file) {
  const bool named = !selection.users.empty() || selection.has_file;
  const bool filtered = !selection.domain.empty() || !selection.location.empty() || !selection.find.empty() ||
                        selection.without.has_value() || selection.all;
  if (!named && !filtered) return Error{Code::kInvalid, "nothing is selected; --all means everybody"};
  if (!selection.users.empty() && filtered) return Error{Code::kInvalid, "name users or filter them, not both"};
  SelectionScan scan;
  scan.selection_ = &selection;
  scan.role_ = role;
  scan.default_domain_ = settings.default_domain;
  if (selection.has_file) {
    PBXCRED_TRY(scan.file_, FrameFile::open(std::move(file)));
    scan.from_file_ = true;
  }
  if (!selection.domain.empty()) {
    PBXCRED_TRY(auto domain, read.find_domain(selection.domain));
    if (!domain) return Error{Code::kNotFound, fmt::format("there is no domain {}", selection.domain)};
    scan.domain_ = domain->id;
  }
  PBXCRED_TRY(scan.location_, folded(selection.location));
  PBXCRED_TRY(scan.find_, folded(selection.find));
  scan.prefix_ = role == Role::kAdmin ? make_key(Table::kAdmin)
                 : scan.domain_       ? make_key(Table::kExtension, {scan.domain_->bytes()})
                                      : make_key(Table::kExtension);
  scan.cursor_ = scan.prefix_;
  return scan;
}

SelectionScan::Hit SelectionScan::look_up(Read& read, std::string_view name) {
  Hit hit;
  hit.name = std::string(name);
  auto account = named_account(read, default_domain_, role_, name);
  if (account) {
    hit.account = std::move(*account);
  } else {
    hit.error = account.error();
  }
  return hit;
}

Result<std::vector<SelectionScan::Hit>> SelectionScan::page_of_users(Read& read, std::size_t most) {
  std::vector<Hit> hits;
  while (next_user_ < selection_->users.size() && hits.size() < most)
    hits.push_back(look_up(read, selection_->users[next_user_++]));
  SecureBuffer frame;
  while (from_file_ && hits.size() < most) {
    PBXCRED_TRY(from_file_, file_.next(frame));
    if (from_file_) hits.push_back(look_up(read, as_text(frame.view())));
  }
  done_ = next_user_ == selection_->users.size() && !from_file_;
  std::vector<Hit> wanted;
  for (Hit& hit : hits) {
    PBXCRED_TRY(const bool matched, hit.account ? matches(read, *hit.account) : Result<bool>(true));
    if (matched) wanted.push_back(std::move(hit));
  }
  return wanted;
}

Result<bool> SelectionScan::matches(Read& read, const Account& account) {
  if (domain_ && !is_of_domain(account, *domain_)) return false;
  if (!location_.empty()) {
    const auto location = folded(account.location);
    if (!location || *location != location_) return false;
  }
  if (!find_.empty() && !starts_with_folded(account.first, find_) && !starts_with_folded(account.last, find_) &&
      !starts_with_folded(account.extension, find_))
    return false;
  if (selection_->without) {
    PBXCRED_TRY(auto verifier, read.verifier(account.id, *selection_->without));
    if (verifier && verifier->hash) return false;
  }
  return true;
}

Result<std::vector<SelectionScan::Hit>> SelectionScan::page_of_table(Read& read, std::size_t most) {
  const Table table = static_cast<Table>(prefix_[0]);
  std::vector<AccountId> ids;
  PBXCRED_TRY(auto row, read.seek<AccountRef>(table, cursor_));
  while (row && row->key.starts_with(prefix_) && ids.size() < most) {
    ids.push_back(row->record.account);
    cursor_ = row->key + '\0';  // just behind it
    PBXCRED_TRY(row, read.next<AccountRef>(table));
  }
  done_ = !row || !row->key.starts_with(prefix_);
  std::vector<Hit> hits;
  for (const AccountId& id : ids) {
    PBXCRED_TRY(auto account, read.account(id));
    if (!account) return Error{Code::kCorrupt, "an index leads to an account that is not there"};
    PBXCRED_TRY(const bool wanted, matches(read, *account));
    if (wanted) hits.push_back({std::move(account), {}, {}});
  }
  return hits;
}

Result<std::vector<SelectionScan::Hit>> SelectionScan::page(Read& read, std::size_t most) {
  const bool named = !selection_->users.empty() || selection_->has_file;
  return named ? page_of_users(read, most) : page_of_table(read, most);
}

}  // namespace pbxcred
