// SPDX-License-Identifier: BSD-2-Clause
// Plain limits of a secret: alphabet and length (R15-R17, R99). Encoding and emptiness are checked before, by
// secret_to_set (model/name.h).
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "rules/policy.h"
#include "wire/kind.h"

namespace pbxcred {

/// A rule that a secret breaks: a stable code and a sentence for its owner.
struct BrokenRule {
  const char* code = "";  ///< too-short, too-long, alphabet
  std::string text;
};

/// Every rule of policy that secret breaks; empty: it may be set.
std::vector<BrokenRule> broken_rules(const Policy& policy, Kind kind, SecretView secret);

/// What a person about to choose a secret is told, one sentence.
std::string describe(const Policy& policy, Kind kind);

/// "password" or "PIN", as people call it.
const char* noun_of(Kind kind);

/// sshd tries this instead of what was typed when it does not know the user (auth-pam.c): nobody's guess.
bool is_sshd_junk(SecretView secret);

}  // namespace pbxcred
