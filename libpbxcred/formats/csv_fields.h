// SPDX-License-Identifier: BSD-2-Clause
// How values stand in the fields of our CSV files, both ways: what export writes, import reads back exactly.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace pbxcred {

/// A text as it is written: one that a spreadsheet would take for a formula (that begins with = + - @ TAB CR), or that
/// looks written so already (begins with ' and then that), gets a ' in front. Telephone numbers, + and digits, stay.
std::string escape_formula(std::string_view text);
/// Takes that ' away again; other text is as it stands.
std::string_view unescape_formula(std::string_view field);

/// Values separated by blanks; a blank or backslash within one has a backslash before it.
std::string join_values(const std::vector<std::string_view>& values);
/// The values of such a field. A backslash before anything else is one. They borrow from field or storage.
std::vector<std::string_view> split_values(std::string_view field, std::deque<std::string>& storage);

/// A field of RFC 4180 for a file separated by commas: in quotes if it must be.
std::string quote_field(std::string_view text);

}  // namespace pbxcred
