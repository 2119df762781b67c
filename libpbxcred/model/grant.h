// SPDX-License-Identifier: BSD-2-Clause
// A right given for a while to whoever holds its token. Only a keyed hash of the token is stored, as the record's key.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "base/fields.h"
#include "model/id.h"
#include "wire/auth.h"

namespace pbxcred {

struct Grant {
  AccountId account;
  KindSet change;                ///< secrets it may set
  Method method = Method::kNone;
  std::uint64_t generation = 0;  ///< the account's when it was given
  std::uint32_t peer_uid = 0;    ///< who asked for it; nobody else may use it
  Time expires{};
  std::uint32_t tries_left = 0;  ///< broken rules it survives
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& g) {
    v(1, "account", g.account);
    v(2, "change", g.change);
    v(3, "method", g.method);
    v(4, "generation", g.generation);
    v(5, "peer_uid", g.peer_uid);
    v(6, "expires", g.expires);
    v(7, "tries_left", g.tries_left);
  }
};

/// One that was given: h(token), as in its key.
struct GivenGrant {
  std::array<std::uint8_t, 16> token_hash{};
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& g) { v(1, "token_hash", g.token_hash); }
};

/// The last ones that an account was given, oldest first; they may be spent by now. Bounds what sign-ins can leave behind.
struct GivenGrants {
  std::vector<GivenGrant> grants;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& g) { v(1, "grants", g.grants); }
};

}  // namespace pbxcred
