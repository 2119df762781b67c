// SPDX-License-Identifier: BSD-2-Clause
// Rows of a list, as they come: a table for people, one JSON array for scripts.
#pragma once

#include <string_view>
#include <vector>

#include "json.h"
#include "report.h"
#include "view_text.h"

namespace pbxcred::ctl {

/// JSON goes out row by row; a table waits for the last one, because it must know the widths.
template <View Row>
class RowPrinter {
 public:
  /// session is borrowed. columns: names of the fields that the table shows; they live for ever.
  RowPrinter(Session& session, std::vector<std::string_view> columns)
      : session_(session), columns_(std::move(columns)) {}

  void add(Row row) {
    if (!session_.json) {
      rows_.push_back(std::move(row));
    } else {
      write_text(session_.out, count_ == 0 ? "[\n" : ",\n");
      write_text(session_.out, json_of(row, true));
    }
    ++count_;
  }

  /// Ends the list. ok: the daemon had no error; without that, a list of nothing prints nothing.
  void finish(bool ok) {
    if (!session_.json) {
      write_text(session_.out, table_text(table_of(rows_, columns_), session_.width));
    } else if (count_ > 0) {
      write_text(session_.out, "\n]\n");
    } else if (ok) {
      write_text(session_.out, "[]\n");
    }
  }

  std::uint64_t count() const { return count_; }

 private:
  Session& session_;
  std::vector<std::string_view> columns_;
  std::vector<Row> rows_;
  std::uint64_t count_ = 0;
};

}  // namespace pbxcred::ctl
