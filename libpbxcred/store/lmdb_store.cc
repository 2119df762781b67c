// SPDX-License-Identifier: BSD-2-Clause
// The store in an LMDB file.
#include "store/lmdb_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "base/fd.h"
#include "store/gate.h"
#include "store/lmdb_copy.h"
#include "store/lmdb_env.h"
#include "store/lmdb_room.h"

namespace pbxcred {
namespace {

using lmdb::CursorHandle;
using lmdb::Env;
using lmdb::Room;
using lmdb::TxnHandle;

constexpr std::size_t kMaxKey = 511;
constexpr std::uint64_t kLeastMap = std::uint64_t{4} << 20;

MDB_val val(Bytes bytes) {
  return {bytes.size(), const_cast<std::uint8_t*>(bytes.data())};
}
std::string copy(const MDB_val& value) {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}
Error bad_key() {
  return {Code::kInvalid, "a key has 1 to 511 bytes"};
}
bool good_key(Bytes key) {
  return !key.empty() && key.size() <= kMaxKey;
}

/// Reading in either kind of transaction.
class Reader {
 public:
  Reader(const Env& env, TxnHandle txn) : env_(env), txn_(std::move(txn)) {}

  MDB_txn* txn() const { return txn_.get(); }
  void drop_cursor() { cursor_.reset(); }
  /// Ends the transaction's life here: the caller commits it.
  MDB_txn* release() {
    cursor_.reset();
    return txn_.release();
  }
  void abort() {
    cursor_.reset();
    txn_.reset();
  }

  Result<std::optional<std::string>> get(Bytes key) {
    if (!good_key(key)) return bad_key();
    MDB_val wanted = val(key), value{};
    const int rc = mdb_get(txn(), env_.dbi(), &wanted, &value);
    if (rc == MDB_NOTFOUND) return std::optional<std::string>();
    if (rc != 0) return env_.error(rc, "reading");
    return std::optional<std::string>(copy(value));
  }

  Result<std::optional<Entry>> seek(Bytes key) {
    if (key.size() > kMaxKey) return bad_key();
    if (!cursor_) {
      MDB_cursor* cursor = nullptr;
      if (const int rc = mdb_cursor_open(txn(), env_.dbi(), &cursor)) return env_.error(rc, "reading");
      cursor_.reset(cursor);
    }
    return move(key, key.empty() ? MDB_FIRST : MDB_SET_RANGE);
  }

  Result<std::optional<Entry>> next() {
    if (!cursor_) return Error{Code::kInternal, "next without seek"};
    if (at_end_) return std::optional<Entry>();
    return move({}, MDB_NEXT);
  }

  Result<StoreStat> stat() {
    MDB_stat found{};
    if (const int rc = mdb_stat(txn(), env_.dbi(), &found)) return env_.error(rc, "counting");
    PBXCRED_TRY(const std::uint64_t free, env_.free_pages());
    StoreStat stat;
    stat.entries = found.ms_entries;
    stat.bytes_used = (env_.map_pages() - env_.untouched_pages() - free) * env_.page_size();
    stat.bytes_capacity = env_.map_pages() * env_.page_size();
    return stat;
  }

 private:
  Result<std::optional<Entry>> move(Bytes key, MDB_cursor_op how) {
    MDB_val found = val(key), value{};
    const int rc = mdb_cursor_get(cursor_.get(), &found, &value, how);
    at_end_ = rc == MDB_NOTFOUND;
    if (at_end_) return std::optional<Entry>();
    if (rc != 0) return env_.error(rc, "reading");
    return std::optional<Entry>(Entry{copy(found), copy(value)});
  }

  const Env& env_;
  TxnHandle txn_;
  CursorHandle cursor_;  // goes before its transaction
  bool at_end_ = false;
};

class LmdbRead final : public StoreRead {
 public:
  LmdbRead(Pass pass, const Env& env, TxnHandle txn) : pass_(std::move(pass)), reader_(env, std::move(txn)) {}
  Result<std::optional<std::string>> get(Bytes key) override { return reader_.get(key); }
  Result<std::optional<Entry>> seek(Bytes key) override { return reader_.seek(key); }
  Result<std::optional<Entry>> next() override { return reader_.next(); }
  Result<StoreStat> stat() override { return reader_.stat(); }
  bool is_recalled() const override { return pass_.is_recalled(); }

