// SPDX-License-Identifier: BSD-2-Clause
// The store in memory, for tests: same contract, and it fails when told to.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/code.h"
#include "store/store.h"

namespace pbxcred {

/// A committed map is never changed: readers keep the one they began with, a writer copies at its first change.
class MemoryStore final : public Store {
 public:
  using Map = std::map<std::string, std::string, std::less<>>;

  Result<std::unique_ptr<StoreRead>> read() override;
  Result<std::unique_ptr<StoreWrite>> write(Space space = Space::kLeaveReserve) override;
  Status reopen() override { return {}; }
  Status check_file() override { return {}; }
  Status clear_stale_readers() override { return {}; }

  /// From now on every commit that changes something fails with code and changes nothing; none: no longer.
  void fail_commits(std::optional<Code> code);

  /// For write transactions.
  std::shared_ptr<const Map> snapshot() const;
  Status replace(std::shared_ptr<const Map> map);

 private:
  mutable std::mutex mutex_;  ///< of the two below
  std::shared_ptr<const Map> map_ = std::make_shared<const Map>();
  std::optional<Code> failure_;
  std::mutex writer_;
};

}  // namespace pbxcred
