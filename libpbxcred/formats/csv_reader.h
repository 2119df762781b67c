// SPDX-License-Identifier: BSD-2-Clause
// CSV bytes to records with line numbers (RFC 4180, strictly, by libcsv). What the fields mean: formats/csv.h.
#pragma once

#include <csv.h>

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace pbxcred {

inline constexpr std::size_t kMaxCsvField = 4096;  ///< bytes; a longer field makes its record a problem
inline constexpr std::size_t kMaxCsvFields = 64;   ///< in a record

/// A record, or why it could not be read. Borrowed, valid during the callback only.
struct CsvRecord {
  std::uint64_t line = 0;    ///< on which it starts, from 1
  std::string_view problem;  ///< empty: none; else there are no fields
  std::vector<std::string_view> fields;
};
using CsvRecordSink = std::function<Status(const CsvRecord&)>;

/// Records end with LF, CRLF or CR; blank lines are none. Spaces belong to their field. Memory is bounded whatever
/// comes in, and wiped: fields may be secrets.
///
/// A broken or over-long record becomes a problem if the next one can be found: a field that is too long, or misplaced
/// quotes that leave the line with every quote closed. Otherwise everything after it may be swallowed or taken for
/// records that it is not, and reading ends with an Error (`invalid`) that names the line.
class CsvReader {
 public:
  CsvReader(std::string file_name, char separator, CsvRecordSink sink);
  ~CsvReader();
  CsvReader(const CsvReader&) = delete;
  CsvReader& operator=(const CsvReader&) = delete;

  /// Takes more of the file, in pieces of any size.
  Status feed(std::string_view bytes);
  /// Call once after the last piece.
  Status finish();

 private:
  static void on_field(void* data, std::size_t size, void* self);
  static void on_record(int terminator, void* self);

  void reset_parser();
  void add_field(const void* data, std::size_t size);
  void count_line(std::string_view piece);
  Status parse(std::string_view piece);
  Status start_skipping(std::string_view rest);
  Status skip(std::string_view piece);
  Status deliver(std::string_view problem);
  Error error(std::string_view what) const;

  struct Span {
    std::size_t offset, size;
  };

  std::string file_;
  char separator_;
  CsvRecordSink sink_;
  csv_parser csv_{};
  std::array<std::uint8_t, kMaxCsvField + 2> field_{};  ///< libcsv's own: room for a closing quote and a byte too many
  SecureBuffer bytes_;                                  ///< the fields of the record so far
  std::vector<Span> spans_;
  std::uint64_t line_ = 1;
  std::uint64_t record_line_ = 1;
  std::string_view problem_;  ///< of the record being skipped
  bool after_cr_ = false;
  bool in_record_ = false;
  bool complete_ = false;
  bool too_many_ = false;
  bool too_long_ = false;
  bool exhausted_ = false;
  bool skipping_ = false;
  bool misplaced_quote_ = false;  ///< skipping because of it
  bool in_bare_field_ = false;    ///< skipping the rest of one, whose quotes open nothing
  bool in_quotes_ = false;        ///< of the record so far
};

}  // namespace pbxcred
