// SPDX-License-Identifier: BSD-2-Clause
#include "formats/csv_fields.h"

#include <algorithm>

namespace pbxcred {
namespace {

constexpr std::string_view kFormulaStarts = "=+-@\t\r";

bool is_formula(std::string_view text) {
  return !text.empty() && kFormulaStarts.find(text.front()) != std::string_view::npos;
}

/// A formula behind any number of '.
bool is_quoted_formula(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of('\''), text.size()));
  return is_formula(text);
}

/// What may stand in the column of telephone numbers without a spreadsheet computing anything.
bool is_number(std::string_view text) {
  return text.size() > 1 && text.front() == '+' && text.find_first_not_of("0123456789 \\", 1) == std::string_view::npos;
}

bool is_special(char c) {
  return c == ' ' || c == '\\';
}

}  // namespace

std::string escape_formula(std::string_view text) {
  const bool escape = is_quoted_formula(text) && !is_number(text);
  return (escape ? "'" : "") + std::string(text);
}

std::string_view unescape_formula(std::string_view field) {
  return field.starts_with('\'') && is_quoted_formula(field.substr(1)) ? field.substr(1) : field;
}

std::string join_values(const std::vector<std::string_view>& values) {
  std::string field;
  for (const std::string_view value : values) {
    if (!field.empty()) field += ' ';
    for (const char c : value) {
      if (is_special(c)) field += '\\';
      field += c;
    }
  }
  return field;
}

std::vector<std::string_view> split_values(std::string_view field, std::deque<std::string>& storage) {
  std::vector<std::string_view> values;
  std::string value;
  const auto end_value = [&] {
    if (!value.empty()) values.push_back(storage.emplace_back(std::move(value)));
    value.clear();
  };
  for (std::size_t at = 0; at < field.size(); ++at) {
    if (field[at] == ' ') {
      end_value();
      continue;
    }
    if (field[at] == '\\' && at + 1 < field.size() && is_special(field[at + 1])) ++at;
    value += field[at];
  }
  end_value();
  return values;
}

std::string quote_field(std::string_view text) {
  const bool plain = text.find_first_of(",\"\r\n") == std::string_view::npos && !text.starts_with(' ') &&
                     !text.ends_with(' ');
  if (plain) return std::string(text);
  std::string field = "\"";
  for (const char c : text) {
    if (c == '"') field += '"';
    field += c;
  }
  return field + '"';
}

}  // namespace pbxcred
