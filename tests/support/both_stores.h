// SPDX-License-Identifier: BSD-2-Clause
// One case on both stores.
//
//   ON_BOTH_STORES(database_counts_users) { uses store }
//   RUN_CASES(BOTH_STORES(database_counts_users))
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "store/lmdb_store.h"
#include "store/memory_store.h"
#include "support/check.h"
#include "support/temp_dir.h"

namespace pbxcred {

inline constexpr std::uint64_t kTestMap = std::uint64_t{16} << 20;

/// What stands under a key, past every check; "" if nothing does.
inline std::string raw_value(Store& store, const std::string& key) {
  const auto read = store.read();
  if (!read) return {};
  const auto value = (*read)->get(as_bytes(key));
  return value ? value->value_or("") : std::string();
}

/// Puts (or with an empty value erases) past every check.
inline void put_raw(Store& store, const std::string& key, const std::string& value) {
  auto write = store.write();
  if (!write) throw std::runtime_error(write.error().what);
  if (value.empty()) (*write)->erase(as_bytes(key));
  else (*write)->put(as_bytes(key), as_bytes(value));
  const Status committed = (*write)->commit();
  if (!committed) throw std::runtime_error(committed.error().what);
}

}  // namespace pbxcred

#define ON_BOTH_STORES(name)                                                   \
  static void name(Store& store);                                              \
  CASE(name##_in_memory) {                                                     \
    MemoryStore memory;                                                        \
    name(memory);                                                              \
  }                                                                            \
  CASE(name##_in_lmdb) {                                                       \
    const TempDir dir;                                                         \
    auto lmdb = LmdbStore::open(dir.path(), kTestMap, true);                   \
    if (!lmdb) fail_msg("%s", lmdb.error().what.c_str());                      \
    name(**lmdb);                                                              \
  }                                                                            \
  static void name(Store& store)
#define BOTH_STORES(name) cmocka_unit_test(name##_in_memory), cmocka_unit_test(name##_in_lmdb)
