// SPDX-License-Identifier: BSD-2-Clause
// import --mode sync: who of the domains that a file names is absent from it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/id.h"
#include "store/database.h"
#include "wire/admin.h"

namespace pbxcred {

class AbsentScan {
 public:
  /// domains: of the file. present: the users that the file has.
  AbsentScan(std::vector<DomainId> domains, std::vector<AccountId> present);

  /// Looks at up to `most` further users; true while there are more. Between pages no transaction is held.
  Result<bool> page(Read& read, std::size_t most);

  /// Enabled users that are absent, so far.
  const std::vector<AccountId>& absent() const { return absent_; }
  /// The domains of the file, sorted.
  const std::vector<DomainId>& domains() const { return domains_; }
  /// Users of the domains looked at, disabled ones too.
  std::uint64_t users() const { return users_; }

 private:
  std::vector<DomainId> domains_;
  std::vector<AccountId> present_;  ///< sorted
  std::vector<AccountId> absent_;
  std::uint64_t users_ = 0;
  std::size_t next_ = 0;  ///< of domains_
  std::string cursor_;
};

/// Whether so many of so many may be disabled; `refused` says the numbers.
Status check_max_disable(const ImportRequest& request, std::uint64_t absent, std::uint64_t users);

}  // namespace pbxcred
