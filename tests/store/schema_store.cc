// SPDX-License-Identifier: BSD-2-Clause
// A store from a dump (tests/store/dump.h), or a dump from a store that no daemon has open.
//
//   schema_store load DUMP STATE_DIR KEY_FILE    into directories that exist
//   schema_store dump STATE_DIR KEY_FILE > DUMP
#include <cstdio>
#include <exception>
#include <iostream>
#include <sstream>

#include "store/dump.h"
#include "store/lmdb_store.h"

namespace {

using namespace pbxcred;

std::unique_ptr<LmdbStore> open_store(const std::string& dir, bool create) {
  auto store = LmdbStore::open(dir, std::uint64_t{64} << 20, create);
  if (!store) throw std::runtime_error(store.error().what);
  return std::move(*store);
}

void load(const std::string& path, const std::string& dir, const std::string& ring) {
  const Dump dump = read_dump(path);
  load_dump(dump, *open_store(dir, true));
  write_ring(dump, ring);
}

void dump(const std::string& dir, const std::string& ring) {
  std::ostringstream bytes;
  bytes << std::ifstream(ring, std::ios::binary).rdbuf();
  std::cout << "ring " << hex_of(bytes.str()) << '\n';
  for (const Entry& entry : entries_of(*open_store(dir, false)))
    std::cout << hex_of(entry.key) << ' ' << hex_of(entry.value) << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  const std::string verb = argc > 1 ? argv[1] : "";
  try {
    if (verb == "load" && argc == 5) load(argv[2], argv[3], argv[4]);
    else if (verb == "dump" && argc == 4) dump(argv[2], argv[3]);
    else return 2;
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "schema_store: %s\n", error.what());
    return 1;
  }
}
