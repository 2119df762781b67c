// SPDX-License-Identifier: BSD-2-Clause
// Typed records over the store. Every value carries a keyed MAC over key and value, so that what was swapped, rotted or
// edited fails as `corrupt` instead of passing.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/key_ring.h"
#include "crypto/keyed_hash.h"
#include "model/account.h"
#include "model/domain.h"
#include "model/grant.h"
#include "model/index.h"
#include "model/ledger.h"
#include "model/verifier.h"
#include "store/store.h"
#include "store/tables.h"

namespace pbxcred {

/// What this version writes. 1: the first; 2: kPeople. store/upgrade.h leads from one to the next.
inline constexpr std::uint32_t kSchema = 2;

/// Record bytes, then key id u32le, then the MAC (16). mac: under the key of that id.
std::string seal_value(const KeyedHasher& mac, std::uint32_t key_id, std::string_view key, Bytes record);
/// The same under the ring's current key.
std::string seal_value(const KeyRing& ring, std::string_view key, Bytes record);
/// The id of the key that a value's MAC is made with; 0 if it is too short to name one. The MAC is not checked.
std::uint32_t key_id_of(std::string_view value);
/// The id of the key that the seal within a verifier's value is made with; none if it holds no seal. Not checked either.
std::optional<std::uint32_t> seal_id_of(std::string_view value);
/// The record bytes of a value; `corrupt` if the MAC does not fit or its key id is not in the ring.
Result<std::string_view> open_value(const KeyRing& ring, std::string_view key, std::string_view value);

/// What one table row decodes to.
template <class Record>
struct Row {
  std::string key;
  Record record;
};

/// Reads records at one moment. As StoreRead: one thread, short, never across a hash.
class Read {
 public:
  Read(SharedRing ring, std::unique_ptr<StoreRead> transaction)
      : ring_(std::move(ring)), transaction_(std::move(transaction)) {}

  template <class Record>
  Result<std::optional<Record>> get(const std::string& key) {
    PBXCRED_TRY(auto value, transaction_->get(as_bytes(key)));
    if (!value) return std::optional<Record>();
    PBXCRED_TRY(Record record, open_record<Record>(key, *value));
    return std::optional<Record>(std::move(record));
  }

  /// The first row of table whose key is not below from (a whole key of that table); none past its end.
  template <class Record>
  Result<std::optional<Row<Record>>> seek(Table table, const std::string& from) {
    return in_table<Record>(table, transaction_->seek(as_bytes(from)));
  }
  template <class Record>
  Result<std::optional<Row<Record>>> next(Table table) {
    return in_table<Record>(table, transaction_->next());
  }

  Result<std::optional<Account>> account(const AccountId& id) { return get<Account>(account_key(Table::kAccount, id)); }
  /// Keeps the last one: what is done for many users of one domain asks for it again and again.
  Result<std::optional<Domain>> domain(const DomainId& id);
  Result<std::optional<Verifier>> verifier(const AccountId& id, Kind kind) {
    return get<Verifier>(secret_key(Table::kVerifier, id, kind));
  }
  Result<std::optional<Ledger>> ledger(const AccountId& id, Kind kind) {
    return get<Ledger>(secret_key(Table::kLedger, id, kind));
  }
  /// The domain of that name or alias.
  Result<std::optional<Domain>> find_domain(std::string_view name);
  /// Users of a domain.
  Result<DomainCount> count(const DomainId& id);

  const KeyRing& ring() const { return *ring_; }
  /// For who goes on with these keys when the transaction has ended.
  const SharedRing& shared_ring() const { return ring_; }
  StoreRead& raw() { return *transaction_; }

 protected:
  static Error malformed(const std::string& key);
  void forget_domain() { last_domain_.reset(); }

 private:
  template <class Record>
  Result<Record> open_record(const std::string& key, std::string_view value) {
    PBXCRED_TRY(std::string_view bytes, open_value(*ring_, key, value));
    Record record;
    if (!decode(as_bytes(bytes), record)) return malformed(key);
    return record;
  }
  template <class Record>
  Result<std::optional<Row<Record>>> in_table(Table table, Result<std::optional<Entry>> found) {
    if (!found) return found.error();
    if (!*found || (*found)->key.empty() || (*found)->key[0] != static_cast<char>(table))
      return std::optional<Row<Record>>();
    PBXCRED_TRY(Record record, open_record<Record>((*found)->key, (*found)->value));
    return std::optional<Row<Record>>(Row<Record>{std::move((*found)->key), std::move(record)});
  }

  SharedRing ring_;
  std::unique_ptr<StoreRead> transaction_;
  std::optional<Domain> last_domain_;
};

/// Reads and writes. Keeps its first error: later puts do nothing and commit refuses.
/// Destroyed without commit: nothing happened.
class Write : public Read {
 public:
  Write(SharedRing ring, std::unique_ptr<StoreWrite> transaction)
      : Read(std::move(ring), std::move(transaction)),
        write_(static_cast<StoreWrite*>(&raw())),
        mac_(this->ring().subkey(Purpose::kMac)) {}

