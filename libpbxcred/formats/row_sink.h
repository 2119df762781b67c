// SPDX-License-Identifier: BSD-2-Clause
// Where parsers of user files put what they read: one ImportRow for each user, or for each line they cannot read.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "base/result.h"
#include "wire/admin.h"

namespace pbxcred {

/// Takes one row, which borrows everything and is valid during the call only. An Error stops the parser, which then
/// returns it.
using RowSink = std::function<Status(const ImportRow&)>;

/// Hands over a line that could not be read. Nothing else of the line goes along: in a broken line nobody knows which
/// field is the secret.
inline Status send_problem(const RowSink& sink, std::string_view file, std::uint64_t line, std::string_view problem) {
  ImportRow row;
  row.file = file;
  row.line = line;
  row.problem = problem;
  return sink(row);
}

}  // namespace pbxcred
