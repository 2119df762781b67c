// SPDX-License-Identifier: BSD-2-Clause
#include "store/sorted_write.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace pbxcred {
namespace {

constexpr std::size_t kMostHeld = std::size_t{256} << 20;
constexpr std::size_t kOverhead = 96;  ///< bytes an entry costs beside its key and value

}  // namespace

void SortedWrite::keep(Bytes key, std::optional<std::string> value) {
  if (error()) return;
  bytes_ += key.size() + (value ? value->size() : 0) + kOverhead;
  const auto found = held_.find(as_text(key));
  if (found != held_.end()) found->second = std::move(value);
  else held_.emplace(as_text(key), std::move(value));
  if (bytes_ > kMostHeld) flush();
}

void SortedWrite::put(Bytes key, Bytes value) { keep(key, std::string(as_text(value))); }
void SortedWrite::erase(Bytes key) { keep(key, std::nullopt); }

void SortedWrite::flush() {
  using Held = std::pair<const std::string, std::optional<std::string>>;
  std::vector<const Held*> sorted;
  sorted.reserve(held_.size());
  for (const Held& one : held_) sorted.push_back(&one);
  std::sort(sorted.begin(), sorted.end(), [](const Held* a, const Held* b) { return a->first < b->first; });
  for (const Held* one : sorted) {
    if (one->second) under_->put(as_bytes(one->first), as_bytes(*one->second));
    else under_->erase(as_bytes(one->first));
  }
  held_.clear();
  bytes_ = 0;
}

Result<std::optional<std::string>> SortedWrite::get(Bytes key) {
  if (error()) return *error();
  const auto found = held_.find(as_text(key));
  return found != held_.end() ? Result<std::optional<std::string>>(found->second) : under_->get(key);
}

Result<std::optional<Entry>> SortedWrite::seek(Bytes key) {
  flush();
  return under_->seek(key);
}

Result<std::optional<Entry>> SortedWrite::next() {
  if (!held_.empty()) flush();  // a cursor does not survive a change, as in the store
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
