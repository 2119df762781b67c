// SPDX-License-Identifier: BSD-2-Clause
// Users from CSV files: header, columns, rows.
#include "formats/csv.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/secret.h"
#include "formats/csv_columns.h"
#include "formats/csv_fields.h"
#include "formats/csv_reader.h"
#include "formats/secret_text.h"
#include "formats/text.h"

namespace pbxcred {
namespace {

constexpr std::string_view kClear = "-";
constexpr std::size_t kChunk = 65536;

std::optional<CsvColumn> column_from_name(std::string_view name) {
  const auto* found = std::find_if(std::begin(kCsvColumnNames), std::end(kCsvColumnNames),
                                   [&](std::string_view known) { return equal_ignoring_case(known, name); });
  if (found == std::end(kCsvColumnNames)) return {};
  return static_cast<CsvColumn>(found - std::begin(kCsvColumnNames));
}

/// Most frequent separator of the header line, whose names contain none.
char find_separator(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of("\r\n"), text.size()));
  const std::string_view header = text.substr(0, text.find_first_of("\r\n"));
  char best = ',';
  for (char candidate : {';', '\t'}) {
    if (std::count(header.begin(), header.end(), candidate) > std::count(header.begin(), header.end(), best)) {
      best = candidate;
    }
  }
  return best;
}

/// A header's name as it may be shown: nothing that a terminal would obey.
std::string shown(std::string_view name, std::size_t index) {
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (!plain || name.empty() || name.size() > 40) return fmt::format("number {}", index + 1);
  return fmt::format("'{}'", name);
}

class CsvImport {
 public:
  CsvImport(std::string_view file, const CsvOptions& options, const RowSink& sink)
      : file_(file), options_(options), sink_(sink) {}

  Status take(const CsvRecord& record) {
    if (columns_.empty()) return take_header(record);
    if (!record.problem.empty()) return send_problem(sink_, file_, record.line, record.problem);
    if (std::all_of(record.fields.begin(), record.fields.end(), [](auto field) { return field.empty(); })) return {};
    if (record.fields.size() != columns_.size()) {
      return send_problem(sink_, file_, record.line,
                          fmt::format("{} fields, but the header line has {}", record.fields.size(), columns_.size()));
    }
    return take_row(record);
  }
  bool has_header() const { return !columns_.empty(); }

 private:
  Status take_header(const CsvRecord& record);
  Status take_row(const CsvRecord& record);
  std::string put(CsvColumn column, std::string_view value, ImportRow& row);
  std::string put_secret(Kind kind, std::string_view value, ImportRow& row) const;

  Error error(std::uint64_t line, std::string_view what) const {
    return {Code::kInvalid, fmt::format("{}:{}: {}", file_, line, what)};
  }

  std::string_view file_;
  const CsvOptions& options_;
  const RowSink& sink_;
  std::vector<CsvColumn> columns_;
  std::deque<std::string> values_;  ///< of lists, of the row in work
};

/// As many places as kinds of column. Secrets are exact: no quote of ours is taken off them.
std::string CsvImport::put_secret(Kind kind, std::string_view value, ImportRow& row) const {
  const SecretText text = options_.all_clear ? SecretText::kClear : look_at_secret(value);
  if (value == kClear) {
    row.cleared.add(kind);
  } else if (text == SecretText::kUnknown) {
    return fmt::format(
        "{}: looks like a hash of another system, of a form that is not taken (--clear: no secret of the "
        "file is a hash)",
        name_of(kind));
  } else {
    (void)(text == SecretText::kHash ? row.hashes : row.secrets).push_back({kind, {as_bytes(value)}});
  }
  return {};
}

/// Puts a non-empty value into its place. Returns the problem, or nothing.
std::string CsvImport::put(CsvColumn column, std::string_view value, ImportRow& row) {
  if (value.find('\0') != std::string_view::npos) return fmt::format("{}: has a NUL byte", name_of(column));
  if (const auto kind = kind_of(column)) return put_secret(*kind, value, row);
  if (!is_utf8(value)) return fmt::format("{}: is not UTF-8", name_of(column));
  value = value == kClear ? std::string_view() : unescape_formula(value);
  if (auto* key = key_slot(row, column)) *key = value;
  if (auto* text = text_slot(row.data, column)) *text = value;
  if (auto* list = list_slot(row.data, column)) *list = split_values(value, values_);
  return {};
}

