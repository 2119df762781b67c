// SPDX-License-Identifier: BSD-2-Clause
// Random bytes from the kernel, and the start of the crypto library.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"

namespace pbxcred {

/// Readies libsodium; before anything else of this folder, in main. More than once does no harm. Thread-safe.
Status start_crypto();

/// Fills all of out; never fails (libsodium ends the process if the kernel has no random numbers). Thread-safe.
void fill_random(MutableBytes out);

/// N random bytes.
template <std::size_t N>
std::array<std::uint8_t, N> random_bytes() {
  std::array<std::uint8_t, N> bytes;
  fill_random(bytes);
  return bytes;
}

}  // namespace pbxcred
