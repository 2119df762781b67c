// SPDX-License-Identifier: BSD-2-Clause
// The store in an LMDB file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "base/fd.h"
#include "store/store.h"

namespace pbxcred {

/// The right to open the stores of a directory; one process has it.
class StoreLock {
 public:
  /// `conflict`: another process has it; `not found`: no such directory; `unavailable`.
  static Result<StoreLock> take(const std::string& dir);
  const std::string& directory() const { return dir_; }

 private:
  StoreLock(std::string dir, Fd fd) : dir_(std::move(dir)), fd_(std::move(fd)) {}
  std::string dir_;
  Fd fd_;
};

/// Files in its directory: store.mdb, store.mdb-lock (LMDB's) and lock (held while the store is open: one process).
/// Default durability: a commit that returned survives kill and power cut. Open it after the last fork.
/// Threads: read() from any; a write transaction is used and ended by the thread that began it.
class LmdbStore final : public Store {
 public:
  /// dir: exists. map_bytes: what the store may grow to, at least 4 MiB; address space, not memory. A 64th of it (1 to
  /// 64 MiB) is the reserve: without Space::kUseReserve a put that would touch it fails with `exhausted`; to erase is
  /// always allowed.
  /// create: makes an empty store, `conflict` if there is one; otherwise opens, `not found` if there is none.
  /// `conflict`: a process has it open already. `corrupt`: not an LMDB file, or cut. `invalid`, `unavailable`,
  /// `exhausted`.
  /// whole_up_to: a file of at most so many bytes is read and checked page by page before it is used.
  static constexpr const char* kFileName = "store.mdb";
  static constexpr std::uint64_t kWholeAtStart = std::uint64_t{1} << 30;
  static constexpr std::uint64_t kAlwaysWhole = ~std::uint64_t{0};

  static Result<std::unique_ptr<LmdbStore>> open(const std::string& dir, std::uint64_t map_bytes, bool create,
                                                 std::uint64_t whole_up_to = kWholeAtStart);
  /// A store of that file name in the directory of a lock that the caller holds and keeps. Not the same file twice.
  /// Always checked page by page.
  static Result<std::unique_ptr<LmdbStore>> open(const StoreLock& lock, const std::string& name,
                                                 std::uint64_t map_bytes, bool create);
  ~LmdbStore() override;

  Result<std::unique_ptr<StoreRead>> read() override;
  Result<std::unique_ptr<StoreWrite>> write(Space space = Space::kLeaveReserve) override;
  Status reopen() override;
  Status check_file() override;
  Status clear_stale_readers() override;

  /// A compact copy of what the store holds now, at path: 0600, synced and compared. What was there is replaced.
  /// Nobody may write meanwhile.
  Status copy_to(const std::string& path);

 private:
  static Result<std::unique_ptr<LmdbStore>> open_file(const std::string& path, std::uint64_t map_bytes, bool create,
                                                      std::uint64_t whole_up_to);
  struct State;
  explicit LmdbStore(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace pbxcred
