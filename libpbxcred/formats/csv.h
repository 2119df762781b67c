// SPDX-License-Identifier: BSD-2-Clause
// Users from CSV files (design §4 "CSV").
#pragma once

#include <string_view>

#include "formats/row_sink.h"

namespace pbxcred {

struct CsvOptions {
  bool all_clear = false;  ///< no secret is a hash, whatever it looks like
};

/// Reads users from an open file, pipe or terminal: a header line, then a user a record.
/// Columns, in any order and case, of which domain and extension are needed: domain extension username first last email
/// number alternate_id location language trusted_extension password voicemail login phone. The header's separator
/// (`,` `;` TAB) holds for the file; a UTF-8 byte order mark is accepted; blank and all-empty records are passed over.
/// number, alternate_id and trusted_extension hold several values separated by spaces (formats/csv_fields.h). An empty
/// field gives nothing; a field of `-` is given as empty, of a secret as cleared. Secrets are in clear or a hash
/// (formats/secret_text.h); one that looks like a hash of a form that is not taken is a problem. Secrets are taken as
/// they stand, other values without the ' that formats/csv_fields.h puts before formulas.
/// fd: read to its end; not closed. file_name: for rows and errors.
/// A record that cannot be read becomes a row with a problem; neither problems nor errors repeat fields of a record.
/// Errors: `invalid` with file and line (no usable header, quotes that leave no way on; see formats/csv_reader.h),
/// `internal` if reading fails, or the sink's.
Status parse_csv(int fd, std::string_view file_name, const RowSink& sink, const CsvOptions& options = {});

/// The same for a whole file in memory.
Status parse_csv_text(std::string_view text, std::string_view file_name, const RowSink& sink,
                      const CsvOptions& options = {});

}  // namespace pbxcred
