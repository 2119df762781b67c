// SPDX-License-Identifier: BSD-2-Clause
// The spelling of a configuration's strings and numerals: as people write them, and as libconfig gets them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace pbxcred {

struct QuotedString {
  std::string value;
  std::size_t size = 0;  ///< bytes of text, with both quotes
};

/// Reads the string that text begins with (a double quote). Escapes: \\ \" \n \r \t \f \xHH. `invalid`: not closed on
/// its line, another escape, \x00, over 4096 bytes.
Result<QuotedString> read_quoted(std::string_view text);

/// Writes value so that libconfig reads it back, on one line.
std::string write_quoted(std::string_view value);

/// Rewrites a numeral for libconfig: what fits 32 bits as a plain decimal, what does not with the suffix L, so that it
/// arrives with another type instead of wrapped; fractions as 0.5 (no key takes one, only the type matters).
/// text: digits, sign, 0x…, suffix L or LL. `invalid`: not a number.
Result<std::string> rewrite_numeral(std::string_view text);

/// text for an error message: cut to most bytes, control characters and broken UTF-8 as '?'.
std::string shown(std::string_view text, std::size_t most = 40);

}  // namespace pbxcred
