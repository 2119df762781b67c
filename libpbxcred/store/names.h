// SPDX-License-Identifier: BSD-2-Clause
// Which account a name leads to: to one, or to none (design §3 "Accounts and names", R9-R13, R19).
#pragma once

#include <optional>
#include <string_view>

#include "store/database.h"

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

/// Whether its username is free; a part of check_names that needs no domain.
Status check_username(Read& read, const Account& account);

/// Whether a domain of these users may be called so too: no other account's username reads like EXTENSION@name.
Status check_domain_name(Read& read, const DomainId& domain, std::string_view name);

/// The key under which a username would be found.
std::string username_key(const KeyRing& ring, std::string_view canonical);

/// Whether all names of a new or changed account are free; `conflict` names the one that is not. Writes nothing.
Status check_names(Read& read, const Account& account);
/// The same in a domain that may not be stored yet.
Status check_names(Read& read, const Account& account, const Domain& domain);

/// Enters all names of a new or changed account, after check_names. before: as it is stored, none if new; names it had
/// and has no more leave tombstones.
Status index_account(Write& write, const Account* before, const Account& after, Time now);

/// Takes all names of an account out, to be entered again in the same transaction.
Status unenter_account(Write& write, const Account& account, Time now);

/// Takes all names of an account out for good; it and they leave tombstones.
Status unindex_account(Write& write, const Account& account, Time now);

/// One line of the name index.
struct NameClaim {
  std::string key;
  NameRole role = NameRole::kUsername;
  std::string shown;
};
/// Keys of kName and kNumber under which a user must be found, or will be. country: its domain's.
std::vector<NameClaim> name_claims(const KeyRing& ring, const Account& account, std::string_view country);

/// Keys of kUsername, kExtension and kAdmin that must lead to the account.
std::vector<std::string> account_index_keys(const KeyRing& ring, const Account& account);

/// By what users are searched in the order of keys: by the beginning of first and last name, by the whole location.
enum class SearchRole : char { kFirst = 'f', kLast = 'l', kLocation = 'o' };

/// What every kPeople key of a domain's users begins with whose text in that role begins with `begin` (search_text),
/// and perhaps others: only the first 64 bytes are in keys.
std::string people_prefix(const DomainId& domain, SearchRole role, std::string_view begin);
/// The same for those whose text is `text`.
std::string people_prefix_of_whole(const DomainId& domain, SearchRole role, std::string_view text);

/// Keys of kPeople that must lead to the account. Texts that are empty have none; administrators have none.
std::vector<std::string> people_keys(const Account& account);

/// The kBareName key that belongs to a kName key.
std::string bare_name_key(const std::string& name_key);

}  // namespace pbxcred
