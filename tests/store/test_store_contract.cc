// SPDX-License-Identifier: BSD-2-Clause
// What every store promises, on each of them.
#include <atomic>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "store/lmdb_store.h"
#include "store/memory_store.h"
#include "support/check.h"
#include "support/temp_dir.h"

using namespace pbxcred;

namespace {

constexpr std::uint64_t kMap = std::uint64_t{64} << 20;

/// One promise on both stores: CONTRACT(x) { uses store } gives the cases lmdb_store_x and memory_store_x.
#define CONTRACT(name)                                      \
  static void name(Store& store);                           \
  CASE(lmdb_store_##name) {                                 \
    const TempDir dir;                                      \
    auto store = LmdbStore::open(dir.path(), kMap, true);   \
    if (!store) fail_msg("%s", store.error().what.c_str()); \
    name(**store);                                          \
  }                                                         \
  CASE(memory_store_##name) {                               \
    MemoryStore store;                                      \
    name(store);                                            \
  }                                                         \
  static void name(Store& store)
#define BOTH(name) cmocka_unit_test(lmdb_store_##name), cmocka_unit_test(memory_store_##name)

using Pairs = std::vector<std::pair<std::string, std::string>>;

std::unique_ptr<StoreRead> reading(Store& store) {
  return std::move(*store.read());
}
std::unique_ptr<StoreWrite> writing(Store& store) {
  return std::move(*store.write());
}

void put(StoreWrite& write, std::string_view key, std::string_view value) {
  write.put(as_bytes(key), as_bytes(value));
}

void commit_pairs(Store& store, const Pairs& pairs) {
  const auto write = writing(store);
  for (const auto& [key, value] : pairs) put(*write, key, value);
  assert_true(write->commit().ok());
}

/// The value, "-" if absent, "!" on error.
std::string get(StoreRead& read, std::string_view key) {
  const auto value = read.get(as_bytes(key));
  if (!value) return "!";
  return value->value_or("-");
}
std::string get(Store& store, std::string_view key) {
  return get(*reading(store), key);
}

/// "key=value", "-" at the end, "!" on error.
std::string show(const Result<std::optional<Entry>>& entry) {
  if (!entry) return "!";
  return *entry ? (*entry)->key + "=" + (*entry)->value : "-";
}

Pairs everything(StoreRead& read, std::string_view from = {}) {
  Pairs all;
  for (auto at = read.seek(as_bytes(from)); at && *at; at = read.next()) all.emplace_back((*at)->key, (*at)->value);
  return all;
}

void expect(const std::string& got, const char* wanted) {
  assert_string_equal(got.c_str(), wanted);
}

}  // namespace

CONTRACT(keeps_what_was_committed) {
  commit_pairs(store, {{"a", "1"}, {"b", ""}});
  expect(get(store, "a"), "1");
  expect(get(store, "b"), "");
  expect(get(store, "c"), "-");
  commit_pairs(store, {{"a", "22"}});
  expect(get(store, "a"), "22");
}

CONTRACT(forgets_what_was_not_committed) {
  commit_pairs(store, {{"a", "1"}});
  {
    const auto write = writing(store);
    put(*write, "a", "2");
    put(*write, "b", "2");
    write->erase(as_bytes("a"));
  }
  expect(get(store, "a"), "1");
  expect(get(store, "b"), "-");
  commit_pairs(store, {{"c", "3"}});
  expect(get(store, "c"), "3");
}

CONTRACT(shows_a_writer_its_own_changes) {
  commit_pairs(store, {{"a", "1"}, {"b", "2"}, {"c", "3"}});
  const auto write = writing(store);
  put(*write, "b", "20");
  put(*write, "bb", "25");
  write->erase(as_bytes("c"));
  expect(get(*write, "b"), "20");
  expect(get(*write, "c"), "-");
  assert_true(everything(*write) == (Pairs{{"a", "1"}, {"b", "20"}, {"bb", "25"}}));
}

CONTRACT(shows_a_reader_the_moment_it_began) {
  commit_pairs(store, {{"a", "1"}, {"b", "1"}});
  const auto before = reading(store);
  expect(show(before->seek(as_bytes("a"))), "a=1");
  {
    const auto write = writing(store);
    put(*write, "a", "2");
    put(*write, "aa", "2");
    write->erase(as_bytes("b"));
    const auto during = reading(store);
    expect(get(*during, "a"), "1");
    assert_true(write->commit().ok());
    expect(get(*during, "a"), "1");
  }
  expect(show(before->next()), "b=1");
  expect(get(*before, "aa"), "-");
  assert_true(everything(*reading(store)) == (Pairs{{"a", "2"}, {"aa", "2"}}));
}

CONTRACT(orders_keys_by_bytes) {
  const std::string zero("\0", 1), zeros("\0\0", 2);
  commit_pairs(store,
               {{"b", ""}, {"\xff", ""}, {"a", ""}, {"\x7f", ""}, {"\x80", ""}, {zeros, ""}, {"aa", ""}, {zero, ""}});
  const Pairs wanted{{zero, ""}, {zeros, ""},  {"a", ""},    {"aa", ""},
                     {"b", ""},  {"\x7f", ""}, {"\x80", ""}, {"\xff", ""}};
  assert_true(everything(*reading(store)) == wanted);
}

