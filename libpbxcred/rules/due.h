// SPDX-License-Identifier: BSD-2-Clause
// When a secret has died, and when it must be changed.
#pragma once

#include "base/clock.h"
#include "model/verifier.h"

namespace pbxcred {

/// A temporary secret dies for good at expires_at (R81).
inline bool is_expired(const Verifier& secret, Time now) { return secret.expires_at && now >= *secret.expires_at; }

/// Set, alive, and its owner must choose another before going on (R67, R82).
inline bool must_change(const Verifier& secret, Time now) {
  return secret.hash && !is_expired(secret, now) && (secret.must_change || secret.temporary);
}

}  // namespace pbxcred
