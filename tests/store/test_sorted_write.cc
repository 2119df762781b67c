// SPDX-License-Identifier: BSD-2-Clause
// What is put through it is there as if it had been put at once. (That it is a store's transaction:
// test_store_contract.)
#include "store/sorted_write.h"

#include <fmt/format.h>

#include <map>
#include <random>

#include "store/dump.h"
#include "support/both_stores.h"

using namespace pbxcred;

namespace {

std::unique_ptr<SortedWrite> sorted(Store& store) {
  auto under = store.write();
  if (!under) throw std::runtime_error(under.error().what);
  return std::make_unique<SortedWrite>(std::move(*under));
}
std::string text_of(Store& store) {
  std::string text;
  for (const Entry& entry : entries_of(store)) text += entry.key + "=" + entry.value + " ";
  return text;
}
std::string get(StoreRead& read, const char* key) {
  const auto value = read.get(as_bytes(key));
  return !value ? "!" : value->value_or("-");
}

ON_BOTH_STORES(sorted_write_reads_what_it_holds_back) {
  put_raw(store, "b", "old");
  put_raw(store, "d", "old");
  auto write = sorted(store);
  write->put(as_bytes("c"), as_bytes("1"));
  write->put(as_bytes("a"), as_bytes("1"));
  write->put(as_bytes("c"), as_bytes("2"));
  write->erase(as_bytes("b"));
  write->erase(as_bytes("nothing"));
  for (const auto& [key, value] : {std::pair("a", "1"), {"b", "-"}, {"c", "2"}, {"d", "old"}, {"nothing", "-"}})
    assert_string_equal(get(*write, key).c_str(), value);
  const auto first = write->seek(as_bytes("a\0"));
  assert_string_equal((*first)->key.c_str(), "a");
  assert_string_equal((*write->next())->key.c_str(), "c");
  write->put(as_bytes("e"), as_bytes("1"));
  assert_true(write->next().error().code == Code::kInternal);  // a change ends the cursor
  assert_true(write->commit().ok());
  assert_string_equal(text_of(store).c_str(), "a=1 c=2 d=old e=1 ");
}

ON_BOTH_STORES(sorted_write_without_a_commit_did_nothing) {
  put_raw(store, "a", "old");
  {
    auto write = sorted(store);
    write->put(as_bytes("a"), as_bytes("new"));
    write->flush();
    write->put(as_bytes("b"), as_bytes("new"));
  }
  assert_string_equal(text_of(store).c_str(), "a=old ");
}

ON_BOTH_STORES(sorted_write_keeps_the_stores_error) {
  auto write = sorted(store);
  write->put(as_bytes(std::string(600, 'k')), as_bytes("1"));
  write->put(as_bytes("a"), as_bytes("1"));
  assert_false(write->error().has_value());
  write->flush();
  assert_true(write->error() && write->error()->code == Code::kInvalid);
  write->put(as_bytes("b"), as_bytes("1"));
  assert_true(write->commit().error().code == Code::kInvalid);
  assert_string_equal(text_of(store).c_str(), "");
}

CASE(sorted_write_tells_a_full_store_before_the_commit) {
  const TempDir dir;
  auto store = LmdbStore::open(dir.path(), std::uint64_t{4} << 20, true);
  auto write = sorted(**store);
  for (int i = 0; i < 5000; ++i) write->put(as_bytes("key " + std::to_string(i)), as_bytes(std::string(1000, 'v')));
  write->flush();
  assert_true(write->error() && write->error()->code == Code::kExhausted);
  write.reset();
  assert_true(entries_of(**store).empty());
}

constexpr std::size_t kKeyBytes = 16, kValueBytes = 80;

/// As hashes are: without order, the same in every run.
std::string scattered_key(std::mt19937& random) {
  std::string key(kKeyBytes, '\0');
  for (char& c : key) c = static_cast<char>('a' + random() % 16);
  return key;
}

/// Old entries with runs of new ones between them, long and short; some are replaced, some erased.
ON_BOTH_STORES(sorted_write_puts_what_a_map_would_hold) {
  std::mt19937 random(7);  // NOLINT: the same in every run
  std::map<std::string, std::string> wanted;
  const auto key = [&] { return fmt::format("k{:04}", random() % 10000); };
  for (int round = 0; round < 6; ++round) {
    auto write = sorted(store);
    for (int i = 0; i < (round % 2 == 0 ? 60 : 2000); ++i) {
      const std::string where = key();
      if (random() % 4 == 0) {
        write->erase(as_bytes(where));
        wanted.erase(where);
        continue;
      }
      const std::string value(random() % 100 == 0 ? 6000 : random() % 300, static_cast<char>('a' + round));
      write->put(as_bytes(where), as_bytes(value));
      wanted[where] = value;
    }
    assert_true(write->commit().ok());
    std::map<std::string, std::string> found;
    for (const Entry& entry : entries_of(store)) found[entry.key] = entry.value;
    assert_true(found == wanted);
  }
}

/// The same, many times.
void put_scattered(StoreWrite& write, std::mt19937& random, int entries) {
  for (int i = 0; i < entries; ++i) write.put(as_bytes(scattered_key(random)), as_bytes(std::string(kValueBytes, 'v')));
  assert_true(write.commit().ok());
}

/// Also between old entries, where they are few beside the new ones.
CASE(sorted_write_fills_its_pages) {
  struct {
    int old, added;
  } const rows[] = {{0, 20000}, {1, 20000}, {100, 20000}, {500, 20000}};
  for (const auto& row : rows) {
    const TempDir dir;
    auto store = LmdbStore::open(dir.path(), std::uint64_t{64} << 20, true);
    std::mt19937 random(7);  // NOLINT: the same in every run
    put_scattered(**(*store)->write(), random, row.old);
    put_scattered(*sorted(**store), random, row.added);
    const auto stat = (*(*store)->read())->stat();
    const std::uint64_t entries = static_cast<std::uint64_t>(row.old + row.added);
    assert_int_equal(stat->entries, entries);
    const std::uint64_t payload = entries * (kKeyBytes + kValueBytes);
    assert_in_range(stat->bytes_used, payload, payload * 13 / 10);
  }
}

}  // namespace

RUN_CASES(BOTH_STORES(sorted_write_reads_what_it_holds_back), BOTH_STORES(sorted_write_without_a_commit_did_nothing),
          BOTH_STORES(sorted_write_keeps_the_stores_error),
          BOTH_STORES(sorted_write_puts_what_a_map_would_hold), cmocka_unit_test(sorted_write_fills_its_pages),
          cmocka_unit_test(sorted_write_tells_a_full_store_before_the_commit))
