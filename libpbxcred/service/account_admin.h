// SPDX-License-Identifier: BSD-2-Clause
// user add, set, move; admin add, set; and what they share with import.
#pragma once

#include <optional>
#include <string_view>

#include "model/account.h"
#include "service/settings.h"
#include "store/database.h"
#include "wire/admin.h"

namespace pbxcred {

/// Each returns how many accounts it changed; checks everything before its first put.
Result<std::uint64_t> put_account(Write& write, const Settings& settings, const AccountPut& request, Time now);
Result<std::uint64_t> move_account(Write& write, const Settings& settings, const AccountMove& request, Time now);

/// Writes what `data` says into account, in normal form. Names are not checked against others. Domains of
/// administrators are looked up in read. `invalid` names the field.
Status apply_fields(Read& read, const AccountFields& data, Account& account);

/// A new, enabled user without id-dependent records; extension in canonical form.
Result<Account> new_user(std::string_view extension, const DomainId& domain, Time now);

/// EXT@DOMAIN taken apart. `invalid` if it is not of that form.
struct Address {
  std::string_view extension, domain;
};
Result<Address> parse_address(std::string_view text);

/// The one account a name leads to, of this role. `not found` otherwise.
Result<Account> named_account(Read& read, std::string_view default_domain, Role role, std::string_view name);

}  // namespace pbxcred