 private:
  Pass pass_;
  Reader reader_;
};

class LmdbWrite final : public StoreWrite {
 public:
  LmdbWrite(Pass pass, const Env& env, TxnHandle txn, Space space)
      : pass_(std::move(pass)), env_(env), reader_(env, std::move(txn)), room_(env, reader_.txn()), space_(space) {}

  Result<std::optional<std::string>> get(Bytes key) override {
    if (error_) return *error_;
    return reader_.get(key);
  }
  Result<std::optional<Entry>> seek(Bytes key) override {
    if (error_) return *error_;
    return reader_.seek(key);
  }
  Result<std::optional<Entry>> next() override {
    if (error_) return *error_;
    return reader_.next();
  }
  Result<StoreStat> stat() override {
    if (error_) return *error_;
    return reader_.stat();
  }

  void put(Bytes key, Bytes value) override { put(key, value, 0); }
  void append(Bytes key, Bytes value) override { put(key, value, MDB_APPEND); }

  void erase(Bytes key) override {
    if (!may_change(key)) return;
    MDB_val k = val(key);
    const int rc = mdb_del(reader_.txn(), env_.dbi(), &k, nullptr);
    if (rc != 0 && rc != MDB_NOTFOUND) fail(env_.error(rc, "erasing"));
  }

  const std::optional<Error>& error() const override { return error_; }

  Status commit() override {
    if (error_) return *error_;
    // It is gone whatever comes back.
    const int rc = mdb_txn_commit(reader_.release());
    const Status done = rc == 0 ? Status() : env_.error(rc, "committing");
    env_.note_size();
    error_ = done ? Error{Code::kInternal, "the transaction has ended"} : done.error();
    pass_.reset();
    return done;
  }

 private:
  void put(Bytes key, Bytes value, unsigned how) {
    if (!may_change(key) || !has_room(value.size())) return;
    MDB_val k = val(key), v = val(value);
    const int rc = mdb_put(reader_.txn(), env_.dbi(), &k, &v, how);
    if (rc == MDB_KEYEXIST) fail({Code::kInternal, "a key that is appended must be above all others"});
    else if (rc != 0) fail(env_.error(rc, "writing"));
  }
  void fail(Error error) {
    error_ = std::move(error);
    reader_.abort();
    pass_.reset();
  }
  bool may_change(Bytes key) {
    if (error_) return false;
    if (!good_key(key)) {
      fail(bad_key());
      return false;
    }
    reader_.drop_cursor();
    room_.note_change();
    return true;
  }
  bool has_room(std::size_t value_size) {
    if (space_ == Space::kUseReserve) return true;
    const auto enough = room_.has(value_size);
    if (enough && *enough) return true;
    fail(enough ? Error{Code::kExhausted, "the store is full: raise store_size"} : enough.error());
    return false;
  }

  std::optional<Pass> pass_;  ///< until the transaction has ended: nothing of env_ is touched after that
  const Env& env_;
  Reader reader_;
  Room room_;
  Space space_;
  std::optional<Error> error_;
};

/// Holds the directory's lock file.
Result<Fd> lock_directory(const std::string& dir) {
  const std::string path = dir + "/lock";
  Fd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) {
    const Code code = errno == ENOENT ? Code::kNotFound : Code::kUnavailable;
    return Error{code, "the store's lock " + path + ": " + std::strerror(errno)};
  }
  if (flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return fd;
  if (errno == EWOULDBLOCK) return Error{Code::kConflict, "another process has the store in " + dir + " open"};
  return Error{Code::kUnavailable, "the store's lock " + path + ": " + std::strerror(errno)};
}

Status check_presence(const std::string& path, bool create) {
  struct stat info {};
  const bool there = lstat(path.c_str(), &info) == 0;
  if (!create && !there) return Error{Code::kNotFound, "the store " + path + " is missing"};
  if (create && there) return Error{Code::kConflict, "there is a store at " + path + " already"};
  return {};
}

}  // namespace

struct LmdbStore::State {
  std::string path;
  std::uint64_t map_bytes;
  std::optional<StoreLock> lock;  ///< none: somebody else's
  std::optional<Env> env;  ///< none after a failed reopen
  Gate gate{};

