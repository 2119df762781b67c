// SPDX-License-Identifier: BSD-2-Clause
// store check: a sound store has no faults, and each kind of damage is found.
#include <string>

#include "crypto/hasher.h"
#include "store/check.h"
#include "store/directory.h"
#include "support/both_stores.h"

using namespace pbxcred;

namespace {

/// Everything there is: two domains, users with all kinds of names, a shared number, secrets, an administrator.
struct Pbx : Directory {
  explicit Pbx(Store& store) : Directory(store) {
    Directory::ok(Database(store, test_ring()).initialise(kNow));
    add_domain("a.example", "DE", {"alias.example"});
    add_domain("b.example", "US");
    Account account = user("1001", "a.example", "alice");
    account.numbers = {"+49 30 123456", "030 99"};
    account.alternate_ids = {"4845880834.310"};
    account.first = "Alice";
    account.last = "Smith";
    account.location = "Berlin";
    alice = add(account);
    account = user("1002", "a.example");
    account.numbers = {"+49 30 123456"};
    account.enabled = false;
    bob = add(account);
    carol = add_user("1001", "b.example", "carol");
    root = add(admin("root"));
    change([&](Write& write) -> Status { return fill(write); });
  }

  Status fill(Write& write) {
    for (const Account& account : {alice, bob, carol})
      PBXCRED_CHECK(write.put_verifier(account, secret(account, Kind::kPassword)));
    Verifier weak = secret(alice, Kind::kVoicemail);
    weak.weak = true;
    PBXCRED_CHECK(write.put_verifier(alice, weak));
    Verifier cleared;
    cleared.kind = Kind::kLogin;
    PBXCRED_CHECK(write.put_verifier(alice, cleared));
    PBXCRED_CHECK(write.put_verifier(root, secret(root, Kind::kAdmin)));
    write.put_ledger(alice.id, Kind::kPassword, {});
    write.put(secret_key(Table::kSuccess, alice.id, Kind::kPassword), LastSuccess{kNow});
    write.put(make_key(Table::kStray), StrayCount{3});
    write.put(make_key(Table::kResealing), Resealing{});
    write.put(make_key(Table::kProbe), Tombstone{kNow});
    write.put(make_key(Table::kGrant) + std::string(16, 'g'), Grant{});
    return {};
  }

  static Verifier secret(const Account& account, Kind kind) {
    HashArena arena;
    Verifier verifier;
    verifier.kind = kind;
    verifier.generation = 1;
    verifier.hash = *make_hash(arena, test_ring(), {8, 1, 1}, SecretView{as_bytes("482915")}, {account.id, kind, 1});
    return verifier;
  }

  StoreCheckReport checked() {
    Read transaction = read();
    auto report = check_store(transaction);
    if (!report) fail_msg("%s", report.error().what.c_str());
    return std::move(*report);
  }

