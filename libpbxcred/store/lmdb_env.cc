// SPDX-License-Identifier: BSD-2-Clause
// LMDB's handles as owned classes, and how an environment is made and opened.
#include "store/lmdb_env.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/fd.h"
#include "store/lmdb_file.h"

namespace pbxcred::lmdb {
namespace {

constexpr mode_t kMode = 0600;
constexpr MDB_dbi kFreeList = 0;  // as mdb_stat(1) reads it
constexpr std::uint64_t kDiskFull = std::uint64_t{1} << 20;

Code code_of(int rc) {
  switch (rc) {
    case MDB_MAP_FULL:
    case MDB_TXN_FULL:
    case MDB_READERS_FULL:
    case ENOSPC:
    case EDQUOT:
    case ENOMEM: return Code::kExhausted;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH: return Code::kCorrupt;
    case MDB_BAD_TXN:
    case MDB_BAD_DBI:
    case MDB_BAD_RSLOT:
    case MDB_BAD_VALSIZE:
    case EINVAL: return Code::kInternal;
    default: return Code::kUnavailable;  // MDB_PANIC, EIO and other system errors
  }
}

bool disk_is_full(const char* path) {
  struct statvfs info {};
  return statvfs(path, &info) == 0 && std::uint64_t{info.f_bavail} * info.f_frsize < kDiskFull;
}

}  // namespace

Status sync_directory_of(const std::string& path) {
  const std::string directory = path.substr(0, path.rfind('/') + 1);
  const Fd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd && fsync(fd.get()) == 0) return {};
  return Error{Code::kUnavailable, "the directory " + directory + ": " + std::strerror(errno)};
}

Result<Env> Env::open(const std::string& path, std::uint64_t map_bytes, std::uint64_t whole_up_to) {
  PBXCRED_CHECK(check_lmdb_file(path, whole_up_to));
  Env env(nullptr);
  PBXCRED_CHECK(env.open_handle(path, map_bytes));
  PBXCRED_CHECK(env.open_database());
  int dead = 0;
  if (const int rc = mdb_reader_check(env.get(), &dead)) return env.error(rc, "clearing readers");
  return env;
}

Result<Env> Env::open_to_read(const std::string& path) {
  PBXCRED_CHECK(check_lmdb_file(path, ~std::uint64_t{0}));
  Env env(nullptr);
  // The size of the map is the file's own.
  PBXCRED_CHECK(env.open_handle(path, 0, MDB_RDONLY | MDB_NOLOCK));
  PBXCRED_CHECK(env.open_database());
  return env;
}

Status Env::create(const std::string& path, std::uint64_t map_bytes) {
  const std::string temporary = path + ".new";
  const auto remove_leftovers = [&] {
    unlink(temporary.c_str());
    unlink((temporary + "-lock").c_str());
  };
  remove_leftovers();
  Env env(nullptr);
  Status made = env.open_handle(temporary, map_bytes);
  if (made) {
    if (const int rc = mdb_env_sync(env.get(), 1)) made = env.error(rc, "making the store");
  }
  env.handle_.reset();
  if (made && renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) != 0) {
    made = errno == EEXIST ? Error{Code::kConflict, "there is a store at " + path + " already"}
                           : Error{Code::kUnavailable, "the store " + path + ": " + std::strerror(errno)};
  }
  remove_leftovers();
  PBXCRED_CHECK(made);
  return sync_directory_of(path);
}

Status Env::open_handle(const std::string& path, std::uint64_t map_bytes, unsigned flags) {
  MDB_env* raw = nullptr;
  if (mdb_env_create(&raw) != 0) return Error{Code::kExhausted, "no memory for the store"};
  handle_.reset(raw);
  if (const int rc = map_bytes > 0 ? mdb_env_set_mapsize(raw, map_bytes) : 0) return error(rc, "opening the store");
  // Read transactions belong to their handle, not to their thread; all else is LMDB's default, synced commits above
  // all.
  if (const int rc = mdb_env_open(raw, path.c_str(), MDB_NOSUBDIR | MDB_NOTLS | flags, kMode))
    return error(rc, "opening the store");
  // LMDB opens its other descriptors close-on-exec, not this one.
  mdb_filehandle_t fd = -1;
  mdb_env_get_fd(raw, &fd);
  if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) return error(errno, "opening the store");
  note_size();
  MDB_stat stat{};
  MDB_envinfo info{};
  mdb_env_stat(raw, &stat);
  mdb_env_info(raw, &info);
  page_size_ = stat.ms_psize;
  map_pages_ = info.me_mapsize / page_size_;
  return {};
}

