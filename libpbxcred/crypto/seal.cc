// SPDX-License-Identifier: BSD-2-Clause
// Sealing: XChaCha20-Poly1305 with a random nonce.
#include "crypto/seal.h"

#include <sodium.h>

#include "crypto/random.h"

namespace pbxcred {
namespace {

constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(kNonceBytes + kTagBytes == kSealOverhead);
static_assert(Subkey::kBytes == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);

Error broken_seal() {
  return {Code::kCorrupt, "a seal does not open"};
}

}  // namespace

std::vector<std::uint8_t> seal(const Subkey& key, Bytes associated, Bytes plain) {
  std::vector<std::uint8_t> sealed(kSealOverhead + plain.size());
  const MutableBytes nonce = MutableBytes(sealed).first(kNonceBytes);
  fill_random(nonce);
  crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.data() + kNonceBytes, nullptr, plain.data(), plain.size(),
                                             associated.data(), associated.size(), nullptr, nonce.data(), key.data());
  return sealed;
}

Result<SecureBuffer> unseal(const Subkey& key, Bytes associated, Bytes sealed) {
  if (!key || sealed.size() < kSealOverhead) return broken_seal();
  SecureBuffer plain;
  plain.resize(sealed.size() - kSealOverhead);
  const Bytes nonce = sealed.first(kNonceBytes);
  const Bytes rest = sealed.subspan(kNonceBytes);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain.data(), nullptr, nullptr, rest.data(), rest.size(),
                                                 associated.data(), associated.size(), nonce.data(), key.data()) != 0) {
    return broken_seal();
  }
  return plain;
}

}  // namespace pbxcred
