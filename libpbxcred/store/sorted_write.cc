// SPDX-License-Identifier: BSD-2-Clause
#include "store/sorted_write.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "store/page_filler.h"

namespace pbxcred {
namespace {

constexpr std::size_t kMostHeld = std::size_t{256} << 20;
constexpr std::size_t kOverhead = 96;  ///< bytes an entry costs beside its key and value

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

void SortedWrite::flush() {
  if (!held_) return;
  std::vector<HeldEntry> sorted;
  sorted.reserve(held_->size());
  for (const auto& [key, value] : *held_) sorted.emplace_back(key, value);
  std::sort(sorted.begin(), sorted.end());
  PageFiller(*under_, sorted).run();
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
