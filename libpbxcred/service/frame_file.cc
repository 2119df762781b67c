// SPDX-License-Identifier: BSD-2-Clause
#include "service/frame_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "wire/limits.h"

namespace pbxcred {
namespace {

/// All of size bytes at offset; short at the end of the file.
Result<std::size_t> read_at(int fd, MutableBytes out, std::uint64_t offset) {
  std::size_t got = 0;
  while (got < out.size()) {
    const ssize_t n = pread(fd, out.data() + got, out.size() - got, static_cast<off_t>(offset + got));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Error{Code::kInvalid, "the file that came with the request cannot be read"};
    if (n == 0) break;
    got += static_cast<std::size_t>(n);
  }
  return got;
}

}  // namespace

Result<FrameFile> FrameFile::open(Fd fd) {
  const int needed = F_SEAL_WRITE | F_SEAL_SHRINK;
  const int seals = fcntl(fd.get(), F_GET_SEALS);
  if (seals < 0 || (seals & needed) != needed)
    return Error{Code::kInvalid, "the file that came with the request must be a sealed memfd"};
  FrameFile file;
  file.fd_ = std::move(fd);
  return file;
}

Result<bool> FrameFile::next(SecureBuffer& out) {
  const Error cut{Code::kInvalid, "the file that came with the request is malformed"};
  std::uint8_t head[4];
  PBXCRED_TRY(const std::size_t got, read_at(fd_.get(), MutableBytes(head), offset_));
  if (got == 0) return false;
  if (got < sizeof head) return cut;
  const auto size = ByteReader(Bytes(head)).integer<std::uint32_t>();
  if (size > kMaxPacket) return cut;
  out.clear();
  out.resize(size);
  PBXCRED_TRY(const std::size_t body, read_at(fd_.get(), MutableBytes(out.data(), size), offset_ + sizeof head));
  if (body < size) return cut;
  offset_ += sizeof head + size;
  return true;
}

}  // namespace pbxcred