  Account alice, bob, carol, root;
};

/// Faults, one a line, as "where: what".
std::string shown(const StoreCheckReport& report) {
  std::string text;
  for (const StoreFault& fault : report.first) text += fault.where + ": " + fault.what + "\n";
  return text;
}
void expect_sound(Pbx& pbx) {
  const StoreCheckReport report = pbx.checked();
  if (report.faults != 0) fail_msg("%s", shown(report).c_str());
  assert_true(report.records > 20);
}
void expect_fault(Pbx& pbx, const std::string& table, const std::string& what) {
  const StoreCheckReport report = pbx.checked();
  assert_true(report.faults > 0);
  for (const StoreFault& fault : report.first)
    if (fault.where.starts_with(table + " ") && fault.what.find(what) != std::string::npos) return;
  fail_msg("no \"%s: %s\" among\n%s", table.c_str(), what.c_str(), shown(report).c_str());
}
template <class Record>
void put(Pbx& pbx, const std::string& key, const Record& record) {
  pbx.change([&](Write& write) -> Status {
    write.put(key, record);
    return {};
  });
}
void erase(Pbx& pbx, const std::string& key) {
  pbx.change([&](Write& write) -> Status {
    write.erase(key);
    return {};
  });
}
std::string domain_name_key(const std::string& name) { return make_key(Table::kDomainName, {as_bytes(name)}); }
std::vector<NameClaim> claims_of(const Pbx& pbx, const Account& account) {
  const bool in_a = account.domain == pbx.domain("a.example").id;
  return *name_claims(test_ring(), account, in_a ? "DE" : "US");
}

ON_BOTH_STORES(check_finds_no_fault_in_a_sound_store) {
  Pbx pbx(store);
  expect_sound(pbx);
}

ON_BOTH_STORES(check_finds_no_fault_after_changes) {
  Pbx pbx(store);
  Account moved = pbx.alice;
  moved.domain = pbx.domain("b.example").id;
  moved.extension = "2001";
  pbx.replace(pbx.alice, moved);
  expect_sound(pbx);
  pbx.remove(moved);
  pbx.remove(pbx.root);
  expect_sound(pbx);
}

CASE(check_finds_no_fault_in_an_empty_store) {
  MemoryStore store;
  Directory pbx(store);
  Read read = pbx.read();
  const auto report = check_store(read);
  assert_true(report.ok() && report->records == 0 && report->faults == 0);
}

ON_BOTH_STORES(check_finds_every_missing_index_of_an_account) {
  int found = 0;
  Pbx pbx(store);
  for (const Account& account : {pbx.alice, pbx.bob, pbx.carol, pbx.root}) {
    std::vector<std::string> keys = account_index_keys(test_ring(), account);
    for (const std::string& key : people_keys(account)) keys.push_back(key);
    if (account.role == Role::kUser)
      for (const NameClaim& claim : claims_of(pbx, account)) keys.push_back(claim.key);
    for (const std::string& key : keys) {
      const std::string value = raw_value(store, key);
      assert_false(value.empty());
      erase(pbx, key);
      expect_fault(pbx, "account", "is missing");
      put_raw(store, key, value);
      ++found;
    }
  }
  assert_int_equal(found, (2 + 3 + 7) + (1 + 3) + (2 + 2) + 2);
  expect_sound(pbx);
}

ON_BOTH_STORES(check_finds_a_missing_bare_name) {
  Pbx pbx(store);
  erase(pbx, bare_name_key(claims_of(pbx, pbx.alice).front().key));
  expect_fault(pbx, "account", "a bare name of it is missing");
}

CASE(check_finds_what_is_left_of_an_account_that_is_gone) {
  MemoryStore store;
  Pbx pbx(store);
  erase(pbx, account_key(Table::kAccount, pbx.alice.id));
  for (const char* table : {"verifier", "ledger", "last-success", "username", "extension", "people", "name", "number"})
    expect_fault(pbx, table, "its account is missing");
  expect_fault(pbx, "domain-count", "does not say how many there are");
}

CASE(check_finds_an_administrator_index_that_dangles) {
  MemoryStore store;
  Pbx pbx(store);
  erase(pbx, account_key(Table::kAccount, pbx.root.id));
  expect_fault(pbx, "admin", "its account is missing");
}

CASE(check_finds_indexes_that_lead_to_another_account) {
  MemoryStore store;
  Pbx pbx(store);
  std::vector<std::string> keys = account_index_keys(test_ring(), pbx.alice);
  for (const std::string& key : people_keys(pbx.alice)) keys.push_back(key);
  for (const std::string& key : keys) {
    const std::string value = raw_value(store, key);
    put(pbx, key, AccountRef{pbx.carol.id});
    expect_fault(pbx, "account", "leads to another account");
    expect_fault(pbx, name_of(static_cast<Table>(key[0])), "leads to an account it is not of");
    put_raw(store, key, value);
  }
  expect_sound(pbx);
}

CASE(check_finds_a_name_held_by_others) {
  MemoryStore store;
  Pbx pbx(store);
  const NameClaim claim = claims_of(pbx, pbx.alice).front();
  put(pbx, claim.key, NameEntry{{{pbx.carol.id, claim.role}}});
  expect_fault(pbx, "account", "a name of it leads elsewhere");
  expect_fault(pbx, "name", "is held by an account that does not bear it");
  put(pbx, claim.key, NameEntry{{{pbx.alice.id, NameRole::kAlternateId}}});
  expect_fault(pbx, "name", "does not bear it");  // the account, but not in that role
  put(pbx, claim.key, NameEntry{});
  expect_fault(pbx, "name", "is held by nobody");
  AccountId foreign;
  foreign.raw.fill(0x77);
  put(pbx, claim.key, NameEntry{{{pbx.alice.id, claim.role}, {foreign, claim.role}}});
  expect_fault(pbx, "name", "its account is missing");
}

CASE(check_finds_an_index_nobody_needs) {
  MemoryStore store;
  Pbx pbx(store);
  put(pbx, make_key(Table::kExtension, {pbx.alice.domain.bytes(), as_bytes("9999")}), AccountRef{pbx.alice.id});
  expect_fault(pbx, "extension", "leads to an account it is not of");
  put(pbx,
      people_prefix_of_whole(pbx.alice.domain, SearchRole::kLast, "jones") + std::string(as_text(pbx.alice.id.bytes())),
      AccountRef{pbx.alice.id});
  expect_fault(pbx, "people", "leads to an account it is not of");
}

CASE(check_finds_a_bare_name_of_a_domain_that_lacks_it) {
  MemoryStore store;
  Pbx pbx(store);
  const std::string key = make_key(Table::kBareName) + std::string(16, 'h');
  put(pbx, key + std::string(as_text(pbx.alice.domain.bytes())), DomainRef{pbx.alice.domain});
  expect_fault(pbx, "bare-name", "the name in its domain is missing");
}

CASE(check_finds_wrong_counts) {
  MemoryStore store;
  Pbx pbx(store);
  const std::string key = make_key(Table::kDomainCount, {pbx.alice.domain.bytes()});
  const std::string value = raw_value(store, key);
  DomainCount count = *pbx.read().count(pbx.alice.domain);
  assert_int_equal(count.users, 2);
  for (std::uint64_t* number : {&count.users, &count.disabled, &count.set[0], &count.weak[1], &count.set[3]}) {
    ++*number;
    put(pbx, key, count);
    expect_fault(pbx, "domain-count", "does not say how many there are");
    --*number;
  }
  erase(pbx, key);
  expect_fault(pbx, "domain-count", "does not say how many there are");
  put_raw(store, key, value);
  expect_sound(pbx);
}

CASE(check_finds_a_count_of_a_domain_that_is_gone) {
  MemoryStore store;
  Pbx pbx(store);
  DomainId gone;
  gone.raw.fill(0x55);
  put(pbx, make_key(Table::kDomainCount, {gone.bytes()}), DomainCount{});
  expect_fault(pbx, "domain-count", "its domain is missing");
}

CASE(check_finds_a_domain_without_its_name) {
  MemoryStore store;
  Pbx pbx(store);
  for (const char* name : {"a.example", "alias.example"}) {
    const std::string value = raw_value(store, domain_name_key(name));
    erase(pbx, domain_name_key(name));
    expect_fault(pbx, "domain", "its name's entry is missing");
    put_raw(store, domain_name_key(name), value);
  }
  expect_sound(pbx);
}

CASE(check_finds_names_of_domains_that_lead_astray) {
  MemoryStore store;
  Pbx pbx(store);
  put(pbx, domain_name_key("a.example"), DomainRef{pbx.domain("b.example").id});
  expect_fault(pbx, "domain", "its name leads to another domain");
  expect_fault(pbx, "domain-name", "names a domain that does not bear it");
  put(pbx, domain_name_key("a.example"), DomainRef{pbx.domain("a.example").id});
  DomainId gone;
  gone.raw.fill(0x55);
  put(pbx, domain_name_key("gone.example"), DomainRef{gone});
  expect_fault(pbx, "domain-name", "its domain is missing");
}

CASE(check_finds_accounts_of_a_domain_that_is_gone) {
  MemoryStore store;
  Pbx pbx(store);
  erase(pbx, make_key(Table::kDomain, {pbx.alice.domain.bytes()}));
  expect_fault(pbx, "account", "its domain is missing");
}

CASE(check_finds_records_under_a_foreign_id) {
  MemoryStore store;
  Pbx pbx(store);
  AccountId foreign;
  foreign.raw.fill(0x77);
  put(pbx, account_key(Table::kAccount, foreign), pbx.alice);
  expect_fault(pbx, "account", "stands under another id");
  erase(pbx, account_key(Table::kAccount, foreign));
  DomainId id;
  id.raw.fill(0x66);
  put(pbx, make_key(Table::kDomain, {id.bytes()}), pbx.domain("a.example"));
  expect_fault(pbx, "domain", "stands under another id");
}

CASE(check_finds_a_verifier_of_another_kind) {
  MemoryStore store;
  Pbx pbx(store);
  put(pbx, secret_key(Table::kVerifier, pbx.alice.id, Kind::kPassword), Pbx::secret(pbx.alice, Kind::kPhone));
  expect_fault(pbx, "verifier", "is of another kind");
}

/// Under a sound MAC, which put() would not do.
void put_sealed_as_it_is(Store& store, const Pbx& pbx, const Verifier& verifier) {
  struct Sink {
    std::string bytes;
    void append(Bytes more) { bytes += as_text(more); }
    void patch(std::size_t at, Bytes with) { bytes.replace(at, with.size(), as_text(with)); }
    std::size_t size() const { return bytes.size(); }
  } sink;
  encode(sink, verifier);
  const std::string key = secret_key(Table::kVerifier, pbx.alice.id, Kind::kPassword);
  put_raw(store, key, seal_value(test_ring(), key, as_bytes(sink.bytes)));
}

CASE(check_finds_a_verifier_whose_key_is_not_in_the_ring) {
  MemoryStore store;
  Pbx pbx(store);
  Verifier sealed = Pbx::secret(pbx.alice, Kind::kPassword);
  sealed.hash->key_id = 99;
  put_sealed_as_it_is(store, pbx, sealed);
  expect_fault(pbx, "verifier", "needs a key that is not in the ring");
}

CASE(check_finds_a_seal_that_does_not_open) {
  MemoryStore store;
  Pbx pbx(store);
  Verifier sealed = Pbx::secret(pbx.bob, Kind::kPassword);
  put_sealed_as_it_is(store, pbx, sealed);
  expect_fault(pbx, "verifier", "holds a seal that does not open");
}

ON_BOTH_STORES(check_finds_a_rotten_record_in_every_table) {
  Pbx pbx(store);
  std::vector<Entry> all;
  {
    const auto read = std::move(*store.read());
    for (auto entry = read->seek({}); entry.ok() && entry->has_value(); entry = read->next()) all.push_back(**entry);
  }
  std::string tables;
  for (const Entry& entry : all) {
    if (tables.find(entry.key[0]) != std::string::npos) continue;  // one of each will do
    tables += entry.key[0];
    std::string rotten = entry.value;
    rotten[0] = static_cast<char>(rotten[0] ^ 1);
    put_raw(store, entry.key, rotten);
    expect_fault(pbx, name_of(static_cast<Table>(entry.key[0])), "does not open");
    put_raw(store, entry.key, entry.value);
  }
  assert_int_equal(tables.size(), 19);  // all but tombstones
  expect_sound(pbx);
}

CASE(check_finds_a_record_that_opens_and_is_malformed) {
  MemoryStore store;
  Pbx pbx(store);
  const std::string key = account_key(Table::kAccount, pbx.alice.id);
  put_raw(store, key, seal_value(test_ring(), key, as_bytes("garbage")));
  expect_fault(pbx, "account", "is malformed");
}

CASE(check_finds_keys_of_no_table) {
  MemoryStore store;
  Pbx pbx(store);
  for (const char* key : {"zzz", "\x01", "a"}) {
    put_raw(store, key, "x");
    const StoreCheckReport report = pbx.checked();
    assert_int_equal(report.faults, 1);
    assert_true(report.first[0].what == "belongs to no table");
    put_raw(store, key, "");
  }
}

CASE(check_survives_short_keys_of_every_table) {
  MemoryStore store;
  Pbx pbx(store);
  for (Table table : kAllTables) {
    if (table == Table::kMeta || table == Table::kStray || table == Table::kProbe) continue;
    put_raw(store, make_key(table) + "s", "short");
  }
  assert_int_equal(pbx.checked().faults, 18);
}

CASE(check_counts_all_faults_and_lists_the_first) {
  MemoryStore store;
  Pbx pbx(store);
  pbx.change([](Write& write) -> Status {
    for (std::uint32_t i = 0; i < StoreCheckReport::kMostFaults + 50; ++i) {
      AccountId id;
      for (unsigned byte = 0; byte < 4; ++byte) id.raw[byte] = static_cast<std::uint8_t>(i >> (8 * byte));
      write.put_ledger(id, Kind::kPassword, {});
    }
    return {};
  });
  const StoreCheckReport report = pbx.checked();
  assert_int_equal(report.faults, StoreCheckReport::kMostFaults + 50);
  assert_int_equal(report.first.size(), StoreCheckReport::kMostFaults);
}

}  // namespace

