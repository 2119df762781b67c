// SPDX-License-Identifier: BSD-2-Clause
#include "store/database.h"

#include <fmt/format.h>

#include <algorithm>

#include "crypto/hasher.h"
#include "crypto/random.h"
#include "model/name.h"
#include "store/snapshot.h"
#include "store/sorted_write.h"

namespace pbxcred {
namespace {

constexpr std::size_t kTrailer = sizeof(std::uint32_t) + 16;

void add(std::uint64_t& count, bool before, bool after) {
  if (after && !before) ++count;
  if (before && !after && count > 0) --count;
}

AccountId account_of(const std::string& key) {
  AccountId account;
  if (key.size() > account.size()) std::copy_n(key.begin() + 1, account.size(), reinterpret_cast<char*>(account.data()));
  return account;
}

}  // namespace

std::string seal_value(const KeyedHasher& mac, std::uint32_t key_id, std::string_view key, Bytes record) {
  std::string value;
  value.reserve(record.size() + kTrailer);
  value = as_text(record);
  for (unsigned i = 0; i < sizeof key_id; ++i) value += static_cast<char>(key_id >> (8 * i));
  const Hash16 sum = mac.hash({as_bytes(key), record});
  value += as_text(Bytes(sum));
  return value;
}

std::string seal_value(const KeyRing& ring, std::string_view key, Bytes record) {
  return seal_value(KeyedHasher(ring.subkey(Purpose::kMac)), ring.current_id(), key, record);
}

std::uint32_t key_id_of(std::string_view value) {
  if (value.size() < kTrailer) return 0;
  return ByteReader(as_bytes(value.substr(value.size() - kTrailer))).integer<std::uint32_t>();
}

std::optional<std::uint32_t> seal_id_of(std::string_view value) {
  Verifier verifier;
  if (value.size() < kTrailer || !decode(as_bytes(value.substr(0, value.size() - kTrailer)), verifier)) return std::nullopt;
  return verifier.hash ? std::optional(verifier.hash->key_id) : std::nullopt;
}

Result<std::string_view> open_value(const KeyRing& ring, std::string_view key, std::string_view value) {
  const auto corrupt = [key] {
    return Error{Code::kCorrupt, fmt::format("a record of table {} does not open",
                                             key.empty() ? "?" : name_of(static_cast<Table>(key[0])))};
  };
  if (value.size() < kTrailer) return corrupt();
  const std::string_view record = value.substr(0, value.size() - kTrailer);
  ByteReader trailer(as_bytes(value.substr(record.size())));
  const auto key_id = trailer.integer<std::uint32_t>();
  if (!ring.has(key_id))
    return Error{Code::kCorrupt, fmt::format("a record needs key {}, which the key ring does not hold", key_id)};
  const Hash16 mac = keyed_hash(ring.subkey(Purpose::kMac, key_id), {as_bytes(key), as_bytes(record)});
  if (!equal_constant_time(Bytes(mac), trailer.rest())) return corrupt();
  return record;
}

Error Read::malformed(const std::string& key) {
  return Error{Code::kCorrupt, fmt::format("a record of table {} is malformed", name_of(static_cast<Table>(key[0])))};
}

Result<std::optional<Domain>> Read::find_domain(std::string_view name) {
  const auto canonical = canonical_domain(name);
  if (!canonical) return std::optional<Domain>();
  PBXCRED_TRY(auto ref, get<DomainRef>(make_key(Table::kDomainName, {as_bytes(*canonical)})));
  if (!ref) return std::optional<Domain>();
  return domain(ref->domain);
}

Result<std::optional<Domain>> Read::domain(const DomainId& id) {
  if (last_domain_ && last_domain_->id == id) return last_domain_;
  PBXCRED_TRY(auto found, get<Domain>(make_key(Table::kDomain, {id.bytes()})));
  // What stands under another id is for store check to tell.
  if (found && found->id == id) last_domain_ = found;
  return found;
}

Result<DomainCount> Read::count(const DomainId& id) {
  PBXCRED_TRY(auto found, get<DomainCount>(make_key(Table::kDomainCount, {id.bytes()})));
  DomainCount count = found ? std::move(*found) : DomainCount{};
  count.set.resize(std::size(kAllKinds));
  count.weak.resize(std::size(kAllKinds));
  return count;
}

void Write::put_bytes(const std::string& key, Bytes record) {
  if (error_) return;
  const std::string value = seal_value(mac_, ring().current_id(), key, record);
  ++changes_;
  if (key[0] == static_cast<char>(Table::kDomain)) forget_domain();
  write_->put(as_bytes(key), as_bytes(value));
}

void Write::put_resealed(const std::string& key, Verifier verifier) {
  auto resealed = reseal_hash(ring(), *verifier.hash, {account_of(key), verifier.kind, verifier.generation});
  if (!resealed) {
    if (!error_) error_ = resealed.error();
    return;
  }
  verifier.hash = std::move(*resealed);
  put(key, verifier);
}

Result<bool> Write::reseal(const Entry& entry) {
  PBXCRED_TRY(const std::string_view record, open_value(ring(), entry.key, entry.value));
  const bool is_current = key_id_of(entry.value) == ring().current_id();
  if (entry.key[0] == static_cast<char>(Table::kVerifier)) {
    Verifier verifier;
    if (!decode(as_bytes(record), verifier)) return malformed(entry.key);
    if (is_current && (!verifier.hash || verifier.hash->key_id == ring().current_id())) return false;
    const AccountId account = account_of(entry.key);
    if (verifier.hash && !opens(ring(), *verifier.hash, {account, verifier.kind, verifier.generation}))
      return Error{Code::kCorrupt, "the seal of a secret does not open"};
    put(entry.key, verifier);
    return true;
  }
  if (is_current) return false;
  put_bytes(entry.key, as_bytes(record));
  return true;
}

template <class Change>
Status Write::change_count(const DomainId& domain, Change change) {
  const auto known = counts_.find(domain);
  if (known != counts_.end()) {
    change(known->second);
    return {};
  }
  PBXCRED_TRY(DomainCount count, Read::count(domain));
  const DomainCount before = count;
  change(count);
  if (!(before == count)) counts_.emplace(domain, std::move(count));
  return {};
}

void Write::put_counts() {
  for (const auto& [domain, count] : counts_) put(make_key(Table::kDomainCount, {domain.bytes()}), count);
  counts_.clear();
}

Result<DomainCount> Write::count(const DomainId& id) {
  put_counts();
  return Read::count(id);
}

void Write::flush() {
  put_counts();
  write_->flush();
}

Status Write::put_account(const Account& account) {
  PBXCRED_TRY(auto before, this->account(account.id));
  put(account_key(Table::kAccount, account.id), account);
  if (account.role != Role::kUser) return {};
  if (before && before->domain != account.domain)
    return Error{Code::kInternal, "an account changes its domain by move_account"};
  return change_count(account.domain, [&](DomainCount& count) {
    add(count.users, before.has_value(), true);
    add(count.disabled, before && !before->enabled, !account.enabled);
  });
}

Status Write::erase_account(const Account& account) {
  for (Kind kind : kAllKinds) {
    PBXCRED_CHECK(erase_verifier(account, kind));
    erase_ledger(account.id, kind);
    erase(secret_key(Table::kSuccess, account.id, kind));
  }
  erase(account_key(Table::kGivenGrants, account.id));
  erase(account_key(Table::kAccount, account.id));
  if (account.role != Role::kUser) return {};
  return change_count(account.domain, [&](DomainCount& count) {
    add(count.users, true, false);
    add(count.disabled, !account.enabled, false);
  });
}

Status Write::move_account(const Account& before, const Account& after) {
  DomainCount moved;
  moved.disabled = before.enabled ? 0 : 1;
  for (Kind kind : kAllKinds) {
    PBXCRED_TRY(auto verifier, this->verifier(before.id, kind));
    if (!verifier || !verifier->hash) continue;
    moved.set[static_cast<std::size_t>(kind)] = 1;
    moved.weak[static_cast<std::size_t>(kind)] = verifier->weak ? 1 : 0;
  }
  const auto shift = [&moved](bool in) {
    return [&moved, in](DomainCount& count) {
      add(count.users, !in, in);
      add(count.disabled, !in && moved.disabled, in && moved.disabled);
      for (std::size_t kind = 0; kind < std::size(kAllKinds); ++kind) {
        add(count.set[kind], !in && moved.set[kind], in && moved.set[kind]);
        add(count.weak[kind], !in && moved.weak[kind], in && moved.weak[kind]);
      }
    };
  };
  PBXCRED_CHECK(change_count(before.domain, shift(false)));
  PBXCRED_CHECK(change_count(after.domain, shift(true)));
  put(account_key(Table::kAccount, after.id), after);
  return {};
}

Status Write::put_verifier(const Account& account, const Verifier& verifier) {
  PBXCRED_TRY(auto before, this->verifier(account.id, verifier.kind));
  put(secret_key(Table::kVerifier, account.id, verifier.kind), verifier);
  if (account.role != Role::kUser) return {};
  return change_count(account.domain, [&](DomainCount& count) {
    const auto kind = static_cast<std::size_t>(verifier.kind);
    add(count.set[kind], before && before->hash, verifier.hash.has_value());
    add(count.weak[kind], before && before->hash && before->weak, verifier.hash && verifier.weak);
  });
}

Status Write::erase_verifier(const Account& account, Kind kind) {
  PBXCRED_TRY(auto before, this->verifier(account.id, kind));
  if (!before) return {};
  erase(secret_key(Table::kVerifier, account.id, kind));
  if (account.role != Role::kUser) return {};
  return change_count(account.domain, [&](DomainCount& count) {
    add(count.set[static_cast<std::size_t>(kind)], before->hash.has_value(), false);
    add(count.weak[static_cast<std::size_t>(kind)], before->hash && before->weak, false);
  });
}

Status Write::commit() {
  flush();
  if (error()) return *error();
  return write_->commit();
}

Status Database::initialise(Time now) {
  PBXCRED_TRY(Write write, this->write());
  StoreMeta meta;
  meta.schema = kSchema;
  meta.store_id = random_bytes<16>();
  meta.created_at = now;
  meta.resealed_to = write.ring().current_id();
  write.put(make_key(Table::kMeta), meta);
  return write.commit();
}

Result<std::uint32_t> Database::schema() {
  PBXCRED_TRY(Read read, this->read());
  auto meta = read.get<StoreMeta>(make_key(Table::kMeta));
  if (!meta)
    return Error{meta.error().code, "the store does not open with this key ring: " + meta.error().what};
  if (!*meta) return Error{Code::kCorrupt, "the store has no first record; it was not made by pbxcredd --init"};
  const std::uint32_t schema = (*meta)->schema;
  if (schema > kSchema)
    return Error{Code::kInvalid,
                 fmt::format("the store has schema {}, this version knows {} at most: it was written by a "
                             "newer version of pbxcred, which must serve it",
                             schema, kSchema)};
  if (schema == 0) return Error{Code::kInvalid, "the store has an unknown schema, 0"};
  PBXCRED_TRY(const auto resealing, read.get<Resealing>(make_key(Table::kResealing)));
  const std::uint32_t needed = std::max((*meta)->resealed_to, resealing ? resealing->target : 0);
  if (read.ring().current_id() < needed)
    return Error{Code::kCorrupt, fmt::format("the key ring is older than the store, which needs key {}", needed)};
  return schema;
}

Status Database::verify() {
  PBXCRED_TRY(const std::uint32_t schema, this->schema());
  if (schema == kSchema) return {};
  return Error{Code::kInvalid,
               fmt::format("the store has schema {}, this version needs {}: the daemon upgrades it when it "
                           "starts, and keeps a copy",
                           schema, kSchema)};
}

Result<Read> Database::read() {
  PBXCRED_TRY(auto transaction, store_->read());
  return Read(ring(), std::move(transaction));
}

Result<Write> Database::snapshot() {
  PBXCRED_TRY(auto transaction, store_->read());
  return Write(ring(), std::make_unique<Snapshot>(std::move(transaction)));
}

Result<Write> Database::write(Space space) {
  // The ring only after the turn to write has come: one that was replaced meanwhile is not written with.
  PBXCRED_TRY(auto transaction, store_->write(space));
  return Write(ring(), std::move(transaction));
}

SharedRing Database::ring() const {
  const std::lock_guard lock(mutex_);
  return ring_;
}

void Database::replace_ring(SharedRing ring) {
  const std::lock_guard lock(mutex_);
  std::erase_if(former_, [](const auto& former) { return former.expired(); });
  former_.push_back(ring_);
  ring_ = std::move(ring);
}

bool Database::is_held_as_current(std::uint32_t id) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(former_.begin(), former_.end(), [id](const auto& former) {
    const SharedRing ring = former.lock();
    return ring && ring->current_id() == id;
  });
}

Result<Write> Database::write_sorted() {
  PBXCRED_TRY(auto transaction, store_->write());
  return Write(ring(), std::make_unique<SortedWrite>(std::move(transaction)));
}

}  // namespace pbxcred
