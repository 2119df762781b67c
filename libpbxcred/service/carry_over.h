// SPDX-License-Identifier: BSD-2-Clause
// What an older state of a store owes to the newer one that it replaces (design §5.11): nobody is let in again whom
// something has shut out since.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/database.h"

namespace pbxcred {

struct CarryReport {
  struct Line {
    std::string account, what;
  };
  static constexpr std::size_t kMostLines = 1000;

  std::uint64_t locks = 0;        ///< ledgers that are stricter than the backup's
  std::uint64_t disabled = 0;     ///< disabled since
  std::uint64_t removed = 0;      ///< removed since: they are back, disabled
  std::uint64_t must_change = 0;  ///< secrets set or cleared since, or due to be changed
  std::uint64_t forgotten = 0;    ///< secrets that the backup's accounts did not have yet
  std::uint64_t lost = 0;         ///< accounts made since: they are in the replaced store only
  std::uint64_t unreadable = 0;   ///< accounts, or other records, of which the replaced store could not tell all
  std::vector<Line> lines;        ///< the first of all these, by account
};

/// Brings into restored, which nobody uses yet, what replaced shows of the time since. Both are of the same store.
/// Needs no more memory than its report. An error: restored cannot be written or read.
Result<CarryReport> carry_over(Read& replaced, Database& restored);

}  // namespace pbxcred
