// SPDX-License-Identifier: BSD-2-Clause
// Random bytes from the kernel, and the start of the crypto library.
#include "crypto/random.h"

#include <sodium.h>

namespace pbxcred {

Status start_crypto() {
  if (sodium_init() < 0) return Error{Code::kInternal, "libsodium does not start"};
  return {};
}

void fill_random(MutableBytes out) {
  randombytes_buf(out.data(), out.size());
}

}  // namespace pbxcred
