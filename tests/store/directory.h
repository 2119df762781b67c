// SPDX-License-Identifier: BSD-2-Clause
// A small PBX to look names up in: domains and accounts are entered as the daemon enters them.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "crypto/random.h"
#include "store/database.h"
#include "store/name_index.h"
#include "store/names.h"
#include "support/check.h"
#include "support/test_ring.h"

namespace pbxcred {

class Directory {
 public:
  explicit Directory(Store& store) : database_(store, test_ring()) {}

  Read read() { return std::move(*database_.read()); }
  Write write() { return std::move(*database_.write()); }
  /// Does f in a transaction that is committed; any error ends the case.
  template <class F>
  void change(F f) {
    Write transaction = write();
    ok(f(transaction));
    ok(transaction.commit());
  }
  static void ok(const Status& status) {
    if (!status) fail_msg("%s", status.error().what.c_str());
  }

  const Domain& add_domain(const std::string& name, const std::string& country = "",
                           const std::vector<std::string>& aliases = {}) {
    Domain domain;
    domain.id.raw = random_bytes<16>();
    domain.name = name;
    domain.country = country;
    domain.aliases = aliases;
    change([&](Write& transaction) -> Status {
      transaction.put_domain(domain);
      for (const std::string& one : aliases)
        transaction.put(make_key(Table::kDomainName, {as_bytes(one)}), DomainRef{domain.id});
      transaction.put(make_key(Table::kDomainName, {as_bytes(name)}), DomainRef{domain.id});
      return {};
    });
    return domains_[name] = domain;
  }
  const Domain& domain(const std::string& name) const { return domains_.at(name); }

  /// A user not yet entered.
  Account user(const std::string& extension, const std::string& domain, const std::string& username = "") const {
    Account account;
    account.id.raw = random_bytes<16>();
    account.domain = domains_.at(domain).id;
    account.extension = extension;
    account.username = username;
    return account;
  }
  Account admin(const std::string& username) const {
    Account account;
    account.id.raw = random_bytes<16>();
    account.role = Role::kAdmin;
    account.username = username;
    return account;
  }

  Status try_add(const Account& account) {
    Write transaction = write();
    PBXCRED_CHECK(check_names(transaction, account));
    PBXCRED_CHECK(transaction.put_account(account));
    PBXCRED_CHECK(index_account(transaction, nullptr, account, kNow));
    return transaction.commit();
  }
  Account add(Account account) {
    ok(try_add(account));
    return account;
  }
  Account add_user(const std::string& extension, const std::string& domain, const std::string& username = "") {
    return add(user(extension, domain, username));
  }
  Status try_replace(const Account& before, const Account& after) {
    Write transaction = write();
    PBXCRED_CHECK(check_names(transaction, after));
    if (before.domain == after.domain) PBXCRED_CHECK(transaction.put_account(after));
    else PBXCRED_CHECK(transaction.move_account(before, after));
    PBXCRED_CHECK(index_account(transaction, &before, after, kNow));
    return transaction.commit();
  }
  void replace(const Account& before, const Account& after) { ok(try_replace(before, after)); }
  void remove(const Account& account) {
    change([&](Write& transaction) -> Status {
      PBXCRED_CHECK(unindex_account(transaction, account, kNow));
      return transaction.erase_account(account);
    });
  }

  /// Whom a name leads to: the hexadecimal id, "-" for nobody, "!" and a code for an error.
  std::string who(const std::string& name, const std::string& fence = "", const std::string& by_default = "") {
    Read transaction = read();
    const auto found = find_account(transaction, {name, fence, by_default});
    if (!found) return std::string("!") + name_of(found.error().code);
    return *found ? to_hex((*found)->id.bytes()) : "-";
  }

  static constexpr Time kNow = Time(std::chrono::seconds(1'600'000'000));

 private:
  Database database_;
  std::map<std::string, Domain> domains_;
};

}  // namespace pbxcred
