// SPDX-License-Identifier: BSD-2-Clause
// Which accounts a command means, found page by page (R20, R77).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "service/frame_file.h"
#include "service/settings.h"
#include "store/database.h"
#include "wire/admin.h"

namespace pbxcred {

/// A selection being walked, in the order of the narrowest index that its filters have: --find by extensions, first and
/// last names of each domain, else --location by locations, else by extensions. What is looked at is a range of keys
/// for each domain (domains are few), not every account. Between pages no transaction is held; accounts that come or go
/// meanwhile may be missed, and one whose name changes meanwhile may come twice.
class SelectionScan {
 public:
  /// One account, or why a named one could not be found.
  struct Hit {
    std::optional<Account> account;
    std::string name;  ///< as the command gave it; empty for filters
    std::optional<Error> error;
  };

  /// selection's views must outlive the scan. Filters combine, also with a file of names. `invalid`: nothing selected,
  /// or named users and filters together.
  static Result<SelectionScan> start(Read& read, const Settings& settings, const Selection& selection, Role role,
                                     Fd file);

  /// Looks at up to `most` further accounts, or ranges without any, and returns those that match. done() after the
  /// last.
  Result<std::vector<Hit>> page(Read& read, std::size_t most);
  bool done() const { return done_; }
  /// Whether it may be more than a few.
  bool is_bulk() const { return selection_->users.size() != 1 || selection_->has_file; }

 private:
  Result<std::vector<Hit>> page_of_users(Read& read, std::size_t most);
  Result<std::vector<Hit>> page_of_ranges(Read& read, std::size_t most);
  /// What is walked one after the other in each domain.
  enum class Index { kAdmins, kExtensions, kFirstNames, kLastNames, kLocations };

  Status choose_ranges(Read& read);
  std::string prefix() const;
  void next_range();
  Result<std::vector<AccountId>> ids_in_range(Read& read, std::size_t most);
  Hit look_up(Read& read, std::string_view name);
  Result<bool> matches(Read& read, const Account& account);
  bool came_before(Index index, const Account& account) const;

  std::string default_domain_;
  const Selection* selection_ = nullptr;
  Role role_ = Role::kUser;
  FrameFile file_;
  bool from_file_ = false;
  std::size_t next_user_ = 0;
  std::optional<DomainId> domain_;
  std::string location_, find_;  ///< search_text
  std::vector<DomainId> domains_;
  std::vector<Index> indexes_;
  std::size_t domain_at_ = 0, index_at_ = 0;
  std::string cursor_;  ///< empty: at the beginning of the range
  bool done_ = false;
};

}  // namespace pbxcred
