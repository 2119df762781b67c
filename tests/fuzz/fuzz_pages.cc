// SPDX-License-Identifier: BSD-2-Clause
// Any bytes as the store's file. What the check of its pages lets pass, LMDB reads and writes without ending the
// process: it would, by SIGBUS or an assertion of its own.
#include <fstream>
#include <string>

#include "crypto/random.h"
#include "round_trip.h"
#include "store/lmdb_file.h"
#include "store/lmdb_store.h"
#include "support/temp_dir.h"

using namespace pbxcred;

namespace {

constexpr std::uint64_t kMap = std::uint64_t{4} << 20;

std::uint64_t count(Store& store) {
  const auto read = store.read();
  MUST(read.ok());
  std::uint64_t entries = 0;
  auto entry = (*read)->seek({});
  for (; entry && *entry; entry = (*read)->next()) ++entries;
  MUST(entry.ok());
  const auto stat = (*read)->stat();
  MUST(stat.ok() && stat->entries == entries);
  return entries;
}

/// As much as it takes: an error is an answer, too.
void write_some(Store& store) {
  for (int round = 0; round < 3; ++round) {
    const auto write = store.write(Space::kUseReserve);
    if (!write) return;
    for (char c = 'a'; c < 'i'; ++c)
      (*write)->put(as_bytes(std::string(20, c)), as_bytes(std::string(static_cast<std::size_t>(c) * 40, c)));
    for (char c = 'a'; c < 'e'; ++c) (*write)->erase(as_bytes(std::string(1, c)));
    if (!(*write)->commit()) return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const TempDir dir;
  const std::string path = dir.file(LmdbStore::kFileName);
  std::ofstream(path, std::ios::binary | std::ios::trunc) << as_text(Bytes(data, size));
  if (!check_lmdb_file(path, LmdbStore::kAlwaysWhole)) return 0;
  auto store = LmdbStore::open(dir.path(), kMap, false);
  if (!store) return 0;
  count(**store);
  write_some(**store);
  count(**store);
  store->reset();
  MUST(check_lmdb_file(path, LmdbStore::kAlwaysWhole).ok());
  return 0;
}
