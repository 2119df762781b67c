// SPDX-License-Identifier: BSD-2-Clause
// The one mechanism that describes fields. A type lists them once:
//
//   struct Point {
//     std::uint32_t x = 0, y = 0;
//     static constexpr bool kHasFields = true;
//     static constexpr void fields(auto& v, auto& p) { v(1, "x", p.x); v(2, "y", p.y); }
//   };
//
// Messages (wire/), records (model/) and views (model/views.h) are three families on it. Encoded form of a type:
// for each field, in ascending order of tags: tag u8, size u32le, bytes. Readers skip tags they do not know and leave
// fields that are absent at their defaults; a tag that does not ascend, a wrong size, an enumerator out of range or
// trailing bytes make the whole value invalid. No heap, no C++ runtime.
#pragma once

#include <array>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

#include "base/bytes.h"

namespace pbxcred {

/// Number of enumerators of a type that travels or is stored; they count from 0 without gaps.
template <class E>
inline constexpr std::uint64_t kEnumEnd = 0;

/// A fixed-capacity list that borrows nothing and allocates nothing; what does not fit makes the value invalid.
template <class T, std::size_t N>
class BoundedList {
 public:
  using value_type = T;
  bool push_back(const T& item) {
    if (size_ == N) return false;
    items_[size_++] = item;
    return true;
  }
  void clear() { size_ = 0; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const T& operator[](std::size_t i) const { return items_[i]; }
  const T* begin() const { return items_; }
  const T* end() const { return items_ + size_; }

 private:
  T items_[N] = {};
  std::size_t size_ = 0;
};

namespace detail {

template <class T>
concept IsTime = requires { typename T::clock; typename T::duration; };
template <class T>
concept IsDuration = requires { typename T::rep; typename T::period; } && !IsTime<T>;
template <class T>
concept IsOptional = requires(T& value) { typename T::value_type; value.has_value(); value.reset(); };
template <class T>
concept IsOwnedText = requires(T& value, const char* data) { value.assign(data, std::size_t{1}); value.c_str(); };
template <class T>
concept IsByteArray = std::same_as<typename T::value_type, std::uint8_t> &&
                      (requires { std::tuple_size<T>::value; } || requires { T::kFixedBytes; });
template <class T>
concept IsOwnedBytes =
    requires(T& value, const std::uint8_t* p) { value.assign(p, p); } && std::same_as<typename T::value_type, std::uint8_t>;
template <class T>
concept IsOwnedSecret = requires(T& value, Bytes bytes) { value.assign_secret(bytes); value.view(); };

template <class Sink, class T>
void encode_value(Sink& sink, const T& value);

/// Appends the size that `body` writes, then what it writes.
template <class Sink, class Body>
void sized(Sink& sink, Body body) {
  const std::size_t at = sink.size();
  append_integer(sink, std::uint32_t{0});
  body();
  const auto size = static_cast<std::uint32_t>(sink.size() - at - sizeof(std::uint32_t));
  std::uint8_t raw[4];
  for (std::size_t i = 0; i < 4; ++i) raw[i] = static_cast<std::uint8_t>(size >> (8 * i));
  sink.patch(at, Bytes(raw));
}

template <class Sink>
struct EncodeVisitor {
  Sink& sink;
  template <class T>
  void operator()(std::uint8_t tag, const char*, const T& value) {
    if constexpr (IsOptional<T>) {
      if (value.has_value()) (*this)(tag, "", *value);
    } else {
      append_integer(sink, tag);
      sized(sink, [&] { encode_value(sink, value); });
    }
  }
};

template <class Sink, class T>
void encode_value(Sink& sink, const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    append_integer(sink, static_cast<std::uint8_t>(value ? 1 : 0));
  } else if constexpr (std::is_enum_v<T>) {
    append_integer(sink, static_cast<std::underlying_type_t<T>>(value));
  } else if constexpr (std::is_integral_v<T>) {
    append_integer(sink, value);
  } else if constexpr (IsTime<T>) {
    append_integer(sink, static_cast<std::int64_t>(value.time_since_epoch().count()));
  } else if constexpr (IsDuration<T>) {
    append_integer(sink, static_cast<std::int64_t>(value.count()));
  } else if constexpr (std::is_same_v<T, std::string_view>) {
    sink.append(as_bytes(value));
  } else if constexpr (std::is_same_v<T, Bytes>) {
    sink.append(value);
  } else if constexpr (std::is_same_v<T, SecretView>) {
    sink.append(value.bytes);
  } else if constexpr (IsOwnedSecret<T>) {
    sink.append(value.view().bytes);
  } else if constexpr (IsOwnedText<T>) {
    sink.append(as_bytes(std::string_view(value.data(), value.size())));
  } else if constexpr (IsByteArray<T> || IsOwnedBytes<T>) {
    sink.append(Bytes(value.data(), value.size()));
  } else if constexpr (requires { T::kHasFields; }) {
    EncodeVisitor<Sink> visitor{sink};
    T::fields(visitor, value);
  } else {
    for (const auto& item : value) sized(sink, [&] { encode_value(sink, item); });
  }
}

template <class T>
bool decode_value(Bytes bytes, T& value);

/// Walks the encoded fields beside T::fields, which names its tags in ascending order.
class DecodeVisitor {
 public:
  explicit DecodeVisitor(Bytes bytes) : reader_(bytes) { next(); }

