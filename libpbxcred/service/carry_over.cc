// SPDX-License-Identifier: BSD-2-Clause
// What an older state of a store owes to the newer one that it replaces.
#include "service/carry_over.h"

#include <fmt/format.h>

#include "rules/lockout.h"
#include "service/secrets.h"

namespace pbxcred {
namespace {

constexpr std::size_t kAccountsTogether = 256;

bool is_same(const Ledger& a, const Ledger& b) {
  return a.failures == b.failures && a.last_failure == b.last_failure && a.locked_until == b.locked_until &&
         a.locked_permanently == b.locked_permanently;
}

/// Whether the secret was set or cleared after what the backup holds. A hash that was only renewed keeps its time.
bool was_changed(const Verifier& now, const std::optional<Verifier>& later) {
  return !later || later->set_at > now.set_at || (!later->hash && later->generation > now.generation);
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
    PBXCRED_CHECK(count_lost());
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
    PBXCRED_TRY(const auto domain, domain_of_account(write, account));
    name_ = account_name(account, domain ? &*domain : nullptr);
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
    if (later)
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
    PBXCRED_TRY(auto verifier, write.verifier(account.id, kind));
    if (!verifier || !verifier->hash || verifier->must_change) return {};
    const auto later = replaced_.verifier(account.id, kind);
    if (!later) damaged_ = true;
    if (later && !was_changed(*verifier, *later)) return {};
    verifier->must_change = true;
    PBXCRED_CHECK(write.put_verifier(account, *verifier));
    ++report_.must_change;
    say(fmt::format("{}: was changed since; the restored one must be changed", name_of(kind)));
    return {};
  }

  template <class Record>
  std::optional<Record> known(Result<std::optional<Record>> read) {
    if (read) return std::move(*read);
    damaged_ = true;
    return std::nullopt;
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
