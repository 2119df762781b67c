// SPDX-License-Identifier: BSD-2-Clause
// Typed records: what was swapped, rotted or edited fails, and counts stay true.
#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "store/database.h"
#include "support/both_stores.h"
#include "support/check.h"
#include "support/test_ring.h"

using namespace pbxcred;

namespace {

constexpr Time kNow = Time(std::chrono::seconds(1'600'000'000));

template <class Noun>
Id<Noun> id_of(std::uint8_t number) {
  Id<Noun> id;
  id.raw.fill(number);
  return id;
}
AccountId account_id(int number) { return id_of<AccountNoun>(static_cast<std::uint8_t>(number)); }
DomainId domain_id(int number) { return id_of<DomainNoun>(static_cast<std::uint8_t>(0xd0 + number)); }

Account user(int number, int domain) {
  Account account;
  account.id = account_id(number);
  account.domain = domain_id(domain);
  account.extension = std::to_string(1000 + number);
  account.created_at = kNow;
  return account;
}

Verifier secret(Kind kind, bool weak = false) {
  Verifier verifier;
  verifier.kind = kind;
  verifier.hash.emplace();
  verifier.hash->key_id = test_ring().current_id();
  verifier.weak = weak;
  return verifier;
}

Verifier cleared(Kind kind) {
  Verifier verifier;
  verifier.kind = kind;
  return verifier;
}

Database database_of(Store& store) { return {store, test_ring()}; }
Read reading(Store& store) { return std::move(*database_of(store).read()); }
Write writing(Store& store) { return std::move(*database_of(store).write()); }

void expect_ok(const Status& status) {
  if (!status) fail_msg("%s", status.error().what.c_str());
}
template <class T>
Code code_of(const Result<T>& result) {
  if (result) fail_msg("%s", "it succeeded");
  return result.error().code;
}

template <class F>
void change(Store& store, F f) {
  Write write = writing(store);
  f(write);
  expect_ok(write.commit());
}

// ---- values

CASE(value_opens_as_it_was_sealed) {
  const std::string value = seal_value(test_ring(), "Dkey", as_bytes("record"));
  assert_int_equal(value.size(), 6 + 4 + 16);
  const auto opened = open_value(test_ring(), "Dkey", value);
  assert_true(opened.ok() && *opened == "record");
  const std::string empty = seal_value(test_ring(), "D", {});
  assert_true(open_value(test_ring(), "D", empty).ok());
}

CASE(value_with_any_bit_flipped_is_corrupt) {
  const std::string value = seal_value(test_ring(), "Dkey", as_bytes("record"));
  for (std::size_t bit = 0; bit < value.size() * 8; ++bit) {
    std::string flipped = value;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    assert_true(code_of(open_value(test_ring(), "Dkey", flipped)) == Code::kCorrupt);
  }
}

CASE(value_under_another_key_is_corrupt) {
  const std::string value = seal_value(test_ring(), "Dkey", as_bytes("record"));
  for (const char* key : {"Dkex", "Dke", "Dkeyy", "Akey", ""})
    assert_true(code_of(open_value(test_ring(), key, value)) == Code::kCorrupt);
  // Nor does a byte pass from the key into the record.
  assert_true(code_of(open_value(test_ring(), "Dke", "y" + value)) == Code::kCorrupt);
}

CASE(value_cut_or_lengthened_is_corrupt) {
  const std::string value = seal_value(test_ring(), "Dkey", as_bytes("record"));
  for (std::size_t size = 0; size < value.size(); ++size)
    assert_true(code_of(open_value(test_ring(), "Dkey", value.substr(0, size))) == Code::kCorrupt);
  assert_true(code_of(open_value(test_ring(), "Dkey", value + "x")) == Code::kCorrupt);
  assert_true(code_of(open_value(test_ring(), "Dkey", "x" + value)) == Code::kCorrupt);
}

CASE(value_of_another_ring_is_corrupt) {
  const KeyRing other = new_ring();
  assert_true(code_of(open_value(other, "Dkey", seal_value(test_ring(), "Dkey", as_bytes("x")))) == Code::kCorrupt);
}

CASE(value_that_needs_a_missing_key_says_so) {
  std::string value = seal_value(test_ring(), "Dkey", as_bytes("record"));
  value[6] = 9;  // the key id
  const auto opened = open_value(test_ring(), "Dkey", value);
  assert_true(code_of(opened) == Code::kCorrupt);
  assert_true(opened.error().what.find("needs key 9") != std::string::npos);
}

// ---- records

ON_BOTH_STORES(record_is_read_as_it_was_put) {
  Account account = user(1, 1);
  account.email = "a@b.example";
  account.numbers = {"+4930123456"};
  change(store, [&](Write& write) { expect_ok(write.put_account(account)); });
  Read read = reading(store);
  const auto back = read.account(account.id);
  assert_true(back.ok() && back->has_value());
  assert_true((*back)->email == account.email && (*back)->numbers == account.numbers);
  assert_true((*back)->created_at == kNow && (*back)->domain == account.domain);
  const auto none = read.account(account_id(2));
  assert_true(none.ok() && !none->has_value());
}

ON_BOTH_STORES(record_fails_when_a_bit_of_it_rots) {
  change(store, [](Write& write) { expect_ok(write.put_account(user(1, 1))); });
  const std::string key = account_key(Table::kAccount, account_id(1));
  const std::string good = raw_value(store, key);
  for (std::size_t at = 0; at < good.size(); at += 7) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    put_raw(store, key, bad);
    Read read = reading(store);
    assert_true(code_of(read.account(account_id(1))) == Code::kCorrupt);
    assert_true(code_of(read.seek<Account>(Table::kAccount, make_key(Table::kAccount))) == Code::kCorrupt);
  }
}

/// Somebody who can write the store but has no key swaps two verifiers, or gives himself another account's.
ON_BOTH_STORES(record_fails_when_it_is_moved_to_another_key) {
  change(store, [](Write& write) {
    for (int i = 1; i <= 2; ++i) {
      expect_ok(write.put_account(user(i, 1)));
      expect_ok(write.put_verifier(user(i, 1), secret(Kind::kPassword)));
      expect_ok(write.put_verifier(user(i, 1), secret(Kind::kVoicemail)));
    }
  });
  const std::string mine = secret_key(Table::kVerifier, account_id(1), Kind::kPassword);
  const std::string other = secret_key(Table::kVerifier, account_id(2), Kind::kPassword);
  const std::string pin = secret_key(Table::kVerifier, account_id(1), Kind::kVoicemail);
  const std::string good = raw_value(store, mine);
  for (const std::string& from : {other, pin, account_key(Table::kAccount, account_id(1))}) {
    put_raw(store, mine, raw_value(store, from));
    Read read = reading(store);
    assert_true(code_of(read.verifier(account_id(1), Kind::kPassword)) == Code::kCorrupt);
  }
  put_raw(store, mine, good);
  assert_true(reading(store).verifier(account_id(1), Kind::kPassword).ok());
}

CASE(record_that_opens_and_is_no_record_is_corrupt) {
  MemoryStore store;
  const std::string key = account_key(Table::kAccount, account_id(1));
  put_raw(store, key, seal_value(test_ring(), key, as_bytes("garbage")));
  const auto found = reading(store).account(account_id(1));
  assert_true(code_of(found) == Code::kCorrupt);
  assert_true(found.error().what.find("malformed") != std::string::npos);
}

ON_BOTH_STORES(rows_come_in_order_and_end_with_their_table) {
  change(store, [](Write& write) {
    for (const int number : {3, 1, 2}) expect_ok(write.put_account(user(number, 1)));
    write.put_ledger(account_id(1), Kind::kPassword, {});  // the next table in the store
  });
  Read read = reading(store);
  std::string seen;
  auto row = read.seek<Account>(Table::kAccount, make_key(Table::kAccount));
  while (row.ok() && row->has_value()) {
    seen += (*row)->record.extension + " ";
    row = read.next<Account>(Table::kAccount);
  }
  assert_true(row.ok());
  assert_string_equal(seen.c_str(), "1001 1002 1003 ");
  const auto later = read.seek<Account>(Table::kAccount, account_key(Table::kAccount, account_id(2)));
  assert_true(later.ok() && (*later)->record.extension == "1002");
  const auto none = read.seek<Account>(Table::kAccount, account_key(Table::kAccount, account_id(200)));
  assert_true(none.ok() && !none->has_value());
}

ON_BOTH_STORES(write_without_commit_changes_nothing) {
  {
    Write write = writing(store);
    expect_ok(write.put_account(user(1, 1)));
    assert_true(write.account(account_id(1))->has_value());  // it sees its own
  }
  assert_false(reading(store).account(account_id(1))->has_value());
}

ON_BOTH_STORES(write_keeps_its_first_error) {
  Write write = writing(store);
  write.put(std::string(600, 'A'), user(1, 1));
  assert_true(write.error().has_value());
  (void)write.put_account(user(2, 1));
  assert_false(write.commit().ok());
  assert_false(reading(store).account(account_id(2))->has_value());
}

CASE(write_says_how_many_changes_it_made) {
  MemoryStore store;
  Write write = writing(store);
  assert_int_equal(write.changes(), 0);
  (void)write.account(account_id(1));
  assert_int_equal(write.changes(), 0);
  write.put_ledger(account_id(1), Kind::kLogin, {});
  write.erase_ledger(account_id(1), Kind::kLogin);
  assert_int_equal(write.changes(), 2);
  expect_ok(write.erase_verifier(user(1, 1), Kind::kPassword));  // none there
  assert_int_equal(write.changes(), 2);
}

// ---- domains

ON_BOTH_STORES(domain_is_found_by_name_and_alias_in_any_case) {
  Domain domain;
  domain.id = domain_id(7);
  domain.name = "pbx.example";
  change(store, [&](Write& write) {
    write.put_domain(domain);
    for (const std::string name : {"pbx.example", "alias.example"})
      write.put(make_key(Table::kDomainName, {as_bytes(name)}), DomainRef{domain.id});
  });
  Read read = reading(store);
  for (const char* name : {"pbx.example", "PBX.Example", "alias.example", "ALIAS.example"}) {
    const auto found = read.find_domain(name);
    assert_true(found.ok() && found->has_value() && (*found)->id == domain.id);
  }
  for (const char* name : {"", "other.example", "pbx.example.", "pbx example", "@", "pbx.exampl"}) {
    const auto found = read.find_domain(name);
    assert_true(found.ok() && !found->has_value());
  }
}

// ---- counts

std::string shown(const DomainCount& count) {
  std::string text = std::to_string(count.users) + "/" + std::to_string(count.disabled);
  for (Kind kind : kAllKinds) {
    const auto i = static_cast<std::size_t>(kind);
    text += " " + std::to_string(count.set[i]) + "-" + std::to_string(count.weak[i]);
  }
  return text;
}
void expect_count(Store& store, int domain, const char* wanted) {
  const auto count = reading(store).count(domain_id(domain));
  assert_true(count.ok());
  assert_string_equal(shown(*count).c_str(), wanted);
}

ON_BOTH_STORES(counts_follow_accounts) {
  expect_count(store, 1, "0/0 0-0 0-0 0-0 0-0 0-0");
  Account account = user(1, 1);
  change(store, [&](Write& write) { expect_ok(write.put_account(account)); });
  expect_count(store, 1, "1/0 0-0 0-0 0-0 0-0 0-0");
  change(store, [&](Write& write) { expect_ok(write.put_account(account)); });
  expect_count(store, 1, "1/0 0-0 0-0 0-0 0-0 0-0");
  account.enabled = false;
  change(store, [&](Write& write) { expect_ok(write.put_account(account)); });
  expect_count(store, 1, "1/1 0-0 0-0 0-0 0-0 0-0");
  change(store, [&](Write& write) { expect_ok(write.erase_account(account)); });
  expect_count(store, 1, "0/0 0-0 0-0 0-0 0-0 0-0");
}

ON_BOTH_STORES(counts_follow_secrets) {
  const Account account = user(1, 1);
  change(store, [&](Write& write) {
    expect_ok(write.put_account(account));
    expect_ok(write.put_verifier(account, secret(Kind::kPassword)));
    expect_ok(write.put_verifier(account, secret(Kind::kVoicemail, true)));
  });
  expect_count(store, 1, "1/0 1-0 1-1 0-0 0-0 0-0");
  change(store, [&](Write& write) { expect_ok(write.put_verifier(account, secret(Kind::kVoicemail))); });
  expect_count(store, 1, "1/0 1-0 1-0 0-0 0-0 0-0");
  change(store, [&](Write& write) { expect_ok(write.put_verifier(account, secret(Kind::kVoicemail, true))); });
  change(store, [&](Write& write) { expect_ok(write.put_verifier(account, cleared(Kind::kVoicemail))); });
  expect_count(store, 1, "1/0 1-0 0-0 0-0 0-0 0-0");  // cleared is not set (R18)
  change(store, [&](Write& write) { expect_ok(write.erase_verifier(account, Kind::kPassword)); });
  expect_count(store, 1, "1/0 0-0 0-0 0-0 0-0 0-0");
  change(store, [&](Write& write) { expect_ok(write.erase_verifier(account, Kind::kPassword)); });
  expect_count(store, 1, "1/0 0-0 0-0 0-0 0-0 0-0");
}

ON_BOTH_STORES(counts_move_with_the_account) {
  Account account = user(1, 1);
  account.enabled = false;
  change(store, [&](Write& write) {
    expect_ok(write.put_account(account));
    expect_ok(write.put_account(user(2, 1)));
    expect_ok(write.put_verifier(account, secret(Kind::kLogin, true)));
    expect_ok(write.put_verifier(account, cleared(Kind::kPhone)));
    expect_ok(write.put_verifier(user(2, 1), secret(Kind::kLogin)));
  });
  Account moved = account;
  moved.domain = domain_id(2);
  change(store, [&](Write& write) { expect_ok(write.move_account(account, moved)); });
  expect_count(store, 1, "1/0 0-0 0-0 1-0 0-0 0-0");
  expect_count(store, 2, "1/1 0-0 0-0 1-1 0-0 0-0");
  assert_true((*reading(store).account(account.id))->domain == domain_id(2));
}

CASE(counts_leave_administrators_out) {
  MemoryStore store;
  Account admin;
  admin.id = account_id(1);
  admin.role = Role::kAdmin;
  admin.username = "root";
  change(store, [&](Write& write) {
    expect_ok(write.put_account(admin));
    expect_ok(write.put_verifier(admin, secret(Kind::kAdmin)));
  });
  assert_string_equal(shown(*reading(store).count(DomainId{})).c_str(), "0/0 0-0 0-0 0-0 0-0 0-0");
  assert_true(raw_value(store, make_key(Table::kDomainCount, {DomainId{}.bytes()})).empty());
  change(store, [&](Write& write) { expect_ok(write.erase_account(admin)); });
  assert_true(store.snapshot()->empty());
}

CASE(account_changes_its_domain_only_by_moving) {
  MemoryStore store;
  change(store, [](Write& write) { expect_ok(write.put_account(user(1, 1))); });
  Write write = writing(store);
  assert_true(code_of(write.put_account(user(1, 2))) == Code::kInternal);
}

ON_BOTH_STORES(erased_account_leaves_no_secret_ledger_or_success) {
  const Account account = user(1, 1);
  change(store, [&](Write& write) {
    expect_ok(write.put_account(account));
    for (Kind kind : {Kind::kPassword, Kind::kVoicemail, Kind::kLogin, Kind::kPhone}) {
      expect_ok(write.put_verifier(account, secret(kind)));
      write.put_ledger(account.id, kind, {});
      write.put(secret_key(Table::kSuccess, account.id, kind), LastSuccess{kNow});
    }
    expect_ok(write.put_account(user(2, 1)));
  });
  change(store, [&](Write& write) { expect_ok(write.erase_account(account)); });
  const auto read = std::move(*store.read());
  for (auto entry = read->seek({}); entry.ok() && entry->has_value(); entry = read->next())
    assert_true((*entry)->key.find(std::string(as_text(account.id.bytes()))) == std::string::npos);
  expect_count(store, 1, "1/0 0-0 0-0 0-0 0-0 0-0");
}

/// What the store should hold, kept beside it in the plainest way.
struct Shadow {
  std::map<int, Account> accounts;
  std::map<std::pair<int, Kind>, Verifier> verifiers;

  std::string count(int domain) const {
    DomainCount count;
    for (const auto& [number, account] : accounts) {
      if (account.domain != domain_id(domain)) continue;
      ++count.users;
      count.disabled += account.enabled ? 0 : 1;
      for (const auto& [key, verifier] : verifiers) {
        if (key.first != number || !verifier.hash) continue;
        ++count.set[static_cast<std::size_t>(key.second)];
        count.weak[static_cast<std::size_t>(key.second)] += verifier.weak ? 1 : 0;
      }
    }
    return shown(count);
  }
};

void step(Write& write, Shadow& shadow, std::mt19937& random) {
  const int number = static_cast<int>(random() % 5) + 1;
  const Kind kind = kAllKinds[random() % 4];
  const auto known = shadow.accounts.find(number);
  if (known == shadow.accounts.end()) {
    Account account = user(number, static_cast<int>(random() % 2) + 1);
    account.enabled = random() % 3 != 0;
    expect_ok(write.put_account(account));
    shadow.accounts[number] = account;
    return;
  }
  Account& account = known->second;
  switch (random() % 6) {
    case 0:
      account.enabled = !account.enabled;
      expect_ok(write.put_account(account));
      break;
    case 1: {
      const Account before = account;
      account.domain = domain_id(static_cast<int>(random() % 2) + 1);
      expect_ok(write.move_account(before, account));
      break;
    }
    case 2:
      expect_ok(write.erase_account(account));
      std::erase_if(shadow.verifiers, [&](const auto& one) { return one.first.first == number; });
      shadow.accounts.erase(known);
      break;
    case 3:
      expect_ok(write.erase_verifier(account, kind));
      shadow.verifiers.erase({number, kind});
      break;
    default: {
      const Verifier verifier = random() % 4 == 0 ? cleared(kind) : secret(kind, random() % 2 == 0);
      expect_ok(write.put_verifier(account, verifier));
      shadow.verifiers[{number, kind}] = verifier;
    }
  }
}

CASE(counts_stay_true_through_any_sequence) {
  MemoryStore store;
  Shadow shadow;
  std::mt19937 random(20181105);
  for (int i = 0; i < 3000; ++i) {
    change(store, [&](Write& write) { step(write, shadow, random); });
    for (const int domain : {1, 2}) expect_count(store, domain, shadow.count(domain).c_str());
  }
}

// ---- the store itself

ON_BOTH_STORES(store_verifies_after_it_was_initialised) {
  Database database = database_of(store);
  assert_true(code_of(database.verify()) == Code::kCorrupt);
  expect_ok(database.initialise(kNow));
  expect_ok(database.verify());
  const auto meta = reading(store).get<StoreMeta>(make_key(Table::kMeta));
  assert_int_equal((*meta)->schema, kSchema);
  assert_true((*meta)->created_at == kNow);
  assert_true((*meta)->store_id != (std::array<std::uint8_t, 16>{}));
}

CASE(store_does_not_verify_with_another_ring) {
  MemoryStore store;
  expect_ok(database_of(store).initialise(kNow));
  const KeyRing other = new_ring();
  Database database(store, other);
  const Status verified = database.verify();
  assert_true(code_of(verified) == Code::kCorrupt);
  assert_true(verified.error().what.find("key ring") != std::string::npos);
}

CASE(store_of_another_schema_is_refused) {
  for (const std::uint32_t schema : {0U, kSchema + 1}) {
    MemoryStore store;
    expect_ok(database_of(store).initialise(kNow));
    change(store, [&](Write& write) {
      StoreMeta meta;
      meta.schema = schema;
      write.put(make_key(Table::kMeta), meta);
    });
    const Status verified = database_of(store).verify();
    assert_true(code_of(verified) == Code::kInvalid);
    const char* why = schema > kSchema ? "newer version" : "unknown schema";
    if (verified.error().what.find(why) == std::string::npos) fail_msg("%s", verified.error().what.c_str());
  }
}

CASE(tables_have_letters_and_names_of_their_own) {
  std::string letters;
  std::string names = "|";
  for (Table table : kAllTables) {
    const std::string name = name_of(table);
    assert_true(letters.find(static_cast<char>(table)) == std::string::npos);
    assert_true(name != "?" && names.find("|" + name + "|") == std::string::npos);
    letters += static_cast<char>(table);
    names += name + "|";
  }
  assert_int_equal(letters.size(), 21);
}

}  // namespace

RUN_CASES(cmocka_unit_test(value_opens_as_it_was_sealed), cmocka_unit_test(value_with_any_bit_flipped_is_corrupt),
          cmocka_unit_test(value_under_another_key_is_corrupt), cmocka_unit_test(value_cut_or_lengthened_is_corrupt),
          cmocka_unit_test(value_of_another_ring_is_corrupt),
          cmocka_unit_test(value_that_needs_a_missing_key_says_so), BOTH_STORES(record_is_read_as_it_was_put),
          BOTH_STORES(record_fails_when_a_bit_of_it_rots), BOTH_STORES(record_fails_when_it_is_moved_to_another_key),
          cmocka_unit_test(record_that_opens_and_is_no_record_is_corrupt),
          BOTH_STORES(rows_come_in_order_and_end_with_their_table), BOTH_STORES(write_without_commit_changes_nothing),
          BOTH_STORES(write_keeps_its_first_error), cmocka_unit_test(write_says_how_many_changes_it_made),
          BOTH_STORES(domain_is_found_by_name_and_alias_in_any_case), BOTH_STORES(counts_follow_accounts),
          BOTH_STORES(counts_follow_secrets), BOTH_STORES(counts_move_with_the_account),
          cmocka_unit_test(counts_leave_administrators_out),
          cmocka_unit_test(account_changes_its_domain_only_by_moving),
          BOTH_STORES(erased_account_leaves_no_secret_ledger_or_success),
          cmocka_unit_test(counts_stay_true_through_any_sequence),
          BOTH_STORES(store_verifies_after_it_was_initialised),
          cmocka_unit_test(store_does_not_verify_with_another_ring),
          cmocka_unit_test(store_of_another_schema_is_refused),
          cmocka_unit_test(tables_have_letters_and_names_of_their_own))
