// SPDX-License-Identifier: BSD-2-Clause
// From older schemas to today's (design §5.12).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "store/database.h"
#include "store/lmdb_store.h"

namespace pbxcred {

/// Brings a store to kSchema, step by step, each step in one transaction: a kill leaves one schema or the next, whole.
/// Errors as of Database::schema; `corrupt`: what a step reads is not sound; `exhausted`: it needs more room than
/// store_size leaves. Memory: some 50 MB; for a million users it takes a minute at most.
Status upgrade_records(Database& database);

struct Upgraded {
  std::uint32_t from = 0;
  std::string copy;  ///< where the store as it was is kept
};

/// The same for the daemon's store in dir, of which a compact copy is made, synced and compared first:
/// dir/store.mdb.schema-N, mode 0600; an older copy of that name is replaced. None: there was nothing to do.
Result<std::optional<Upgraded>> upgrade_store(LmdbStore& store, Database& database, const std::string& dir);

}  // namespace pbxcred
