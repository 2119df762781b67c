// SPDX-License-Identifier: BSD-2-Clause
#include "service/secrets.h"

#include "rules/due.h"

namespace pbxcred {

KindSet Secrets::set() const {
  KindSet kinds;
  for (Kind kind : kAllKinds)
    if ((*this)[kind] && (*this)[kind]->hash) kinds.add(kind);
  return kinds;
}

KindSet Secrets::due(Time now) const {
  KindSet kinds;
  for (Kind kind : kAllKinds)
    if ((*this)[kind] && must_change(*(*this)[kind], now)) kinds.add(kind);
  return kinds;
}

Result<Secrets> load_secrets(Read& read, const AccountId& account) {
  Secrets secrets;
  for (Kind kind : kAllKinds) {
    PBXCRED_TRY(secrets.by_kind[static_cast<std::size_t>(kind)], read.verifier(account, kind));
  }
  return secrets;
}

PolicyInForce policy_for(const Settings& settings, const Domain* domain, Kind kind) {
  if (domain != nullptr)
    for (const DomainPolicy& chosen : domain->policies)
      if (chosen.kind == kind)
        if (const Policy* policy = find_policy(settings, chosen.policy)) return {*policy, true};
  // The configuration reader has made sure that every default names a policy.
  const Policy* policy = find_policy(settings, settings.kinds[static_cast<std::size_t>(kind)]);
  return {policy != nullptr ? *policy : built_in_policies().front(), false};
}

std::string account_name(const Account& account, const Domain* domain) {
  if (account.role == Role::kAdmin || domain == nullptr) return account.username;
  return account.extension + "@" + domain->name;
}

Result<std::optional<Domain>> domain_of_account(Read& read, const Account& account) {
  if (account.role == Role::kAdmin) return std::optional<Domain>();
  PBXCRED_TRY(auto domain, read.domain(account.domain));
  if (!domain) return Error{Code::kCorrupt, "an account's domain is not there"};
  return domain;
}

}  // namespace pbxcred