/// A name is shown only once domain and extension are found: without a header this is a user's line, with secrets.
Status CsvImport::take_header(const CsvRecord& record) {
  if (!record.problem.empty()) return error(record.line, fmt::format("in the header line, {}", record.problem));
  const auto has = [&](CsvColumn wanted) {
    return std::any_of(record.fields.begin(), record.fields.end(),
                       [&](auto name) { return column_from_name(strip(name)) == wanted; });
  };
  if (!has(CsvColumn::kDomain) || !has(CsvColumn::kExtension)) {
    return error(record.line, "a header line with at least the columns domain and extension is needed here");
  }
  std::vector<CsvColumn> columns;
  for (std::size_t i = 0; i < record.fields.size(); ++i) {
    const std::string_view name = strip(record.fields[i]);
    const auto column = column_from_name(name);
    if (!column) return error(record.line, fmt::format("unknown column {}", shown(name, i)));
    if (std::find(columns.begin(), columns.end(), *column) != columns.end()) {
      return error(record.line, fmt::format("column {} is there twice", shown(name, i)));
    }
    columns.push_back(*column);
  }
  columns_ = std::move(columns);
  return {};
}

Status CsvImport::take_row(const CsvRecord& record) {
  ImportRow row;
  row.file = file_;
  row.line = record.line;
  values_.clear();
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (record.fields[i].empty()) continue;
    const std::string problem = put(columns_[i], record.fields[i], row);
    if (!problem.empty()) return send_problem(sink_, file_, record.line, problem);
  }
  if (row.domain.empty()) return send_problem(sink_, file_, record.line, "domain: is empty");
  if (row.extension.empty()) return send_problem(sink_, file_, record.line, "extension: is empty");
  return sink_(row);
}

/// Reads until buffer is full or the file ends. Returns the bytes read.
Result<std::size_t> fill(int fd, SecureBuffer& buffer, std::string_view file) {
  std::size_t size = 0;
  while (size < buffer.size()) {
    const ssize_t got = read(fd, buffer.data() + size, buffer.size() - size);
    if (got == 0) break;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error{Code::kInternal, fmt::format("{}: cannot read: {}", file, std::strerror(errno))};
    size += static_cast<std::size_t>(got);
  }
  return size;
}

/// Parses the chunks that next() gives; an empty one is the end.
template <class Next>
Status parse_chunks(std::string_view file, const CsvOptions& options, const RowSink& sink, Next next) {
  PBXCRED_TRY(std::string_view chunk, next());
  if (chunk.starts_with("\xEF\xBB\xBF")) chunk.remove_prefix(3);
  if (chunk.starts_with("\xFF\xFE") || chunk.starts_with("\xFE\xFF")) {
    return Error{Code::kInvalid, fmt::format("{}:1: is UTF-16; save it as UTF-8", file)};
  }
  CsvImport import(file, options, sink);
  CsvReader reader(std::string(file), find_separator(chunk), [&](const CsvRecord& r) { return import.take(r); });
  while (!chunk.empty()) {
    PBXCRED_CHECK(reader.feed(chunk));
    PBXCRED_TRY(chunk, next());
  }
  PBXCRED_CHECK(reader.finish());
  if (!import.has_header()) return Error{Code::kInvalid, fmt::format("{}:1: is empty; a header line is needed", file)};
  return {};
}

}  // namespace

Status parse_csv(int fd, std::string_view file_name, const RowSink& sink, const CsvOptions& options) {
  SecureBuffer buffer;
  buffer.resize(kChunk);
  return parse_chunks(file_name, options, sink, [&]() -> Result<std::string_view> {
    PBXCRED_TRY(const std::size_t size, fill(fd, buffer, file_name));
    return as_text(buffer.view().first(size));
  });
}

Status parse_csv_text(std::string_view text, std::string_view file_name, const RowSink& sink,
                      const CsvOptions& options) {
  return parse_chunks(file_name, options, sink, [&]() -> Result<std::string_view> {
    const std::string_view chunk = text;
    text = {};
    return chunk;
  });
}

}  // namespace pbxcred
