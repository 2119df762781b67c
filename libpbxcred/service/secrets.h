// SPDX-License-Identifier: BSD-2-Clause
// What use cases share about one account's secrets: which are set, which policy governs them, which are due.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rules/limits.h"
#include "service/settings.h"
#include "store/database.h"

namespace pbxcred {

/// An account's secrets as stored, indexed by Kind.
struct Secrets {
  std::vector<std::optional<Verifier>> by_kind = std::vector<std::optional<Verifier>>(std::size(kAllKinds));

  const std::optional<Verifier>& operator[](Kind kind) const { return by_kind[static_cast<std::size_t>(kind)]; }
  /// The kinds that have a hash.
  KindSet set() const;
  /// The kinds that must be changed before going on.
  KindSet due(Time now) const;
};

Result<Secrets> load_secrets(Read& read, const AccountId& account);

/// The policy in force for a kind in a domain (none: an administrator's), and whose choice it is.
struct PolicyInForce {
  Policy policy;
  bool of_domain = false;
};
PolicyInForce policy_for(const Settings& settings, const Domain* domain, Kind kind);

/// extension@domain; administrators: username. domain: the account's, may be null for administrators.
std::string account_name(const Account& account, const Domain* domain);

/// The domain of an account; none for administrators. `corrupt`: it is not there.
Result<std::optional<Domain>> domain_of_account(Read& read, const Account& account);

}  // namespace pbxcred
