// SPDX-License-Identifier: BSD-2-Clause
// Key rings for tests.
#pragma once

#include <unistd.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "crypto/key_ring.h"
#include "crypto/random.h"
#include "support/temp_dir.h"

namespace pbxcred {

/// A fresh ring with one key, id 1, and its file.
struct RingFile {
  TempDir dir;
  std::string path = dir.file("ring");

  RingFile() {
    if (!start_crypto()) throw std::runtime_error("no crypto");
    if (!KeyRing::create(path, geteuid(), getegid(), Time{})) throw std::runtime_error("no ring made");
  }
  KeyRing load() const {
    auto ring = KeyRing::load(path, geteuid());
    if (!ring) throw std::runtime_error(ring.error().what);
    return std::move(*ring);
  }
  /// Adds a key to the file; returns the ring as it is then.
  KeyRing rotate() const {
    auto ring = load().with_new_key(path, geteuid(), getegid(), Time{});
    if (!ring) throw std::runtime_error(ring.error().what);
    return std::move(*ring);
  }
  KeyRing retire(std::uint32_t id) const {
    auto ring = load().without_key(path, geteuid(), getegid(), id);
    if (!ring) throw std::runtime_error(ring.error().what);
    return std::move(*ring);
  }
};

inline KeyRing new_ring() { return RingFile().load(); }

/// The one ring of this test program.
inline const KeyRing& test_ring() {
  static const KeyRing ring = new_ring();
  return ring;
}

inline SharedRing share(KeyRing ring) { return std::make_shared<const KeyRing>(std::move(ring)); }

}  // namespace pbxcred
