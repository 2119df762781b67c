// SPDX-License-Identifier: BSD-2-Clause
// A write transaction that cannot write: for a settlement that most likely changes nothing, while another writes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "store/store.h"

namespace pbxcred {

/// Reads what was last committed. The first put or erase is its error, and it never commits.
class Snapshot final : public StoreWrite {
 public:
  explicit Snapshot(std::unique_ptr<StoreRead> read) : read_(std::move(read)) {}

  Result<std::optional<std::string>> get(Bytes key) override { return read_->get(key); }
  Result<std::optional<Entry>> seek(Bytes key) override { return read_->seek(key); }
  Result<std::optional<Entry>> next() override { return read_->next(); }
  Result<StoreStat> stat() override { return read_->stat(); }
  void put(Bytes, Bytes) override { error_ = refusal(); }
  void append(Bytes, Bytes) override { error_ = refusal(); }
  void erase(Bytes) override { error_ = refusal(); }
  const std::optional<Error>& error() const override { return error_; }
  Status commit() override { return refusal(); }

 private:
  static Error refusal() { return {Code::kInternal, "a snapshot cannot be written"}; }

  std::unique_ptr<StoreRead> read_;
  std::optional<Error> error_;
};

}  // namespace pbxcred