CONTRACT(seeks_and_goes_on) {
  commit_pairs(store, {{"b", "1"}, {"d", "2"}, {"f", "3"}});
  const auto read = reading(store);
  expect(show(read->next()), "!");
  expect(show(read->seek(as_bytes(""))), "b=1");
  expect(show(read->seek(as_bytes("d"))), "d=2");
  expect(show(read->next()), "f=3");
  expect(show(read->next()), "-");
  expect(show(read->next()), "-");
  expect(show(read->seek(as_bytes("c"))), "d=2");
  expect(get(*read, "b"), "1");
  expect(show(read->next()), "f=3");
  expect(show(read->seek(as_bytes("g"))), "-");
  expect(show(read->next()), "-");
  expect(show(read->seek(as_bytes("a"))), "b=1");
}

CONTRACT(seeks_in_an_empty_store) {
  const auto read = reading(store);
  expect(show(read->seek(as_bytes("a"))), "-");
  expect(show(read->seek(as_bytes(""))), "-");
  expect(show(read->next()), "-");
}

CONTRACT(drops_the_cursor_when_something_changes) {
  commit_pairs(store, {{"a", "1"}, {"b", "2"}, {"c", "3"}});
  const auto write = writing(store);
  expect(show(write->seek(as_bytes("a"))), "a=1");
  write->erase(as_bytes("a"));
  expect(show(write->next()), "!");
  expect(show(write->seek(as_bytes("a"))), "b=2");
  put(*write, "bb", "4");
  expect(show(write->next()), "!");
  expect(show(write->seek(as_bytes("b"))), "b=2");
  expect(show(write->next()), "bb=4");
  assert_true(write->commit().ok());
}

CONTRACT(erases_and_does_not_mind_what_is_not_there) {
  commit_pairs(store, {{"a", "1"}, {"b", "2"}});
  const auto write = writing(store);
  write->erase(as_bytes("a"));
  write->erase(as_bytes("a"));
  write->erase(as_bytes("nothing"));
  assert_false(write->error().has_value());
  assert_true(write->commit().ok());
  expect(get(store, "a"), "-");
  expect(get(store, "b"), "2");
}

CONTRACT(takes_keys_of_1_to_511_bytes) {
  const std::string longest(511, 'k'), longer(512, 'k');
  commit_pairs(store, {{longest, "long"}, {"k", "short"}});
  expect(get(store, longest), "long");
  const auto read = reading(store);
  expect(show(read->seek(as_bytes(longest))), (longest + "=long").c_str());
  for (const std::string& bad : {std::string(), longer}) {
    assert_true(read->get(as_bytes(bad)).error().code == Code::kInvalid);
    auto write = writing(store);
    put(*write, bad, "x");
    assert_true(write->error().has_value() && write->error()->code == Code::kInvalid);
    write.reset();
    write = writing(store);
    write->erase(as_bytes(bad));
    assert_true(write->error().has_value() && write->error()->code == Code::kInvalid);
  }
  assert_true(read->seek(as_bytes(longer)).error().code == Code::kInvalid);
}

CONTRACT(keeps_the_first_error_and_refuses_to_commit) {
  commit_pairs(store, {{"a", "1"}});
  {
    const auto write = writing(store);
    put(*write, "b", "2");
    put(*write, "", "x");
    put(*write, "c", "3");
    write->erase(as_bytes("a"));
    expect(get(*write, "a"), "!");
    expect(show(write->seek(as_bytes("a"))), "!");
    const Status committed = write->commit();
    assert_false(committed.ok());
    assert_true(committed.error().code == Code::kInvalid);
    assert_string_equal(committed.error().what.c_str(), write->error()->what.c_str());
  }
  assert_true(everything(*reading(store)) == (Pairs{{"a", "1"}}));
  commit_pairs(store, {{"d", "4"}});
}

CONTRACT(commits_once) {
  const auto write = writing(store);
  put(*write, "a", "1");
  assert_true(write->commit().ok());
  put(*write, "b", "2");
  expect(get(*write, "a"), "!");
  assert_false(write->commit().ok());
  // It is over: another may write while it is still held.
  commit_pairs(store, {{"c", "3"}});
  assert_true(everything(*reading(store)) == (Pairs{{"a", "1"}, {"c", "3"}}));
}

CONTRACT(commits_nothing) {
  assert_true(writing(store)->commit().ok());
  assert_true(everything(*reading(store)).empty());
}

CONTRACT(takes_large_values) {
  std::string large(200'000, '\0');
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 7 + i / 251);
  const std::string edge(65536, 'e');
  commit_pairs(store, {{"large", large}, {"edge", edge}});
  assert_true(get(store, "large") == large);
  assert_true(get(store, "edge") == edge);
  assert_true(everything(*reading(store))[1].second == large);
  commit_pairs(store, {{"large", "small now"}});
  expect(get(store, "large"), "small now");
}

