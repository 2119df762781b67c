// SPDX-License-Identifier: BSD-2-Clause
// A backup takes the store's place: whole or not at all, and what has shut somebody out since still does.
#include "service/restore.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "crypto/hasher.h"
#include "store/directory.h"
#include "store/dump.h"
#include "support/both_stores.h"

using namespace pbxcred;

namespace {

const Time kThen{std::chrono::seconds(1'700'000'000)};
const Time kLater = kThen + std::chrono::hours(1);
const Time kRestored{std::chrono::seconds(1'700'100'000)};  // 2023-11-16T02:00:00Z
const std::string kStore = "store.mdb";
const std::string kKept = "store.mdb.replaced-20231116T020000Z";

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

SharedRing the_ring() { return SharedRing(SharedRing(), &test_ring()); }

/// A directory with a store of one domain and four users, who have a password and a PIN.
struct Machine {
  TempDir dir;
  std::vector<Account> users;

  explicit Machine(bool filled = true) {
    if (!filled) return;
    auto store = ok(LmdbStore::open(dir.path(), kTestMap, true));
    Directory directory(*store);
    Directory::ok(Database(*store, test_ring()).initialise(kThen));
    directory.add_domain("a.example");
    for (int i = 0; i < 4; ++i) users.push_back(directory.add_user(std::to_string(1000 + i), "a.example"));
    for (const Account& user : users)
      for (Kind kind : {Kind::kPassword, Kind::kVoicemail})
        directory.change([&](Write& write) { return set(write, user, kind, kThen); });
  }

  template <class T>
  static T ok(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().what);
    return std::move(*result);
  }

  static Status set(Write& write, const Account& user, Kind kind, Time now) {
    HashArena arena;
    PBXCRED_TRY(auto verifier, write.verifier(user.id, kind));
    if (!verifier) verifier.emplace();
    verifier->kind = kind;
    verifier->set_at = now;
    ++verifier->generation;
    PBXCRED_TRY(verifier->hash, make_hash(arena, write.ring(), {8, 1, 1}, SecretView{as_bytes("482915")},
                                          {user.id, kind, verifier->generation}));
    return write.put_verifier(user, *verifier);
  }

  /// Does f with the store open.
  void with(const std::function<void(Directory&, Store&)>& f) const {
    auto store = ok(LmdbStore::open(dir.path(), kTestMap, false));
    Directory directory(*store);
    f(directory, *store);
  }
  void change(const std::function<Status(Write&)>& f) const {
    with([&](Directory& directory, Store&) { directory.change(f); });
  }

  std::string backup(const SharedRing& ring = the_ring()) const {
    std::string bytes;
    with([&](Directory&, Store& store) {
      Database database(store, ring);
      Read read = ok(database.read());
      ok(write_backup(read, "1", kThen, [&](Bytes more) {
        bytes += as_text(more);
        return Status();
      }, [](std::uint64_t, std::uint64_t) { return Status(); }));
    });
    return bytes;
  }

  Result<RestoreReport> restore(const std::string& bytes, const SharedRing& ring = the_ring(),
                                std::uint64_t map = kTestMap) const {
    PBXCRED_TRY(const StoreLock lock, StoreLock::take(dir.path()));
    const BackupSource source = [&](std::uint64_t offset, MutableBytes out) -> Result<std::size_t> {
      if (offset >= bytes.size()) return std::size_t{0};
      return bytes.copy(reinterpret_cast<char*>(out.data()), out.size(), offset);
    };
    return restore_store(lock, map, ring, source, kRestored);
  }
  RestoreReport restored(const std::string& bytes, const SharedRing& ring = the_ring()) const {
    RestoreReport report = ok(restore(bytes, ring));
    if (report.check.faults > 0) fail_msg("%s: %s", report.check.first[0].where.c_str(), report.check.first[0].what.c_str());
    return report;
  }

  /// Names of the directory's files, without LMDB's and ours that are there while it is open.
  std::string files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(dir.path())) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    std::string all;
    for (const std::string& name : names)
      if (name != "lock" && name != "store.mdb-lock") all += name + " ";
    return all;
  }
};

void expect(const std::string& got, const std::string& wanted) { assert_string_equal(got.c_str(), wanted.c_str()); }

/// "locks 0, disabled 1, ..." without what is 0.
std::string counts(const RestoreReport& report) {
  if (!report.carry) return "no carry: " + report.not_carried;
  const CarryReport& carry = *report.carry;
  std::string text;
  const auto add = [&](const char* name, std::uint64_t count) {
    if (count > 0) text += std::string(text.empty() ? "" : ", ") + name + " " + std::to_string(count);
  };
  add("locks", carry.locks);
  add("disabled", carry.disabled);
  add("removed", carry.removed);
  add("must-change", carry.must_change);
  add("forgotten", carry.forgotten);
  add("lost", carry.lost);
  add("unreadable", carry.unreadable);
  return text;
}

// ---- the file

CASE(restore_puts_the_backup_in_place_and_keeps_what_was_there) {
  const Machine machine;
  const std::string backup = machine.backup();
  const std::string before = bytes_of(machine.dir.file(kStore));
  machine.change([&](Write& write) { return write.put_account(machine.users[0]); });
  const std::string replaced = bytes_of(machine.dir.file(kStore));
  assert_true(replaced != before);
  const RestoreReport report = machine.restored(backup);
  expect(machine.files(), kStore + " " + kKept + " ");
  expect(report.replaced, machine.dir.file(kKept));
  expect(counts(report), "");
  assert_true(bytes_of(machine.dir.file(kKept)) == replaced);
  struct stat info {};
  assert_int_equal(stat(machine.dir.file(kStore).c_str(), &info), 0);
  assert_int_equal(info.st_mode & 07777, 0600);
  assert_int_equal(info.st_nlink, 1);
  assert_true(machine.backup() == backup);  // of the same moment, as the first
}

CASE(restore_makes_a_store_where_there_is_none) {
  const Machine machine, empty(false);
  const RestoreReport report = empty.restored(machine.backup());
  expect(empty.files(), kStore + " ");
  expect(report.replaced, "");
  assert_false(report.carry.has_value());
  expect(report.not_carried, "");
}

CASE(restore_twice_in_a_second_keeps_both) {
  const Machine machine;
  const std::string backup = machine.backup();
  machine.restored(backup);
  expect(machine.restored(backup).replaced, machine.dir.file(kKept + "+"));
  expect(machine.files(), kStore + " " + kKept + " " + kKept + "+ ");
}

CASE(restore_clears_away_what_a_killed_one_left) {
  const Machine machine;
  const std::string backup = machine.backup();
  write_file(machine.dir.file("store.mdb.restored"), "half");
  write_file(machine.dir.file("store.mdb.restored-lock"), "");
  write_file(machine.dir.file("store.mdb.restored.new"), "half");
  // Killed between keeping the store and replacing it: a second name of the one in use.
  std::filesystem::create_hard_link(machine.dir.file(kStore), machine.dir.file("store.mdb.replaced-20200101T000000Z"));
  machine.restored(backup);
  expect(machine.files(), kStore + " " + kKept + " ");
}

CASE(restore_waits_for_no_daemon) {
  const Machine machine;
  const std::string backup = machine.backup();
  machine.with([&](Directory&, Store&) {
    const auto refused = machine.restore(backup);
    assert_false(refused.ok());
    expect(name_of(refused.error().code), "conflict");
  });
}

// ---- refused

void expect_refused(const Machine& machine, const std::string& backup, const SharedRing& ring, const char* words,
                    std::uint64_t map = kTestMap) {
  const std::string before = bytes_of(machine.dir.file(kStore));
  const std::string files = machine.files();
  const auto refused = machine.restore(backup, ring, map);
  if (refused) fail_msg("restored, although: %s", words);
  if (refused.error().what.find(words) == std::string::npos)
    fail_msg("\"%s\" does not say \"%s\"", refused.error().what.c_str(), words);
  expect(machine.files(), files);
  assert_true(bytes_of(machine.dir.file(kStore)) == before);
}

CASE(restore_touches_nothing_when_the_backup_is_no_good) {
  const Machine machine;
  const std::string backup = machine.backup();
  expect_refused(machine, "", the_ring(), "no backup of pbxcred");
  expect_refused(machine, backup.substr(0, backup.size() / 2), the_ring(), "cut or damaged");
  std::string changed = backup;
  changed[changed.size() - 1] = static_cast<char>(changed[changed.size() - 1] ^ 1);
  expect_refused(machine, changed, the_ring(), "its MAC does not fit");
  expect_refused(machine, backup, share(new_ring()), "another key");
}

CASE(restore_touches_nothing_when_a_key_is_missing) {
  const RingFile file;
  const Machine machine(false);
  {
    auto store = Machine::ok(LmdbStore::open(machine.dir.path(), kTestMap, true));
    Directory::ok(Database(*store, share(file.load())).initialise(kThen));
  }
  const std::string backup = machine.backup(share(file.load()));
  file.rotate();
  const SharedRing without = share(file.retire(1));
  expect_refused(machine, backup, without, "needs key 1, which the key ring does not hold");
}

CASE(restore_touches_nothing_when_the_backup_does_not_fit) {
  Machine machine;
  machine.with([&](Directory& directory, Store&) {
    for (int i = 0; i < 40; ++i)
      directory.change([&](Write& write) -> Status {
        write.put(make_key(Table::kStray) + std::to_string(i), Probe{kThen, std::string(100'000, 'p')});
        return {};
      });
  });
  expect_refused(machine, machine.backup(), the_ring(), "raise store_size", std::uint64_t{4} << 20);
}

CASE(restore_notices_a_backup_that_changes_under_it) {
  const Machine machine;
  std::string backup = machine.backup();
  const std::string before = bytes_of(machine.dir.file(kStore));
  int passes = 0;
  const StoreLock lock = Machine::ok(StoreLock::take(machine.dir.path()));
  const auto refused = restore_store(lock, kTestMap, the_ring(), [&](std::uint64_t offset, MutableBytes out) -> Result<std::size_t> {
    if (offset == 0 && ++passes == 2) backup[backup.size() - 40] = '!';
    if (offset >= backup.size()) return std::size_t{0};
    return backup.copy(reinterpret_cast<char*>(out.data()), out.size(), offset);
  }, kRestored);
  assert_int_equal(passes, 2);
  assert_false(refused.ok());
  expect(machine.files(), kStore + " ");
  assert_true(bytes_of(machine.dir.file(kStore)) == before);
}

CASE(restore_goes_on_with_faults_that_the_store_had) {
  const Machine machine;
  machine.change([](Write& write) -> Status {
    write.put(make_key(Table::kUsername, {as_bytes("0123456789abcdef")}), AccountRef{});
    return {};
  });
  const auto report = Machine::ok(machine.restore(machine.backup()));
  assert_int_equal(report.check.faults, 1);
  expect(machine.files(), kStore + " " + kKept + " ");
}

// ---- what is carried over

/// What happens after the backup, and what it makes of user 1000.
struct Since {
  const char* what;
  std::function<Status(Write&, Account)> happens;
  const char* counts;
  std::function<bool(Read&, const Account&)> holds;
};

Status lock(Write& write, const Account& user, std::uint32_t failures, Time failed_at, std::optional<Time> until,
            bool permanently = false) {
  Ledger ledger;
  ledger.failures = failures;
  ledger.last_failure = failed_at;
  ledger.locked_until = until;
  ledger.locked_permanently = permanently;
  write.put_ledger(user.id, Kind::kPassword, ledger);
  return {};
}

Status disable(Write& write, Account user) {
  user.enabled = false;
  return write.put_account(user);
}

Status remove(Write& write, const Account& user) {
  PBXCRED_CHECK(unindex_account(write, user, kLater));
  return write.erase_account(user);
}

Status clear(Write& write, const Account& user, Kind kind) {
  PBXCRED_TRY(auto verifier, write.verifier(user.id, kind));
  verifier->hash.reset();
  verifier->set_at = kLater;
  ++verifier->generation;
  return write.put_verifier(user, *verifier);
}

Status edit(Write& write, const Account& user, const std::function<void(Verifier&)>& change) {
  PBXCRED_TRY(auto verifier, write.verifier(user.id, Kind::kPassword));
  change(*verifier);
  return write.put_verifier(user, *verifier);
}

bool enabled(Read& read, const Account& user) { return (*read.account(user.id))->enabled; }
std::optional<Verifier> verifier(Read& read, const Account& user, Kind kind) { return *read.verifier(user.id, kind); }
std::optional<Ledger> ledger(Read& read, const Account& user) { return *read.ledger(user.id, Kind::kPassword); }

const Since kSince[] = {
    {"nothing", [](Write&, const Account&) { return Status(); }, "",
     [](Read& read, const Account& user) {
       return enabled(read, user) && !verifier(read, user, Kind::kPassword)->must_change && !ledger(read, user);
     }},
    {"locked", [](Write& write, const Account& user) { return lock(write, user, 5, kLater, kLater + std::chrono::hours(1)); },
     "locks 1",
     [](Read& read, const Account& user) {
       return ledger(read, user)->failures == 5 && ledger(read, user)->locked_until == kLater + std::chrono::hours(1);
     }},
    {"locked for good", [](Write& write, const Account& user) { return lock(write, user, 50, kLater, {}, true); },
     "locks 1", [](Read& read, const Account& user) { return ledger(read, user)->locked_permanently; }},
    {"guessed at", [](Write& write, const Account& user) { return lock(write, user, 2, kLater, {}); }, "locks 1",
     [](Read& read, const Account& user) { return ledger(read, user)->failures == 2; }},
    {"disabled", disable, "disabled 1", [](Read& read, const Account& user) { return !enabled(read, user); }},
    {"removed", remove, "removed 1", [](Read& read, const Account& user) { return !enabled(read, user); }},
    {"password set", [](Write& write, const Account& user) { return Machine::set(write, user, Kind::kPassword, kLater); },
     "must-change 1",
     [](Read& read, const Account& user) {
       return verifier(read, user, Kind::kPassword)->must_change && !verifier(read, user, Kind::kVoicemail)->must_change;
     }},
    {"an older password imported",
     [](Write& write, const Account& user) {
       return Machine::set(write, user, Kind::kPassword, kThen - std::chrono::hours(1));
     },
     "must-change 1", [](Read& read, const Account& user) { return verifier(read, user, Kind::kPassword)->must_change; }},
    {"PIN cleared", [](Write& write, const Account& user) { return clear(write, user, Kind::kVoicemail); }, "must-change 1",
     [](Read& read, const Account& user) {
       return verifier(read, user, Kind::kVoicemail)->must_change && verifier(read, user, Kind::kVoicemail)->hash;
     }},
    {"password due",
     [](Write& write, const Account& user) { return edit(write, user, [](Verifier& one) { one.must_change = true; }); },
     "must-change 1", [](Read& read, const Account& user) { return verifier(read, user, Kind::kPassword)->must_change; }},
    {"hash renewed",
     [](Write& write, const Account& user) { return Machine::set(write, user, Kind::kPassword, kThen); }, "",
     [](Read& read, const Account& user) { return !verifier(read, user, Kind::kPassword)->must_change; }},
    {"log-on code first set",
     [](Write& write, const Account& user) { return Machine::set(write, user, Kind::kLogin, kLater); }, "forgotten 1",
     [](Read& read, const Account& user) {
       const auto login = verifier(read, user, Kind::kLogin);
       return login && !login->hash && login->generation > 1;
     }},
    {"everything",
     [](Write& write, const Account& user) -> Status {
       PBXCRED_CHECK(lock(write, user, 5, kLater, kLater));
       PBXCRED_CHECK(Machine::set(write, user, Kind::kPassword, kLater));
       return disable(write, user);
     },
     "locks 1, disabled 1, must-change 1",
     [](Read& read, const Account& user) {
       return !enabled(read, user) && ledger(read, user) && verifier(read, user, Kind::kPassword)->must_change;
     }},
};

CASE(restore_lets_nobody_in_again_who_was_shut_out_since) {
  for (const Since& since : kSince) {
    const Machine machine;
    const std::string backup = machine.backup();
    machine.change([&](Write& write) { return since.happens(write, machine.users[0]); });
    const std::string got = counts(machine.restored(backup));
    if (got != since.counts) fail_msg("%s: \"%s\", not \"%s\"", since.what, got.c_str(), since.counts);
    machine.with([&](Directory& directory, Store&) {
      Read read = directory.read();
      if (!since.holds(read, machine.users[0])) fail_msg("%s: does not hold", since.what);
      // The others are as they were.
      assert_true(enabled(read, machine.users[1]) && !ledger(read, machine.users[1]));
      assert_false(verifier(read, machine.users[1], Kind::kPassword)->must_change);
    });
    // A second time nothing is left to do.
    expect(counts(machine.restored(machine.backup())), "");
  }
}

CASE(restore_keeps_the_backups_locks_if_they_are_stricter) {
  const Machine machine;
  machine.change([&](Write& write) { return lock(write, machine.users[0], 50, kThen, {}, true); });
  const std::string backup = machine.backup();
  machine.change([&](Write& write) -> Status {
    write.erase_ledger(machine.users[0].id, Kind::kPassword);
    return {};
  });
  expect(counts(machine.restored(backup)), "");
  machine.with([&](Directory& directory, Store&) {
    Read read = directory.read();
    assert_true(ledger(read, machine.users[0])->locked_permanently);
  });
}

CASE(restore_of_a_newer_backup_takes_nothing_from_an_older_store) {
  const Machine machine;
  const std::string old_store = bytes_of(machine.dir.file(kStore));
  machine.change([&](Write& write) { return Machine::set(write, machine.users[0], Kind::kPassword, kLater); });
  machine.with([](Directory&, Store& store) {
    Directory directory(store);
    directory.add_domain("b.example");
    directory.add_user("2000", "b.example");
  });
  const std::string newer = machine.backup();
  write_file(machine.dir.file(kStore), old_store);
  expect(counts(machine.restored(newer)), "");
}

CASE(restore_counts_accounts_that_are_lost_and_keeps_tombstones) {
  const Machine machine;
  const std::string backup = machine.backup();
  Account lost, gone;
  machine.with([&](Directory& directory, Store&) {
    directory.add_domain("b.example");
    lost = directory.add_user("2000", "b.example");
    gone = directory.add_user("2001", "b.example");
    directory.remove(gone);
  });
  expect(counts(machine.restored(backup)), "lost 1");
  machine.with([&](Directory& directory, Store& store) {
    Read read = directory.read();
    assert_true(Machine::ok(read.get<Tombstone>(account_key(Table::kTombstone, gone.id))).has_value());
    assert_false(Machine::ok(read.get<Tombstone>(account_key(Table::kTombstone, lost.id))).has_value());
    std::size_t names = 0;
    auto all = Machine::ok(store.read());
    for (auto entry = all->seek(as_bytes("T")); entry && *entry && (*entry)->key[0] == 'T'; entry = all->next()) ++names;
    assert_int_equal(names, 2);  // the account's, and its extension's
  });
}

CASE(restore_does_not_bury_who_is_back) {
  const Machine machine;
  const std::string backup = machine.backup();
  machine.change([&](Write& write) { return remove(write, machine.users[0]); });
  expect(counts(machine.restored(backup)), "removed 1");
  machine.with([&](Directory&, Store& store) {
    auto all = Machine::ok(store.read());
    const auto first = Machine::ok(all->seek(as_bytes("T")));
    assert_true(!first || first->key[0] != 'T');
  });
}

CASE(restore_says_what_it_could_not_carry_over) {
  const Machine machine, other;
  const std::string backup = machine.backup();
  // Another store, one that is damaged, one of another ring.
  write_file(machine.dir.file(kStore), bytes_of(other.dir.file(kStore)));
  expect(counts(machine.restored(backup)), "no carry: it is another store than the backup's");
  const std::string sound = bytes_of(machine.dir.file(kStore));
  write_file(machine.dir.file(kStore), sound.substr(0, sound.size() / 2));
  const std::string cut = counts(machine.restored(backup));
  if (cut.find("no carry: the store") != 0) fail_msg("%s", cut.c_str());
  write_file(machine.dir.file(kStore), "rubbish");
  assert_true(counts(machine.restored(backup)).starts_with("no carry: the store"));
  const RingFile ring;
  {
    std::filesystem::remove(machine.dir.file(kStore));
    auto store = Machine::ok(LmdbStore::open(machine.dir.path(), kTestMap, true));
    Directory::ok(Database(*store, share(ring.load())).initialise(kThen));
  }
  assert_true(counts(machine.restored(backup)).starts_with("no carry: the store does not open with this key ring"));
}

CASE(restore_goes_on_where_the_replaced_store_is_rotten) {
  const Machine machine;
  const std::string backup = machine.backup();
  machine.change([&](Write& write) { return disable(write, machine.users[1]); });
  machine.change([&](Write& write) { return lock(write, machine.users[0], 50, kLater, {}, true); });
  machine.with([&](Directory&, Store& store) {
    const std::string key = account_key(Table::kAccount, machine.users[0].id);
    put_raw(store, key, raw_value(store, key) + "x");
    const std::string secret = secret_key(Table::kVerifier, machine.users[2].id, Kind::kPassword);
    put_raw(store, secret, raw_value(store, secret) + "x");
  });
  // 1000 cannot be read, but its lock can; of 1002 the password may have been changed.
  expect(counts(machine.restored(backup)), "locks 1, disabled 1, must-change 1, unreadable 2");
  machine.with([&](Directory& directory, Store&) {
    Read read = directory.read();
    assert_true(ledger(read, machine.users[0])->locked_permanently);
    assert_false(enabled(read, machine.users[1]));
    assert_true(verifier(read, machine.users[2], Kind::kPassword)->must_change);
  });
}

CASE(restore_brings_an_older_backup_to_todays_schema) {
  const char* source = getenv("srcdir");
  const Dump dump = read_dump(std::string(source != nullptr ? source : ".") + "/tests/store/schemas/schema-1");
  const TempDir keys;
  write_ring(dump, keys.file("ring"));
  const SharedRing ring = share(Machine::ok(KeyRing::load(keys.file("ring"), geteuid())));
  const Machine machine(false);
  {
    auto store = Machine::ok(LmdbStore::open(machine.dir.path(), kTestMap, true));
    load_dump(dump, *store);
  }
  // Over a store of the older schema, which can tell what it knows; then over one of today's.
  const std::string backup = machine.backup(ring);
  expect(counts(machine.restored(backup, ring)), "");
  expect(counts(machine.restored(backup, ring)), "");
  auto store = Machine::ok(LmdbStore::open(machine.dir.path(), kTestMap, false));
  assert_int_equal(Machine::ok(Database(*store, ring).schema()), kSchema);
}

CASE(restore_brings_records_under_todays_key) {
  const RingFile file;
  const Machine machine(false);
  const SharedRing first = share(file.load());
  {
    auto store = Machine::ok(LmdbStore::open(machine.dir.path(), kTestMap, true));
    Directory::ok(Database(*store, first).initialise(kThen));
  }
  const std::string backup = machine.backup(first);
  file.rotate();
  // It holds both keys, so that it may go on; the daemon reseals at its start.
  machine.restored(backup, share(file.load()));
  auto store = Machine::ok(LmdbStore::open(machine.dir.path(), kTestMap, false));
  Database database(*store, share(file.load()));
  assert_true(database.verify().ok());
}

}  // namespace

RUN_CASES(cmocka_unit_test(restore_puts_the_backup_in_place_and_keeps_what_was_there),
          cmocka_unit_test(restore_makes_a_store_where_there_is_none),
          cmocka_unit_test(restore_twice_in_a_second_keeps_both),
          cmocka_unit_test(restore_clears_away_what_a_killed_one_left), cmocka_unit_test(restore_waits_for_no_daemon),
          cmocka_unit_test(restore_touches_nothing_when_the_backup_is_no_good),
          cmocka_unit_test(restore_touches_nothing_when_a_key_is_missing),
          cmocka_unit_test(restore_touches_nothing_when_the_backup_does_not_fit),
          cmocka_unit_test(restore_notices_a_backup_that_changes_under_it),
          cmocka_unit_test(restore_goes_on_with_faults_that_the_store_had),
          cmocka_unit_test(restore_lets_nobody_in_again_who_was_shut_out_since),
          cmocka_unit_test(restore_keeps_the_backups_locks_if_they_are_stricter),
          cmocka_unit_test(restore_of_a_newer_backup_takes_nothing_from_an_older_store),
          cmocka_unit_test(restore_counts_accounts_that_are_lost_and_keeps_tombstones),
          cmocka_unit_test(restore_does_not_bury_who_is_back),
          cmocka_unit_test(restore_says_what_it_could_not_carry_over),
          cmocka_unit_test(restore_goes_on_where_the_replaced_store_is_rotten),
          cmocka_unit_test(restore_brings_an_older_backup_to_todays_schema),
          cmocka_unit_test(restore_brings_records_under_todays_key))
