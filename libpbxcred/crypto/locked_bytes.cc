// SPDX-License-Identifier: BSD-2-Clause
// Memory for keys: kept from swap and cores, between guard pages, wiped when freed.
#include "crypto/locked_bytes.h"

#include <sodium.h>

#include "crypto/random.h"

namespace pbxcred {

Result<LockedBytes> LockedBytes::make(std::size_t size) {
  PBXCRED_CHECK(start_crypto());
  // sodium_malloc locks what it can and goes on where it cannot.
  auto* bytes = static_cast<std::uint8_t*>(sodium_malloc(size));
  if (bytes == nullptr) return Error{Code::kExhausted, "no memory for keys"};
  sodium_memzero(bytes, size);
  return LockedBytes(bytes, size);
}

void LockedBytes::make_read_only() {
  if (bytes_) sodium_mprotect_readonly(bytes_.get());
}

void LockedBytes::Free::operator()(std::uint8_t* bytes) const {
  sodium_free(bytes);
}

}  // namespace pbxcred
