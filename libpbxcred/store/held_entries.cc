// SPDX-License-Identifier: BSD-2-Clause
#include "store/held_entries.h"

#include <endian.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <utility>

namespace pbxcred {
namespace {

constexpr std::size_t kFirstSlots = 1024;
constexpr std::size_t kOverhead = sizeof(HeldEntry) + 4 * 2 * sizeof(std::uint32_t);  ///< of an entry, and its slots

constexpr std::size_t kWord = sizeof(std::uint64_t);

/// Eight bytes of the key from a place on, as a number that sorts as they do.
std::uint64_t word_at(std::string_view key, std::size_t from) {
  std::uint64_t word = 0;
  if (from + kWord <= key.size()) {
    std::memcpy(&word, key.data() + from, kWord);
    return be64toh(word);
  }
  for (std::size_t i = from; i < from + kWord; ++i)
    word = word << 8U | (i < key.size() ? static_cast<unsigned char>(key[i]) : 0U);
  return word;
}

using Entries = std::span<HeldEntry>;

void sort_words(Entries same, std::size_t at);

/// same: of keys that agree up to `at`. Where one of them ends there, its length decides.
void sort_rest(Entries same, std::size_t at) {
  if (same.size() < 2) return;
  if (std::any_of(same.begin(), same.end(), [at](const HeldEntry& entry) { return entry.key.size() <= at; }))
    std::sort(same.begin(), same.end(), [](const HeldEntry& a, const HeldEntry& b) { return a.key < b.key; });
  else
    sort_words(same, at);
}

/// Word by word: thousands of keys share table and domain, and to compare these each time takes the longest.
void sort_words(Entries same, std::size_t at) {
  if (at > 0)
    for (HeldEntry& entry : same) entry.begin = word_at(entry.key, at);
  std::sort(same.begin(), same.end(), [](const HeldEntry& a, const HeldEntry& b) { return a.begin < b.begin; });
  for (auto first = same.begin(); first != same.end();) {
    const auto last = std::find_if(first, same.end(), [&](const HeldEntry& e) { return e.begin != first->begin; });
    sort_rest({first, last}, at + kWord);
    first = last;
  }
}

std::uint32_t hash_of(std::string_view key) {
  return static_cast<std::uint32_t>(std::hash<std::string_view>()(key));
}

}  // namespace

HeldEntry::HeldEntry(std::string_view its_key, Value its_value)
    : begin(word_at(its_key, 0)), key(its_key), value(its_value) {}

const HeldEntry* HeldEntries::find(std::string_view key) const {
  if (slots_.empty()) return nullptr;
  const Slot& slot = slots_[place_of(key, hash_of(key))];
  return slot.number == 0 ? nullptr : &entries_[slot.number - 1];
}

/// Of the key's slot, or the free one that it would take.
std::size_t HeldEntries::place_of(std::string_view key, std::uint32_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    const Slot& slot = slots_[at];
    if (slot.number == 0 || (slot.hash == hash && entries_[slot.number - 1].key == key)) return at;
  }
}

void HeldEntries::put(std::string_view key, HeldEntry::Value value) {
  if (value) value = copy(*value);
  if (slots_.size() < 2 * (entries_.size() + 1)) grow();
  const std::uint32_t hash = hash_of(key);
  Slot& slot = slots_[place_of(key, hash)];
  if (slot.number > 0) {
    entries_[slot.number - 1].value = value;
    return;
  }
  entries_.emplace_back(copy(key), value);
  slot = {hash, static_cast<std::uint32_t>(entries_.size())};
  bytes_ += kOverhead;
}

void HeldEntries::grow() {
  const std::vector<Slot> before = std::exchange(slots_, {});
  slots_.assign(std::max(kFirstSlots, 2 * before.size()), Slot());
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& taken : before) {
    if (taken.number == 0) continue;
    std::size_t at = taken.hash & mask;
    while (slots_[at].number != 0) at = (at + 1) & mask;
    slots_[at] = taken;
  }
}

std::string_view HeldEntries::copy(std::string_view text) {
  if (text.empty()) return {};
  bytes_ += text.size();
  char* place = static_cast<char*>(arena_.allocate(text.size(), 1));
  std::memcpy(place, text.data(), text.size());
  return {place, text.size()};
}

std::span<const HeldEntry> HeldEntries::sort() {
  slots_ = {};
  sort_words(entries_, 0);
  for (HeldEntry& entry : entries_) entry.begin = word_at(entry.key, 0);
  return entries_;
}

void HeldEntries::forget() {
  entries_ = {};
  slots_ = {};
  arena_.release();
  bytes_ = 0;
}

}  // namespace pbxcred
