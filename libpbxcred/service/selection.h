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

/// A selection being walked. Between pages no transaction is held; accounts that come or go meanwhile may be missed.
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

  /// Looks at up to `most` further accounts and returns those that match. done() after the last.
  Result<std::vector<Hit>> page(Read& read, std::size_t most);
  bool done() const { return done_; }
  /// Whether it may be more than a few.
  bool is_bulk() const { return selection_->users.size() != 1 || selection_->has_file; }

 private:
  Result<std::vector<Hit>> page_of_users(Read& read, std::size_t most);
  Result<std::vector<Hit>> page_of_table(Read& read, std::size_t most);
  Hit look_up(Read& read, std::string_view name);
  Result<bool> matches(Read& read, const Account& account);

  std::string default_domain_;
  const Selection* selection_ = nullptr;
  Role role_ = Role::kUser;
  FrameFile file_;
  bool from_file_ = false;
  std::size_t next_user_ = 0;
  std::optional<DomainId> domain_;
  std::string location_, find_;  ///< canonical
  std::string prefix_, cursor_;
  bool done_ = false;
};

}  // namespace pbxcred
