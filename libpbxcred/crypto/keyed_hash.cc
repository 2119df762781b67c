// SPDX-License-Identifier: BSD-2-Clause
// Keyed hashes: index keys of names, MACs of records, hashes of guesses and tokens.
#include "crypto/keyed_hash.h"

#include <sodium.h>

#include <algorithm>

namespace pbxcred {
namespace {

// 16 bytes each: they keep the two functions apart under one key.
constexpr char kPartsPersonal[] = "pbxcred parts v1";
constexpr char kMacPersonal[] = "pbxcred mac16 v1";
static_assert(sizeof kPartsPersonal == crypto_generichash_blake2b_PERSONALBYTES + 1);
static_assert(sizeof kMacPersonal == crypto_generichash_blake2b_PERSONALBYTES + 1);

constexpr char kStreamPersonal[] = "pbxcred stream 1";
static_assert(sizeof kStreamPersonal == crypto_generichash_blake2b_PERSONALBYTES + 1);

static_assert(sizeof(crypto_generichash_blake2b_state) == 384);

crypto_generichash_blake2b_state* state_in(std::uint8_t* bytes) {
  return reinterpret_cast<crypto_generichash_blake2b_state*>(bytes);
}

void start(std::uint8_t* state, const Subkey& key, const char* personal, std::size_t size) {
  crypto_generichash_blake2b_init_salt_personal(state_in(state), key.data(), Subkey::kBytes, size, nullptr,
                                                reinterpret_cast<const unsigned char*>(personal));
}

/// A message to a state, which is wiped with it. Gathers short pieces: each update costs more than its bytes.
class Message {
 public:
  /// Copies the state that the message begins with.
  explicit Message(const std::uint8_t* state) { std::copy_n(state, sizeof state_, state_); }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;
  ~Message() {
    wipe(state_, sizeof state_);
    wipe(bytes_, most_);
  }

  void append(Bytes bytes) {
    if (bytes.size() > sizeof bytes_ - size_) flush();
    if (bytes.size() > sizeof bytes_) {
      crypto_generichash_blake2b_update(state_in(state_), bytes.data(), bytes.size());
      return;
    }
    std::copy(bytes.begin(), bytes.end(), bytes_ + size_);
    size_ += bytes.size();
    most_ = std::max(most_, size_);
  }
  Hash16 finish() {
    flush();
    Hash16 hash;
    crypto_generichash_blake2b_final(state_in(state_), hash.data(), hash.size());
    return hash;
  }

 private:
  void flush() {
    crypto_generichash_blake2b_update(state_in(state_), bytes_, size_);
    size_ = 0;
  }

  alignas(64) std::uint8_t state_[384];
  std::uint8_t bytes_[256];
  std::size_t size_ = 0;
  std::size_t most_ = 0;  ///< of bytes_, that held something
};

}  // namespace

KeyedHasher::KeyedHasher(const Subkey& key) { start(state_, key, kPartsPersonal, sizeof(Hash16)); }

KeyedHasher::~KeyedHasher() { wipe(state_, sizeof state_); }

Hash16 KeyedHasher::hash(std::initializer_list<Bytes> parts) const {
  Message message(state_);
  for (Bytes part : parts) {
    append_integer(message, static_cast<std::uint64_t>(part.size()));
    message.append(part);
  }
  return message.finish();
}

Hash16 keyed_hash(const Subkey& key, std::initializer_list<Bytes> parts) { return KeyedHasher(key).hash(parts); }

StreamMac::StreamMac(const Subkey& key) { start(state_, key, kStreamPersonal, sizeof(Sum)); }

StreamMac::~StreamMac() { wipe(state_, sizeof state_); }

void StreamMac::append(Bytes bytes) {
  crypto_generichash_blake2b_update(state_in(state_), bytes.data(), bytes.size());
}

StreamMac::Sum StreamMac::finish() {
  Sum sum;
  crypto_generichash_blake2b_final(state_in(state_), sum.data(), sum.size());
  return sum;
}

Hash16 mac16(const Subkey& key, Bytes message) {
  alignas(64) std::uint8_t begun[384];
  start(begun, key, kMacPersonal, sizeof(Hash16));
  Message whole(begun);
  wipe(begun, sizeof begun);
  whole.append(message);
  return whole.finish();
}

}  // namespace pbxcred
