// SPDX-License-Identifier: BSD-2-Clause
// Small questions about borrowed text that both file formats ask.
#include "formats/text.h"

#include <utf8proc.h>

#include <algorithm>

#include "base/bytes.h"

namespace pbxcred {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool is_blank(char c) {
  return static_cast<unsigned char>(c) <= ' ';
}

}  // namespace

bool is_utf8(std::string_view text) {
  const Bytes bytes = as_bytes(text);
  for (std::size_t at = 0; at < bytes.size();) {
    utf8proc_int32_t point = 0;
    const auto left = static_cast<utf8proc_ssize_t>(bytes.size() - at);
    const utf8proc_ssize_t used = utf8proc_iterate(bytes.data() + at, left, &point);
    if (used <= 0) return false;
    at += static_cast<std::size_t>(used);
  }
  return true;
}

std::string_view strip(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string lower_ascii(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

std::vector<std::string_view> split_words(std::string_view text, char separator) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::string_view word = next_part(text, separator);
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

std::string_view next_part(std::string_view& rest, char separator) {
  const std::size_t at = rest.find(separator);
  const std::string_view part = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
  return part;
}

}  // namespace pbxcred
