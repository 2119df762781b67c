// SPDX-License-Identifier: BSD-2-Clause
#include "store/check.h"

#include <algorithm>
#include <map>
#include <set>

#include "crypto/hasher.h"
#include "model/name.h"
#include "store/name_keys.h"

namespace pbxcred {
namespace {

/// Which record type a table holds; calls f.template operator()<Record>().
template <class F>
bool with_record_of(Table table, F f) {
  switch (table) {
    case Table::kMeta: return f.template operator()<StoreMeta>();
    case Table::kDomain: return f.template operator()<Domain>();
    case Table::kDomainName:
    case Table::kBareName: return f.template operator()<DomainRef>();
    case Table::kDomainCount: return f.template operator()<DomainCount>();
    case Table::kAccount: return f.template operator()<Account>();
    case Table::kVerifier: return f.template operator()<Verifier>();
    case Table::kLedger: return f.template operator()<Ledger>();
    case Table::kSuccess: return f.template operator()<LastSuccess>();
    case Table::kAdmin:
    case Table::kUsername:
    case Table::kExtension:
    case Table::kPeople: return f.template operator()<AccountRef>();
    case Table::kName:
    case Table::kNumber: return f.template operator()<NameEntry>();
    case Table::kGrant: return f.template operator()<Grant>();
    case Table::kGivenGrants: return f.template operator()<GivenGrants>();
    case Table::kTombstone: return f.template operator()<Tombstone>();
    case Table::kProbe: return f.template operator()<Probe>();
    case Table::kStray: return f.template operator()<StrayCount>();
    case Table::kResealing: return f.template operator()<Resealing>();
  }
  return false;
}

template <class Noun>
Id<Noun> id_at(const std::string& key, std::size_t offset) {
  Id<Noun> id;
  if (key.size() >= offset + id.size())
    std::copy_n(key.begin() + static_cast<std::ptrdiff_t>(offset), id.size(), reinterpret_cast<char*>(id.data()));
  return id;
}
AccountId account_in(const std::string& key) { return id_at<AccountNoun>(key, 1); }

class Checker {
 public:
  /// The walk moves the transaction's cursor; get does not disturb it.
  explicit Checker(Read& read) : read_(read) {}

  Result<StoreCheckReport> run() {
    PBXCRED_TRY(auto entry, read_.raw().seek(as_bytes(std::string_view("\0", 1))));
    while (entry) {
      ++report_.records;
      check(*entry);
      PBXCRED_TRY(entry, read_.raw().next());
    }
    check_counts();
    return std::move(report_);
  }

 private:
  void fault(const std::string& where, const std::string& what) {
    ++report_.faults;
    if (report_.first.size() < StoreCheckReport::kMostFaults) report_.first.push_back({where, what});
  }

  static std::string place(const std::string& key) {
    const char* table = name_of(static_cast<Table>(key[0]));
    return std::string(table) + " " + to_hex(as_bytes(std::string_view(key).substr(1, 16)));
  }

  void check(const Entry& entry) {
    const auto table = static_cast<Table>(entry.key[0]);
    if (std::find(std::begin(kAllTables), std::end(kAllTables), table) == std::end(kAllTables))
      return fault("key " + to_hex(as_bytes(entry.key)), "belongs to no table");
    const auto bytes = open_value(read_.ring(), entry.key, entry.value);
    if (!bytes) return fault(place(entry.key), bytes.error().what);
    const bool decoded = with_record_of(table, [&]<class Record>() {
      Record record;
      if (!decode(as_bytes(*bytes), record)) return false;
      look_at(entry.key, table, record);
      return true;
    });
    if (!decoded) fault(place(entry.key), "is malformed");
  }

  /// A record that must be there; says so if it is not.
  template <class Record>
  std::optional<Record> need(const std::string& from, const std::string& key, const char* what) {
    auto found = read_.get<Record>(key);
    if (!found) {
      fault(place(from), std::string(what) + ": " + found.error().what);
      return std::nullopt;
    }
    if (!*found) fault(place(from), std::string(what) + " is missing");
    return std::move(*found);
  }
  std::optional<Account> need_account(const std::string& from, const AccountId& id) {
    return need<Account>(from, account_key(Table::kAccount, id), "its account");
  }
  std::optional<Domain> need_domain(const std::string& from, const DomainId& id) {
    return need<Domain>(from, make_key(Table::kDomain, {id.bytes()}), "its domain");
  }
  void need_ref(const std::string& from, const std::string& key, const AccountId& id, const char* what) {
    const auto ref = need<AccountRef>(from, key, what);
    if (ref && ref->account != id) fault(place(from), std::string(what) + " leads to another account");
  }

  std::vector<std::string> index_keys(const Account& account) const {
    std::vector<std::string> keys = account_index_keys(read_.ring(), account);
    for (std::string& key : people_keys(account)) keys.push_back(std::move(key));
    return keys;
  }

  // One overload a record: forward to what it refers to, and back.
  void look_at(const std::string&, Table, const StoreMeta&) {}
  void look_at(const std::string&, Table, const Tombstone&) {}
  void look_at(const std::string&, Table, const Probe&) {}
  void look_at(const std::string&, Table, const StrayCount&) {}
  void look_at(const std::string&, Table, const Resealing&) {}
  void look_at(const std::string&, Table, const Grant&) {}
  void look_at(const std::string& key, Table, const GivenGrants&) { need_account(key, account_in(key)); }
  void look_at(const std::string& key, Table, const LastSuccess&) { need_account(key, account_in(key)); }
  void look_at(const std::string& key, Table, const Ledger&) { need_account(key, account_in(key)); }
  void look_at(const std::string& key, Table, const DomainCount& count) {
    stored_[id_at<DomainNoun>(key, 1)] = count;
    need_domain(key, id_at<DomainNoun>(key, 1));
  }

