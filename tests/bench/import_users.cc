// SPDX-License-Identifier: BSD-2-Clause
// Settles users with ready hashes in one transaction, as an import does, into a fresh store; then loads what came of it
// into bare LMDB files, in order: sorted first and appended (MDB_APPEND, which looks for no place), appended as it is
// sorted already, and put so (each looks for its place).
//
//   import_users DIR USERS
//
// Prints: seconds of the four, bytes of the store's file, bytes of its keys and values. All times end with the synced
// commit.
#include <lmdb.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "crypto/hasher.h"
#include "crypto/random.h"
#include "service/domain_admin.h"
#include "service/new_secret.h"
#include "store/check.h"
#include "store/lmdb_store.h"
#include "store/name_index.h"
#include "store/names.h"

namespace pbxcred::bench {
namespace {

constexpr std::uint64_t kMap = std::uint64_t{16} << 30;
constexpr std::size_t kUsersOfADomain = 1000;

using Steady = std::chrono::steady_clock;
double seconds_since(Steady::time_point begin) { return std::chrono::duration<double>(Steady::now() - begin).count(); }

struct User {
  Account account;
  NewSecretWork secret;
};

struct People {
  std::vector<Domain> domains;
  std::vector<User> users;
};

constexpr HashParams kCheap{.memory_kib = 8, .passes = 1, .lanes = 1};  ///< hashes are ready: no time of them counts

Result<People> make_people(const KeyRing& ring, std::size_t count, Time now) {
  People people;
  HashArena arena;
  const Secret secret(as_bytes("benchmark-secret-0123"));
  for (std::size_t i = 0; i < count; ++i) {
    if (i % kUsersOfADomain == 0) {
      Domain domain;
      domain.id.raw = random_bytes<16>();
      domain.name = "pbx" + std::to_string(i / kUsersOfADomain) + ".example";
      domain.country = "DE";
      domain.created_at = now;
      people.domains.push_back(std::move(domain));
    }
    const Domain& domain = people.domains.back();
    User user;
    Account& account = user.account;
    account.id.raw = random_bytes<16>();
    account.domain = domain.id;
    account.extension = std::to_string(1000 + i % kUsersOfADomain);
    account.username = "user-" + account.extension + "." + domain.name;
    account.first = "Maria";
    account.last = "Musterfrau-" + account.extension;
    account.email = account.extension + "@mail." + domain.name;
    account.created_at = now;
    user.secret.generation = 1;
    const SealBinding binding{account.id, Kind::kPassword, user.secret.generation};
    PBXCRED_TRY(user.secret.hash, make_hash(arena, ring, kCheap, secret.view(), binding));
    people.users.push_back(std::move(user));
  }
  return people;
}

/// As ImportTask does it, in a transaction as the engine gives it to what grows.
Status settle(Database& database, const People& people, Time now) {
  PBXCRED_TRY(Write write, database.write_sorted());
  for (const Domain& domain : people.domains) store_new_domain(write, domain);
  for (const User& user : people.users) {
    PBXCRED_CHECK(add_account(write, user.account));
    PBXCRED_CHECK(store_new_secret(write, user.account, user.secret, {}, now));
  }
  write.flush();
  return write.commit();
}

Result<std::vector<Entry>> entries_of(Store& store) {
  std::vector<Entry> entries;
  PBXCRED_TRY(auto read, store.read());
  PBXCRED_TRY(auto entry, read->seek({}));
  while (entry) {
    entries.push_back(std::move(*entry));
    PBXCRED_TRY(entry, read->next());
  }
  return entries;
}

Status check(Database& database) {
  PBXCRED_TRY(Read read, database.read());
  PBXCRED_TRY(const StoreCheckReport report, check_store(read));
  if (report.faults == 0) return {};
  return Error{Code::kInternal, report.first.front().where + ": " + report.first.front().what};
}

/// flags: of mdb_put(3).
bool load_bare(const std::string& path, const std::vector<Entry>& entries, unsigned flags) {
  MDB_env* env = nullptr;
  MDB_txn* txn = nullptr;
  MDB_dbi dbi = 0;
  bool good = mdb_env_create(&env) == 0 && mdb_env_set_mapsize(env, kMap) == 0 &&
              mdb_env_open(env, path.c_str(), MDB_NOSUBDIR, 0600) == 0 && mdb_txn_begin(env, nullptr, 0, &txn) == 0 &&
              mdb_dbi_open(txn, nullptr, 0, &dbi) == 0;
  for (std::size_t i = 0; good && i < entries.size(); ++i) {
    MDB_val key{entries[i].key.size(), const_cast<char*>(entries[i].key.data())};
    MDB_val value{entries[i].value.size(), const_cast<char*>(entries[i].value.data())};
    good = mdb_put(txn, dbi, &key, &value, flags) == 0;
  }
  good = good && mdb_txn_commit(txn) == 0;
  mdb_env_close(env);
  return good;
}

Result<double> time_bare(const std::string& path, const std::vector<Entry>& entries, unsigned flags) {
  const auto begin = Steady::now();
  if (!load_bare(path, entries, flags)) return Error{Code::kInternal, "bare LMDB could not be loaded"};
  return seconds_since(begin);
}

/// As an import has them: not in order.
Result<double> time_sorting(const std::string& path, std::vector<Entry>& entries) {
  std::shuffle(entries.begin(), entries.end(), std::mt19937(1));
  const auto begin = Steady::now();
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.key < b.key; });
  if (!load_bare(path, entries, MDB_APPEND)) return Error{Code::kInternal, "bare LMDB could not be loaded"};
  return seconds_since(begin);
}