CONTRACT(counts_entries) {
  assert_int_equal(reading(store)->stat()->entries, 0);
  commit_pairs(store, {{"a", "1"}, {"b", "2"}, {"c", "3"}});
  const auto write = writing(store);
  write->erase(as_bytes("b"));
  assert_true(write->commit().ok());
  const auto stat = reading(store)->stat();
  assert_int_equal(stat->entries, 2);
  assert_true(stat->bytes_used > 0);
  assert_true(stat->bytes_capacity == 0 || stat->bytes_used < stat->bytes_capacity);
}

CONTRACT(keeps_everything_when_reopened) {
  commit_pairs(store, {{"a", "1"}, {"b", "2"}});
  assert_true(store.reopen().ok());
  assert_true(everything(*reading(store)) == (Pairs{{"a", "1"}, {"b", "2"}}));
  commit_pairs(store, {{"c", "3"}});
  assert_true(store.reopen().ok());
  expect(get(store, "c"), "3");
  assert_true(store.clear_stale_readers().ok());
}

/// Random puts, erases, aborts and look-ups against a plain map.
CONTRACT(agrees_with_a_map) {
  std::map<std::string, std::string> model;
  std::minstd_rand random(20260101);
  const auto any_key = [&] { return std::string(1 + random() % 3, static_cast<char>('a' + random() % 6)); };
  for (int round = 0; round < 150; ++round) {
    auto next = model;
    {
      const auto write = writing(store);
      for (int i = 0; i < 8; ++i) {
        const std::string key = any_key() + any_key();
        if (random() % 3 == 0) {
          write->erase(as_bytes(key));
          next.erase(key);
        } else {
          next[key] = std::string(random() % 3000, static_cast<char>(random()));
          put(*write, key, next[key]);
        }
      }
      assert_true(everything(*write) == Pairs(next.begin(), next.end()));
      if (random() % 4 != 0) {
        assert_true(write->commit().ok());
        model = next;
      }
    }
    const std::string from = any_key();
    assert_true(everything(*reading(store), from) == Pairs(model.lower_bound(from), model.end()));
  }
  assert_int_equal(reading(store)->stat()->entries, model.size());
}

/// Readers on other threads never see half a transaction, also while the store is reopened.
CONTRACT(shows_concurrent_readers_whole_transactions) {
  commit_pairs(store, {{"a", "0"}, {"z", "0"}});
  std::atomic<bool> stop = false;
  std::atomic<int> reads = 0, faults = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        const auto read = store.read();
        if (!read || get(**read, "a") != get(**read, "z")) ++faults;
        const auto stat = (*read)->stat();
        if (!stat || stat->entries != 2) ++faults;
        ++reads;
      }
    });
  }
  for (int i = 1; i <= 200 || reads < 300; ++i) {
    const auto write = writing(store);
    put(*write, "a", std::to_string(i));
    put(*write, "z", std::to_string(i));
    if (!write->commit()) ++faults;
    if (i % 50 == 0 && !store.reopen()) ++faults;
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  assert_int_equal(faults, 0);
}

CONTRACT(lets_writers_in_one_at_a_time) {
  commit_pairs(store, {{"count", "0"}});
  std::atomic<int> faults = 0;
  std::vector<std::thread> writers;
  for (int i = 0; i < 3; ++i) {
    writers.emplace_back([&] {
      for (int n = 0; n < 40; ++n) {
        const auto write = writing(store);
        put(*write, "count", std::to_string(std::stoi(get(*write, "count")) + 1));
        if (!write->commit()) ++faults;
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  assert_int_equal(faults, 0);
  expect(get(store, "count"), "120");
}

CASE(memory_store_fails_commits_when_told) {
  MemoryStore store;
  commit_pairs(store, {{"a", "1"}});
  store.fail_commits(Code::kExhausted);
  {
    const auto write = writing(store);
    put(*write, "a", "2");
    const Status committed = write->commit();
    assert_false(committed.ok());
    assert_true(committed.error().code == Code::kExhausted);
  }
  expect(get(store, "a"), "1");
  assert_true(writing(store)->commit().ok());
  store.fail_commits(std::nullopt);
  commit_pairs(store, {{"a", "3"}});
  expect(get(store, "a"), "3");
}

RUN_CASES(BOTH(keeps_what_was_committed), BOTH(forgets_what_was_not_committed), BOTH(shows_a_writer_its_own_changes),
          BOTH(shows_a_reader_the_moment_it_began), BOTH(orders_keys_by_bytes), BOTH(seeks_and_goes_on),
          BOTH(seeks_in_an_empty_store), BOTH(drops_the_cursor_when_something_changes),
          BOTH(erases_and_does_not_mind_what_is_not_there), BOTH(takes_keys_of_1_to_511_bytes),
          BOTH(keeps_the_first_error_and_refuses_to_commit), BOTH(commits_once), BOTH(commits_nothing),
          BOTH(takes_large_values), BOTH(counts_entries), BOTH(keeps_everything_when_reopened), BOTH(agrees_with_a_map),
          BOTH(shows_concurrent_readers_whole_transactions), BOTH(lets_writers_in_one_at_a_time),
          cmocka_unit_test(memory_store_fails_commits_when_told))
