// SPDX-License-Identifier: BSD-2-Clause
// Bringing the records under a new key, some at a time, and finding out who still needs an old one.
#include "store/reseal.h"

#include <algorithm>
#include <vector>

namespace pbxcred {
namespace {

const std::string kFirst(1, '\0');  // below every table

std::string after(const std::string& key) { return key + '\0'; }

Result<StoreMeta> meta_of(Read& read) {
  PBXCRED_TRY(const auto meta, read.get<StoreMeta>(make_key(Table::kMeta)));
  if (!meta) return Error{Code::kCorrupt, "the store has no first record"};
  return *meta;
}

/// Where an earlier batch stopped, or the beginning.
Result<Resealing> begun(Write& write, const StoreMeta& meta) {
  const std::uint32_t target = write.ring().current_id();
  PBXCRED_TRY(const auto found, write.get<Resealing>(make_key(Table::kResealing)));
  if (found && found->target == target) return *found;
  Resealing state;
  state.target = target;
  PBXCRED_TRY(const StoreStat stat, write.raw().stat());
  state.total = stat.entries;
  // First of all what is looked at first: a ring without the new key is from now on refused at start.
  write.put(make_key(Table::kMeta), meta);
  return state;
}

/// The next entries; none when the end was reached. A put takes the cursor away, so they are read before.
Result<std::vector<Entry>> entries_from(Write& write, const std::string& from, std::size_t most) {
  std::vector<Entry> entries;
  PBXCRED_TRY(auto entry, write.raw().seek(as_bytes(from)));
  while (entry && entries.size() < most) {
    entries.push_back(std::move(*entry));
    PBXCRED_TRY(entry, write.raw().next());
  }
  return entries;
}

}  // namespace

Result<bool> is_resealed(Read& read) {
  PBXCRED_TRY(const StoreMeta meta, meta_of(read));
  return meta.resealed_to == read.ring().current_id();
}

Result<Resealing> reseal_some(Write& write, std::size_t most) {
  PBXCRED_TRY(StoreMeta meta, meta_of(write));
  if (meta.resealed_to == write.ring().current_id()) return Resealing{meta.resealed_to, {}, 1, 1, 0};
  PBXCRED_TRY(Resealing state, begun(write, meta));
  const std::string from = state.cursor.empty() ? kFirst : std::string(state.cursor.begin(), state.cursor.end());
  PBXCRED_TRY(const auto entries, entries_from(write, from, most));
  for (const Entry& entry : entries) {
    const auto resealed = write.reseal(entry);
    if (!resealed && resealed.error().code != Code::kCorrupt) return resealed.error();
    if (!resealed) ++state.faulty;
  }
  state.done += entries.size();
  if (entries.size() < most) {
    meta.resealed_to = state.target;
    write.put(make_key(Table::kMeta), meta);
    write.erase(make_key(Table::kResealing));
    state.total = state.done = std::max<std::uint64_t>(state.done, 1);
    return state;
  }
  const std::string next = after(entries.back().key);
  state.cursor.assign(next.begin(), next.end());
  // Others add records meanwhile; whoever waits for done to reach total must not be told too early.
  state.total = std::max(state.total, state.done + 1);
  write.put(make_key(Table::kResealing), state);
  return state;
}

Result<std::optional<std::string>> count_key_use(Read& read, const std::string& from, std::size_t most, KeyUse& use) {
  PBXCRED_TRY(auto entry, read.raw().seek(as_bytes(from.empty() ? kFirst : from)));
  for (std::size_t i = 0; entry; ++i) {
    if (i == most) return std::optional(entry->key);
    const std::uint32_t outer = key_id_of(entry->value);
    ++use[outer];
    if (entry->key[0] == static_cast<char>(Table::kVerifier)) {
      const auto inner = seal_id_of(entry->value);
      if (inner && *inner != outer) ++use[*inner];
    }
    PBXCRED_TRY(entry, read.raw().next());
  }
  return std::optional<std::string>();
}

}  // namespace pbxcred
