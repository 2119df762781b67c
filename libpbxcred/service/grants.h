// SPDX-License-Identifier: BSD-2-Clause
// Giving, finding and spending grants.
#pragma once

#include <optional>
#include <string>

#include "model/grant.h"
#include "store/database.h"

namespace pbxcred {

inline constexpr auto kChangeGrantLife = std::chrono::minutes(10);
inline constexpr std::uint32_t kChangeGrantTries = 5;

/// Stores a grant to change these secrets of the account; returns its token, which is kept nowhere. An account has at most
/// four: the oldest goes.
Result<GrantToken> give_change_grant(Write& write, const Account& account, KindSet change, Method method,
                                     std::uint32_t peer_uid, Time now);

/// The grant behind token if it is this account's and this peer's, not expired, not void, and has tries left.
Result<std::optional<Grant>> find_grant(Read& read, const GrantToken& token, const Account& account,
                                        std::uint32_t peer_uid, Time now);

/// A broken rule costs a try; the last try costs the grant.
void spend_try(Write& write, const GrantToken& token, Grant grant);
void erase_grant(Write& write, const GrantToken& token);

/// Erases what has expired, at most `most` grants a call. Returns how many.
Result<std::size_t> erase_expired_grants(Write& write, Time now, std::size_t most);

}  // namespace pbxcred
