// SPDX-License-Identifier: BSD-2-Clause
// The store in memory, for tests: same contract, and it fails when told to.
#include "store/memory_store.h"

#include <utility>

namespace pbxcred {
namespace {

using Map = MemoryStore::Map;

constexpr std::size_t kMaxKey = 511;

Error bad_key() {
  return {Code::kInvalid, "a key has 1 to 511 bytes"};
}
bool good_key(Bytes key) {
  return !key.empty() && key.size() <= kMaxKey;
}

StoreStat stat_of(const Map& map) {
  StoreStat stat;
  stat.entries = map.size();
  for (const auto& [key, value] : map) stat.bytes_used += key.size() + value.size();
  return stat;
}

/// Reading in either kind of transaction. The cursor is a key, so that it survives the copy at the first change.
class Reader {
 public:
  void drop_cursor() { cursor_.reset(); }

  static Result<std::optional<std::string>> get(const Map& map, Bytes key) {
    if (!good_key(key)) return bad_key();
    const auto found = map.find(as_text(key));
    if (found == map.end()) return std::optional<std::string>();
    return std::optional<std::string>(found->second);
  }
  Result<std::optional<Entry>> seek(const Map& map, Bytes key) {
    if (key.size() > kMaxKey) return bad_key();
    return place(map, map.lower_bound(as_text(key)));
  }
  Result<std::optional<Entry>> next(const Map& map) {
    if (!cursor_) return Error{Code::kInternal, "next without seek"};
    if (at_end_) return std::optional<Entry>();
    return place(map, map.upper_bound(*cursor_));
  }

 private:
  std::optional<Entry> place(const Map& map, Map::const_iterator at) {
    at_end_ = at == map.end();
    cursor_ = at_end_ ? std::string() : at->first;
    if (at_end_) return {};
    return Entry{at->first, at->second};
  }

  std::optional<std::string> cursor_;
  bool at_end_ = false;
};

class MemoryRead final : public StoreRead {
 public:
  explicit MemoryRead(std::shared_ptr<const Map> map) : map_(std::move(map)) {}
  Result<std::optional<std::string>> get(Bytes key) override { return Reader::get(*map_, key); }
  Result<std::optional<Entry>> seek(Bytes key) override { return reader_.seek(*map_, key); }
  Result<std::optional<Entry>> next() override { return reader_.next(*map_); }
  Result<StoreStat> stat() override { return stat_of(*map_); }

 private:
  std::shared_ptr<const Map> map_;
  Reader reader_;
};

class MemoryWrite final : public StoreWrite {
 public:
  MemoryWrite(MemoryStore& store, std::unique_lock<std::mutex> lock)
      : store_(store), lock_(std::move(lock)), map_(store.snapshot()) {}

  Result<std::optional<std::string>> get(Bytes key) override {
    if (error_) return *error_;
    return Reader::get(map(), key);
  }
  Result<std::optional<Entry>> seek(Bytes key) override {
    if (error_) return *error_;
    return reader_.seek(map(), key);
  }
  Result<std::optional<Entry>> next() override {
    if (error_) return *error_;
    return reader_.next(map());
  }
  Result<StoreStat> stat() override {
    if (error_) return *error_;
    return stat_of(map());
  }
  void put(Bytes key, Bytes value) override {
    if (Map* changed = change(key)) changed->insert_or_assign(std::string(as_text(key)), std::string(as_text(value)));
  }
  void append(Bytes key, Bytes value) override {
    if (!error_ && !map().empty() && as_text(key) <= map().rbegin()->first)
      error_ = Error{Code::kInternal, "a key that is appended must be above all others"};
    put(key, value);
  }
  void erase(Bytes key) override {
    if (Map* changed = change(key)) changed->erase(std::string(as_text(key)));
  }
  const std::optional<Error>& error() const override { return error_; }

  Status commit() override {
    if (error_) return *error_;
    Status done = changed_ ? store_.replace(std::exchange(changed_, nullptr)) : Status();
    error_ = done ? Error{Code::kInternal, "the transaction has ended"} : done.error();
    lock_.unlock();
    return done;
  }

 private:
  const Map& map() const { return changed_ ? *changed_ : *map_; }
  /// The map to change; none if there was an error or the key is bad.
  Map* change(Bytes key) {
    if (!error_ && !good_key(key)) error_ = bad_key();
    if (error_) return nullptr;
    reader_.drop_cursor();
    if (!changed_) changed_ = std::make_shared<Map>(*map_);
    return changed_.get();
  }

  MemoryStore& store_;
  std::unique_lock<std::mutex> lock_;
  std::shared_ptr<const Map> map_;
  std::shared_ptr<Map> changed_;
  Reader reader_;
  std::optional<Error> error_;
};

}  // namespace

Result<std::unique_ptr<StoreRead>> MemoryStore::read() {
  return std::unique_ptr<StoreRead>(std::make_unique<MemoryRead>(snapshot()));
}

Result<std::unique_ptr<StoreWrite>> MemoryStore::write(Space) {
  std::unique_lock lock(writer_);
  return std::unique_ptr<StoreWrite>(std::make_unique<MemoryWrite>(*this, std::move(lock)));
}

void MemoryStore::fail_commits(std::optional<Code> code) {
  const std::lock_guard lock(mutex_);
  failure_ = code;
}

std::shared_ptr<const Map> MemoryStore::snapshot() const {
  const std::lock_guard lock(mutex_);
  return map_;
}

Status MemoryStore::replace(std::shared_ptr<const Map> map) {
  const std::lock_guard lock(mutex_);
  if (failure_) return Error{*failure_, "commits fail because a test wants it"};
  map_ = std::move(map);
  return {};
}

}  // namespace pbxcred
