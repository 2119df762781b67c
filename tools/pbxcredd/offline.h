// SPDX-License-Identifier: BSD-2-Clause
// What pbxcredd does with a store whose daemon does not run. All speak on standard output.
#pragma once

#include <string>

#include "service/settings.h"
#include "startup.h"

namespace pbxcred {

/// --store-check: prints every fault; `corrupt` if there is one. `conflict`: a daemon runs.
Status check_offline(const Settings& settings, const RunAs& who);

/// --restore: reads file as who runs this, all else as the daemon's user, and prints what was done.
Status restore_offline(const Settings& settings, const RunAs& who, const std::string& file);

/// --restore-keys: asks for the passphrase and makes the key ring; `conflict` if there is one.
Status restore_keys(const Settings& settings, const RunAs& who, const std::string& file);

}  // namespace pbxcred
