// SPDX-License-Identifier: BSD-2-Clause
// A compact copy of an LMDB file. For lmdb_store.cc only.
#pragma once

#include <string>

#include "base/result.h"
#include "store/lmdb_env.h"

namespace pbxcred::lmdb {

/// Copies env as it is now to path: mode 0600, without free pages, synced, compared entry by entry, and only then under
/// its name, where it replaces what was there. On error nothing is left but perhaps path.new after a kill.
Status copy_compact(const Env& env, const std::string& path);

}  // namespace pbxcred::lmdb