RUN_CASES(BOTH_STORES(check_finds_no_fault_in_a_sound_store), BOTH_STORES(check_finds_no_fault_after_changes),
          cmocka_unit_test(check_finds_no_fault_in_an_empty_store),
          BOTH_STORES(check_finds_every_missing_index_of_an_account), BOTH_STORES(check_finds_a_missing_bare_name),
          cmocka_unit_test(check_finds_what_is_left_of_an_account_that_is_gone),
          cmocka_unit_test(check_finds_an_administrator_index_that_dangles),
          cmocka_unit_test(check_finds_indexes_that_lead_to_another_account),
          cmocka_unit_test(check_finds_a_name_held_by_others), cmocka_unit_test(check_finds_an_index_nobody_needs),
          cmocka_unit_test(check_finds_a_bare_name_of_a_domain_that_lacks_it),
          cmocka_unit_test(check_finds_wrong_counts),
          cmocka_unit_test(check_finds_a_count_of_a_domain_that_is_gone),
          cmocka_unit_test(check_finds_a_domain_without_its_name),
          cmocka_unit_test(check_finds_names_of_domains_that_lead_astray),
          cmocka_unit_test(check_finds_accounts_of_a_domain_that_is_gone),
          cmocka_unit_test(check_finds_records_under_a_foreign_id),
          cmocka_unit_test(check_finds_a_verifier_of_another_kind),
          cmocka_unit_test(check_finds_a_verifier_whose_key_is_not_in_the_ring),
          cmocka_unit_test(check_finds_a_seal_that_does_not_open),
          BOTH_STORES(check_finds_a_rotten_record_in_every_table),
          cmocka_unit_test(check_finds_a_record_that_opens_and_is_malformed),
          cmocka_unit_test(check_finds_keys_of_no_table), cmocka_unit_test(check_survives_short_keys_of_every_table),
          cmocka_unit_test(check_counts_all_faults_and_lists_the_first))