  Status check_open() const {
    if (env) return {};
    return Error{Code::kUnavailable, "the store is not open"};
  }
};

LmdbStore::LmdbStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
LmdbStore::~LmdbStore() = default;

Result<StoreLock> StoreLock::take(const std::string& dir) {
  PBXCRED_TRY(Fd fd, lock_directory(dir));
  return StoreLock(dir, std::move(fd));
}

Result<std::unique_ptr<LmdbStore>> LmdbStore::open(const std::string& dir, std::uint64_t map_bytes, bool create,
                                                   std::uint64_t whole_up_to) {
  const std::string path = dir + "/" + kFileName;
  PBXCRED_CHECK(check_presence(path, create));
  PBXCRED_TRY(StoreLock lock, StoreLock::take(dir));
  PBXCRED_TRY(auto store, open_file(path, map_bytes, create, whole_up_to));
  store->state_->lock.emplace(std::move(lock));
  return store;
}

Result<std::unique_ptr<LmdbStore>> LmdbStore::open(const StoreLock& lock, const std::string& name,
                                                   std::uint64_t map_bytes, bool create) {
  const std::string path = lock.directory() + "/" + name;
  PBXCRED_CHECK(check_presence(path, create));
  return open_file(path, map_bytes, create, kAlwaysWhole);
}

Result<std::unique_ptr<LmdbStore>> LmdbStore::open_file(const std::string& path, std::uint64_t map_bytes, bool create,
                                                        std::uint64_t whole_up_to) {
  if (map_bytes < kLeastMap) return Error{Code::kInvalid, "the store needs at least 4 MiB to grow to"};
  if (create) PBXCRED_CHECK(Env::create(path, map_bytes));
  PBXCRED_TRY(Env env, Env::open(path, map_bytes, whole_up_to));
  return std::unique_ptr<LmdbStore>(
      new LmdbStore(std::unique_ptr<State>(new State{path, map_bytes, std::nullopt, std::move(env)})));
}

Result<std::unique_ptr<StoreRead>> LmdbStore::read() {
  Pass pass(state_->gate);
  PBXCRED_CHECK(state_->check_open());
  PBXCRED_TRY(TxnHandle txn, state_->env->begin(MDB_RDONLY));
  return std::unique_ptr<StoreRead>(std::make_unique<LmdbRead>(std::move(pass), *state_->env, std::move(txn)));
}

Result<std::unique_ptr<StoreWrite>> LmdbStore::write(Space space) {
  Pass pass(state_->gate);
  PBXCRED_CHECK(state_->check_open());
  PBXCRED_TRY(TxnHandle txn, state_->env->begin(0));
  return std::unique_ptr<StoreWrite>(std::make_unique<LmdbWrite>(std::move(pass), *state_->env, std::move(txn), space));
}

Status LmdbStore::check_file() {
  const Pass pass(state_->gate);
  PBXCRED_CHECK(state_->check_open());
  return state_->env->check_file(state_->path);
}

Status LmdbStore::copy_to(const std::string& path) {
  const Pass pass(state_->gate);
  PBXCRED_CHECK(state_->check_open());
  return lmdb::copy_compact(*state_->env, path);
}

Status LmdbStore::reopen() {
  state_->gate.close();
  if (state_->env) {
    // What was taken away can still be brought back as long as it is open.
    if (const Status same = state_->env->check_file(state_->path); !same) {
      state_->gate.open();
      return same;
    }
  }
  state_->env.reset();
  auto env = Env::open(state_->path, state_->map_bytes, 0);
  if (env) state_->env.emplace(std::move(*env));
  state_->gate.open();
  return env ? Status() : env.error();
}

Status LmdbStore::clear_stale_readers() {
  const Pass pass(state_->gate);
  PBXCRED_CHECK(state_->check_open());
  int dead = 0;
  if (const int rc = mdb_reader_check(state_->env->get(), &dead)) return state_->env->error(rc, "clearing readers");
  return {};
}

}  // namespace pbxcred
