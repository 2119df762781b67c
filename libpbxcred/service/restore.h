// SPDX-License-Identifier: BSD-2-Clause
// Putting a backup in the place of the store, with no daemon running.
#pragma once

#include <optional>
#include <string>

#include "service/carry_over.h"
#include "store/backup.h"
#include "store/check.h"
#include "store/lmdb_store.h"

namespace pbxcred {

struct RestoreReport {
  BackupSummary backup;
  std::string replaced;              ///< where the store that was there is now; empty: there was none
  std::optional<CarryReport> carry;  ///< what was taken over from it
  std::string not_carried;           ///< why nothing could be; empty with a carry, or if there was no store
  StoreCheckReport check;            ///< of the store that is there now
};

/// Restores the backup in source into lock's directory.
///
/// Everything is checked first: until source has been read to its end and found whole, nothing is touched. Then the new
/// store is built beside the old one (store.mdb.restored), is brought to today's schema, gets what the old one shows of
/// the time since, is looked over as by store check, and takes its place in one step; the old one is kept as
/// store.mdb.replaced-TIME. Killed at any moment it leaves the old or the new one whole. Grants are void: a backup holds
/// none.
/// map_bytes: as LmdbStore. Errors: those of read_backup(), and of making the store.
Result<RestoreReport> restore_store(const StoreLock& lock, std::uint64_t map_bytes, SharedRing ring,
                                    const BackupSource& source, Time now);

}  // namespace pbxcred
