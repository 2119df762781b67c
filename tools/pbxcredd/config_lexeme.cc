// SPDX-License-Identifier: BSD-2-Clause
// Strings and numerals of a configuration.
#include "config_lexeme.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>

namespace pbxcred {
namespace {

constexpr std::size_t kMostString = 4096;
constexpr char kOver32Bits[] = "4294967296L";

struct Escape {
  char letter;
  char means;
};
constexpr Escape kEscapes[] = {{'\\', '\\'}, {'"', '"'}, {'n', '\n'}, {'r', '\r'}, {'t', '\t'}, {'f', '\f'}};

/// Reads two hexadecimal digits. None: not two, or 00, which would end the string for libconfig.
std::optional<char> hex_byte(std::string_view digits) {
  unsigned value = 0;
  if (digits.size() != 2) return std::nullopt;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + 2, value, 16);
  if (problem != std::errc() || end != digits.data() + 2 || value == 0) return std::nullopt;
  return static_cast<char>(value);
}

struct Unescaped {
  char value;
  std::size_t size;  ///< bytes after the backslash
};

/// text: what follows a backslash.
std::optional<Unescaped> unescape(std::string_view text) {
  if (text.empty()) return std::nullopt;
  for (const Escape& escape : kEscapes)
    if (escape.letter == text[0]) return Unescaped{escape.means, 1};
  if (text[0] != 'x' && text[0] != 'X') return std::nullopt;
  const auto byte = hex_byte(text.substr(1, 2));
  if (!byte) return std::nullopt;
  return Unescaped{*byte, 3};
}

std::string hex_escape(char c) {
  constexpr char kDigits[] = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  return {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
}

bool fits(std::uint64_t magnitude, bool negative) {
  const std::uint64_t most = std::numeric_limits<std::int32_t>::max();
  return magnitude <= (negative ? most + 1 : most);
}

/// text: without sign and suffix. None: not a whole number in this base.
std::optional<std::string> rewrite_whole(std::string_view text, int base, bool negative) {
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || end != text.data() + text.size()) return std::nullopt;
  if (problem == std::errc::result_out_of_range || !fits(value, negative)) return kOver32Bits;
  return (negative ? "-" : "") + std::to_string(value);
}

/// Bytes of the printable UTF-8 character that text begins with; 0: none. Overlong forms pass: it is only for show.
std::size_t character_size(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) return 0;
  return size;
}

bool is_fraction(std::string_view text) {
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  return problem != std::errc::invalid_argument && end == text.data() + text.size();
}

}  // namespace

Result<QuotedString> read_quoted(std::string_view text) {
  QuotedString out;
  for (std::size_t at = 1; at < text.size() && text[at] != '\n'; ++at) {
    if (text[at] == '"') {
      out.size = at + 1;
      return out;
    }
    if (out.value.size() == kMostString) return Error{Code::kInvalid, "a string has at most 4096 bytes"};
    if (text[at] != '\\') {
      out.value += text[at];
      continue;
    }
    const auto plain = unescape(text.substr(at + 1));
    if (!plain)
      return Error{Code::kInvalid, "unknown escape in a string: known are \\\\ \\\" \\n \\r \\t \\f and \\xHH"};
    out.value += plain->value;
    at += plain->size;
  }
  return Error{Code::kInvalid, "the string is not closed on its line"};
}

std::string write_quoted(std::string_view value) {
  std::string out = "\"";
  for (char c : value) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += hex_escape(c);
    } else {
      out += c;
    }
  }
  return out + '"';
}

Result<std::string> rewrite_numeral(std::string_view text) {
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  std::string_view digits = rest;
  for (int i = 0; i < 2 && digits.ends_with('L'); ++i) digits.remove_suffix(1);
  const bool hex = rest == text && (digits.starts_with("0x") || digits.starts_with("0X"));
  if (auto whole = hex ? rewrite_whole(digits.substr(2), 16, false) : rewrite_whole(digits, 10, negative))
    return *whole;
  if (!rest.empty() && rest[0] != '-' && is_fraction(rest)) return std::string("0.5");
  return Error{Code::kInvalid, "\"" + shown(text) + "\" is not a number; durations, sizes and names stand in quotes"};
}

std::string shown(std::string_view text, std::size_t most) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = character_size(text.substr(at));
    if (out.size() + size > most) break;
    out += size == 0 ? "?" : text.substr(at, size);
    at += std::max<std::size_t>(size, 1);
  }
  return out;
}

}  // namespace pbxcred
