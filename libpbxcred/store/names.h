// SPDX-License-Identifier: BSD-2-Clause
// Which account a name leads to: to one, or to none (design §3 "Accounts and names", R9-R13, R19).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/database.h"
#include "store/name_keys.h"

namespace pbxcred {

/// What is looked up, and where. domain: the module's domain=, a fence: accounts elsewhere are unknown. default_domain:
/// where a bare name is looked for without a fence; both empty: the only domain in which it occurs.
struct Lookup {
  std::string_view name;
  std::string_view domain;
  std::string_view default_domain;
};

/// The account the name leads to. In this order: exact username; extension@domain (or @alias); within the domain:
/// username, extension, number, alternate id; there the number as E.164. A name two accounts answer to leads to none.
Result<std::optional<Account>> find_account(Read& read, const Lookup& lookup);

/// The domains in which a bare name occurs, at most `most` of them, sorted: what to say when it leads to nobody.
Result<std::vector<std::string>> domains_with_name(Read& read, std::string_view name, std::size_t most);

/// A keyed hash of the name as it would be looked up: for queueing and logging names that lead nowhere.
Hash16 hash_name(const KeyRing& ring, std::string_view name);

/// The domain of a user; `not_found` if it is not there.
Result<Domain> domain_of(Read& read, const Account& account);

/// Whether its username is free; a part of check_names that needs no domain.
Status check_username(Read& read, const Account& account);

/// Whether a domain of these users may be called so too: no other account's username reads like EXTENSION@name.
Status check_domain_name(Read& read, const DomainId& domain, std::string_view name);

/// Whether all names of a new or changed account are free; `conflict` names the one that is not. Writes nothing.
Status check_names(Read& read, const Account& account);
/// The same in a domain that may not be stored yet.
Status check_names(Read& read, const Account& account, const Domain& domain);
/// The same of a user whose names have been hashed.
Status check_names(Read& read, const Account& account, const Domain& domain, const std::vector<NameClaim>& claims);

}  // namespace pbxcred