Status Env::open_database() {
  PBXCRED_TRY(TxnHandle txn, begin(MDB_RDONLY));
  if (const int rc = mdb_dbi_open(txn.get(), nullptr, 0, &dbi_)) return error(rc, "opening the store");
  return {};
}

Result<TxnHandle> Env::begin(unsigned flags) const {
  MDB_txn* txn = nullptr;
  if (const int rc = mdb_txn_begin(get(), nullptr, flags, &txn)) return error(rc, "beginning a transaction");
  return TxnHandle(txn);
}

std::uint64_t Env::untouched_pages() const {
  MDB_envinfo info{};
  mdb_env_info(get(), &info);
  const std::uint64_t touched = info.me_last_pgno + 1;
  return touched < map_pages_ ? map_pages_ - touched : 0;
}

Result<std::uint64_t> Env::free_pages() const {
  PBXCRED_TRY(const TxnHandle txn, begin(MDB_RDONLY));
  MDB_cursor* raw = nullptr;
  if (const int rc = mdb_cursor_open(txn.get(), kFreeList, &raw)) return error(rc, "counting free pages");
  const CursorHandle cursor(raw);
  // What the last commit freed, the next transaction may not take yet.
  const std::size_t last = mdb_txn_id(txn.get());
  std::uint64_t pages = 0;
  MDB_val key{}, value{};
  int rc = 0;
  while ((rc = mdb_cursor_get(raw, &key, &value, MDB_NEXT)) == 0) {
    // key: the transaction that freed them; value: their number, then themselves.
    std::size_t transaction = 0, count = 0;
    std::memcpy(&transaction, key.mv_data, sizeof transaction);
    std::memcpy(&count, value.mv_data, sizeof count);
    if (transaction < last) pages += count;
  }
  if (rc != MDB_NOTFOUND) return error(rc, "counting free pages");
  return pages;
}

Status Env::check_file(const std::string& path) const {
  const auto gone = [&](const char* what) {
    return Error{Code::kUnavailable, "the store " + path + " was " + what +
                                         " under the running daemon: put that file back, "
                                         "or stop the daemon and restore a backup"};
  };
  const off_t seen = size_seen_;  // before looking: a commit may make it larger meanwhile
  mdb_filehandle_t fd = -1;
  struct stat ours {}, there {};
  if (mdb_env_get_fd(get(), &fd) != 0 || fstat(fd, &ours) != 0) return error(errno, "looking at the store");
  if (lstat(path.c_str(), &there) != 0) return gone("taken away");
  if (ours.st_dev != there.st_dev || ours.st_ino != there.st_ino) return gone("replaced");
  // LMDB never makes it smaller; that it has fewer pages than LMDB has counted means nothing.
  return ours.st_size < seen ? Status(gone("cut")) : Status();
}

void Env::note_size() const {
  mdb_filehandle_t fd = -1;
  struct stat file {};
  if (mdb_env_get_fd(get(), &fd) == 0 && fstat(fd, &file) == 0 && file.st_size > size_seen_) size_seen_ = file.st_size;
}

Error Env::error(int rc, const char* doing) const {
  const char* path = nullptr;
  // A full disk shows as a short write, and that as EIO.
  if (rc == EIO && handle_ && mdb_env_get_path(get(), &path) == 0 && path != nullptr && disk_is_full(path)) rc = ENOSPC;
  return {code_of(rc), std::string(doing) + ": " + mdb_strerror(rc)};
}

}  // namespace pbxcred::lmdb
