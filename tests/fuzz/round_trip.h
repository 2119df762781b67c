// SPDX-License-Identifier: BSD-2-Clause
// What must hold of every value that was decoded: encoded and decoded again it is the same value.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/fields.h"

/// Ends the program, and so the fuzzer, if something does not hold.
#define MUST(condition)                                                          \
  do {                                                                           \
    if (!(condition)) {                                                          \
      std::fprintf(stderr, "%s:%d: MUST(%s)\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                              \
    }                                                                            \
  } while (false)

namespace pbxcred::fuzz {

/// A sink for encode().
struct Buffer {
  std::vector<std::uint8_t> bytes;
  void append(Bytes more) { bytes.insert(bytes.end(), more.begin(), more.end()); }
  void patch(std::size_t at, Bytes with) {
    for (std::size_t i = 0; i < with.size(); ++i) bytes.at(at + i) = with[i];
  }
  std::size_t size() const { return bytes.size(); }
};

template <class T>
void dump(std::string& out, const T& value);

struct DumpVisitor {
  std::string& out;
  template <class T>
  void operator()(std::uint8_t, const char* name, const T& value) {
    out += name;
    out += '=';
    dump(out, value);
    out += ' ';
  }
};

inline void dump_bytes(std::string& out, Bytes bytes) {
  out += std::to_string(bytes.size());
  out += ':';
  out += as_text(bytes);
}

/// Writes value out in a form that owes nothing to the encoder: equal values and only those look alike.
template <class T>
void dump(std::string& out, const T& value) {
  if constexpr (detail::IsOptional<T>) {
    out += value.has_value() ? "some " : "none";
    if (value.has_value()) dump(out, *value);
  } else if constexpr (std::is_enum_v<T>) {
    out += std::to_string(static_cast<std::underlying_type_t<T>>(value));
  } else if constexpr (std::is_integral_v<T>) {
    out += std::to_string(value);
  } else if constexpr (detail::IsTime<T>) {
    out += std::to_string(value.time_since_epoch().count());
  } else if constexpr (detail::IsDuration<T>) {
    out += std::to_string(value.count());
  } else if constexpr (std::is_same_v<T, std::string_view> || detail::IsOwnedText<T>) {
    dump_bytes(out, as_bytes(std::string_view(value.data(), value.size())));
  } else if constexpr (std::is_same_v<T, SecretView>) {
    dump_bytes(out, value.bytes);
  } else if constexpr (detail::IsByteArray<T> || detail::IsOwnedBytes<T>) {
    dump_bytes(out, Bytes(value.data(), value.size()));
  } else if constexpr (requires { T::kHasFields; }) {
    DumpVisitor visitor{out};
    out += '{';
    T::fields(visitor, value);
    out += '}';
  } else {
    out += '[';
    for (const auto& item : value) dump(out, item);
    out += ']';
  }
}

template <class T>
std::string dumped(const T& value) {
  std::string out;
  dump(out, value);
  return out;
}

/// Decodes body as a T. If that works, what is encoded from it decodes to the same.
template <class T>
bool check_round_trip(Bytes body) {
  T first;
  if (!decode(body, first)) return false;
  Buffer encoded;
  encode(encoded, first);
  T second;
  MUST(decode(Bytes(encoded.bytes), second));
  MUST(dumped(first) == dumped(second));
  return true;
}

}  // namespace pbxcred::fuzz
