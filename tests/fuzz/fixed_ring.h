// SPDX-License-Identifier: BSD-2-Clause
// A key ring that is the same in every run, so that a kept corpus opens with it.
#pragma once

#include <sodium.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "crypto/key_ring.h"
#include "crypto/random.h"
#include "support/temp_dir.h"

namespace pbxcred::fuzz {

/// Its file: two keys, 1 and 2.
inline std::string fixed_ring_file() {
  std::string body = "pbxcred-key-ring";
  const auto integer = [&body](std::uint64_t value, unsigned size) {
    for (unsigned i = 0; i < size; ++i) body += static_cast<char>(value >> (8 * i));
  };
  integer(1, 4);
  integer(2, 4);
  body += std::string(32, 'r');
  for (const std::uint32_t id : {1U, 2U}) {
    integer(id, 4);
    integer(0, 8);
    body += std::string(32, static_cast<char>(id));
  }
  unsigned char sum[32];
  crypto_generichash(sum, sizeof sum, reinterpret_cast<const unsigned char*>(body.data()), body.size(), nullptr, 0);
  return body.append(reinterpret_cast<const char*>(sum), sizeof sum);
}

inline const KeyRing& fixed_ring() {
  static const KeyRing ring = [] {
    const TempDir dir;
    const std::string path = dir.file("keys/ring");
    if (!start_crypto() || !KeyRing::restore(as_bytes(fixed_ring_file()), path, geteuid(), getegid())) std::abort();
    auto loaded = KeyRing::load(path, geteuid());
    if (!loaded) std::abort();
    return std::move(*loaded);
  }();
  return ring;
}

}  // namespace pbxcred::fuzz
