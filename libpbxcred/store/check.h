// SPDX-License-Identifier: BSD-2-Clause
// store check: every record and index, both ways.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/database.h"

namespace pbxcred {

struct StoreFault {
  std::string where;  ///< table, and the account or domain if known
  std::string what;
};

struct StoreCheckReport {
  std::uint64_t records = 0;
  std::uint64_t faults = 0;
  std::vector<StoreFault> first;  ///< at most kMostFaults of them
  static constexpr std::size_t kMostFaults = 1000;
};

/// Reads the whole store at one moment. An error means that it could not be read to the end; faults are in the report.
/// Memory: one count a domain. Takes some 10 µs a record.
Result<StoreCheckReport> check_store(Read& read);

}  // namespace pbxcred
