// SPDX-License-Identifier: BSD-2-Clause
// Small questions about borrowed text that both file formats ask.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pbxcred {

/// Whether text is well-formed UTF-8 (no surrogates, no overlong forms).
bool is_utf8(std::string_view text);

/// text without blanks and control bytes (1..32) at both ends.
std::string_view strip(std::string_view text);

/// Compares as ASCII without regard to case; other bytes must be equal.
bool equal_ignoring_case(std::string_view a, std::string_view b);

/// text with A-Z as a-z; other bytes as they are. Not for secrets.
std::string lower_ascii(std::string_view text);

/// The non-empty parts of text between runs of separator; they borrow from text.
std::vector<std::string_view> split_words(std::string_view text, char separator);

/// Takes the part before the first separator off the front of rest, and the separator with it.
std::string_view next_part(std::string_view& rest, char separator);

}  // namespace pbxcred
