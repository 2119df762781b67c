// SPDX-License-Identifier: BSD-2-Clause
#include "spool.h"

#include <algorithm>

#include "store/tables.h"

namespace pbxcred::bench {
namespace {

constexpr std::size_t kPutsTogether = 50000;  ///< in one transaction

bool is_read_again(Bytes key) {
  const char table = static_cast<char>(key[0]);
  return table == static_cast<char>(Table::kDomain) || table == static_cast<char>(Table::kDomainName) ||
         table == static_cast<char>(Table::kDomainCount);
}

Error unsupported() {
  return {Code::kInternal, "a spool has no order before it is flushed"};
}

}  // namespace

class Spool::Transaction final : public StoreWrite {
 public:
  explicit Transaction(Spool& spool) : spool_(spool) {}

  Result<std::optional<std::string>> get(Bytes key) override {
    const auto found = spool_.domains_.find(std::string(as_text(key)));
    if (found == spool_.domains_.end()) return std::optional<std::string>();
    return std::optional<std::string>(found->second);
  }
  Result<std::optional<Entry>> seek(Bytes) override { return unsupported(); }
  Result<std::optional<Entry>> next() override { return unsupported(); }
  Result<StoreStat> stat() override { return unsupported(); }
  void put(Bytes key, Bytes value) override {
    if (is_read_again(key)) {
      spool_.domains_[std::string(as_text(key))] = std::string(as_text(value));
    } else {
      spool_.entries_.push_back({std::string(as_text(key)), std::string(as_text(value))});
    }
  }
  void erase(Bytes) override {}  // tombstones, which a fresh store has none of
  const std::optional<Error>& error() const override { return none_; }
  Status commit() override { return {}; }

 private:
  Spool& spool_;
  std::optional<Error> none_;
};

Result<std::unique_ptr<StoreRead>> Spool::read() {
  return std::unique_ptr<StoreRead>(std::make_unique<Transaction>(*this));
}

Result<std::unique_ptr<StoreWrite>> Spool::write(Space) {
  return std::unique_ptr<StoreWrite>(std::make_unique<Transaction>(*this));
}

Status Spool::flush(Store& target) {
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.key < b.key; });
  for (std::size_t at = 0; at < entries_.size();) {
    PBXCRED_TRY(auto write, target.write());
    for (const std::size_t end = std::min(at + kPutsTogether, entries_.size()); at < end; ++at)
      write->put(as_bytes(entries_[at].key), as_bytes(entries_[at].value));
    PBXCRED_CHECK(write->commit());
  }
  entries_.clear();
  PBXCRED_TRY(auto write, target.write());
  for (const auto& [key, value] : domains_) write->put(as_bytes(key), as_bytes(value));
  return write->commit();
}

}  // namespace pbxcred::bench
