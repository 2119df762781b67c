// SPDX-License-Identifier: BSD-2-Clause
// Memory for keys: kept from swap and cores, between guard pages, wiped when freed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "base/result.h"

namespace pbxcred {

/// A fixed number of bytes in locked pages. Where RLIMIT_MEMLOCK forbids locking they are only kept out of cores.
class LockedBytes {
 public:
  /// size bytes, zero. `exhausted` if there is no memory.
  static Result<LockedBytes> make(std::size_t size);

  std::uint8_t* data() { return bytes_.get(); }
  const std::uint8_t* data() const { return bytes_.get(); }
  std::size_t size() const { return size_; }
  Bytes view() const { return {bytes_.get(), size_}; }

  /// From now on a write ends the process.
  void make_read_only();

 private:
  struct Free {
    void operator()(std::uint8_t* bytes) const;
  };
  LockedBytes(std::uint8_t* bytes, std::size_t size) : bytes_(bytes), size_(size) {}

  std::unique_ptr<std::uint8_t, Free> bytes_;
  std::size_t size_ = 0;
};

}  // namespace pbxcred
