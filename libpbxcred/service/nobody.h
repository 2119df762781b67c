// SPDX-License-Identifier: BSD-2-Clause
// What administrators are told when a name leads to no account.
#pragma once

#include <string_view>

#include "store/database.h"

namespace pbxcred {

/// `not found`: that nobody bears the name, or in which domains it is. what: "user", "administrator".
Error nobody_answers(Read& read, std::string_view what, std::string_view name);

}  // namespace pbxcred
