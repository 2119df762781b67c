// SPDX-License-Identifier: BSD-2-Clause
// A look at an LMDB data file before it is mapped: to touch a mapped page that the file lacks ends the process.
#include "store/lmdb_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/fd.h"
#include "store/lmdb_pages.h"

namespace pbxcred {

Status check_lmdb_file(const std::string& path, std::uint64_t whole_up_to) {
  const auto corrupt = [&](const std::string& why) { return Error{Code::kCorrupt, "the store " + path + " " + why}; };
  const Fd fd(open(path.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!fd && errno == ENOENT) return Error{Code::kNotFound, "the store " + path + " is missing"};
  if (!fd && errno == ELOOP) return Error{Code::kInvalid, "the store " + path + " is a symbolic link"};
  struct stat info {};
  if (!fd || fstat(fd.get(), &info) != 0)
    return Error{Code::kUnavailable, "the store " + path + ": " + std::strerror(errno)};
  if (!S_ISREG(info.st_mode)) return Error{Code::kInvalid, "the store " + path + " is not a regular file"};

  lmdb::Meta meta;
  if (!lmdb::read_meta(fd.get(), meta)) return corrupt("is cut, damaged or no LMDB file");
  const auto size = static_cast<std::uint64_t>(info.st_size);
  const std::uint64_t pages = size / meta.page_size;
  const bool is_short = meta.last_page >= pages;
  if (!is_short && size > whole_up_to) return {};
  const std::string fault = lmdb::check_pages(fd.get(), meta, pages);
  if (!fault.empty()) return corrupt((is_short ? "is cut or damaged: " : "is damaged: ") + fault);
  // A transaction that frees what it has just taken leaves pages that were never written.
  if (is_short && ftruncate(fd.get(), static_cast<off_t>((meta.last_page + 1) * meta.page_size)) != 0)
    return Error{Code::kUnavailable, "the store " + path + ": " + std::strerror(errno)};
  return {};
}

}  // namespace pbxcred
