// SPDX-License-Identifier: BSD-2-Clause
// argon2id (RFC 9106) in memory that is kept between hashes. The benchmark's stub build replaces argon2.cc.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/bytes.h"
#include "base/result.h"
#include "model/verifier.h"

namespace pbxcred {

/// Whether argon2id() takes these parameters: 1..64 lanes, 8 KiB a lane to 4 GiB, 1..1024 passes.
constexpr bool is_sane(const HashParams& params) {
  return params.lanes >= 1 && params.lanes <= 64 && params.memory_kib >= 8 * params.lanes &&
         params.memory_kib <= (4U << 20) && params.passes >= 1 && params.passes <= 1024;
}

/// The memory of one hash worker, kept between hashes: a third faster than fresh pages each time. One thread at a time.
class HashArena {
 public:
  HashArena() = default;
  HashArena(HashArena&& other) noexcept
      : map_(std::exchange(other.map_, nullptr)), map_size_(std::exchange(other.map_size_, 0)) {}
  HashArena& operator=(HashArena&& other) noexcept {
    std::swap(map_, other.map_);
    std::swap(map_size_, other.map_size_);
    return *this;
  }
  HashArena(const HashArena&) = delete;
  HashArena& operator=(const HashArena&) = delete;
  ~HashArena();

  /// Makes room for size bytes; what it held is lost if it must grow. `exhausted` if there is no memory.
  Status reserve(std::size_t size);
  /// The room there is; all zero between hashes. Empty before the first reserve().
  MutableBytes memory() const;

 private:
  void release();

  void* map_ = nullptr;
  std::size_t map_size_ = 0;
};

/// 32 bytes that are wiped when they go; so is every copy.
struct Hash32 {
  std::array<std::uint8_t, 32> raw{};

  Hash32() = default;
  Hash32(const Hash32&) = default;
  Hash32& operator=(const Hash32&) = default;
  ~Hash32() { wipe(raw); }
  Bytes bytes() const { return raw; }
};

/// argon2id, version 0x13, 32 bytes.
/// secret: any length. salt: at least 8 bytes. key, data: RFC 9106's K and X, which pbxcred leaves empty.
/// Returns the hash; `invalid` parameters or salt, `exhausted` if there is no memory.
/// Runs on the calling thread alone whatever the lanes, for memory_kib KiB times passes.
Result<Hash32> argon2id(HashArena& arena, SecretView secret, Bytes salt, const HashParams& params, Bytes key = {},
                        Bytes data = {});

/// The same with a tag of another length, 4 bytes at least: all of tag is written. Other systems' hashes have such.
Status argon2id_into(HashArena& arena, MutableBytes tag, SecretView secret, Bytes salt, const HashParams& params,
                     Bytes key = {}, Bytes data = {});

}  // namespace pbxcred
