// SPDX-License-Identifier: BSD-2-Clause
// From the schema of a released version to today's: promise 12 of the design. tests/e2e/test_upgrade.py kills it.
#include <sys/stat.h>

#include <cstdlib>
#include <map>

#include "store/check.h"
#include "store/dump.h"
#include "store/names.h"
#include "store/upgrade.h"
#include "support/both_stores.h"

using namespace pbxcred;

namespace {

Dump schema_1() {
  const char* source = getenv("srcdir");
  return read_dump(std::string(source != nullptr ? source : ".") + "/tests/store/schemas/schema-1");
}

KeyRing ring_of(const Dump& dump) {
  const TempDir dir;
  write_ring(dump, dir.file("ring"));
  auto ring = KeyRing::load(dir.file("ring"), getuid());
  if (!ring) throw std::runtime_error(ring.error().what);
  return std::move(*ring);
}

void expect_ok(const Status& status) {
  if (!status) fail_msg("%s", status.error().what.c_str());
}
std::uint32_t schema_of(Database& database) {
  const auto schema = database.schema();
  if (!schema) fail_msg("%s", schema.error().what.c_str());
  return *schema;
}
void expect_sound(Database& database) {
  auto read = database.read();
  const auto report = check_store(*read);
  assert_true(report.ok());
  if (report->faults > 0) fail_msg("%s: %s", report->first[0].where.c_str(), report->first[0].what.c_str());
}
std::map<std::string, std::string> map_of(const std::vector<Entry>& entries) {
  std::map<std::string, std::string> map;
  for (const Entry& entry : entries) map.emplace(entry.key, entry.value);
  return map;
}
bool is_same(Store& store, const Dump& dump) { return map_of(entries_of(store)) == map_of(dump.entries); }

ON_BOTH_STORES(upgrade_of_schema_1_enters_people_and_changes_nothing_else) {
  const Dump dump = schema_1();
  const KeyRing ring = ring_of(dump);
  load_dump(dump, store);
  Database database(store, ring);
  assert_int_equal(schema_of(database), 1);
  assert_true(database.verify().error().what.find("upgrades it") != std::string::npos);
  expect_ok(upgrade_records(database));
  assert_int_equal(schema_of(database), kSchema);
  expect_ok(database.verify());
  expect_sound(database);
  auto after = map_of(entries_of(store));
  std::size_t people = 0;
  for (const auto& [key, value] : after) people += key[0] == static_cast<char>(Table::kPeople) ? 1 : 0;
  assert_int_equal(people, 15);
  assert_int_equal(after.size(), dump.entries.size() + people);
  for (const Entry& entry : dump.entries)
    if (entry.key[0] != static_cast<char>(Table::kMeta)) assert_true(after.at(entry.key) == entry.value);
  expect_ok(upgrade_records(database));  // there is nothing left to do
  assert_true(map_of(entries_of(store)) == after);
}

CASE(upgrade_that_cannot_be_committed_changes_nothing) {
  const Dump dump = schema_1();
  const KeyRing ring = ring_of(dump);
  MemoryStore store;
  load_dump(dump, store);
  store.fail_commits(Code::kExhausted);
  Database database(store, ring);
  const Status upgraded = upgrade_records(database);
  assert_true(!upgraded && upgraded.error().code == Code::kExhausted);
  assert_true(is_same(store, dump));
}

CASE(upgrade_of_an_unsound_store_changes_nothing) {
  const Dump dump = schema_1();
  const KeyRing ring = ring_of(dump);
  MemoryStore store;
  load_dump(dump, store);
  for (const Entry& entry : dump.entries)
    if (entry.key[0] == static_cast<char>(Table::kAccount)) put_raw(store, entry.key, "");
  Database database(store, ring);
  const auto before = map_of(entries_of(store));
  assert_true(upgrade_records(database).error().code == Code::kCorrupt);
  assert_true(map_of(entries_of(store)) == before);
}

CASE(upgrade_keeps_the_store_as_it_was) {
  const Dump dump = schema_1();
  const KeyRing ring = ring_of(dump);
  const TempDir dir;
  {
    auto store = LmdbStore::open(dir.path(), kTestMap, true);
    load_dump(dump, **store);
    Database database(**store, ring);
    std::ofstream(dir.file("store.mdb.schema-1.new")) << "left by a killed one";
    const auto upgraded = upgrade_store(**store, database, dir.path());
    if (!upgraded) fail_msg("%s", upgraded.error().what.c_str());
    assert_int_equal((*upgraded)->from, 1);
    assert_string_equal((*upgraded)->copy.c_str(), dir.file("store.mdb.schema-1").c_str());
    const auto again = upgrade_store(**store, database, dir.path());
    assert_true(again.ok() && !*again);
  }
  struct stat file {};
  assert_int_equal(stat(dir.file("store.mdb.schema-1").c_str(), &file), 0);
  assert_int_equal(file.st_mode & 07777, 0600);
  assert_true(access(dir.file("store.mdb.schema-1.new").c_str(), F_OK) != 0);
  const TempDir other;
  assert_int_equal(rename(dir.file("store.mdb.schema-1").c_str(), other.file("store.mdb").c_str()), 0);
  auto copy = LmdbStore::open(other.path(), kTestMap, false);
  assert_true(copy.ok());
  assert_true(is_same(**copy, dump));
}

CASE(upgrade_without_its_copy_does_not_begin) {
  const Dump dump = schema_1();
  const KeyRing ring = ring_of(dump);
  const TempDir dir;
  auto store = LmdbStore::open(dir.path(), kTestMap, true);
  load_dump(dump, **store);
  Database database(**store, ring);
  assert_int_equal(mkdir(dir.file("store.mdb.schema-1").c_str(), 0700), 0);
  const auto upgraded = upgrade_store(**store, database, dir.path());
  assert_true(!upgraded && upgraded.error().code == Code::kUnavailable);
  assert_true(is_same(**store, dump));
  assert_true(access(dir.file("store.mdb.schema-1.new").c_str(), F_OK) != 0);
}

CASE(upgrade_refuses_a_newer_schema) {
  const Dump dump = schema_1();
  const KeyRing ring = ring_of(dump);
  const TempDir dir;
  auto store = LmdbStore::open(dir.path(), kTestMap, true);
  Database database(**store, ring);
  auto write = database.write();
  StoreMeta meta;
  meta.schema = kSchema + 1;
  write->put(make_key(Table::kMeta), meta);
  expect_ok(write->commit());
  const auto upgraded = upgrade_store(**store, database, dir.path());
  assert_true(!upgraded && upgraded.error().code == Code::kInvalid);
  assert_true(upgraded.error().what.find("newer version") != std::string::npos);
}

}  // namespace

RUN_CASES(BOTH_STORES(upgrade_of_schema_1_enters_people_and_changes_nothing_else),
          cmocka_unit_test(upgrade_that_cannot_be_committed_changes_nothing),
          cmocka_unit_test(upgrade_of_an_unsound_store_changes_nothing),
          cmocka_unit_test(upgrade_keeps_the_store_as_it_was),
          cmocka_unit_test(upgrade_without_its_copy_does_not_begin),
          cmocka_unit_test(upgrade_refuses_a_newer_schema))
