// SPDX-License-Identifier: BSD-2-Clause
// Numbers of the C interface to kinds.
#pragma once

#include "wire/kind.h"

namespace pbxcred {

/// The kind of that number; false: none has it, out untouched.
bool read_kind(int number, Kind& out);

}  // namespace pbxcred
