// SPDX-License-Identifier: BSD-2-Clause
// What an older state of a store owes to the newer one that it replaces.
#include "service/carry_over.h"

#include <fmt/format.h>

#include <algorithm>

#include "rules/lockout.h"
#include "service/secrets.h"

namespace pbxcred {
namespace {

constexpr std::size_t kAccountsTogether = 256;

bool is_same(const Ledger& a, const Ledger& b) {
  return a.failures == b.failures && a.last_failure == b.last_failure && a.locked_until == b.locked_until &&
         a.locked_permanently == b.locked_permanently;
}

/// Whether the secret was set or cleared after what the backup holds, or is to be changed. A hash that was only renewed
/// keeps its time; an imported one brings an older time with it.
bool is_due(const Verifier& now, const std::optional<Verifier>& later) {
  if (!later || later->must_change || later->set_at > now.set_at) return true;
  return later->generation > now.generation && (!later->hash || later->set_at != now.set_at);
}

class Carrier {
 public:
  Carrier(Read& replaced, Database& restored) : replaced_(replaced), restored_(restored) {}

  Result<CarryReport> run() {
    for (std::optional<std::string> from = make_key(Table::kAccount); from;) {
      PBXCRED_TRY(Write write, restored_.write());
      PBXCRED_TRY(from, page(write, *from));
      PBXCRED_CHECK(write.commit());
    }
    PBXCRED_CHECK(keep_tombstones());
    PBXCRED_CHECK(count_lost());
    std::stable_sort(report_.lines.begin(), report_.lines.end(),
                     [](const auto& a, const auto& b) { return a.account < b.account; });
    return std::move(report_);
  }

 private:
  Result<std::optional<std::string>> page(Write& write, const std::string& from) {
    std::vector<Account> accounts;
    PBXCRED_TRY(auto row, write.seek<Account>(Table::kAccount, from));
    while (row && accounts.size() < kAccountsTogether) {
      accounts.push_back(std::move(row->record));
      PBXCRED_TRY(row, write.next<Account>(Table::kAccount));
    }
    for (Account& account : accounts) PBXCRED_CHECK(carry(write, account));
    return row ? std::optional(row->key) : std::nullopt;
  }

  Status carry(Write& write, Account& account) {
    const auto domain = domain_of_account(write, account);
    name_ = account_name(account, domain && *domain ? &**domain : nullptr);
    damaged_ = false;
    // What the replaced store cannot tell is counted, and stops nothing.
    const auto later = known(replaced_.account(account.id));
    if (!later && !damaged_) {
      const auto tombstone = known(replaced_.get<Tombstone>(account_key(Table::kTombstone, account.id)));
      // Without one the account is younger than the replaced store, which then shows nothing of it.
      if (tombstone) PBXCRED_CHECK(disable(write, account, report_.removed, "was removed since; it is back, disabled"));
      if (!tombstone && !damaged_) return {};
    }
    if (later && !later->enabled)
      PBXCRED_CHECK(disable(write, account, report_.disabled, "is disabled, as before the restore"));
    if (later || damaged_)
      for (Kind kind : kAllKinds) PBXCRED_CHECK(carry_secret(write, account, kind));
    if (damaged_) {
      ++report_.unreadable;
      say("the replaced store cannot be read about it: see for its locks and state");
    }
    return {};
  }

  Status disable(Write& write, Account& account, std::uint64_t& count, const char* what) {
    if (!account.enabled) return {};
    account.enabled = false;
    ++account.generation;
    PBXCRED_CHECK(write.put_account(account));
    ++count;
    say(what);
    return {};
  }

