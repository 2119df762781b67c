// SPDX-License-Identifier: BSD-2-Clause
// Whether what stands in a secret column is a secret in clear or a hash.
#pragma once

#include <string_view>

namespace pbxcred {

enum class SecretText {
  kClear,
  kHash,     ///< of a form that the daemon takes: `$argon2id$ $2a$ $2b$ $2y$ $5$ $6$ $y$ $pbxcred$`
  kUnknown,  ///< looks like another system's hash: never to be taken as a secret in clear
};

/// kUnknown are `$WORD$…` (crypt(5), PHC) of another WORD of 1-32 letters, digits, - and _; `{WORD}…` (LDAP) of
/// capitals, digits and -; `_` and 19 characters (BSDi); and 13 characters (DES) of the alphabet ./0-9A-Za-z with both
/// large and small letters. Everything else is kClear, whatever it begins with.
SecretText look_at_secret(std::string_view text);

}  // namespace pbxcred
