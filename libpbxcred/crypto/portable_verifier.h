// SPDX-License-Identifier: BSD-2-Clause
// A verifier as `export csv --with-verifiers` writes it: a text that only a daemon with the same key ring can read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/secret.h"
#include "crypto/hasher.h"

namespace pbxcred {

inline constexpr std::string_view kPortablePrefix = "$pbxcred$";
inline constexpr std::size_t kMaxPortable = 1024;  ///< bytes of the text

/// A verifier without its account: what moves to another one. described: scheme, parameters and salt of the hash, whose
/// plain form is plain; none: a tombstone.
struct PortableVerifier {
  std::optional<SealedHash> described;  ///< key id and sealed mean nothing
  SecureBuffer plain;
  Time set_at{};
  bool must_change = false;
  bool temporary = false;
  std::optional<Time> expires_at;
  bool weak = false;
  std::optional<std::array<std::uint8_t, 16>> origin;
};

/// Writes an account's verifier as `$pbxcred$1$KEYID$BASE64`, sealed under the ring's current key for exports and bound
/// to its kind, parameters and state; not to the account. `corrupt` if the verifier's own seal does not open.
/// Thread-safe; some microseconds.
Result<std::string> export_verifier(const KeyRing& ring, const AccountId& account, const Verifier& verifier);

/// Reads such a text. Errors (`invalid`) repeat nothing of it: malformed, a key that the ring does not hold, or one
/// that does not open (changed, of another kind, made with another ring).
Result<PortableVerifier> read_portable(const KeyRing& ring, Kind kind, std::string_view text);

/// What a verifier is apart from account, generation and key. `corrupt` if its seal does not open.
Result<PortableVerifier> portable_of(const KeyRing& ring, const AccountId& account, const Verifier& verifier);

/// Whether both are the same hash in the same state.
bool same_verifier(const PortableVerifier& a, const PortableVerifier& b);

}  // namespace pbxcred
