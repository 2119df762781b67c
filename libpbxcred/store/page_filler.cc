// SPDX-License-Identifier: BSD-2-Clause
#include "store/page_filler.h"

#include <algorithm>
#include <utility>

namespace pbxcred {
namespace {

constexpr std::size_t kPageBytes = 4096;
constexpr std::size_t kWindow = 4 * kPageBytes;  ///< of old entries behind the next new one, that are taken out
constexpr std::size_t kManyMore = 16;  ///< new keys an old one, from which lifting pays: it costs two changes each
constexpr std::size_t kLongRun = 32;   ///< new keys that fill some of a page

std::size_t size_of(const Entry& entry) {
  return entry.key.size() + entry.value.size();
}

}  // namespace

void PageFiller::run() {
  while (one_ != end_) {
    const std::vector<Entry> old = old_from(one_->key, kPageBytes);
    if (old.empty()) {
      nothing_behind_ = true;
      while (one_ != end_) put_one();
      return;
    }
    const HeldEntry* const there = behind(old.back().key);
    const auto run = static_cast<std::size_t>(there - one_);
    if (run >= std::max(kLongRun, kManyMore * old.size())) fill();
    while (one_ < there) put_one();
  }
}

/// Old entries from key on, to just above so many bytes.
std::vector<Entry> PageFiller::old_from(std::string_view key, std::size_t most_bytes) {
  std::vector<Entry> found;
  std::size_t bytes = 0;
  for (auto entry = under_.seek(as_bytes(key)); entry && *entry && bytes < most_bytes; entry = under_.next()) {
    bytes += size_of(**entry);
    found.push_back(std::move(**entry));
  }
  return found;
}

/// The first that comes behind key.
const HeldEntry* PageFiller::behind(std::string_view key) const {
  return std::upper_bound(one_, end_, HeldEntry(key, {}));
}

void PageFiller::fill() {
  from_ = one_->key;
  bool goes_on = true;
  do {
    if (goes_on && one_ != end_ && bytes_ < kWindow) goes_on = lift();
    put_next();
  } while (!lifted_.empty() || (goes_on && one_ != end_));
}

/// Whether more should be lifted later: there is more, and it is not many old ones for few new ones.
bool PageFiller::lift() {
  std::vector<Entry> old = old_from(from_, kWindow);
  if (old.empty()) {
    nothing_behind_ = true;
    return false;
  }
  for (Entry& entry : old) {
    under_.erase(as_bytes(entry.key));
    bytes_ += size_of(entry);
    lifted_.push_back(std::move(entry));
  }
  from_ = lifted_.back().key + '\0';
  return static_cast<std::size_t>(behind(lifted_.back().key) - one_) >= kManyMore * lifted_.size();
}

void PageFiller::put_next() {
  if (lifted_.empty() || (one_ != end_ && one_->key < lifted_.front().key)) return put_one();
  const Entry old = std::move(lifted_.front());
  lifted_.pop_front();
  bytes_ -= size_of(old);
  // One that is replaced or erased is gone already.
  if (one_ == end_ || one_->key != old.key) put(old.key, old.value);
}

void PageFiller::put_one() {
  if (one_->value)
    put(one_->key, *one_->value);
  else
    under_.erase(as_bytes(one_->key));
  ++one_;
}

void PageFiller::put(std::string_view key, std::string_view value) {
  if (nothing_behind_)
    under_.append(as_bytes(key), as_bytes(value));
  else
    under_.put(as_bytes(key), as_bytes(value));
}

}  // namespace pbxcred
