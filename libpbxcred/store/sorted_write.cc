// SPDX-License-Identifier: BSD-2-Clause
#include "store/sorted_write.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace pbxcred {
namespace {

constexpr std::size_t kMostHeld = std::size_t{256} << 20;
constexpr std::size_t kOverhead = 96;    ///< bytes an entry costs beside its key and value
constexpr std::ptrdiff_t kLongRun = 32;  ///< new keys between two old ones, from which lifting pays
constexpr std::size_t kPageBytes =
    4096;  ///< of old entries that are lifted: as many as may share a page with a new one

std::uint64_t begin_of(std::string_view key) {
  std::uint64_t begin = 0;
  for (std::size_t i = 0; i < sizeof begin; ++i)
    begin = begin << 8U | (i < key.size() ? static_cast<unsigned char>(key[i]) : 0U);
  return begin;
}

}  // namespace

std::string_view SortedWrite::copy(std::string_view text) {
  if (text.empty()) return {};
  char* place = static_cast<char*>(arena_.allocate(text.size(), 1));
  std::memcpy(place, text.data(), text.size());
  return {place, text.size()};
}

void SortedWrite::keep(Bytes key, Value value) {
  if (error()) return;
  if (!held_) held_.emplace(&arena_);
  bytes_ += key.size() + (value ? value->size() : 0) + kOverhead;
  const auto found = held_->find(as_text(key));
  if (found != held_->end())
    found->second = value;
  else
    held_->emplace(copy(as_text(key)), value);
  if (bytes_ > kMostHeld) flush();
}

void SortedWrite::put(Bytes key, Bytes value) {
  keep(key, copy(as_text(value)));
}

/// What was never there needs no place.
void SortedWrite::erase(Bytes key) {
  const bool is_held = held_ && held_->contains(as_text(key));
  const auto stored = is_held ? Result<std::optional<std::string>>(std::string()) : under_->get(key);
  if (!stored || *stored) keep(key, std::nullopt);
}

std::vector<SortedWrite::Held> SortedWrite::in_order() const {
  std::vector<Held> sorted;
  sorted.reserve(held_->size());
  for (const auto& [key, value] : *held_) sorted.push_back({begin_of(key), key, value});
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

/// Entries [first, result) may be put one after the other: no old key lies between them. LMDB fills pages only where a
/// new key is the last of its page; before a long run the old entries behind it that may share its page are therefore
/// taken out, into lifted, to be put again after it.
const SortedWrite::Held* SortedWrite::end_of_run(const Held* first, const Held* end, std::vector<Entry>& lifted) {
  auto old = under_->seek(as_bytes(first->key));
  if (!old || !*old) return end;
  if ((*old)->key == first->key) return first + 1;
  const Held bound{begin_of((*old)->key), (*old)->key, {}};
  const Held* const run_end = std::lower_bound(first, end, bound);
  if (run_end - first < kLongRun) return run_end;
  for (std::size_t bytes = 0; old && *old && bytes < kPageBytes; old = under_->next()) {
    if (run_end != end && (*old)->key >= run_end->key) break;
    bytes += (*old)->key.size() + (*old)->value.size();
    lifted.push_back(std::move(**old));
  }
  for (const Entry& entry : lifted) under_->erase(as_bytes(entry.key));
  return run_end;
}

void SortedWrite::flush() {
  if (!held_) return;
  const std::vector<Held> sorted = in_order();
  const Held* const end = sorted.data() + sorted.size();
  std::vector<Entry> lifted;
  for (const Held* one = sorted.data(); one != end;) {
    for (const Held* const run_end = end_of_run(one, end, lifted); one != run_end; ++one) {
      if (one->value)
        under_->put(as_bytes(one->key), as_bytes(*one->value));
      else
        under_->erase(as_bytes(one->key));
    }
    for (const Entry& entry : lifted) under_->put(as_bytes(entry.key), as_bytes(entry.value));
    lifted.clear();
  }
  forget();
}

void SortedWrite::forget() {
  held_.reset();
  arena_.release();
  bytes_ = 0;
}

Result<std::optional<std::string>> SortedWrite::get(Bytes key) {
  if (error()) return *error();
  if (held_) {
    const auto found = held_->find(as_text(key));
    if (found != held_->end())
      return found->second ? std::optional<std::string>(*found->second) : std::optional<std::string>();
  }
  return under_->get(key);
}

Result<std::optional<Entry>> SortedWrite::seek(Bytes key) {
  flush();
  return under_->seek(key);
}

Result<std::optional<Entry>> SortedWrite::next() {
  flush();  // a cursor does not survive a change, as in the store
  return under_->next();
}

Result<StoreStat> SortedWrite::stat() {
  flush();
  return under_->stat();
}

Status SortedWrite::commit() {
  flush();
  return under_->commit();
}

}  // namespace pbxcred
