// SPDX-License-Identifier: BSD-2-Clause
// The account a request on auth.sock is about.
#pragma once

#include <optional>

#include "service/context.h"
#include "store/database.h"

namespace pbxcred {

/// The account asked.user leads to, within the module's domain= and the entry's domains; accounts elsewhere are unknown.
Result<std::optional<Account>> find_subject(Read& read, const Context& context, const Access& access,
                                            const Asked& asked);

}  // namespace pbxcred
