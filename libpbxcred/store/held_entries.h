// SPDX-License-Identifier: BSD-2-Clause
// Entries that are held back from the store, to be found by key and then sorted.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace pbxcred {

/// What is to be put under a key; no value: erased. Compares by the key's first bytes before it looks at the rest.
struct HeldEntry {
  using Value = std::optional<std::string_view>;
  HeldEntry(std::string_view its_key, Value its_value);

  std::uint64_t begin;
  std::string_view key;
  Value value;
  bool operator<(const HeldEntry& other) const { return begin != other.begin ? begin < other.begin : key < other.key; }
};

/// Some millions of them, each found by one look into a table of eight bytes an entry. Owns their texts.
class HeldEntries {
 public:
  HeldEntries() = default;
  HeldEntries(const HeldEntries&) = delete;
  HeldEntries& operator=(const HeldEntries&) = delete;

  bool empty() const { return entries_.empty(); }
  /// Bytes of all texts, those that were replaced too, and what an entry costs beside them.
  std::size_t bytes() const { return bytes_; }
  /// Until the next put.
  const HeldEntry* find(std::string_view key) const;
  /// Replaces what is held of that key.
  void put(std::string_view key, HeldEntry::Value value);
  /// In the order of keys. Nothing is found any more: forget() is next.
  std::span<const HeldEntry> sort();
  void forget();

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t number = 0;  ///< of the entry, from 1; 0: free
  };

  std::size_t place_of(std::string_view key, std::uint32_t hash) const;
  void grow();
  std::string_view copy(std::string_view text);

  std::pmr::monotonic_buffer_resource arena_{std::size_t{1} << 16};
  std::vector<HeldEntry> entries_;
  std::vector<Slot> slots_;  ///< a power of two, at most half of them taken
  std::size_t bytes_ = 0;
};

}  // namespace pbxcred
