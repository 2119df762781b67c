// SPDX-License-Identifier: BSD-2-Clause
#include "service/reports.h"

#include <algorithm>

#include "rules/lockout.h"
#include "service/secrets.h"
#include "service/views.h"

namespace pbxcred {
namespace {

constexpr std::size_t kRowsAtOnce = 512;

std::string after(const std::string& key) { return key + '\0'; }

/// Every domain, by name. There are hundreds, not millions.
Result<std::vector<DomainView>> all_domains(Read& read, const Settings& settings) {
  std::vector<Domain> domains;
  PBXCRED_TRY(auto row, read.seek<Domain>(Table::kDomain, make_key(Table::kDomain)));
  while (row) {
    domains.push_back(std::move(row->record));
    PBXCRED_TRY(row, read.next<Domain>(Table::kDomain));
  }
  std::sort(domains.begin(), domains.end(), [](const Domain& a, const Domain& b) { return a.name < b.name; });
  std::vector<DomainView> views;
  for (const Domain& domain : domains) {
    PBXCRED_TRY(DomainView view, domain_view(read, settings, domain));
    views.push_back(std::move(view));
  }
  return views;
}

Result<std::uint64_t> count_admins(Read& read) {
  std::uint64_t count = 0;
  PBXCRED_TRY(auto row, read.seek<AccountRef>(Table::kAdmin, make_key(Table::kAdmin)));
  while (row) {
    ++count;
    PBXCRED_TRY(row, read.next<AccountRef>(Table::kAdmin));
  }
  return count;
}

Result<std::uint64_t> count_locked(Read& read, const LockoutSettings& lockout, Time now) {
  std::uint64_t count = 0;
  PBXCRED_TRY(auto row, read.seek<Ledger>(Table::kLedger, make_key(Table::kLedger)));
  while (row) {
    if (is_locked(row->record, now, lockout)) ++count;
    PBXCRED_TRY(row, read.next<Ledger>(Table::kLedger));
  }
  return count;
}

Status fill_from_store(Database& database, const Settings& settings, Time now, StatusView& status,
                       std::vector<DomainView>& domains) {
  PBXCRED_TRY(Read read, database.read());
  PBXCRED_TRY(domains, all_domains(read, settings));
  for (const DomainView& domain : domains) status.users += domain.users;
  status.domains = domains.size();
  PBXCRED_TRY(status.admins, count_admins(read));
  PBXCRED_TRY(status.locked, count_locked(read, settings.lockout, now));
  PBXCRED_TRY(const StoreStat store, read.raw().stat());
  status.store_bytes = store.bytes_used;
  status.store_capacity = store.bytes_capacity;
  return {};
}

}  // namespace

void StatusTask::step() {
  engine().check_store();
  const EngineStatus now = engine().status();
  StatusView status;
  status.version = facts_.version;
  status.started_at = facts_.started_at;
  status.degraded = now.degraded;
  status.degraded_reason = now.reason;
  status.workers = facts_.workers;
  status.hash_microseconds = static_cast<std::uint64_t>(facts_.hash_time.count());
  if (status.hash_microseconds > 0) status.logins_per_second = 1'000'000ULL * facts_.workers / status.hash_microseconds;
  status.queued = now.queued;
  status.queue_capacity = now.capacity;
  status.busy = now.busy;
  status.granted = context_.services.tally->granted;
  status.refused = context_.services.tally->refused;
  std::vector<DomainView> domains;
  // A degraded daemon must still be able to say so.
  const Status filled = fill_from_store(engine().database(), settings(), engine().clock().now(), status, domains);
  context_.reply->put(status);
  for (const DomainView& domain : domains) context_.reply->put(domain);
  finish(now.degraded ? Status() : filled, domains.size());
}

void DomainQueryTask::step() {
  auto read = engine().database().read();
  if (!read) return finish(read.error());
  std::vector<DomainView> views;
  if (name_.empty()) {
    auto all = all_domains(*read, settings());
    if (!all) return finish(all.error());
    views = std::move(*all);
  } else {
    auto domain = read->find_domain(name_);
    if (!domain) return finish(domain.error());
    if (!*domain) return finish(Error{Code::kNotFound, "there is no domain " + name_});
    auto view = domain_view(*read, settings(), **domain);
    if (!view) return finish(view.error());
    views.push_back(std::move(*view));
  }
  for (const DomainView& view : views) context_.reply->put(view);
  finish({}, views.size());
}

/// One slice of one table; sends the table's row at its end.
Status StoreStatTask::page() {
  const Table table = kAllTables[table_];
  const std::string prefix = make_key(table);
  PBXCRED_TRY(Read read, engine().database().read());
  PBXCRED_TRY(auto entry, read.raw().seek(as_bytes(cursor_.empty() ? prefix : cursor_)));
  for (std::size_t i = 0; i < kRowsAtOnce && entry && entry->key.starts_with(prefix); ++i) {
    ++records_;
    bytes_ += entry->key.size() + entry->value.size();
    cursor_ = after(entry->key);
    PBXCRED_TRY(entry, read.raw().next());
  }
  if (entry && entry->key.starts_with(prefix)) return {};
  context_.reply->put(StoreStatView{name_of(table), records_, bytes_});
  all_ += records_;
  records_ = bytes_ = 0;
  cursor_.clear();
  ++table_;
  return {};
}

Status StoreStatTask::file() {
  PBXCRED_TRY(Read read, engine().database().read());
  PBXCRED_TRY(const StoreStat stat, read.raw().stat());
  context_.reply->put(StoreStatView{"file", stat.entries, stat.bytes_used});
  return {};
}

void StoreStatTask::step() {
  const Status paged = page();
  if (!paged) return finish(paged);
  if (table_ < std::size(kAllTables)) return;
  const Status whole = file();
  if (!whole) return finish(whole);
  finish({}, all_);
}

/// False at the end.
Result<bool> LockListTask::page() {
  const std::string prefix = make_key(Table::kLedger);
  PBXCRED_TRY(Read read, engine().database().read());
  std::vector<Row<Ledger>> rows;
  PBXCRED_TRY(auto row, read.seek<Ledger>(Table::kLedger, cursor_.empty() ? prefix : cursor_));
  for (std::size_t i = 0; i < kRowsAtOnce && row; ++i) {
    cursor_ = after(row->key);
    if (is_locked(row->record, engine().clock().now(), settings().lockout)) rows.push_back(std::move(*row));
    PBXCRED_TRY(row, read.next<Ledger>(Table::kLedger));
  }
  for (const Row<Ledger>& locked : rows) {
    AccountId id;
    std::copy_n(locked.key.begin() + 1, id.size(), reinterpret_cast<char*>(id.data()));
    PBXCRED_TRY(auto account, read.account(id));
    if (!account) continue;
    PBXCRED_TRY(auto domain, domain_of_account(read, *account));
    const Ledger& ledger = locked.record;
    context_.reply->put(LockView{account_name(*account, domain ? &*domain : nullptr),
                                 name_of(static_cast<Kind>(locked.key.back())), ledger.failures, ledger.last_failure,
                                 ledger.locked_until, ledger.locked_permanently});
    ++found_;
  }
  return row.has_value();
}

void LockListTask::step() {
  const auto more = page();
  if (!more) return finish(more.error(), found_);
  if (!*more) finish({}, found_);
}

}  // namespace pbxcred