  Status carry_secret(Write& write, const Account& account, Kind kind) {
    if (const auto theirs = known(replaced_.ledger(account.id, kind))) {
      PBXCRED_TRY(const auto ours, write.ledger(account.id, kind));
      const Ledger both = ours ? stricter_of(*ours, *theirs) : *theirs;
      if (!ours || !is_same(*ours, both)) {
        write.put_ledger(account.id, kind, both);
        ++report_.locks;
      }
    }
    auto found = replaced_.verifier(account.id, kind);
    if (!found) damaged_ = true;
    const std::optional<Verifier> later = found ? std::move(*found) : std::nullopt;
    PBXCRED_TRY(auto verifier, write.verifier(account.id, kind));
    if (!verifier && later) return forget(write, account, *later);
    if (!verifier || !verifier->hash || verifier->must_change || !is_due(*verifier, later)) return {};
    verifier->must_change = true;
    PBXCRED_CHECK(write.put_verifier(account, *verifier));
    ++report_.must_change;
    say(fmt::format("{}: was changed since; the restored one must be changed", name_of(kind)));
    return {};
  }

  /// Set for the first time since. It is lost, but once it was defined no PIN stands in for it any more.
  Status forget(Write& write, const Account& account, const Verifier& later) {
    Verifier cleared;
    cleared.kind = later.kind;
    cleared.generation = later.generation + 1;
    cleared.set_at = later.set_at;
    PBXCRED_CHECK(write.put_verifier(account, cleared));
    if (!later.hash) return {};
    ++report_.forgotten;
    say(fmt::format("{}: was set since and is lost", name_of(later.kind)));
    return {};
  }

  template <class Record>
  std::optional<Record> known(Result<std::optional<Record>> read) {
    if (read) return std::move(*read);
    damaged_ = true;
    return std::nullopt;
  }

  /// What was removed stays gone, unless the backup brings it back.
  Status keep_tombstones() {
    std::vector<Row<Tombstone>> rows;
    std::optional<std::string> from = make_key(Table::kTombstone);
    while (from) {
      PBXCRED_TRY(from, tombstones_from(*from, rows));
      PBXCRED_TRY(Write write, restored_.write());
      for (const Row<Tombstone>& row : rows) PBXCRED_CHECK(keep(write, row));
      PBXCRED_CHECK(write.commit());
    }
    return {};
  }

  /// The next ones; returns where to go on. What does not open is counted and passed over.
  Result<std::optional<std::string>> tombstones_from(const std::string& from, std::vector<Row<Tombstone>>& rows) {
    rows.clear();
    auto entry = replaced_.raw().seek(as_bytes(from));
    while (entry && *entry && (*entry)->key[0] == static_cast<char>(Table::kTombstone)) {
      if (rows.size() == kAccountsTogether) return std::optional((*entry)->key);
      const auto tombstone = known(replaced_.get<Tombstone>((*entry)->key));
      if (tombstone) rows.push_back({std::move((*entry)->key), *tombstone});
      else ++report_.unreadable;
      entry = replaced_.raw().next();
    }
    if (!entry) ++report_.unreadable;
    return std::optional<std::string>();
  }

  static Status keep(Write& write, const Row<Tombstone>& row) {
    PBXCRED_TRY(const auto ours, write.raw().get(as_bytes(row.key)));
    if (ours) return {};
    const bool of_name = row.key.size() > 1 + sizeof(AccountId);
    const Table table = of_name ? Table::kName : Table::kAccount;
    PBXCRED_TRY(const auto living, write.raw().get(as_bytes(make_key(table, {as_bytes(std::string_view(row.key).substr(1))}))));
    if (!living) write.put(row.key, row.record);
    return {};
  }

  Status count_lost() {
    auto entry = replaced_.raw().seek(as_bytes(make_key(Table::kAccount)));
    PBXCRED_TRY(Read restored, restored_.read());
    while (entry && *entry && (*entry)->key[0] == static_cast<char>(Table::kAccount)) {
      PBXCRED_TRY(const auto there, restored.raw().get(as_bytes((*entry)->key)));
      if (!there) ++report_.lost;
      entry = replaced_.raw().next();
    }
    if (!entry) ++report_.unreadable;
    return {};
  }

  void say(std::string what) {
    if (report_.lines.size() < CarryReport::kMostLines) report_.lines.push_back({name_, std::move(what)});
  }

  Read& replaced_;
  Database& restored_;
  CarryReport report_;
  std::string name_;
  bool damaged_ = false;
};

}  // namespace

Result<CarryReport> carry_over(Read& replaced, Database& restored) { return Carrier(replaced, restored).run(); }

}  // namespace pbxcred
