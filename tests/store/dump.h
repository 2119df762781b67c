// SPDX-License-Identifier: BSD-2-Clause
// Dumps of stores that released versions have written, kept as test data: a line "ring HEX", then "KEY VALUE" a record,
// in hexadecimal. They are loaded as they are, past every check.
#pragma once

#include <sys/stat.h>

#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "store/store.h"

namespace pbxcred {

struct Dump {
  std::string ring;  ///< the bytes of its key file
  std::vector<Entry> entries;
};

inline std::string hex_of(const std::string& bytes) {
  static const char* digits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += digits[static_cast<unsigned char>(c) >> 4U];
    text += digits[static_cast<unsigned char>(c) & 15U];
  }
  return text;
}
inline std::string from_hex(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes += static_cast<char>(std::stoul(text.substr(i, 2), nullptr, 16));
  return bytes;
}

inline Dump read_dump(const std::string& path) {
  std::ifstream in(path);
  Dump dump;
  std::string key, value;
  while (in >> key >> value) {
    if (key == "ring") dump.ring = from_hex(value);
    else dump.entries.push_back({from_hex(key), from_hex(value)});
  }
  if (dump.ring.empty() || dump.entries.empty()) throw std::runtime_error("no dump: " + path);
  return dump;
}

inline void load_dump(const Dump& dump, Store& store) {
  auto write = store.write();
  if (!write) throw std::runtime_error(write.error().what);
  for (const Entry& entry : dump.entries) (*write)->put(as_bytes(entry.key), as_bytes(entry.value));
  if (const Status committed = (*write)->commit(); !committed) throw std::runtime_error(committed.error().what);
}

inline std::vector<Entry> entries_of(Store& store) {
  std::vector<Entry> entries;
  auto read = store.read();
  if (!read) throw std::runtime_error(read.error().what);
  auto entry = (*read)->seek({});
  for (; entry && *entry; entry = (*read)->next()) entries.push_back(std::move(**entry));
  if (!entry) throw std::runtime_error(entry.error().what);
  return entries;
}

/// Writes the ring where a daemon of this user finds it; its directory is 0700 already.
inline void write_ring(const Dump& dump, const std::string& path) {
  std::ofstream(path, std::ios::binary) << dump.ring;
  if (chmod(path.c_str(), 0600) != 0) throw std::runtime_error("no ring at " + path);
}

}  // namespace pbxcred
