// SPDX-License-Identifier: BSD-2-Clause
// Key rings for tests.
#pragma once

#include <unistd.h>

#include <stdexcept>
#include <utility>

#include "crypto/key_ring.h"
#include "crypto/random.h"
#include "support/temp_dir.h"

namespace pbxcred {

/// A fresh ring with one key, id 1.
inline KeyRing new_ring() {
  if (!start_crypto()) throw std::runtime_error("no crypto");
  const TempDir dir;
  const std::string path = dir.file("ring");
  if (!KeyRing::create(path, getuid(), getgid(), Time{})) throw std::runtime_error("no ring made");
  auto ring = KeyRing::load(path, getuid());
  if (!ring) throw std::runtime_error(ring.error().what);
  return std::move(*ring);
}

/// The one ring of this test program.
inline const KeyRing& test_ring() {
  static const KeyRing ring = new_ring();
  return ring;
}

}  // namespace pbxcred
