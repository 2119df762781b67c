// SPDX-License-Identifier: BSD-2-Clause
// A store for filling another one fast: what is put is kept, sorted, and written in the order of the keys.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "store/store.h"

namespace pbxcred::bench {

/// Collects puts for a store in which they are new. Of what was put, only domains and their counts can be read again:
/// everything else must be put once. Transactions cannot be taken back. One thread.
class Spool final : public Store {
 public:
  Result<std::unique_ptr<StoreRead>> read() override;
  Result<std::unique_ptr<StoreWrite>> write(Space space = Space::kLeaveReserve) override;
  Status reopen() override { return {}; }
  Status check_file() override { return {}; }
  Status clear_stale_readers() override { return {}; }

  /// Puts that are waiting.
  std::size_t size() const { return entries_.size(); }
  /// Writes what is waiting into target, in several transactions, and forgets it.
  Status flush(Store& target);

 private:
  class Transaction;

  std::vector<Entry> entries_;
  std::map<std::string, std::string> domains_;  ///< and their counts
};

}  // namespace pbxcred::bench
