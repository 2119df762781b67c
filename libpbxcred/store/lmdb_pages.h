// SPDX-License-Identifier: BSD-2-Clause
// Whether the pages of an LMDB data file fit together. For lmdb_file.cc only.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace pbxcred::lmdb {

inline constexpr std::uint64_t kNoPage = ~std::uint64_t{0};

/// One tree, as a meta page describes it.
struct Tree {
  std::uint16_t flags = 0, depth = 0;
  std::uint64_t branch_pages = 0, leaf_pages = 0, overflow_pages = 0, entries = 0;
  std::uint64_t root = kNoPage;
};

/// A meta page.
struct Meta {
  std::uint32_t page_size = 0;
  Tree free, main;
  std::uint64_t last_page = 0, transaction = 0;
};

/// Reads the two meta pages and chooses as LMDB does. False: no LMDB data file, or one that LMDB never leaves so.
bool read_meta(int fd, Meta& latest);

/// Reads every page in use and checks all that LMDB trusts: page numbers and kinds, that nodes lie within their pages and
/// in order, also under the keys above them, that overflow pages are there, that counts are what the meta page says, and
/// that no page is used twice, or used and free. file_pages: whole pages in the file.
/// Returns what is wrong, empty: nothing. Then reading the file through LMDB finds every record and touches no page
/// that is not there. What stands in records is for their MACs to say.
/// Takes about as long as reading the file, and a bit for every page.
std::string check_pages(int fd, const Meta& meta, std::uint64_t file_pages);

}  // namespace pbxcred::lmdb
