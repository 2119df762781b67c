// SPDX-License-Identifier: BSD-2-Clause
#include "service/selection.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/name.h"
#include "service/account_admin.h"
#include "store/names.h"

namespace pbxcred {
namespace {

Result<std::string> folded(const char* filter, std::string_view text) {
  std::string folded = search_text(text);
  if (!text.empty() && folded.empty()) return Error{Code::kInvalid, fmt::format("{}: there is no such text", filter)};
  return folded;
}

constexpr std::size_t kExtensionBytes = 64;  ///< at most; what is longer begins none

/// Users belong to one domain, administrators to those they are named for.
bool is_of_domain(const Account& account, const DomainId& domain) {
  if (account.role == Role::kUser) return account.domain == domain;
  return std::find(account.domains.begin(), account.domains.end(), domain) != account.domains.end();
}

bool begins_with(const std::string& text, const std::string& folded) { return search_text(text).starts_with(folded); }

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
  PBXCRED_TRY(scan.location_, folded("--location", selection.location));
  PBXCRED_TRY(scan.find_, folded("--find", selection.find));
  if (!named) PBXCRED_CHECK(scan.choose_ranges(read));
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
  if (!location_.empty() && search_text(account.location) != location_) return false;
  if (!find_.empty() && !begins_with(account.first, find_) && !begins_with(account.last, find_) &&
      !begins_with(account.extension, find_))
    return false;
  if (selection_->without) {
    PBXCRED_TRY(auto verifier, read.verifier(account.id, *selection_->without));
    if (verifier && verifier->hash) return false;
  }
  return true;
}

Status SelectionScan::choose_ranges(Read& read) {
  if (role_ == Role::kAdmin) {
    indexes_ = {Index::kAdmins};
    domains_ = {DomainId{}};  // one range for all
    return {};
  }
  if (!find_.empty()) indexes_ = {Index::kExtensions, Index::kFirstNames, Index::kLastNames};
  else indexes_ = {location_.empty() ? Index::kExtensions : Index::kLocations};
  if (domain_) {
    domains_ = {*domain_};
    return {};
  }
  PBXCRED_TRY(auto row, read.seek<Domain>(Table::kDomain, make_key(Table::kDomain)));
  while (row) {
    domains_.push_back(row->record.id);
    PBXCRED_TRY(row, read.next<Domain>(Table::kDomain));
  }
  done_ = domains_.empty();
  return {};
}

/// Of the keys in the range at hand.
std::string SelectionScan::prefix() const {
  const DomainId& domain = domains_[domain_at_];
  switch (indexes_[index_at_]) {
    case Index::kAdmins: return make_key(Table::kAdmin);
    case Index::kExtensions:
      return make_key(Table::kExtension,
                      {domain.bytes(), as_bytes(find_).first(std::min(find_.size(), kExtensionBytes))});
    case Index::kFirstNames: return people_prefix(domain, SearchRole::kFirst, find_);
    case Index::kLastNames: return people_prefix(domain, SearchRole::kLast, find_);
    case Index::kLocations: return people_prefix_of_whole(domain, SearchRole::kLocation, location_);
  }
  return {};
}

void SelectionScan::next_range() {
  cursor_.clear();
  if (++index_at_ < indexes_.size()) return;
  index_at_ = 0;
  done_ = ++domain_at_ == domains_.size();
}

Result<std::vector<AccountId>> SelectionScan::ids_in_range(Read& read, std::size_t most) {
  const std::string range = prefix();
  const Table table = static_cast<Table>(range[0]);
  std::vector<AccountId> ids;
  PBXCRED_TRY(auto row, read.seek<AccountRef>(table, cursor_.empty() ? range : cursor_));
  while (row && row->key.starts_with(range) && ids.size() < most) {
    ids.push_back(row->record.account);
    cursor_ = row->key + '\0';  // just behind it
    PBXCRED_TRY(row, read.next<AccountRef>(table));
  }
  if (!row || !row->key.starts_with(range)) next_range();
  return ids;
}

/// Whether an earlier range of its domain had it.
bool SelectionScan::came_before(Index index, const Account& account) const {
  if (index != Index::kFirstNames && index != Index::kLastNames) return false;
  return begins_with(account.extension, find_) || (index == Index::kLastNames && begins_with(account.first, find_));
}

Result<std::vector<SelectionScan::Hit>> SelectionScan::page_of_ranges(Read& read, std::size_t most) {
  std::vector<Hit> hits;
  for (std::size_t looked = 0; !done_ && looked < most;) {
    const Index index = indexes_[index_at_];
    PBXCRED_TRY(const auto ids, ids_in_range(read, most - looked));
    looked += std::max<std::size_t>(ids.size(), 1);
    for (const AccountId& id : ids) {
      PBXCRED_TRY(auto account, read.account(id));
      if (!account) return Error{Code::kCorrupt, "an index leads to an account that is not there"};
      PBXCRED_TRY(const bool wanted, matches(read, *account));
      if (wanted && !came_before(index, *account)) hits.push_back({std::move(account), {}, {}});
    }
  }
  return hits;
}

Result<std::vector<SelectionScan::Hit>> SelectionScan::page(Read& read, std::size_t most) {
  const bool named = !selection_->users.empty() || selection_->has_file;
  return named ? page_of_users(read, most) : page_of_ranges(read, most);
}

}  // namespace pbxcred
