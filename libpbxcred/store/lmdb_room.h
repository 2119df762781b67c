// SPDX-License-Identifier: BSD-2-Clause
// The space a write transaction may take. For lmdb_store.cc only.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "store/lmdb_env.h"

namespace pbxcred::lmdb {

/// How many pages a write transaction may still take before it touches the reserve. LMDB does not tell how many it has
/// taken; this is what its tree grew by, and a copy for each page it changed, at most one path down the tree a change.
/// Borrows both; lives no longer than the transaction.
class Room {
 public:
  Room(const Env& env, MDB_txn* txn);

  /// A put or erase comes.
  void note_change() { ++changes_; }
  /// Whether a value of that size fits. Looks at the free list only when the rest of the map does not do.
  Result<bool> has(std::size_t value_size);

 private:
  std::uint64_t taken() const;
  MDB_stat stat() const;

  const Env& env_;
  MDB_txn* txn_;
  std::uint64_t pages_;
  std::uint64_t reserve_;
  std::uint64_t before_;  ///< pages of the tree when the transaction began
  std::uint64_t changes_ = 0;
  bool counted_ = false;
};

}  // namespace pbxcred::lmdb
