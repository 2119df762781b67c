// SPDX-License-Identifier: BSD-2-Clause
// Keyed hashes: index keys of names, MACs of records, hashes of guesses and tokens.
#include "crypto/keyed_hash.h"

#include <sodium.h>

namespace pbxcred {
namespace {

// 16 bytes each: they keep the two functions apart under one key.
constexpr char kPartsPersonal[] = "pbxcred parts v1";
constexpr char kMacPersonal[] = "pbxcred mac16 v1";
static_assert(sizeof kPartsPersonal == crypto_generichash_blake2b_PERSONALBYTES + 1);
static_assert(sizeof kMacPersonal == crypto_generichash_blake2b_PERSONALBYTES + 1);

/// BLAKE2b's state holds key material; it is wiped when done.
class Blake2b {
 public:
  Blake2b(const Subkey& key, const char* personal) {
    crypto_generichash_blake2b_init_salt_personal(&state_, key.data(), Subkey::kBytes, sizeof(Hash16), nullptr,
                                                  reinterpret_cast<const unsigned char*>(personal));
  }
  Blake2b(const Blake2b&) = delete;
  Blake2b& operator=(const Blake2b&) = delete;
  ~Blake2b() { wipe(&state_, sizeof state_); }

  void append(Bytes bytes) { crypto_generichash_blake2b_update(&state_, bytes.data(), bytes.size()); }
  Hash16 finish() {
    Hash16 hash;
    crypto_generichash_blake2b_final(&state_, hash.data(), hash.size());
    return hash;
  }

 private:
  crypto_generichash_blake2b_state state_;
};

}  // namespace

namespace {

constexpr char kStreamPersonal[] = "pbxcred stream 1";
static_assert(sizeof kStreamPersonal == crypto_generichash_blake2b_PERSONALBYTES + 1);

crypto_generichash_blake2b_state* state_in(std::uint8_t* bytes) {
  static_assert(sizeof(crypto_generichash_blake2b_state) == 384);
  return reinterpret_cast<crypto_generichash_blake2b_state*>(bytes);
}

}  // namespace

StreamMac::StreamMac(const Subkey& key) {
  crypto_generichash_blake2b_init_salt_personal(state_in(state_), key.data(), Subkey::kBytes, sizeof(Sum), nullptr,
                                                reinterpret_cast<const unsigned char*>(kStreamPersonal));
}

StreamMac::~StreamMac() { wipe(state_, sizeof state_); }

void StreamMac::append(Bytes bytes) {
  crypto_generichash_blake2b_update(state_in(state_), bytes.data(), bytes.size());
}

StreamMac::Sum StreamMac::finish() {
  Sum sum;
  crypto_generichash_blake2b_final(state_in(state_), sum.data(), sum.size());
  return sum;
}

Hash16 keyed_hash(const Subkey& key, std::initializer_list<Bytes> parts) {
  Blake2b state(key, kPartsPersonal);
  for (Bytes part : parts) {
    append_integer(state, static_cast<std::uint64_t>(part.size()));
    state.append(part);
  }
  return state.finish();
}

Hash16 mac16(const Subkey& key, Bytes message) {
  Blake2b state(key, kMacPersonal);
  state.append(message);
  return state.finish();
}

}  // namespace pbxcred
