// SPDX-License-Identifier: BSD-2-Clause
// Owned bytes that are wiped when freed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace pbxcred {

/// Wipes what it frees, also on growth of a container.
template <class T>
struct WipingAllocator {
  using value_type = T;
  WipingAllocator() = default;
  template <class U>
  WipingAllocator(const WipingAllocator<U>&) {}
  T* allocate(std::size_t n) { return static_cast<T*>(::operator new(n * sizeof(T))); }
  void deallocate(T* p, std::size_t n) {
    wipe(p, n * sizeof(T));
    ::operator delete(p);
  }
  bool operator==(const WipingAllocator&) const { return true; }
};

/// A growing byte sink whose memory is wiped: packets and anything that may hold a secret.
class SecureBuffer {
 public:
  void append(Bytes bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  void patch(std::size_t offset, Bytes bytes) {
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes_[offset + i] = bytes[i];
  }
  void resize(std::size_t size) { bytes_.resize(size); }
  void clear() {
    wipe(bytes_.data(), bytes_.size());
    bytes_.clear();
  }
  void erase_front(std::size_t size) {
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(size));
    // What moved down left a copy behind the new end.
    const std::size_t kept = bytes_.size();
    bytes_.resize(kept + size);
    wipe(bytes_.data() + kept, size);
    bytes_.resize(kept);
  }
  std::uint8_t* data() { return bytes_.data(); }
  std::size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  Bytes view() const { return bytes_; }

 private:
  std::vector<std::uint8_t, WipingAllocator<std::uint8_t>> bytes_;
};

/// A secret: moves, wipes, does not print, compares in constant time.
class Secret {
 public:
  Secret() = default;
  explicit Secret(Bytes bytes) : bytes_(bytes.begin(), bytes.end()) {}
  Secret(Secret&&) = default;
  Secret& operator=(Secret&&) = default;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  static Secret copy_of(SecretView view) { return Secret(view.bytes); }

  SecretView view() const { return {Bytes(bytes_)}; }
  std::size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  bool equals(const Secret& other) const { return equal_constant_time(bytes_, other.bytes_); }

  /// For decode(); always succeeds.
  bool assign_secret(Bytes bytes) {
    bytes_ = {bytes.begin(), bytes.end()};
    return true;
  }

 private:
  std::vector<std::uint8_t, WipingAllocator<std::uint8_t>> bytes_;
};

}  // namespace pbxcred
