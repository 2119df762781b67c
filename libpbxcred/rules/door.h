// SPDX-License-Identifier: BSD-2-Clause
// Which secret a door takes (R1-R4, R10-R13, R21-R25). The one place that knows.
#pragma once

#include <optional>

#include "wire/admin.h"
#include "wire/kind.h"

namespace pbxcred {

/// door: what the service asks for. role: the account's. set: the kinds that are set now.
/// Returns the kind whose verifier is tried, and whose ledger is charged; none: nothing opens this door.
constexpr std::optional<Kind> secret_for_door(Kind door, Role role, KindSet set) {
  if ((role == Role::kAdmin) != (door == Kind::kAdmin)) return std::nullopt;  // R22: a class of their own
  if (door == Kind::kPhone && !set.has(Kind::kPhone)) door = Kind::kLogin;    // R25
  if (!set.has(door)) return std::nullopt;
  return door;
}

/// Whether an account of this role may have a secret of this kind at all.
constexpr bool may_hold(Role role, Kind kind) { return (role == Role::kAdmin) == (kind == Kind::kAdmin); }

}  // namespace pbxcred
