// SPDX-License-Identifier: BSD-2-Clause
// Whether the pages of an LMDB data file fit together.
//
// The layout is LMDB 0.9's (MDB_DATA_VERSION 1, 64 bits, little-endian): page header {number u64, pad u16, flags u16,
// lower u16, upper u16 (or, of overflow pages, their count u32 in place of both)}, then 16-bit offsets of nodes up to
// lower, free space up to upper, then nodes {low u16, high u16, flags u16, key size u16, key, data}. low and high are the
// size of the data; in branch pages, with flags, the number of the child. In a branch page the first key counts for
// nothing.
#include "store/lmdb_pages.h"

#include <unistd.h>

#include <bit>
#include <cerrno>
#include <optional>
#include <vector>

namespace pbxcred::lmdb {
namespace {

static_assert(std::endian::native == std::endian::little && sizeof(void*) == 8);

constexpr std::uint16_t kBranch = 0x01, kLeaf = 0x02, kOverflow = 0x04, kMetaPage = 0x08;  // page flags
constexpr std::uint16_t kBigData = 0x01;  // node flag: the data is the number of the first overflow page
constexpr std::uint16_t kIntegerKey = 0x08, kNoSubdir = 0x4000;  // of the free tree: kind of key, and how it was opened
constexpr std::uint32_t kMagic = 0xBEEFC0DE, kVersion = 1;
constexpr std::size_t kHeaderBytes = 16, kNodeBytes = 8;
constexpr std::size_t kMaxKey = 511;
constexpr int kMaxDepth = 32;

std::uint16_t u16(Bytes bytes, std::size_t at) { return ByteReader(bytes.subspan(at, 2)).integer<std::uint16_t>(); }
std::uint64_t u64(Bytes bytes, std::size_t at) { return ByteReader(bytes.subspan(at, 8)).integer<std::uint64_t>(); }

bool read_at(int fd, std::uint64_t offset, MutableBytes out) {
  while (!out.empty()) {
    const ssize_t got = pread(fd, out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    out = out.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
  return true;
}

Tree parse_tree(ByteReader& reader) {
  Tree tree;
  tree.flags = reader.integer<std::uint16_t>();
  tree.depth = reader.integer<std::uint16_t>();
  tree.branch_pages = reader.integer<std::uint64_t>();
  tree.leaf_pages = reader.integer<std::uint64_t>();
  tree.overflow_pages = reader.integer<std::uint64_t>();
  tree.entries = reader.integer<std::uint64_t>();
  tree.root = reader.integer<std::uint64_t>();
  return tree;
}

bool parse_meta(Bytes page, std::uint64_t number, Meta& meta) {
  if (u64(page, 0) != number || (u16(page, 10) & kMetaPage) == 0) return false;
  ByteReader reader(page.subspan(kHeaderBytes));
  if (reader.integer<std::uint32_t>() != kMagic || reader.integer<std::uint32_t>() != kVersion) return false;
  reader.take(8);  // address
  const auto map_size = reader.integer<std::uint64_t>();
  meta.page_size = reader.integer<std::uint32_t>();
  meta.free = parse_tree(reader);
  reader.take(4);
  meta.main = parse_tree(reader);
  meta.last_page = reader.integer<std::uint64_t>();
  meta.transaction = reader.integer<std::uint64_t>();
  return reader.ok() && std::has_single_bit(meta.page_size) && meta.page_size >= 512 && meta.page_size <= 65536 &&
         meta.last_page >= 1 && meta.last_page < map_size / meta.page_size;
}

/// Walks both trees.
class Checker {
 public:
  Checker(int fd, const Meta& meta, std::uint64_t file_pages) : fd_(fd), meta_(meta), file_pages_(file_pages) {}

  std::string run() {
    // Free pages may never have been written, but each has its number in the file.
    if (meta_.last_page / 2 > file_pages_ * meta_.page_size) return "its last page cannot be";
    taken_.assign(meta_.last_page + 1, false);
    take(0, 2);
    check_tree(meta_.free, true);
    check_tree(meta_.main, false);
    return fault_;  // a page that is neither used nor free is lost, and harms nobody
  }

 private:
  struct Page {
    std::vector<std::uint8_t> bytes;
    std::uint16_t flags = 0, lower = 0, upper = 0;
    std::size_t nodes = 0;
  };
  struct Node {
    std::uint64_t low_high = 0;
    std::uint16_t flags = 0;
    std::string_view key;
    std::size_t data = 0;  ///< where it begins
  };
  struct Bounds {
    std::optional<std::string_view> from, to;  ///< from included, to not
  };

  bool fail(const char* what) {
    if (fault_.empty()) fault_ = what;
    return false;
  }

  bool take(std::uint64_t first, std::uint64_t pages) {
    if (first > meta_.last_page || pages > meta_.last_page + 1 - first) return fail("a page number is out of range");
    for (std::uint64_t page = first; page < first + pages; ++page) {
      if (taken_[page]) return fail("a page is in two places");
      taken_[page] = true;
    }
    return true;
  }

  void check_tree(const Tree& tree, bool is_free) {
    is_free_ = is_free;
    seen_ = Tree{};
    const int known = is_free ? kIntegerKey | kNoSubdir : 0;
    if ((tree.flags & ~known) != 0 || (is_free && (tree.flags & kIntegerKey) == 0)) {
      fail("a tree has unknown flags");
      return;
    }
    depth_ = tree.depth;
    if (tree.root != kNoPage && !page(tree.root, 1, {})) return;
    if (tree.root == kNoPage && tree.depth != 0) fail("a tree has no root");
    if (seen_.branch_pages != tree.branch_pages || seen_.leaf_pages != tree.leaf_pages ||
        seen_.overflow_pages != tree.overflow_pages || seen_.entries != tree.entries)
      fail("a tree has other pages or entries than it says");
  }

  bool read_page(std::uint64_t number, Page& page) {
    if (!take(number, 1)) return false;
    if (number >= file_pages_) return fail("pages in use are missing");
    page.bytes.resize(meta_.page_size);
    if (!read_at(fd_, number * meta_.page_size, page.bytes)) return fail("pages in use are missing");
    if (u64(page.bytes, 0) != number) return fail("a page has another's number");
    page.flags = u16(page.bytes, 10);
    return true;
  }

  bool page(std::uint64_t number, int depth, const Bounds& bounds) {
    Page page;
    if (depth > kMaxDepth) return fail("a tree is too deep");
    if (!read_page(number, page)) return false;
    page.lower = u16(page.bytes, 12);
    page.upper = u16(page.bytes, 14);
    const bool branch = page.flags == kBranch;
    if (!branch && page.flags != kLeaf) return fail("a page is of another kind");
    if ((depth < depth_) != branch) return fail("a tree is of another depth than it says");
    if (page.lower < kHeaderBytes || page.lower % 2 != 0 || page.upper < page.lower || page.upper > meta_.page_size)
      return fail("a page has a wrong size");
    page.nodes = (page.lower - kHeaderBytes) / 2;
    if (page.nodes < (branch ? 2U : 1U)) return fail("a page has too few nodes");
    ++(branch ? seen_.branch_pages : seen_.leaf_pages);
    return branch ? branch_page(page, depth, bounds) : leaf_page(page, bounds);
  }

  /// The node at that index; whole, within the page.
  std::optional<Node> node(const Page& page, std::size_t index) {
    const std::size_t at = u16(page.bytes, kHeaderBytes + 2 * index);
    if (at < page.upper || at + kNodeBytes > page.bytes.size()) return std::nullopt;
    Node node;
    node.low_high = u16(page.bytes, at) | std::uint64_t{u16(page.bytes, at + 2)} << 16;
    node.flags = u16(page.bytes, at + 4);
    const std::size_t key = u16(page.bytes, at + 6);
    node.data = at + kNodeBytes + key;
    if (key > kMaxKey || node.data > page.bytes.size()) return std::nullopt;
    node.key = as_text(Bytes(page.bytes).subspan(at + kNodeBytes, key));
    std::size_t end = node.data;
    if (page.flags == kLeaf) end += (node.flags & kBigData) != 0 ? 8 : node.low_high;
    if (end > page.bytes.size()) return std::nullopt;
    node_bytes_ += (end - at + 1) / 2 * 2;
    return node;
  }

  bool less(std::string_view a, std::string_view b) const {
    return is_free_ ? u64(as_bytes(a), 0) < u64(as_bytes(b), 0) : a < b;
  }
  bool is_key(std::string_view key) const { return is_free_ ? key.size() == 8 : !key.empty(); }

  bool branch_page(const Page& page, int depth, const Bounds& bounds) {
    std::vector<Node> nodes;
    node_bytes_ = 0;
    for (std::size_t i = 0; i < page.nodes; ++i) {
      const auto found = node(page, i);
      if (!found || (i > 0 && !is_key(found->key))) return fail("a node is malformed");
      nodes.push_back(*found);
    }
    if (node_bytes_ != meta_.page_size - page.upper) return fail("a page has a wrong size");
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      Bounds below;
      below.from = i == 0 ? bounds.from : nodes[i].key;
      below.to = i + 1 < nodes.size() ? nodes[i + 1].key : bounds.to;
      if (below.from && below.to && !less(*below.from, *below.to)) return fail("keys are out of order");
      const std::uint64_t child = nodes[i].low_high | std::uint64_t{nodes[i].flags} << 32;
      if (!this->page(child, depth + 1, below)) return false;
    }
    return true;
  }

  bool leaf_page(const Page& page, const Bounds& bounds) {
    std::optional<std::string_view> last;
    node_bytes_ = 0;
    for (std::size_t i = 0; i < page.nodes; ++i) {
      const auto found = node(page, i);
      if (!found || !is_key(found->key) || (found->flags & ~kBigData) != 0) return fail("a node is malformed");
      if ((last && !less(*last, found->key)) || (bounds.from && less(found->key, *bounds.from)) ||
          (bounds.to && !less(found->key, *bounds.to)))
        return fail("keys are out of order");
      last = found->key;
      ++seen_.entries;
      if ((found->flags & kBigData) != 0) {
        if (!overflow(u64(page.bytes, found->data), found->low_high)) return false;
      } else if (is_free_ && !free_pages(found->key, Bytes(page.bytes).subspan(found->data, found->low_high))) {
        return false;
      }
    }
    return node_bytes_ == meta_.page_size - page.upper || fail("a page has a wrong size");
  }

  bool overflow(std::uint64_t first, std::uint64_t size) {
    std::uint8_t head[kHeaderBytes];
    if (first >= file_pages_ || first > meta_.last_page || !read_at(fd_, first * meta_.page_size, head))
      return fail("pages in use are missing");
    const std::uint64_t pages = ByteReader(Bytes(head).subspan(12)).integer<std::uint32_t>();
    if (u64(head, 0) != first || u16(head, 10) != kOverflow) return fail("a page is of another kind");
    if (pages * meta_.page_size < kHeaderBytes + size) return fail("a record is longer than its pages");
    if (!take(first, pages)) return false;
    if (pages > file_pages_ - first) return fail("pages in use are missing");
    seen_.overflow_pages += pages;
    if (!is_free_) return true;
    std::vector<std::uint8_t> list(size);
    if (!read_at(fd_, first * meta_.page_size + kHeaderBytes, list)) return fail("pages in use are missing");
    return free_pages({}, list);
  }

  /// A number of pages, then so many of them, descending.
  bool free_pages(std::string_view transaction, Bytes list) {
    if (!transaction.empty() && u64(as_bytes(transaction), 0) > meta_.transaction)
      return fail("pages were freed in the future");
    ByteReader reader(list);
    const auto pages = reader.integer<std::uint64_t>();
    if (!reader.ok() || pages > reader.rest().size() / 8) return fail("a list of free pages is malformed");
    // LMDB looks for runs of pages in it, and takes them for granted when their ends fit.
    std::uint64_t last = kNoPage;
    for (std::uint64_t i = 0; i < pages; ++i) {
      const auto page = reader.integer<std::uint64_t>();
      if (page >= last) return fail("a list of free pages is out of order");
      if (!take(page, 1)) return false;
      last = page;
    }
    return true;
  }

  int fd_;
  const Meta& meta_;
  std::uint64_t file_pages_;
  std::vector<bool> taken_;
  bool is_free_ = false;
  int depth_ = 0;
  Tree seen_;
  std::size_t node_bytes_ = 0;
  std::string fault_;
};

}  // namespace

bool read_meta(int fd, Meta& latest) {
  std::uint8_t page[168];
  Meta first, second;
  if (!read_at(fd, 0, page) || !parse_meta(page, 0, first)) return false;
  if (!read_at(fd, first.page_size, page) || !parse_meta(page, 1, second)) return false;
  if (first.page_size != second.page_size) return false;
  latest = second.transaction > first.transaction ? second : first;
  // Transactions alternate between the pages; both are 0 in a file that was never written.
  const std::uint64_t newer = latest.transaction, older = first.transaction + second.transaction - newer;
  if (newer == 0) return true;
  return newer - older == 1 && first.transaction % 2 == 0 && second.transaction % 2 == 1;
}

std::string check_pages(int fd, const Meta& meta, std::uint64_t file_pages) {
  return Checker(fd, meta, file_pages).run();
}

}  // namespace pbxcred::lmdb
