// SPDX-License-Identifier: BSD-2-Clause
// Sealing: XChaCha20-Poly1305 with a random nonce.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"
#include "crypto/subkey.h"

namespace pbxcred {

/// What a seal adds to the plain text: nonce 24 and tag 16.
inline constexpr std::size_t kSealOverhead = 40;

/// Seals plain under key, bound to associated (which is not in the result).
/// Returns nonce 24, cipher text of plain's size, tag 16. Thread-safe.
std::vector<std::uint8_t> seal(const Subkey& key, Bytes associated, Bytes plain);

/// Opens what seal() made with the same key and associated data; the plain text is wiped when freed.
/// `corrupt`: anything of it was changed, or there is no key. Thread-safe.
Result<SecureBuffer> unseal(const Subkey& key, Bytes associated, Bytes sealed);

}  // namespace pbxcred
