// SPDX-License-Identifier: BSD-2-Clause
// A list for the daemon in a sealed memory file.
#include "client/row_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "wire/limits.h"

namespace pbxcred {
namespace {

constexpr std::size_t kFlushAt = std::size_t{256} << 10;

Error memory_error() {
  return {Code::kExhausted, std::string("memory file: ") + std::strerror(errno)};
}

Status write_all(int fd, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return memory_error();
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace

Result<RowFile> RowFile::create() {
  Fd fd(memfd_create("pbxcred-rows", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return memory_error();
  return RowFile(std::move(fd));
}

Status RowFile::append(Bytes bytes) {
  if (bytes.size() > kMaxPacket) return Error{Code::kInvalid, "a row is longer than 64 KiB"};
  append_integer(pending_, static_cast<std::uint32_t>(bytes.size()));
  pending_.append(bytes);
  ++frames_;
  return pending_.size() < kFlushAt ? Status() : flush();
}

Status RowFile::flush() {
  Status written = write_all(fd_.get(), pending_.view());
  pending_.clear();
  return written;
}

Result<Fd> RowFile::seal() {
  PBXCRED_CHECK(flush());
  if (fcntl(fd_.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0 ||
      lseek(fd_.get(), 0, SEEK_SET) != 0)
    return memory_error();
  frames_ = 0;
  return std::move(fd_);
}

}  // namespace pbxcred
