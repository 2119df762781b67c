// SPDX-License-Identifier: BSD-2-Clause
// The one place that turns a login into yes.
#pragma once

#include <cstdint>

namespace pbxcred {

/// Why; for logs, administrators and tests. Services are told less (service/login.cc).
enum class Outcome : std::uint8_t { kUnknown, kDisabled, kNotSet, kLocked, kExpired, kWrong, kMustChange, kGranted };

constexpr const char* name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::kUnknown: return "unknown";
    case Outcome::kDisabled: return "disabled";
    case Outcome::kNotSet: return "not set";
    case Outcome::kLocked: return "locked";
    case Outcome::kExpired: return "expired";
    case Outcome::kWrong: return "wrong";
    case Outcome::kMustChange: return "must be changed";
    case Outcome::kGranted: return "granted";
  }
  return "?";
}

/// What is known when a login is decided. Everything starts as the answer that refuses.
struct LoginFacts {
  bool found = false;    ///< the account, within the service's and the module's domains
  bool enabled = false;
  bool set = false;      ///< a secret that this door takes
  bool locked = true;
  bool expired = true;
  bool matched = false;  ///< the secret offered, with the verifier as it is now
  bool due = true;       ///< must be changed
};

constexpr Outcome decide(const LoginFacts& facts) {
  if (!facts.found) return Outcome::kUnknown;
  if (!facts.enabled) return Outcome::kDisabled;
  if (!facts.set) return Outcome::kNotSet;
  if (facts.locked) return Outcome::kLocked;
  if (!facts.matched) return Outcome::kWrong;
  if (facts.expired) return Outcome::kExpired;
  return facts.due ? Outcome::kMustChange : Outcome::kGranted;
}

constexpr bool is_granted(Outcome outcome) {
  return outcome == Outcome::kGranted || outcome == Outcome::kMustChange;
}

}  // namespace pbxcred
