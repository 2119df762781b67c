// SPDX-License-Identifier: BSD-2-Clause
// CSV bytes to records with line numbers (RFC 4180, strictly, by libcsv).
#include "formats/csv_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>

namespace pbxcred {
namespace {

constexpr char kQuote = '"';
constexpr std::string_view kTooLong = "a field is longer than 4096 bytes";
constexpr std::string_view kMisplaced = "misplaced quotes: a field with a quote in it is written \"like \"\"this\"\"\"";
constexpr std::string_view kNeverClosed = "a quote is opened here and never closed";

bool is_terminator(char c) {
  return c == '\n' || c == '\r';
}

/// Up to and including the next line end: a record ends at most once in a piece, at its last byte.
std::size_t piece_size(std::string_view bytes) {
  const std::size_t at = bytes.find_first_of("\r\n");
  return at == std::string_view::npos ? bytes.size() : at + 1;
}

}  // namespace

CsvReader::CsvReader(std::string file_name, char separator, CsvRecordSink sink)
    : file_(std::move(file_name)), separator_(separator), sink_(std::move(sink)) {
  reset_parser();
}

CsvReader::~CsvReader() {
  wipe(field_);
}

void CsvReader::reset_parser() {
  csv_init(&csv_, CSV_STRICT | CSV_STRICT_FINI);
  csv_set_delim(&csv_, static_cast<unsigned char>(separator_));
  csv_set_space_func(&csv_, [](unsigned char) { return 0; });
  csv_set_realloc_func(&csv_, [](void*, std::size_t) -> void* { return nullptr; });
  csv_set_free_func(&csv_, [](void*) {});
  csv_.entry_buf = field_.data();
  csv_.entry_size = field_.size();
}

Status CsvReader::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, piece_size(bytes));
    PBXCRED_CHECK(skipping_ ? skip(piece) : parse(piece));
    count_line(piece);
    bytes.remove_prefix(piece.size());
  }
  return {};
}

Status CsvReader::finish() {
  if (skipping_ && in_quotes_) return error(kNeverClosed);
  if (skipping_) return deliver(problem_);
  if (csv_fini(&csv_, on_field, on_record, this) != 0) return error(kNeverClosed);
  if (exhausted_) return Error{Code::kExhausted, "out of memory"};
  return complete_ ? deliver({}) : Status();
}

void CsvReader::on_field(void* data, std::size_t size, void* self) {
  static_cast<CsvReader*>(self)->add_field(data, size);
}

void CsvReader::on_record(int, void* self) {
  static_cast<CsvReader*>(self)->complete_ = true;
}

void CsvReader::add_field(const void* data, std::size_t size) {
  if (spans_.size() == kMaxCsvFields) {
    too_many_ = true;
    return;
  }
  too_long_ = too_long_ || size > kMaxCsvField;
  try {  // C code calls this
    spans_.push_back({bytes_.size(), size});
    if (size > 0) bytes_.append(Bytes(static_cast<const std::uint8_t*>(data), size));
  } catch (const std::exception&) {
    exhausted_ = true;
  }
}

/// CRLF is one line end, also when the two come in different pieces.
void CsvReader::count_line(std::string_view piece) {
  const bool lf_of_crlf = after_cr_ && piece == "\n";
  if (is_terminator(piece.back()) && !lf_of_crlf) ++line_;
  after_cr_ = piece.back() == '\r';
}

Status CsvReader::parse(std::string_view piece) {
  if (!in_record_ && !is_terminator(piece.front())) {
    in_record_ = true;
    record_line_ = line_;
  }
  const std::size_t used = csv_parse(&csv_, piece.data(), piece.size(), on_field, on_record, this);
  if (std::count(piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(used), kQuote) % 2 != 0) {
    in_quotes_ = !in_quotes_;
  }
  if (exhausted_) return Error{Code::kExhausted, "out of memory"};
  if (used < piece.size()) return start_skipping(piece.substr(used));
  return complete_ ? deliver({}) : Status();
}

/// rest: from the byte that libcsv did not take.
Status CsvReader::start_skipping(std::string_view rest) {
  skipping_ = true;
  misplaced_quote_ = csv_error(&csv_) == CSV_EPARSE;
  problem_ = misplaced_quote_ ? kMisplaced : kTooLong;
  const bool bare = csv_.quoted == 0;
  if (misplaced_quote_) {  // a quote in a bare field, or a byte behind a closing quote
    const Bytes field = Bytes(field_).first(csv_.entry_pos);
    in_quotes_ = bare && std::all_of(field.begin(), field.end(), [](std::uint8_t c) { return c == ' '; });
    rest.remove_prefix(1);
  }
  in_bare_field_ = bare && !in_quotes_;
  return rest.empty() ? Status() : skip(rest);
}

Status CsvReader::skip(std::string_view piece) {
  const std::size_t bare = in_bare_field_ ? std::min(piece.find(separator_), piece.size()) : 0;
  in_bare_field_ = in_bare_field_ && bare == piece.size();
  if (std::count(piece.begin() + static_cast<std::ptrdiff_t>(bare), piece.end(), kQuote) % 2 != 0) {
    in_quotes_ = !in_quotes_;
  }
  if (!is_terminator(piece.back())) return {};
  if (!in_quotes_) return deliver(problem_);
  if (misplaced_quote_) return error("misplaced quotes: cannot tell where this record ends");
  return {};
}

Status CsvReader::deliver(std::string_view problem) {
  CsvRecord record;
  record.line = record_line_;
  record.problem = problem;
  if (problem.empty() && too_long_) record.problem = kTooLong;
  if (problem.empty() && too_many_) record.problem = "too many fields";
  if (record.problem.empty()) {
    const std::string_view text = as_text(bytes_.view());
    for (const Span& span : spans_) record.fields.push_back(text.substr(span.offset, span.size));
  }
  const Status status = sink_(record);
  reset_parser();
  bytes_.clear();
  spans_.clear();
  in_record_ = complete_ = too_many_ = too_long_ = skipping_ = in_bare_field_ = in_quotes_ = false;
  return status;
}

Error CsvReader::error(std::string_view what) const {
  return {Code::kInvalid, fmt::format("{}:{}: {}", file_, record_line_, what)};
}

}  // namespace pbxcred