  template <class T>
  void operator()(std::uint8_t tag, const char*, T& value) {
    while (ok_ && has_ && tag_ < tag) next();
    if (!ok_ || !has_ || tag_ != tag) return;
    if constexpr (IsOptional<T>) {
      ok_ = decode_value(body_, value.emplace());
    } else {
      ok_ = decode_value(body_, value);
    }
    if (ok_) next();
  }
  /// Whether everything, including what was skipped to the end, is well formed.
  bool finish() {
    while (ok_ && has_) next();
    return ok_;
  }

 private:
  void next() {
    has_ = false;
    if (reader_.at_end()) return;
    const auto tag = reader_.integer<std::uint8_t>();
    body_ = reader_.take(reader_.integer<std::uint32_t>());
    if (!reader_.ok() || tag <= tag_) {
      ok_ = false;
      return;
    }
    tag_ = tag;
    has_ = true;
  }

  ByteReader reader_;
  Bytes body_;
  std::uint8_t tag_ = 0;
  bool has_ = false;
  bool ok_ = true;
};

template <class Integer>
bool decode_integer(Bytes bytes, Integer& value) {
  if (bytes.size() != sizeof(Integer)) return false;
  value = ByteReader(bytes).integer<Integer>();
  return true;
}

template <class T>
bool decode_list(Bytes bytes, T& list) {
  list.clear();
  for (ByteReader reader(bytes); !reader.at_end();) {
    Bytes body = reader.take(reader.integer<std::uint32_t>());
    typename T::value_type item{};
    if (!reader.ok() || !decode_value(body, item)) return false;
    if constexpr (std::is_same_v<decltype(list.push_back(item)), bool>) {
      if (!list.push_back(item)) return false;
    } else {
      list.push_back(static_cast<typename T::value_type&&>(item));
    }
  }
  return true;
}

template <class T>
bool decode_value(Bytes bytes, T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    if (bytes.size() != 1 || bytes[0] > 1) return false;
    value = bytes[0] == 1;
    return true;
  } else if constexpr (std::is_enum_v<T>) {
    static_assert(kEnumEnd<T> > 0, "give the enumeration its kEnumEnd");
    std::underlying_type_t<T> raw{};
    if (!decode_integer(bytes, raw) || static_cast<std::uint64_t>(raw) >= kEnumEnd<T>) return false;
    value = static_cast<T>(raw);
    return true;
  } else if constexpr (std::is_integral_v<T>) {
    return decode_integer(bytes, value);
  } else if constexpr (IsTime<T>) {
    std::int64_t count = 0;
    if (!decode_integer(bytes, count)) return false;
    value = T(typename T::duration(count));
    return true;
  } else if constexpr (IsDuration<T>) {
    std::int64_t count = 0;
    if (!decode_integer(bytes, count)) return false;
    value = T(count);
    return true;
  } else if constexpr (std::is_same_v<T, std::string_view>) {
    value = as_text(bytes);
    return true;
  } else if constexpr (std::is_same_v<T, Bytes>) {
    value = bytes;
    return true;
  } else if constexpr (std::is_same_v<T, SecretView>) {
    value.bytes = bytes;
    return true;
  } else if constexpr (IsOwnedSecret<T>) {
    return value.assign_secret(bytes);
  } else if constexpr (IsOwnedText<T>) {
    value.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return true;
  } else if constexpr (IsByteArray<T>) {
    if (bytes.size() != value.size()) return false;
    std::memcpy(value.data(), bytes.data(), bytes.size());
    return true;
  } else if constexpr (IsOwnedBytes<T>) {
    value.assign(bytes.data(), bytes.data() + bytes.size());
    return true;
  } else if constexpr (requires { T::kHasFields; }) {
    DecodeVisitor visitor(bytes);
    T::fields(visitor, value);
    return visitor.finish();
  } else {
    return decode_list(bytes, value);
  }
}

}  // namespace detail

/// Appends the encoded form of value to sink (append, patch, size).
template <class Sink, class T>
void encode(Sink& sink, const T& value) {
  detail::encode_value(sink, value);
}

/// Reads a whole encoded value. Borrowing fields of it point into bytes. False: malformed; value is then unspecified.
template <class T>
[[nodiscard]] bool decode(Bytes bytes, T& value) {
  return detail::decode_value(bytes, value);
}

}  // namespace pbxcred
