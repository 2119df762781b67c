// SPDX-License-Identifier: BSD-2-Clause
// Exit statuses are the design's, one for one.
#include "exit_status.h"

#include "outcome.h"
#include "support/check.h"

using namespace pbxcred;
using namespace pbxcred::ctl;

CASE(exit_status_follows_the_table) {
  struct Row {
    Code code;
    int status;
  };
  const Row rows[] = {{Code::kRefused, 1},   {Code::kBusy, 3},     {Code::kUnavailable, 3}, {Code::kDenied, 4},
                      {Code::kNotFound, 5},  {Code::kConflict, 6}, {Code::kInvalid, 7},     {Code::kCorrupt, 8},
                      {Code::kExhausted, 8}, {Code::kInternal, 8}};
  static_assert(sizeof rows / sizeof rows[0] == kCodeEnd);
  for (const Row& row : rows) assert_int_equal(static_cast<int>(exit_of(row.code)), row.status);
}

CASE(exit_status_tells_partly_done_from_failed) {
  struct Row {
    bool ok;
    std::uint64_t affected, failed;
    int status;
  };
  const Row rows[] = {{true, 0, 0, 0},  {true, 5, 0, 0},  {true, 5, 1, 9}, {true, 0, 1, 9},
                      {false, 5, 1, 9}, {false, 0, 1, 6}, {false, 5, 0, 6}};
  for (const Row& row : rows) {
    const Outcome outcome{row.ok, Code::kConflict, "", row.affected, row.failed, {}};
    assert_int_equal(static_cast<int>(exit_of(outcome)), row.status);
  }
}

RUN_CASES(cmocka_unit_test(exit_status_follows_the_table), cmocka_unit_test(exit_status_tells_partly_done_from_failed))
