// SPDX-License-Identifier: BSD-2-Clause
// The store: transactions over ordered keys. All meaning lives above it (store/database.h).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace pbxcred {

/// A key and its value, copied out of the store.
struct Entry {
  std::string key;
  std::string value;
};

struct StoreStat {
  std::uint64_t entries = 0;
  std::uint64_t bytes_used = 0;      ///< pages in use
  std::uint64_t bytes_capacity = 0;  ///< what it may grow to; 0: no limit
};

/// A view of the store at one moment. Used by one thread; short: never across a hash.
class StoreRead {
 public:
  virtual ~StoreRead() = default;
  /// The value of key (1..511 bytes), none if absent.
  virtual Result<std::optional<std::string>> get(Bytes key) = 0;
  /// The first entry whose key is not below key (0..511 bytes); none at the end. Places the cursor there.
  virtual Result<std::optional<Entry>> seek(Bytes key) = 0;
  /// The entry after the cursor; none at the end. Before the first seek, and after put or erase, there is no cursor:
  /// `internal`.
  virtual Result<std::optional<Entry>> next() = 0;
  virtual Result<StoreStat> stat() = 0;
  /// Whether reopen() waits for this to end. Who reads for long asks now and then.
  virtual bool is_recalled() const { return false; }
};

/// The only one of its kind at a time. Keeps its first error: later calls do nothing and commit refuses.
/// Destroyed without commit: nothing happened.
class StoreWrite : public StoreRead {
 public:
  /// key: 1..511 bytes.
  virtual void put(Bytes key, Bytes value) = 0;
  /// The same for a key above all that are there, else `internal`; fills pages to the full.
  virtual void append(Bytes key, Bytes value) = 0;
  /// Erasing what is not there is no error.
  virtual void erase(Bytes key) = 0;
  /// Hands what is held back (SortedWrite) to the store, which may give an error; commit does it too.
  virtual void flush() {}
  /// The first error so far.
  virtual const std::optional<Error>& error() const = 0;
  /// Durable when it returns. `exhausted`: disk or map full; `unavailable`: I/O error. On error nothing was changed.
  virtual Status commit() = 0;
};

/// Whether a transaction may use the store's last free space. Counters and erases may; what adds records may not, so
/// that a full store can still count failures.
enum class Space { kLeaveReserve, kUseReserve };

/// Implementations: LmdbStore, MemoryStore. Readers from any thread, writers one at a time. A thread holds one
/// transaction and begins no other meanwhile: reopen() waits for those that run and keeps new ones waiting.
class Store {
 public:
  virtual ~Store() = default;
  virtual Result<std::unique_ptr<StoreRead>> read() = 0;
  virtual Result<std::unique_ptr<StoreWrite>> write(Space space = Space::kLeaveReserve) = 0;
  /// Closes and opens the underlying file again: after a failed write of its meta page LMDB needs it. Waits for
  /// transactions to end. Fails, and closes nothing, as check_file does.
  virtual Status reopen() = 0;
  /// `unavailable` if the path no longer leads to the file that is open, or that has been cut.
  virtual Status check_file() = 0;
  /// Frees the slots of readers that died.
  virtual Status clear_stale_readers() = 0;
};

}  // namespace pbxcred
