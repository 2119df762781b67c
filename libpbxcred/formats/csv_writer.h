// SPDX-License-Identifier: BSD-2-Clause
// Users as lines of a CSV file that parse_csv() reads back exactly.
#pragma once

#include <string>

#include "base/secret.h"
#include "wire/admin.h"

namespace pbxcred {

/// Every column there is, in the order of the manual; with a line end.
std::string csv_header();

/// Appends row as a line: its fields, its hashes in the columns of their kinds; what is not given is empty. Secrets in
/// clear are not written, whatever the row holds.
void append_csv_line(SecureBuffer& out, const ImportRow& row);

}  // namespace pbxcred
