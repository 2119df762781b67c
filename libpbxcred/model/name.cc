// SPDX-License-Identifier: BSD-2-Clause
#include "model/name.h"

#include <utf8proc.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "wire/limits.h"

namespace pbxcred {
namespace {

using CodePoints = std::vector<utf8proc_int32_t, WipingAllocator<utf8proc_int32_t>>;

bool is_ascii(Bytes text) {
  return std::all_of(text.begin(), text.end(), [](std::uint8_t byte) { return byte < 0x80; });
}

bool is_control(std::uint8_t byte) { return byte < 0x20 || byte == 0x7f; }

/// utf8proc_map would leave copies of a secret in memory it reallocates; this keeps to buffers that are wiped.
/// None: not UTF-8, a control or an unassigned character.
std::optional<Secret> normalise(Bytes text, bool fold) {
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE |
                                                      (fold ? UTF8PROC_CASEFOLD : 0));
  // One code point decomposes into at most 18; what is longer than the limits allow is refused anyway.
  CodePoints points(text.size() * 18 + 16);
  const auto decomposed = utf8proc_decompose(text.data(), static_cast<utf8proc_ssize_t>(text.size()), points.data(),
                                             static_cast<utf8proc_ssize_t>(points.size()), options);
  if (decomposed < 0 || static_cast<std::size_t>(decomposed) > points.size()) return std::nullopt;
  const auto composed = utf8proc_normalize_utf32(points.data(), decomposed, options);
  if (composed < 0) return std::nullopt;

  SecureBuffer out;
  for (utf8proc_ssize_t i = 0; i < composed; ++i) {
    const auto point = points[static_cast<std::size_t>(i)];
    if (utf8proc_category(point) == UTF8PROC_CATEGORY_CC) return std::nullopt;
    std::uint8_t raw[4];
    const auto size = utf8proc_encode_char(point, raw);
    out.append(Bytes(raw, static_cast<std::size_t>(size)));
    wipe(raw, sizeof raw);
  }
  return Secret(out.view());
}

std::optional<std::string> normal_text(std::string_view typed, bool fold) {
  if (is_ascii(as_bytes(typed))) {
    std::string text(typed);
    if (std::any_of(text.begin(), text.end(), [](char c) { return is_control(static_cast<std::uint8_t>(c)); }))
      return std::nullopt;
    if (fold)
      for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
  }
  auto first = normalise(as_bytes(typed), fold);
  if (!first) return std::nullopt;
  if (fold) first = normalise(first->view().bytes, false);
  if (!first) return std::nullopt;
  return std::string(as_text(first->view().bytes));
}

Result<std::string> name_in_form(std::string_view typed, bool fold) {
  if (typed.empty()) return Error{Code::kInvalid, "a name must not be empty"};
  if (typed.size() > kMaxName) return Error{Code::kInvalid, "a name has at most 255 bytes"};
  auto text = normal_text(typed, fold);
  if (!text) return Error{Code::kInvalid, "a name must be UTF-8 without control characters"};
  if (text->empty() || text->size() > kMaxName) return Error{Code::kInvalid, "a name has at most 255 bytes"};
  if (text->front() == ' ' || text->back() == ' ')
    return Error{Code::kInvalid, "a name must not begin or end with a blank"};
  return std::move(*text);
}

bool is_label_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '.' || c == '-' || c == '_';
}

Result<std::string> label(std::string_view typed, std::size_t most, const char* rule) {
  std::string text(typed);
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (text.empty() || text.size() > most || !std::all_of(text.begin(), text.end(), is_label_character))
    return Error{Code::kInvalid, rule};
  return text;
}

}  // namespace

Result<std::string> display_name(std::string_view typed) { return name_in_form(typed, false); }
Result<std::string> canonical_name(std::string_view typed) { return name_in_form(typed, true); }

std::string search_text(std::string_view typed) {
  const auto first = typed.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  const auto text = normal_text(typed.substr(first, typed.find_last_not_of(' ') + 1 - first), true);
  return text ? *text : std::string();
}

Result<std::string> canonical_extension(std::string_view typed) {
  return label(typed, 64, "an extension has 1 to 64 of 0-9 A-Z a-z . - _");
}
Result<std::string> canonical_domain(std::string_view typed) {
  return label(typed, 253, "a domain's name has 1 to 253 of 0-9 A-Z a-z . - _");
}

Result<std::string> display_text(std::string_view typed) {
  if (typed.empty()) return std::string();
  if (typed.size() > kMaxName) return Error{Code::kInvalid, "a text has at most 255 bytes"};
  auto text = normal_text(typed, false);
  if (!text) return Error{Code::kInvalid, "a text must be UTF-8 without control characters"};
  if (text->size() > kMaxName) return Error{Code::kInvalid, "a text has at most 255 bytes"};
  return std::move(*text);
}

Result<std::string> mail_address(std::string_view typed) {
  if (typed.empty()) return std::string();
  const Error malformed{Code::kInvalid, "an e-mail address looks like name@host.example"};
  const auto at = typed.find('@');
  if (typed.size() > 254 || at == std::string_view::npos || at == 0 || at + 1 == typed.size() ||
      typed.find('@', at + 1) != std::string_view::npos ||
      typed.find_first_of(" \t\"<>()[],;:\\") != std::string_view::npos)
    return malformed;
  auto text = normal_text(typed, false);
  if (!text || text->size() > 254) return malformed;
  return std::move(*text);
}

Result<Secret> secret_to_set(SecretView typed) {
  if (typed.bytes.empty()) return Error{Code::kInvalid, "a secret must not be empty"};
  const Error too_long{Code::kInvalid, "a secret has at most 1024 bytes"};
  if (typed.bytes.size() > kMaxSecret) return too_long;
  if (is_ascii(typed.bytes)) {
    if (std::any_of(typed.bytes.begin(), typed.bytes.end(), is_control))
      return Error{Code::kInvalid, "a secret must not contain control characters"};
    return Secret::copy_of(typed);
  }
  auto normal = normalise(typed.bytes, false);
  if (!normal) return Error{Code::kInvalid, "a secret must be UTF-8 without control characters"};
  if (normal->empty() || normal->size() > kMaxSecret) return too_long;
  return std::move(*normal);
}

Secret secret_to_check(SecretView typed) {
  if (typed.bytes.empty() || typed.bytes.size() > kMaxSecret) return {};
  if (is_ascii(typed.bytes)) return Secret::copy_of(typed);
  auto normal = normalise(typed.bytes, false);
  if (!normal) return Secret::copy_of(typed);
  if (normal->size() > kMaxSecret) return {};
  return std::move(*normal);
}

std::size_t count_characters(Bytes text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](std::uint8_t byte) { return (byte & 0xc0) != 0x80; }));
}

}  // namespace pbxcred
