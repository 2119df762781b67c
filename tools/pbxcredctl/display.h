// SPDX-License-Identifier: BSD-2-Clause
// Text from the data, made fit for a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pbxcred::ctl {

/// What is safe to print: control characters, directional and other invisible formatting, and bytes that are not UTF-8
/// become \xNN or \u{NNNN}, so that a name cannot drive the terminal. The joiners U+200C and U+200D stay: some scripts
/// need them.
std::string printable(std::string_view text);

/// Columns that printable text takes.
std::size_t display_width(std::string_view text);

/// Printable text cut to at most `columns` (1 or more); what was cut ends in an ellipsis.
std::string fit(std::string_view text, std::size_t columns);

}  // namespace pbxcred::ctl
