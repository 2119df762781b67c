// SPDX-License-Identifier: BSD-2-Clause
// A compact copy of an LMDB file.
#include "store/lmdb_copy.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/fd.h"

namespace pbxcred::lmdb {
namespace {

Error system_error(const std::string& path, int number) {
  const Code code = number == ENOSPC || number == EDQUOT ? Code::kExhausted : Code::kUnavailable;
  return {code, "the copy " + path + ": " + std::strerror(number)};
}

/// A transaction, and a cursor at its first entry.
struct Walk {
  TxnHandle txn;
  CursorHandle cursor{};
  MDB_val key{}, value{};

  static Result<Walk> begin(const Env& env) {
    PBXCRED_TRY(TxnHandle txn, env.begin(MDB_RDONLY));
    Walk walk{std::move(txn)};
    MDB_cursor* cursor = nullptr;
    if (const int rc = mdb_cursor_open(walk.txn.get(), env.dbi(), &cursor)) return env.error(rc, "comparing the copy");
    walk.cursor.reset(cursor);
    return walk;
  }
  int next() { return mdb_cursor_get(cursor.get(), &key, &value, MDB_NEXT); }
};

bool equal(const MDB_val& one, const MDB_val& other) {
  return one.mv_size == other.mv_size && std::memcmp(one.mv_data, other.mv_data, one.mv_size) == 0;
}

/// Nobody has written to env since the copy was begun.
Status compare(const Env& env, const std::string& path) {
  PBXCRED_TRY(const Env copy, Env::open_to_read(path));
  PBXCRED_TRY(Walk ours, Walk::begin(env));
  PBXCRED_TRY(Walk theirs, Walk::begin(copy));
  for (;;) {
    const int rc = ours.next();
    const int same = theirs.next();
    if (rc != 0 && rc != MDB_NOTFOUND) return env.error(rc, "comparing the copy");
    if (rc != same || (rc == 0 && (!equal(ours.key, theirs.key) || !equal(ours.value, theirs.value))))
      return Error{Code::kUnavailable, "the copy " + path + " differs from the store"};
    if (rc == MDB_NOTFOUND) return {};
  }
}

Status write_copy(const Env& env, const std::string& path) {
  const Fd fd(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return system_error(path, errno);
  // Neither mode nor syncing is left to LMDB.
  const int rc = mdb_env_copyfd2(env.get(), fd.get(), MDB_CP_COMPACT);
  if (rc > 0) return system_error(path, rc);
  if (rc != 0) return env.error(rc, "copying the store");
  if (fsync(fd.get()) != 0) return system_error(path, errno);
  return {};
}

}  // namespace

Status copy_compact(const Env& env, const std::string& path) {
  const std::string temporary = path + ".new";
  unlink(temporary.c_str());
  Status done = write_copy(env, temporary);
  if (done) done = compare(env, temporary);
  if (done && std::rename(temporary.c_str(), path.c_str()) != 0) done = system_error(path, errno);
  if (!done) unlink(temporary.c_str());
  PBXCRED_CHECK(done);
  return sync_directory_of(path);
}

}  // namespace pbxcred::lmdb
