// SPDX-License-Identifier: BSD-2-Clause
// Entering an account's names, and taking them out.
#pragma once

#include "store/database.h"

namespace pbxcred {

/// Checks the names of a new account as check_names() does, puts it and enters them.
Status add_account(Write& write, const Account& account);

/// Enters all names of a new or changed account, after check_names. before: as it is stored, none if new; names it had
/// and has no more leave tombstones.
Status index_account(Write& write, const Account* before, const Account& after, Time now);

/// Takes all names of an account out, to be entered again in the same transaction.
Status unenter_account(Write& write, const Account& account, Time now);

/// Takes all names of an account out for good; it and they leave tombstones.
Status unindex_account(Write& write, const Account& account, Time now);

}  // namespace pbxcred
