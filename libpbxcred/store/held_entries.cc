// SPDX-License-Identifier: BSD-2-Clause
#include "store/held_entries.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <utility>

namespace pbxcred {
namespace {

constexpr std::size_t kFirstSlots = 1024;
constexpr std::size_t kOverhead = sizeof(HeldEntry) + 4 * 2 * sizeof(std::uint32_t);  ///< of an entry, and its slots

std::uint64_t begin_of(std::string_view key) {
  std::uint64_t begin = 0;
  for (std::size_t i = 0; i < sizeof begin; ++i)
    begin = begin << 8U | (i < key.size() ? static_cast<unsigned char>(key[i]) : 0U);
  return begin;
}

std::uint32_t hash_of(std::string_view key) {
  return static_cast<std::uint32_t>(std::hash<std::string_view>()(key));
}

}  // namespace

HeldEntry::HeldEntry(std::string_view its_key, Value its_value)
    : begin(begin_of(its_key)), key(its_key), value(its_value) {}

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
  std::sort(entries_.begin(), entries_.end());
  return entries_;
}

void HeldEntries::forget() {
  entries_ = {};
  slots_ = {};
  arena_.release();
  bytes_ = 0;
}

}  // namespace pbxcred
