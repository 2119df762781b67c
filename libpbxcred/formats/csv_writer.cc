// SPDX-License-Identifier: BSD-2-Clause
#include "formats/csv_writer.h"

#include "formats/csv_columns.h"
#include "formats/csv_fields.h"

namespace pbxcred {
namespace {

std::string field_of(const ImportRow& row, CsvColumn column) {
  if (const auto* key = key_slot(row, column)) return escape_formula(*key);
  if (const auto* text = text_slot(row.data, column)) return *text ? escape_formula(**text) : std::string();
  if (const auto* list = list_slot(row.data, column))
    return *list ? escape_formula(join_values(**list)) : std::string();
  for (const NewSecret& hash : row.hashes)
    if (hash.kind == kind_of(column)) return std::string(as_text(hash.secret.bytes));
  return {};
}

}  // namespace

std::string csv_header() {
  std::string header;
  for (const std::string_view name : kCsvColumnNames) header.append(header.empty() ? "" : ",").append(name);
  return header + "\n";
}

void append_csv_line(SecureBuffer& out, const ImportRow& row) {
  for (std::size_t i = 0; i < std::size(kCsvColumnNames); ++i) {
    if (i > 0) out.append(as_bytes(","));
    out.append(as_bytes(quote_field(field_of(row, static_cast<CsvColumn>(i)))));
  }
  out.append(as_bytes("\n"));
}

}  // namespace pbxcred
