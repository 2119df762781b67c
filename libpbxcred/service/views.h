// SPDX-License-Identifier: BSD-2-Clause
// From records to what administrators see.
#pragma once

#include "model/views.h"
#include "service/context.h"
#include "service/settings.h"
#include "store/database.h"

namespace pbxcred {

/// One secret's state. successes: not yet in the store.
Result<KindView> kind_view(Read& read, const Context& context, const Account& account, Kind kind, Time now);
/// An account with the state of every kind it may have.
Result<AccountView> account_view(Read& read, const Context& context, const Account& account, Time now);
Result<DomainView> domain_view(Read& read, const Settings& settings, const Domain& domain);

/// What the rollout phase of every domain is until phases can be chosen.
inline constexpr const char* kPhase = "closed";

}  // namespace pbxcred
