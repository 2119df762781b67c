// SPDX-License-Identifier: BSD-2-Clause
// The columns of our CSV files (design §4 "CSV"), and where their values go in a row.
#pragma once

#include <optional>
#include <string_view>

#include "wire/admin.h"

namespace pbxcred {

enum class CsvColumn {
  kDomain,
  kExtension,
  kUsername,
  kFirst,
  kLast,
  kEmail,
  kNumber,
  kAlternateId,
  kLocation,
  kLanguage,
  kTrustedExtension,
  kPassword,
  kVoicemail,
  kLogin,
  kPhone,
};
inline constexpr std::string_view kCsvColumnNames[] = {
    "domain",   "extension", "username",          "first",    "last",      "email", "number", "alternate_id",
    "location", "language",  "trusted_extension", "password", "voicemail", "login", "phone"};

constexpr std::string_view name_of(CsvColumn column) {
  return kCsvColumnNames[static_cast<std::size_t>(column)];
}

/// The kind of a column of secrets.
constexpr std::optional<Kind> kind_of(CsvColumn column) {
  Kind kind = Kind::kPassword;
  if (column < CsvColumn::kPassword || !kind_from_name(name_of(column), kind)) return {};
  return kind;
}

/// Where a column's value is in row, which may be const: one of these is not null, or it is a column of secrets.
constexpr auto* key_slot(auto& row, CsvColumn column) {
  return column == CsvColumn::kDomain ? &row.domain : column == CsvColumn::kExtension ? &row.extension : nullptr;
}
constexpr auto* text_slot(auto& data, CsvColumn column) {
  switch (column) {
    case CsvColumn::kUsername: return &data.username;
    case CsvColumn::kFirst: return &data.first;
    case CsvColumn::kLast: return &data.last;
    case CsvColumn::kEmail: return &data.email;
    case CsvColumn::kLocation: return &data.location;
    case CsvColumn::kLanguage: return &data.language;
    default: return static_cast<decltype(&data.username)>(nullptr);
  }
}
constexpr auto* list_slot(auto& data, CsvColumn column) {
  switch (column) {
    case CsvColumn::kNumber: return &data.numbers;
    case CsvColumn::kAlternateId: return &data.alternate_ids;
    case CsvColumn::kTrustedExtension: return &data.trusted_extensions;
    default: return static_cast<decltype(&data.numbers)>(nullptr);
  }
}

}  // namespace pbxcred
