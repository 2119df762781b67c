// SPDX-License-Identifier: BSD-2-Clause
// domain add, set, rename, remove.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/domain.h"
#include "service/settings.h"
#include "store/database.h"
#include "wire/admin.h"

namespace pbxcred {

/// Each returns how many domains it changed; checks everything before its first put.
Result<std::uint64_t> put_domain(Write& write, const Settings& settings, const DomainPut& request, Time now);
Result<std::uint64_t> rename_domain(Write& write, const Settings& settings, const DomainRename& request, Time now);
Result<std::uint64_t> remove_domain(Write& write, const Settings& settings, const DomainRemove& request, Time now);

/// A row of a domain file, and where it stands.
struct PlacedDomain {
  std::string place;  ///< file:line
  DomainPut put;      ///< borrows
};
/// Why one of them is refused.
struct DomainProblem {
  std::string place;
  Error error;
};
struct DomainCounts {
  std::uint64_t added = 0, changed = 0, unchanged = 0;
};
/// domain import: adds those that are not there, sets the others. If any is refused, all problems are told and the
/// transaction is of no use.
Result<DomainCounts> put_domains(Write& write, const Settings& settings, const std::vector<PlacedDomain>& rows,
                                 Time now, std::vector<DomainProblem>& problems);

/// A new domain of that name with default settings, not yet stored. `invalid`, `conflict`.
Result<Domain> new_domain(Read& read, std::string_view name, Time now);
/// A sentence for every domain that has chosen a policy which the settings do not have (any more).
Result<std::vector<std::string>> missing_policies(Read& read, const Settings& settings);
/// Stores a new domain with its name.
void store_new_domain(Write& write, const Domain& domain);

}  // namespace pbxcred
