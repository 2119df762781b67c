// SPDX-License-Identifier: BSD-2-Clause
// Commands that ask: one view, or a list of them.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "call.h"
#include "format.h"
#include "row_printer.h"

namespace pbxcred::ctl {

template <View T>
void print_one(Session& session, const T& view) {
  write_text(session.out, session.json ? json_of(view) + "\n" : record_text(fields_of(view), session.width));
}

/// Prints the one row that answers request. `not_found` if there is none, though the daemon is content.
template <View Row, Message M>
Result<Exit> show_one(Session& session, const M& request) {
  std::optional<Row> found;
  PBXCRED_TRY(const Outcome outcome, ask_rows<Row>(session, request, -1, [&](Row row) -> Status {
                if (found) return Error{Code::kConflict, "the name leads to more than one"};
                found = std::move(row);
                return {};
              }));
  if (outcome.ok && !found) return Error{Code::kNotFound, "there is none of that name"};
  if (found) print_one(session, *found);
  if (!outcome.ok && session.json) print_failure(session, outcome);
  return conclude_query(session, outcome);
}

/// How to ask for a list: the columns of its table, what its rows are called, and whether to print only their number.
struct ListStyle {
  std::vector<std::string_view> columns;
  const char* noun;
  int attachment = -1;
  bool only_count = false;
};

/// Prints all rows that answer request and pass wanted(row), and for people how many there are.
template <View Row, Message M, class Wanted>
Result<Exit> list_rows(Session& session, const M& request, const ListStyle& style, Wanted wanted) {
  RowPrinter<Row> printer(session, style.columns);
  std::uint64_t count = 0;
  auto outcome = ask_rows<Row>(session, request, style.attachment, [&](Row row) -> Status {
    if (!wanted(row)) return {};
    ++count;
    if (!style.only_count) printer.add(std::move(row));
    return {};
  });
  const bool ok = outcome && outcome->ok;
  if (ok && session.json && style.only_count) {
    Outcome counted = *outcome;
    counted.affected = count;
    return conclude(session, counted, {style.noun, "listed", style.noun}, true);
  }
  printer.finish(ok);
  if (!outcome) return outcome.error();
  if (ok && !session.json) write_text(session.out, format_count(count, style.noun) + "\n");
  return conclude_query(session, *outcome);
}

template <View Row, Message M>
Result<Exit> list_rows(Session& session, const M& request, const ListStyle& style) {
  return list_rows<Row>(session, request, style, [](const Row&) { return true; });
}

}  // namespace pbxcred::ctl
