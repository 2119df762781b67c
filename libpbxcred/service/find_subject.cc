// SPDX-License-Identifier: BSD-2-Clause
#include "service/find_subject.h"

#include <algorithm>

#include "rules/door.h"
#include "service/secrets.h"
#include "store/names.h"

namespace pbxcred {

Result<std::optional<Account>> find_subject(Read& read, const Context& context, const Access& access,
                                            const Asked& asked) {
  PBXCRED_TRY(auto account, find_account(read, {asked.user, asked.domain, context.settings->default_domain}));
  if (account && !may_hold(account->role, asked.kind)) account.reset();  // R22
  if (!account || access.domains.empty() || account->role == Role::kAdmin) return account;
  PBXCRED_TRY(auto domain, domain_of_account(read, *account));
  const auto listed = [&](const std::string& name) {
    return std::find(access.domains.begin(), access.domains.end(), name) != access.domains.end();
  };
  const bool allowed = listed(domain->name) || std::any_of(domain->aliases.begin(), domain->aliases.end(), listed);
  if (!allowed) account.reset();
  return account;
}

}  // namespace pbxcred
