// SPDX-License-Identifier: BSD-2-Clause
// Kinds of secret (design §4), their names, and sets of them.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/fields.h"

namespace pbxcred {

/// R6-R13, R22. The order is the wire's and the store's: append only.
enum class Kind : std::uint8_t { kPassword, kVoicemail, kLogin, kPhone, kAdmin };
template <>
inline constexpr std::uint64_t kEnumEnd<Kind> = 5;
inline constexpr Kind kAllKinds[] = {Kind::kPassword, Kind::kVoicemail, Kind::kLogin, Kind::kPhone, Kind::kAdmin};

constexpr const char* name_of(Kind kind) {
  switch (kind) {
    case Kind::kPassword: return "password";
    case Kind::kVoicemail: return "voicemail";
    case Kind::kLogin: return "login";
    case Kind::kPhone: return "phone";
    case Kind::kAdmin: return "admin";
  }
  return "?";
}

/// Writes the kind of that name to out; false: no such kind, out untouched.
constexpr bool kind_from_name(std::string_view name, Kind& out) {
  for (Kind kind : kAllKinds) {
    if (name == name_of(kind)) {
      out = kind;
      return true;
    }
  }
  return false;
}

/// A set of kinds; travels as one byte.
struct KindSet {
  std::uint8_t bits = 0;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& s) { v(1, "bits", s.bits); }

  constexpr bool has(Kind kind) const { return (bits >> static_cast<unsigned>(kind)) & 1U; }
  constexpr void add(Kind kind) { bits = static_cast<std::uint8_t>(bits | (1U << static_cast<unsigned>(kind))); }
  constexpr bool empty() const { return bits == 0; }
  constexpr bool operator==(const KindSet&) const = default;
};

constexpr KindSet only(Kind kind) {
  KindSet set;
  set.add(kind);
  return set;
}

/// Whether a user types it on a keypad: decides prompts ("PIN: ") and default alphabets.
constexpr bool is_numeric(Kind kind) { return kind == Kind::kVoicemail || kind == Kind::kLogin; }

}  // namespace pbxcred
