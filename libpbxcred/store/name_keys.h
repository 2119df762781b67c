// SPDX-License-Identifier: BSD-2-Clause
// The keys under which an account's names, and the texts it is searched by, are entered.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crypto/key_ring.h"
#include "crypto/keyed_hash.h"
#include "model/account.h"
#include "model/index.h"
#include "store/tables.h"

namespace pbxcred {

/// Hash of a canonical name; domain and purpose are part of the key it is stored under.
Hash16 hash_canonical(const KeyRing& ring, std::string_view canonical);

/// The key of kName, kNumber or kTombstone of a name in a domain.
std::string name_key(Table table, const DomainId& domain, const Hash16& hash);

/// The key under which a username would be found.
std::string username_key(const KeyRing& ring, std::string_view canonical);

/// One line of the name index.
struct NameClaim {
  std::string key;
  NameRole role = NameRole::kUsername;
  std::string shown;
};
/// Keys of kName and kNumber under which a user must be found, or will be. country: its domain's.
/// `invalid`: what is wrong with a name of it.
Result<std::vector<NameClaim>> name_claims(const KeyRing& ring, const Account& account, std::string_view country);

/// The kUsername key that belongs to a kName key.
std::string username_key_of(const std::string& name_key);

/// Keys of kUsername, kExtension and kAdmin that must lead to the account.
std::vector<std::string> account_index_keys(const KeyRing& ring, const Account& account);
/// The same of a user whose claims are known: nothing is hashed.
std::vector<std::string> account_index_keys(const Account& account, const std::vector<NameClaim>& claims);

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

/// The kTombstone key that belongs to a kName key.
std::string tombstone_key(const std::string& name_key);

}  // namespace pbxcred
