// SPDX-License-Identifier: BSD-2-Clause
// A look at an LMDB data file before it is mapped: to touch a mapped page that the file lacks ends the process.
//
// The layout is LMDB 0.9's (MDB_DATA_VERSION 1, 64 bits, little-endian): page header {number u64, pad u16, flags u16,
// lower u16, upper u16}, then 16-bit offsets of nodes {low u16, high u16, flags u16, key size u16, key, data}.
#include "store/lmdb_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/bytes.h"
#include "base/fd.h"

namespace pbxcred {
namespace {

static_assert(std::endian::native == std::endian::little && sizeof(void*) == 8);

constexpr std::uint16_t kBranch = 0x01, kLeaf = 0x02, kMetaPage = 0x08;  // page flags
constexpr std::uint16_t kBigData = 0x01;                                 // node flag: the data is a page number
constexpr std::uint32_t kMagic = 0xBEEFC0DE, kVersion = 1;
constexpr std::size_t kHeaderBytes = 16;
constexpr std::uint64_t kNoPage = ~std::uint64_t{0};
constexpr int kMaxDepth = 32;

std::uint16_t u16(Bytes bytes, std::size_t at) {
  return ByteReader(bytes.subspan(at, 2)).integer<std::uint16_t>();
}

/// What a meta page says.
struct Meta {
  std::uint32_t page_size = 0;
  std::uint64_t free_root = kNoPage, main_root = kNoPage, last_page = 0, transaction = 0;
};

bool parse_meta(Bytes page, Meta& meta) {
  if ((u16(page, 10) & kMetaPage) == 0) return false;
  ByteReader reader(page.subspan(kHeaderBytes));
  if (reader.integer<std::uint32_t>() != kMagic || reader.integer<std::uint32_t>() != kVersion) return false;
  reader.take(8);  // address
  const auto map_size = reader.integer<std::uint64_t>();
  meta.page_size = reader.integer<std::uint32_t>();
  reader.take(36);  // flags, depth, page counts, entries
  meta.free_root = reader.integer<std::uint64_t>();
  reader.take(40);  // as above, of the main tree
  meta.main_root = reader.integer<std::uint64_t>();
  meta.last_page = reader.integer<std::uint64_t>();
  meta.transaction = reader.integer<std::uint64_t>();
  return reader.ok() && std::has_single_bit(meta.page_size) && meta.page_size >= 512 && meta.page_size <= 65536 &&
         meta.last_page < map_size / meta.page_size;
}

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

/// Both meta pages must be good, as LMDB wants it; the later one counts.
bool read_meta(int fd, Meta& latest) {
  std::uint8_t page[168];
  Meta first, second;
  if (!read_at(fd, 0, page) || !parse_meta(page, first)) return false;
  if (!read_at(fd, first.page_size, page) || !parse_meta(page, second)) return false;
  if (first.page_size != second.page_size) return false;
  latest = second.transaction > first.transaction ? second : first;
  return true;
}

/// Walks trees and says whether all their pages lie within the file.
class PageWalk {
 public:
  PageWalk(int fd, std::uint32_t page_size, std::uint64_t pages) : fd_(fd), page_size_(page_size), pages_(pages) {}

  bool tree(std::uint64_t root, int depth = 0) {
    if (root == kNoPage) return true;
    if (root >= pages_ || depth == kMaxDepth || ++visited_ > pages_) return false;
    std::vector<std::uint8_t> page(page_size_);
    if (!read_at(fd_, root * page_size_, page)) return false;
    const std::uint16_t flags = u16(page, 10), lower = u16(page, 12);
    if ((flags & (kBranch | kLeaf)) == 0 || lower < kHeaderBytes || lower > page_size_) return false;
    for (std::size_t at = kHeaderBytes; at + 2 <= lower; at += 2)
      if (!node(page, u16(page, at), flags, depth)) return false;
    return true;
  }

 private:
  bool node(Bytes page, std::size_t at, std::uint16_t page_flags, int depth) {
    if (at + 8 > page.size()) return false;
    const std::uint64_t low = u16(page, at), high = u16(page, at + 2), flags = u16(page, at + 4);
    const std::size_t data = at + 8 + u16(page, at + 6);
    if ((page_flags & kBranch) != 0) return tree(low | high << 16 | flags << 32, depth + 1);
    if ((flags & kBigData) == 0) return true;
    if (data + 8 > page.size()) return false;
    const auto first = ByteReader(page.subspan(data)).integer<std::uint64_t>();
    const std::uint64_t size = (low | high << 16) + kHeaderBytes;
    return first < pages_ && (size + page_size_ - 1) / page_size_ <= pages_ - first;
  }

  int fd_;
  std::uint32_t page_size_;
  std::uint64_t pages_;
  std::uint64_t visited_ = 0;
};

}  // namespace

Status check_lmdb_file(const std::string& path) {
  const auto corrupt = [&](const char* why) { return Error{Code::kCorrupt, "the store " + path + " " + why}; };
  const Fd fd(open(path.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!fd && errno == ENOENT) return Error{Code::kNotFound, "the store " + path + " is missing"};
  if (!fd && errno == ELOOP) return Error{Code::kInvalid, "the store " + path + " is a symbolic link"};
  struct stat info {};
  if (!fd || fstat(fd.get(), &info) != 0)
    return Error{Code::kUnavailable, "the store " + path + ": " + std::strerror(errno)};
  if (!S_ISREG(info.st_mode)) return Error{Code::kInvalid, "the store " + path + " is not a regular file"};

  Meta meta;
  if (!read_meta(fd.get(), meta)) return corrupt("is cut or no LMDB file");
  const std::uint64_t pages = static_cast<std::uint64_t>(info.st_size) / meta.page_size;
  if (meta.last_page < pages) return {};
  // A transaction that frees what it has just taken leaves pages that were never written.
  PageWalk walk(fd.get(), meta.page_size, pages);
  if (!walk.tree(meta.free_root) || !walk.tree(meta.main_root)) return corrupt("is cut: pages in use are missing");
  if (ftruncate(fd.get(), static_cast<off_t>((meta.last_page + 1) * meta.page_size)) != 0)
    return Error{Code::kUnavailable, "the store " + path + ": " + std::strerror(errno)};
  return {};
}

}  // namespace pbxcred
