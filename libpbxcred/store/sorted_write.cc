// SPDX-License-Identifier: BSD-2-Clause
#include "store/sorted_write.h"

#include "store/page_filler.h"

namespace pbxcred {
namespace {

constexpr std::size_t kMostHeld = std::size_t{256} << 20;

}  // namespace

void SortedWrite::keep(Bytes key, HeldEntry::Value value) {
  if (error()) return;
  held_.put(as_text(key), value);
  if (held_.bytes() > kMostHeld) flush();
}

void SortedWrite::put(Bytes key, Bytes value) {
  keep(key, as_text(value));
}

/// What was never there needs no place.
void SortedWrite::erase(Bytes key) {
  if (held_.find(as_text(key)) == nullptr) {
    const auto stored = under_->get(key);
    if (stored && !*stored) return;
  }
  keep(key, std::nullopt);
}

void SortedWrite::flush() {
  if (held_.empty()) return;
  PageFiller(*under_, held_.sort()).run();
  held_.forget();
}

Result<std::optional<std::string>> SortedWrite::get(Bytes key) {
  if (error()) return *error();
  const HeldEntry* held = held_.find(as_text(key));
  if (held == nullptr) return under_->get(key);
  return held->value ? std::optional<std::string>(*held->value) : std::optional<std::string>();
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
