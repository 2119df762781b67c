// SPDX-License-Identifier: BSD-2-Clause
// Puts many entries in the order of their keys so that LMDB's pages become full.
#pragma once

#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/held_entries.h"
#include "store/store.h"

namespace pbxcred {

/// LMDB fills a page only where a new key is the last of it; elsewhere it halves it. Where new keys are many more than
/// the old ones among them, the old ones that may share a page with the next new one are therefore taken out and put
/// again in their turn: each put is then the last of its page. (Where they are not, that gains too little: LMDB merges
/// pages that became empty with their neighbours.)
class PageFiller {
 public:
  /// sorted: ascending, each key once; it and under are borrowed.
  PageFiller(StoreWrite& under, std::span<const HeldEntry> sorted)
      : under_(under), one_(sorted.data()), end_(sorted.data() + sorted.size()) {}
  /// Puts all. What the store could not do is its error.
  void run();

 private:
  std::vector<Entry> old_from(std::string_view key, std::size_t most_bytes);
  const HeldEntry* behind(std::string_view key) const;
  void fill();
  bool lift();
  void put_next();
  void put_one();
  void put(std::string_view key, std::string_view value);

  StoreWrite& under_;
  const HeldEntry* one_;
  const HeldEntry* end_;
  std::deque<Entry> lifted_;  ///< out of the store, to be put again
  std::size_t bytes_ = 0;     ///< in lifted_
  std::string from_;          ///< what is lifted next begins here
  bool nothing_behind_ = false;  ///< no key of the store is greater than the next: it is appended
};

}  // namespace pbxcred
