// SPDX-License-Identifier: BSD-2-Clause
// Borrowed bytes, wiping, constant-time comparison, and the one checked reader and writer of integers.
// No heap, no C++ runtime: the PAM module uses this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace pbxcred {

using Bytes = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Overwrites memory so that no optimiser removes it.
inline void wipe(void* data, std::size_t size) {
  if (size > 0) explicit_bzero(data, size);
}
inline void wipe(MutableBytes bytes) { wipe(bytes.data(), bytes.size()); }

/// Compares in time that depends on the sizes only.
inline bool equal_constant_time(Bytes a, Bytes b) {
  if (a.size() != b.size()) return false;
  volatile std::uint8_t difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference = static_cast<std::uint8_t>(difference | (a[i] ^ b[i]));
  return difference == 0;
}

/// Bytes of a secret, borrowed: a type of its own, so that nothing logs or prints it by accident.
struct SecretView {
  Bytes bytes;
};

/// Reads little-endian integers and runs of bytes from a borrowed buffer. After the first failure every call fails.
class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }
  Bytes rest() const { return rest_; }

  /// Takes size bytes; empty and failed if there are fewer.
  Bytes take(std::size_t size) {
    if (!ok_ || size > rest_.size()) {
      ok_ = false;
      return {};
    }
    Bytes taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }

  template <class Integer>
  Integer integer() {
    Bytes raw = take(sizeof(Integer));
    std::uint64_t value = 0;
    for (std::size_t i = raw.size(); i > 0; --i) value = (value << 8) | raw[i - 1];
    return static_cast<Integer>(value);
  }

 private:
  Bytes rest_;
  bool ok_ = true;
};

/// Writes into a borrowed buffer. After the first write that does not fit, every call does nothing and ok() is false.
class ByteWriter {
 public:
  explicit ByteWriter(MutableBytes buffer) : buffer_(buffer) {}

  bool ok() const { return ok_; }
  std::size_t size() const { return size_; }
  Bytes written() const { return buffer_.first(size_); }

  void append(Bytes bytes) {
    if (!ok_ || bytes.size() > buffer_.size() - size_) {
      ok_ = false;
      return;
    }
    if (!bytes.empty()) std::memcpy(buffer_.data() + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  /// Overwrites what stands at offset; both ends lie within what was written.
  void patch(std::size_t offset, Bytes bytes) {
    if (ok_) std::memcpy(buffer_.data() + offset, bytes.data(), bytes.size());
  }

 private:
  MutableBytes buffer_;
  std::size_t size_ = 0;
  bool ok_ = true;
};

/// Appends a little-endian integer to any sink that has append(Bytes).
template <class Sink, class Integer>
void append_integer(Sink& sink, Integer value) {
  std::uint8_t raw[sizeof(Integer)];
  auto left = static_cast<std::uint64_t>(value);
  for (auto& byte : raw) {
    byte = static_cast<std::uint8_t>(left);
    left >>= 8;
  }
  sink.append(Bytes(raw));
}

}  // namespace pbxcred
