// SPDX-License-Identifier: BSD-2-Clause
// Columns of text for people.
#include "print_table.h"

#include <algorithm>
#include <numeric>

#include "display.h"

namespace pbxcred::ctl {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowest = 8;

Table made_printable(const Table& table) {
  Table shown = table;
  for (Column& column : shown)
    for (std::string& cell : column.cells) cell = printable(cell);
  return shown;
}

std::vector<std::size_t> natural_widths(const Table& table) {
  std::vector<std::size_t> widths;
  for (const Column& column : table) {
    std::size_t width = display_width(column.heading);
    for (const std::string& cell : column.cells) width = std::max(width, display_width(cell));
    widths.push_back(width);
  }
  return widths;
}

void shrink(std::vector<std::size_t>& widths, std::size_t limit) {
  if (widths.empty()) return;
  std::size_t total = std::accumulate(widths.begin(), widths.end(), kGap * (widths.size() - 1));
  while (total > limit) {
    const auto widest = std::max_element(widths.begin(), widths.end());
    if (*widest <= kNarrowest) return;
    --*widest;
    --total;
  }
}

std::string padded(const std::string& text, std::size_t width, bool right) {
  const std::string cut = fit(text, width);
  const std::string space(width - std::min(width, display_width(cut)), ' ');
  return right ? space + cut : cut + space;
}

template <class CellOf>
std::string line_of(const Table& table, const std::vector<std::size_t>& widths, CellOf cell_of) {
  std::string line;
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (i > 0) line.append(kGap, ' ');
    line += padded(cell_of(table[i]), widths[i], table[i].right);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

}  // namespace

std::string table_text(const Table& table, std::size_t width) {
  if (table.empty()) return "";
  const Table shown = made_printable(table);
  std::vector<std::size_t> widths = natural_widths(shown);
  if (width > 0) shrink(widths, width);
  std::string text = line_of(shown, widths, [](const Column& column) { return column.heading; });
  for (std::size_t row = 0; row < shown.front().cells.size(); ++row)
    text += line_of(shown, widths, [row](const Column& column) { return column.cells[row]; });
  return text;
}

}  // namespace pbxcred::ctl
