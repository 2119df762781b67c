// SPDX-License-Identifier: BSD-2-Clause
// Columns of text for people.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace pbxcred::ctl {

/// A heading and its cells; all columns of a table have the same number of cells. Texts may hold anything: they are
/// made printable on the way out.
struct Column {
  std::string heading;
  bool right = false;  ///< numbers stand to the right
  std::vector<std::string> cells;
};
using Table = std::vector<Column>;

/// The table as lines, columns two spaces apart, by display width. width: where lines must end, by shortening the
/// widest cells, though never below 8 columns each; 0: nothing is shortened.
std::string table_text(const Table& table, std::size_t width);

}  // namespace pbxcred::ctl
