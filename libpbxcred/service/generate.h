// SPDX-License-Identifier: BSD-2-Clause
// Making secrets for people.
#pragma once

#include "base/secret.h"
#include "rules/policy.h"

namespace pbxcred {

/// A random secret within policy: digits where it asks for digits, else letters and digits that are not mistaken for
/// one another. At least 6 digits or 16 characters where the policy leaves room.
Secret generate_secret(const Policy& policy);

}  // namespace pbxcred
