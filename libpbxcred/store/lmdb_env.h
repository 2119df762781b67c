// SPDX-License-Identifier: BSD-2-Clause
// LMDB's handles as owned classes, and how an environment is made and opened. For lmdb_store.cc only.
#pragma once

#include <lmdb.h>
#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "base/result.h"

namespace pbxcred::lmdb {

struct CloseEnv {
  void operator()(MDB_env* env) const { mdb_env_close(env); }
};
struct AbortTxn {
  void operator()(MDB_txn* txn) const { mdb_txn_abort(txn); }
};
struct CloseCursor {
  void operator()(MDB_cursor* cursor) const { mdb_cursor_close(cursor); }
};
using TxnHandle = std::unique_ptr<MDB_txn, AbortTxn>;
using CursorHandle = std::unique_ptr<MDB_cursor, CloseCursor>;

/// Makes what happened to path's name durable.
Status sync_directory_of(const std::string& path);

/// An open environment with its one, unnamed database.
class Env {
 public:
  /// Opens the data file at path, which must exist and is checked before it is mapped. Nobody of this process may have
  /// it open.
  /// whole_up_to: as check_lmdb_file().
  static Result<Env> open(const std::string& path, std::uint64_t map_bytes, std::uint64_t whole_up_to);
  /// Opens a data file that nobody writes, beside an open one or not; leaves nothing beside it.
  static Result<Env> open_to_read(const std::string& path);
  /// Makes an empty data file at path, wholly there or wholly absent; not yet open.
  static Status create(const std::string& path, std::uint64_t map_bytes);

  Env(Env&& other) noexcept
      : handle_(std::move(other.handle_)),
        dbi_(other.dbi_),
        page_size_(other.page_size_),
        map_pages_(other.map_pages_),
        size_seen_(other.size_seen_.load()) {}

  MDB_env* get() const { return handle_.get(); }
  MDB_dbi dbi() const { return dbi_; }
  std::uint32_t page_size() const { return page_size_; }
  std::uint64_t map_pages() const { return map_pages_; }
  /// Pages never taken yet.
  std::uint64_t untouched_pages() const;
  /// Pages on the free list that the write transaction begun last may take. Counts them: as long as the list.
  Result<std::uint64_t> free_pages() const;

  /// `unavailable` if path leads to another file than this one, to none, or if it is smaller than it was.
  Status check_file(const std::string& path) const;
  /// After a commit: the file may have grown. The writer's.
  void note_size() const;

  /// What an LMDB return code means, with what we were doing.
  Error error(int rc, const char* doing) const;

  Result<TxnHandle> begin(unsigned flags) const;

 private:
  explicit Env(MDB_env* env) : handle_(env) {}
  Status open_handle(const std::string& path, std::uint64_t map_bytes, unsigned flags = 0);
  Status open_database();

  std::unique_ptr<MDB_env, CloseEnv> handle_;
  MDB_dbi dbi_ = 0;
  std::uint32_t page_size_ = 0;
  std::uint64_t map_pages_ = 0;
  mutable std::atomic<off_t> size_seen_ = 0;
};

}  // namespace pbxcred::lmdb
