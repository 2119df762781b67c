// SPDX-License-Identifier: BSD-2-Clause
// Storing what an import has checked and hashed, on fresh data.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "service/import_plan.h"
#include "store/database.h"

namespace pbxcred {

/// What one settlement did.
struct ImportSettled {
  ImportCounts counts;
  std::vector<std::pair<std::string, std::string>> refused;  ///< place, why
  std::vector<std::string> disabled;                         ///< their accounts
};

class ImportSettler {
 public:
  /// Both borrowed. skip_bad: what cannot be stored is left out; else it spoils the whole.
  ImportSettler(FrameFile& rows, const PlannedDomains& domains, bool skip_bad)
      : rows_(rows), domains_(domains), skip_bad_(skip_bad) {}

  /// Stores users, and new domains. A secret that was changed since it was hashed is replaced none the less; one that
  /// was found unchanged stays as it is now.
  Result<ImportSettled> store(Write& write, std::span<const PlannedUser> users, Time now);
  /// Disables those that still are enabled and in one of the domains (sorted).
  Result<ImportSettled> disable(Write& write, std::span<const AccountId> absent, std::span<const DomainId> domains);

 private:
  Status store_domains(Write& write);
  Status add(Write& write, const PlannedUser& user, const ImportRow& row, Time now);
  Result<bool> update(Write& write, const PlannedUser& user, const ImportRow& row, Time now);

  FrameFile& rows_;
  const PlannedDomains& domains_;
  bool skip_bad_;
};

}  // namespace pbxcred