  void look_at(const std::string& key, Table, const Domain& domain) {
    if (domain.id != id_at<DomainNoun>(key, 1)) fault(place(key), "stands under another id");
    std::vector<std::string> names = domain.aliases;
    names.push_back(domain.name);
    for (const std::string& name : names) {
      const auto ref = need<DomainRef>(key, make_key(Table::kDomainName, {as_bytes(name)}), "its name's entry");
      if (ref && ref->domain != domain.id) fault(place(key), "its name leads to another domain");
    }
  }

  void look_at(const std::string& key, Table table, const DomainRef& ref) {
    const auto domain = need_domain(key, ref.domain);
    if (!domain) return;
    if (table == Table::kDomainName) {
      const std::string name = key.substr(1);
      const auto& aliases = domain->aliases;
      if (domain->name != name && std::find(aliases.begin(), aliases.end(), name) == aliases.end())
        fault(place(key), "names a domain that does not bear it");
      return;
    }
    const std::string name_key = make_key(Table::kName, {ref.domain.bytes(), as_bytes(key.substr(1, 16))});
    need<NameEntry>(key, name_key, "the name in its domain");
  }

  void look_at(const std::string& key, Table, const Account& account) {
    if (account.id != account_in(key)) fault(place(key), "stands under another id");
    for (const std::string& index : index_keys(account)) need_ref(key, index, account.id, "an index of it");
    if (account.role != Role::kUser) return;
    const auto domain = need_domain(key, account.domain);
    if (!domain) return;
    auto& count = counted_[account.domain];
    ++count.users;
    count.disabled += account.enabled ? 0 : 1;
    const auto claims = name_claims(read_.ring(), account, domain->country);
    if (!claims) return fault(place(key), claims.error().what);
    for (const NameClaim& claim : *claims) {
      const auto entry = need<NameEntry>(key, claim.key, "a name of it");
      if (!entry) continue;
      const NameHolder holder{account.id, claim.role};
      if (std::find(entry->holders.begin(), entry->holders.end(), holder) == entry->holders.end())
        fault(place(key), "a name of it leads elsewhere");
      if (claim.key[0] == static_cast<char>(Table::kName))
        need<DomainRef>(key, bare_name_key(claim.key), "a bare name of it");
    }
  }

  void look_at(const std::string& key, Table, const Verifier& verifier) {
    const auto account = need_account(key, account_in(key));
    if (!account) return;
    if (static_cast<char>(verifier.kind) != key.back()) fault(place(key), "is of another kind");
    check_seal(key, verifier);
    if (account->role != Role::kUser || !verifier.hash) return;
    auto& count = counted_[account->domain];
    ++count.set[static_cast<std::size_t>(verifier.kind)];
    count.weak[static_cast<std::size_t>(verifier.kind)] += verifier.weak ? 1 : 0;
  }

  void check_seal(const std::string& key, const Verifier& verifier) {
    if (!verifier.hash) return;
    const SealBinding binding{account_in(key), verifier.kind, verifier.generation};
    if (!read_.ring().has(verifier.hash->key_id)) fault(place(key), "needs a key that is not in the ring");
    else if (!opens(read_.ring(), *verifier.hash, binding)) fault(place(key), "holds a seal that does not open");
  }

  void look_at(const std::string& key, Table, const AccountRef& ref) {
    const auto account = need_account(key, ref.account);
    if (!account) return;
    const auto keys = index_keys(*account);
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) fault(place(key), "leads to an account it is not of");
  }

  void look_at(const std::string& key, Table, const NameEntry& entry) {
    if (entry.holders.empty()) fault(place(key), "is held by nobody");
    for (const NameHolder& holder : entry.holders) {
      const auto account = need_account(key, holder.account);
      if (!account) continue;
      const auto domain = need_domain(key, account->domain);
      if (!domain) continue;
      const auto claims = name_claims(read_.ring(), *account, domain->country);
      const bool claimed = claims && std::any_of(claims->begin(), claims->end(), [&](const NameClaim& claim) {
        return claim.key == key && claim.role == holder.role;
      });
      if (!claimed) fault(place(key), "is held by an account that does not bear it");
    }
  }

  void check_counts() {
    const DomainCount none;
    std::set<DomainId> domains;
    for (const auto& [id, count] : stored_) domains.insert(id);
    for (const auto& [id, count] : counted_) domains.insert(id);
    for (const DomainId& id : domains) {
      const auto stored = stored_.find(id);
      const auto counted = counted_.find(id);
      if (!((stored == stored_.end() ? none : stored->second) == (counted == counted_.end() ? none : counted->second)))
        fault("domain-count " + to_hex(id.bytes()), "does not say how many there are");
    }
  }

  Read& read_;
  StoreCheckReport report_;
  std::map<DomainId, DomainCount> stored_, counted_;
};

}  // namespace

Result<StoreCheckReport> check_store(Read& read) { return Checker(read).run(); }

}  // namespace pbxcred
