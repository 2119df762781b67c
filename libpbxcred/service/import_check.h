// SPDX-License-Identifier: BSD-2-Clause
// Whether a line of an import can be taken, and what it would do: without hashing, without changing anything.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "crypto/keyed_hash.h"
#include "service/import_plan.h"
#include "service/settings.h"
#include "store/database.h"

namespace pbxcred {

/// What a check found besides the plan; of lines that are taken only.
struct ImportFindings {
  std::map<std::string, std::uint64_t> weak;     ///< "kind rule" to secrets that break it
  std::map<std::string, std::uint64_t> foreign;  ///< kind to hashes of other systems
  std::uint64_t still_disabled = 0;              ///< users that are, and that no import enables
  std::uint64_t to_compare = 0;                  ///< existing users of whom only secrets in clear may change
  ImportCounts counts;                           ///< to_compare are in none
};

class ImportChecker {
 public:
  /// All borrowed; rows is read again when two lines clash.
  ImportChecker(const Settings& settings, const ImportRequest& request, FrameFile& rows, PlannedDomains& domains)
      : settings_(settings), request_(request), rows_(rows), domains_(domains) {}

  /// The plan for the row that begins at frame. Any error but `corrupt` and `unavailable` is the line's own.
  Result<PlannedUser> check(Read& read, const ImportRow& row, std::uint64_t frame, Time now);

  ImportFindings& findings() { return findings_; }
  /// Names are no longer needed once all lines are checked.
  void forget_names() { claimed_.clear(); }

 private:
  struct Claim {
    std::uint64_t frame = 0;
    bool shared = false;
  };
  struct FirstBytes {
    std::size_t operator()(const Hash16& hash) const;
  };
  struct Checked {
    std::vector<std::string> weak;
    bool changes_stored = false;  ///< a secret surely changes
    bool to_compare = false;
  };

  Result<PlannedDomain*> domain_of(Read& read, std::string_view name, Time now);
  Result<Account> account_for(Read& read, const ImportRow& row, const Domain& domain, PlannedUser& user, Time now);
  Status plan_clear(const NewSecret& given, const Domain& domain, PlannedUser& user, Checked& checked);
  Status plan_hash(Read& read, const NewSecret& given, PlannedUser& user);
  Status plan_secrets(Read& read, const ImportRow& row, const Domain& domain, PlannedUser& user, Checked& checked);
  Status look_at_stored(Read& read, const ImportRow& row, const PlannedUser& user, Checked& checked);
  Status claim_names(Read& read, const Account& account, const Domain& domain, std::uint64_t frame);
  Error clash_with(const Claim& other);
  void take(const ImportRow& row, PlannedDomain& domain, const PlannedUser& user, const Checked& checked,
            bool fields_differ);

  const Settings& settings_;
  const ImportRequest& request_;
  FrameFile& rows_;
  PlannedDomains& domains_;
  ImportFindings findings_;
  std::unordered_map<Hash16, Claim, FirstBytes> claimed_;  ///< keyed hashes of index keys
};

}  // namespace pbxcred