  template <class Record>
  void put(const std::string& key, const Record& record) {
    if constexpr (std::is_same_v<Record, Verifier>) {
      if (record.hash && record.hash->key_id != ring().current_id()) return put_resealed(key, record);
    }
    RecordBuffer buffer;
    buffer.bytes.reserve(kUsualRecord);
    encode(buffer, record);
    put_bytes(key, as_bytes(buffer.bytes));
  }
  void erase(const std::string& key) {
    if (error_) return;
    ++changes_;
    if (key[0] == static_cast<char>(Table::kDomain)) forget_domain();
    write_->erase(as_bytes(key));
  }
  /// Puts the record of an entry again, with MAC and seal of the current key, unless it has them. Returns whether it
  /// had to; `corrupt` if it does not open, and is then left alone.
  Result<bool> reseal(const Entry& entry);
  /// Users of a domain, with what this transaction has changed.
  Result<DomainCount> count(const DomainId& id);
  /// Puts and erases so far.
  std::uint64_t changes() const { return changes_; }
  /// The first error of a put or erase.
  const std::optional<Error>& error() const { return error_ ? error_ : write_->error(); }

  /// These keep the domain's counts true.
  Status put_account(const Account& account);
  Status erase_account(const Account& account);
  /// The same account in another domain; its secrets go with it.
  Status move_account(const Account& before, const Account& after);
  Status put_verifier(const Account& account, const Verifier& verifier);
  Status erase_verifier(const Account& account, Kind kind);
  void put_domain(const Domain& domain) { put(make_key(Table::kDomain, {domain.id.bytes()}), domain); }
  void put_ledger(const AccountId& id, Kind kind, const Ledger& ledger) {
    put(secret_key(Table::kLedger, id, kind), ledger);
  }
  void erase_ledger(const AccountId& id, Kind kind) { erase(secret_key(Table::kLedger, id, kind)); }

  /// Puts what is held back: counts, and what is to be put in order. commit does it too; errors before that are those
  /// of the changes, not of the commit.
  void flush();
  Status commit();

 private:
  static constexpr std::size_t kUsualRecord = 240;  ///< bytes, most are smaller
  struct RecordBuffer {
    std::string bytes;
    void append(Bytes more) { bytes += as_text(more); }
    void patch(std::size_t at, Bytes with) { std::copy(with.begin(), with.end(), bytes.data() + at); }
    std::size_t size() const { return bytes.size(); }
  };
  void put_bytes(const std::string& key, Bytes record);
  /// What is put is under the current key, inside and out: its hash was made before that key came.
  void put_resealed(const std::string& key, Verifier verifier);
  template <class Change>
  Status change_count(const DomainId& domain, Change change);
  void put_counts();

  std::map<DomainId, DomainCount> counts_;  ///< changed, not yet put: a transaction may change one a thousand times
  StoreWrite* write_;
  KeyedHasher mac_;  ///< under the current key
  std::optional<Error> error_;
  std::uint64_t changes_ = 0;
};

/// The store with its keys.
///
/// The ring may be replaced while transactions and use cases go on with the one they began with: each holds its share.
/// Whoever puts, puts under the current key of its transaction's ring, and write transactions come one after the other,
/// so that after replace_ring() the next one sees all that was written under the former key.
class Database {
 public:
  /// store: borrowed, outlives this.
  Database(Store& store, SharedRing ring) : store_(&store), ring_(std::move(ring)) {}
  /// For tests and tools: the ring is borrowed, too, and outlives all that this gives out.
  Database(Store& store, const KeyRing& ring) : Database(store, SharedRing(SharedRing(), &ring)) {}

  /// Writes the first records of an empty store.
  Status initialise(Time now);
  /// Whether this store is ours, of today's schema, and opens with this ring.
  Status verify();
  /// Its schema: 1 to kSchema. `corrupt`: not ours, or another ring, or an older state of its ring; `invalid`: of a newer version.
  Result<std::uint32_t> schema();

  Result<Read> read();
  Result<Write> write(Space space = Space::kLeaveReserve);
  /// What was last committed, for a settlement that may well change nothing: its first change spoils it.
  Result<Write> snapshot();
  /// The same for what adds many records (store/sorted_write.h).
  Result<Write> write_sorted();
  Store& store() { return *store_; }

  /// As it is now. Thread-safe, as are the next two.
  SharedRing ring() const;
  /// From now on transactions begin with this ring.
  void replace_ring(SharedRing ring);
  /// Whether somebody still holds a ring whose current key was id, and so may yet put what was made with it.
  bool is_held_as_current(std::uint32_t id) const;

 private:
  Store* store_;
  mutable std::mutex mutex_;  ///< of the two below
  SharedRing ring_;
  std::vector<std::weak_ptr<const KeyRing>> former_;
};

}  // namespace pbxcred
