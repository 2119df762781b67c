// SPDX-License-Identifier: BSD-2-Clause
// What the daemon does before it serves, and what `--init` does instead.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "base/log.h"
#include "base/result.h"
#include "crypto/key_ring.h"
#include "service/settings.h"
#include "store/database.h"
#include "store/lmdb_store.h"

namespace pbxcred {

/// Whom the daemon runs as.
struct RunAs {
  uid_t uid = 0;
  gid_t gid = 0;
  std::string name;     ///< empty: stays who it is
};

/// The configured user if started as root, else who runs it. `not found`: no such user.
Result<RunAs> run_as(const Settings& settings);

/// No core dumps, no /proc access by others, close-on-exec descriptors 0-2 present, many descriptors allowed.
Status harden_process();

/// Becomes that user for good; its supplementary groups come along.
Status drop_privileges(const RunAs& who);

/// Makes state_dir, key ring and store, owned by who. `conflict` if ring or store exists; then nothing was made.
Status initialise(const Settings& settings, const RunAs& who, Time now);

/// Makes state_dir as initialise() does, for a store that is about to be restored.
Status prepare_state_dir(const Settings& settings, const RunAs& who);
/// Makes the directories above the key ring's own.
Status prepare_key_parents(const Settings& settings);

/// Everything that outlives the configuration.
struct OpenStore {
  std::unique_ptr<LmdbStore> store;
  std::unique_ptr<Database> database;
};
/// Opens key ring and store as who they belong to, and sees that they fit. A store of an older schema is refused.
Result<OpenStore> open_store(const Settings& settings, const RunAs& who,
                             std::uint64_t whole_up_to = LmdbStore::kWholeAtStart);
/// The same for the daemon that will serve it: a store of an older schema is upgraded, which log tells.
Result<OpenStore> open_store_to_serve(const Settings& settings, const RunAs& who, Log& log);

/// How long one hash takes here, now: the second of two, so that the arena is warm.
Result<std::chrono::microseconds> measure_hash(const HashParams& params);

}  // namespace pbxcred