/// Into a fresh store in dir; returns seconds, and all its entries.
Result<double> time_import(const std::string& dir, const KeyRing& ring, const People& people, Time now,
                           std::vector<Entry>& entries) {
  PBXCRED_TRY(const auto store, LmdbStore::open(dir, kMap, true));
  Database database(*store, ring);
  PBXCRED_CHECK(database.initialise(now));
  const auto begin = Steady::now();
  PBXCRED_CHECK(settle(database, people, now));
  const double took = seconds_since(begin);
  PBXCRED_CHECK(check(database));
  PBXCRED_TRY(entries, entries_of(*store));
  return took;
}

Status run(const std::string& dir, std::size_t count) {
  PBXCRED_CHECK(start_crypto());
  const Time now = SystemClock().now();
  PBXCRED_CHECK(KeyRing::create(dir + "/keys/ring", geteuid(), getegid(), now));
  PBXCRED_TRY(const KeyRing ring, KeyRing::load(dir + "/keys/ring", geteuid()));
  PBXCRED_TRY(const People people, make_people(ring, count, now));
  std::vector<Entry> entries;
  // What comes first in a process pays for the memory that the others find there: one that does not count.
  std::filesystem::create_directory(dir + "/first");
  PBXCRED_TRY(const double first, time_import(dir + "/first", ring, people, now, entries));
  PBXCRED_TRY(const double ours, time_import(dir, ring, people, now, entries));
  PBXCRED_TRY(const double appended, time_bare(dir + "/appended.mdb", entries, MDB_APPEND));
  PBXCRED_TRY(const double put, time_bare(dir + "/put.mdb", entries, 0));
  PBXCRED_TRY(const double sorted, time_sorting(dir + "/sorted.mdb", entries));
  std::uint64_t payload = 0;
  for (const Entry& entry : entries) payload += entry.key.size() + entry.value.size();
  struct stat file {};
  stat((dir + "/" + LmdbStore::kFileName).c_str(), &file);
  (void)first;
  std::printf("%.6f %.6f %.6f %.6f %lld %llu\n", ours, sorted, appended, put, static_cast<long long>(file.st_size),
              static_cast<unsigned long long>(payload));
  return {};
}

}  // namespace
}  // namespace pbxcred::bench

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: import_users DIR USERS\n", stderr);
    return 2;
  }
  const pbxcred::Status done = pbxcred::bench::run(argv[1], std::stoul(argv[2]));
  if (!done) std::fprintf(stderr, "import_users: %s\n", done.error().what.c_str());
  return done ? 0 : 1;
}
