// SPDX-License-Identifier: BSD-2-Clause
// A write transaction for many new records: what is put is kept and goes to the store in the order of its keys.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "store/held_entries.h"
#include "store/store.h"

namespace pbxcred {

/// Keys are hashes: put as they come, each lands on another page, and pages split in the middle stay half full. In
/// order they are found again at once, and fill their pages (PageFiller). Holds at most some 256 MiB back; reading
/// in order (seek) puts everything first.
class SortedWrite final : public StoreWrite {
 public:
  explicit SortedWrite(std::unique_ptr<StoreWrite> under) : under_(std::move(under)) {}

  Result<std::optional<std::string>> get(Bytes key) override;
  Result<std::optional<Entry>> seek(Bytes key) override;
  Result<std::optional<Entry>> next() override;
  Result<StoreStat> stat() override;
  void put(Bytes key, Bytes value) override;
  /// As put().
  void append(Bytes key, Bytes value) override { put(key, value); }
  void erase(Bytes key) override;
  /// Of what has reached the store so far.
  const std::optional<Error>& error() const override { return under_->error(); }
  void flush() override;
  Status commit() override;

 private:
  /// No value: erased.
  void keep(Bytes key, HeldEntry::Value value);

  std::unique_ptr<StoreWrite> under_;
  HeldEntries held_;
};

}  // namespace pbxcred
