// SPDX-License-Identifier: BSD-2-Clause
// Which account a name leads to: to one, or to none (design §3 "Accounts and names", R9-R13, R19).
#include <algorithm>
#include <string>

#include "store/directory.h"
#include "support/both_stores.h"

using namespace pbxcred;

namespace {

std::string id(const Account& account) { return to_hex(account.id.bytes()); }
void expect(const std::string& got, const std::string& wanted) {
  assert_string_equal(got.c_str(), wanted.c_str());
}
void expect_conflict(const Status& status, const std::string& name) {
  if (status) fail_msg("%s is free", name.c_str());
  assert_true(status.error().code == Code::kConflict);
  if (status.error().what.find(name) == std::string::npos)
    fail_msg("\"%s\" does not name %s", status.error().what.c_str(), name.c_str());
}

/// Two domains; everything about 1001@a.example is distinct.
struct Pbx : Directory {
  explicit Pbx(Store& store) : Directory(store) {
    add_domain("a.example", "DE", {"alias.example"});
    add_domain("b.example", "US");
    Account account = user("1001", "a.example", "alice");
    account.numbers = {"+49 30 123456"};
    account.alternate_ids = {"4845880834.310"};
    alice = add(account);
  }
  Account alice;
};

// ---- looking up

ON_BOTH_STORES(name_leads_to_its_account_in_every_role) {
  Pbx pbx(store);
  for (const char* name : {"alice", "ALICE", "1001@a.example", "1001@A.EXAMPLE", "1001@alias.example", "1001",
                           "+49 30 123456", "4845880834.310"})
    expect(pbx.who(name), id(pbx.alice));
}

ON_BOTH_STORES(name_leads_nowhere_when_nobody_has_it) {
  Pbx pbx(store);
  for (const char* name : {"bob", "", " ", "1002", "1001@b.example", "1001@nowhere.example", "alice@a.example",
                           "@a.example", "1001@", "@", "1001@a.example@a.example", "\xff", "a\nb", "1001 "})
    expect(pbx.who(name), "-");
}

ON_BOTH_STORES(name_is_compared_in_canonical_form) {
  Pbx pbx(store);
  const Account account = pbx.add_user("2001", "a.example", "J\xc3\xbcrgen Stra\xc3\x9f" "e");
  expect(pbx.who("ju\xcc\x88rgen STRASSE"), id(account));
  const Account lobby = pbx.add_user("lobby", "a.example");
  expect(pbx.who("LOBBY@a.example"), id(lobby));
}

ON_BOTH_STORES(username_that_looks_like_a_mail_address_is_found_first) {
  Pbx pbx(store);
  const Account account = pbx.add_user("2001", "b.example", "bob@elsewhere.example");  // R6, document B
  expect(pbx.who("bob@elsewhere.example"), id(account));
  expect(pbx.who("Bob@Elsewhere.example", "b.example"), id(account));
}

ON_BOTH_STORES(bare_name_is_looked_for_in_the_default_domain) {
  Pbx pbx(store);
  const Account other = pbx.add_user("1001", "b.example");  // R19
  expect(pbx.who("1001", "", "a.example"), id(pbx.alice));
  expect(pbx.who("1001", "", "b.example"), id(other));
  expect(pbx.who("1001", "", "alias.example"), id(pbx.alice));
  expect(pbx.who("1001", "", "nowhere.example"), "-");
}

ON_BOTH_STORES(bare_name_leads_nowhere_when_two_domains_have_it) {
  Pbx pbx(store);
  expect(pbx.who("1001"), id(pbx.alice));
  const Account other = pbx.add_user("1001", "b.example");
  expect(pbx.who("1001"), "-");
  expect(pbx.who("1001@a.example"), id(pbx.alice));
  expect(pbx.who("1001@b.example"), id(other));
  pbx.remove(other);
  expect(pbx.who("1001"), id(pbx.alice));
}

ON_BOTH_STORES(fence_keeps_other_domains_out) {
  Pbx pbx(store);
  const Account other = pbx.add_user("1001", "b.example", "bob");
  expect(pbx.who("1001", "a.example"), id(pbx.alice));
  expect(pbx.who("1001", "b.example"), id(other));
  expect(pbx.who("1001", "alias.example"), id(pbx.alice));
  expect(pbx.who("alice", "b.example"), "-");
  expect(pbx.who("1001@a.example", "b.example"), "-");
  expect(pbx.who("alice", "a.example"), id(pbx.alice));
  expect(pbx.who("alice", "nowhere.example"), "-");
  expect(pbx.who("1001", "b.example", "a.example"), id(other));  // the fence, not the default
}

/// Whoever may name users of b.example must not be able to turn those of a.example away.
ON_BOTH_STORES(fence_lets_no_username_of_another_domain_hide_a_name_inside) {
  Pbx pbx(store);
  const Account bob = pbx.add_user("2001", "b.example", "1001");
  expect(pbx.who("1001"), id(bob));
  expect(pbx.who("1001", "b.example"), id(bob));
  expect(pbx.who("1001", "a.example"), id(pbx.alice));
  Account carol = pbx.admin("4845880834.310");
  carol.domains = {pbx.domain("b.example").id};
  pbx.add(carol);
  expect(pbx.who("4845880834.310", "a.example"), id(pbx.alice));
}

ON_BOTH_STORES(administrator_is_found_within_the_domains_it_may_run) {
  Pbx pbx(store);
  const Account all = pbx.add(pbx.admin("root"));
  Account limited = pbx.admin("carol");
  limited.domains = {pbx.domain("b.example").id};
  pbx.add(limited);
  expect(pbx.who("root"), id(all));
  expect(pbx.who("ROOT", "a.example"), id(all));
  expect(pbx.who("carol"), id(limited));
  expect(pbx.who("carol", "b.example"), id(limited));
  expect(pbx.who("carol", "a.example"), "-");
}

ON_BOTH_STORES(shared_number_identifies_nobody) {
  Pbx pbx(store);
  Account bob = pbx.user("1002", "a.example");
  bob.numbers = {"+49 30 123456"};
  bob.alternate_ids = {"shared"};
  pbx.add(bob);
  expect(pbx.who("+49 30 123456"), "-");
  expect(pbx.who("030 123456", "a.example"), "-");
  expect(pbx.who("shared"), id(bob));
  Account carol = pbx.user("1003", "a.example");
  carol.alternate_ids = {"shared"};
  pbx.add(carol);
  expect(pbx.who("shared"), "-");
  pbx.remove(bob);
  expect(pbx.who("shared"), id(carol));
  expect(pbx.who("+49 30 123456"), id(pbx.alice));
}

ON_BOTH_STORES(shared_number_may_be_an_alternate_id_of_another) {
  Pbx pbx(store);
  Account bob = pbx.user("1002", "a.example");
  bob.alternate_ids = {"+49 30 123456"};
  pbx.add(bob);
  expect(pbx.who("+49 30 123456"), "-");
}

ON_BOTH_STORES(number_is_compared_as_e164_by_the_country_of_the_domain) {
  Pbx pbx(store);
  for (const char* number : {"030 123456", "030/12 34-56", "0049 30 123456", "+4930123456", "+49 (30) 123456"}) {
    expect(pbx.who(number, "a.example"), id(pbx.alice));
    expect(pbx.who(number, "", "a.example"), id(pbx.alice));
  }
  expect(pbx.who("011 49 30 123456", "a.example"), "-");  // as dialled from elsewhere
  Account bob = pbx.user("1002", "b.example");
  bob.numbers = {"(212) 555-1234"};
  pbx.add(bob);
  for (const char* number : {"+1 212 555 1234", "1-212-555-1234", "2125551234"})
    expect(pbx.who(number, "b.example"), id(bob));
  expect(pbx.who("030 123456", "b.example"), "-");
}

ON_BOTH_STORES(number_as_e164_counts_only_when_no_exact_name_matches) {
  Pbx pbx(store);
  const Account bob = pbx.add_user("030123456", "a.example");  // an extension that reads like alice's number
  expect(pbx.who("030123456", "a.example"), id(bob));
  expect(pbx.who("030 123456", "a.example"), id(pbx.alice));
  // An exact name that several hold is nobody, even if its number is one account's.
  Account carol = pbx.user("1003", "a.example");
  Account dave = pbx.user("1004", "a.example");
  carol.alternate_ids = dave.alternate_ids = {"030/123456"};
  pbx.add(carol);
  pbx.add(dave);
  expect(pbx.who("030/123456", "a.example"), "-");
}

CASE(name_that_leads_to_a_missing_account_is_corrupt) {
  MemoryStore store;
  Pbx pbx(store);
  put_raw(store, account_key(Table::kAccount, pbx.alice.id), "");
  expect(pbx.who("alice"), "!corrupt");
}

// ---- conflicts

/// What makes an account of b.example bear `name` in a role; the extension is otherwise its own.
Account bearing(const Directory& pbx, NameRole role, const std::string& name, const std::string& extension) {
  Account account = pbx.user(role == NameRole::kExtension ? name : extension, "b.example");
  if (role == NameRole::kUsername) account.username = name;
  if (role == NameRole::kNumber) account.numbers = {name};
  if (role == NameRole::kAlternateId) account.alternate_ids = {name};
  return account;
}

constexpr NameRole kRoles[] = {NameRole::kUsername, NameRole::kExtension, NameRole::kNumber, NameRole::kAlternateId};

ON_BOTH_STORES(names_conflict_in_every_pair_of_roles_that_is_not_shareable) {
  Pbx pbx(store);
  int name = 7000;
  for (const NameRole first : kRoles) {
    for (const NameRole second : kRoles) {
      const std::string taken = std::to_string(++name);
      const Account holder = pbx.add(bearing(pbx, first, taken, "x" + taken));
      const Status added = pbx.try_add(bearing(pbx, second, taken, "y" + taken));
      if (is_shareable(first) && is_shareable(second)) {
        Directory::ok(added);
        expect(pbx.who(taken, "b.example"), "-");
      } else {
        expect_conflict(added, taken);
        expect(pbx.who(taken, "b.example"), id(holder));
      }
    }
  }
}

ON_BOTH_STORES(account_may_bear_a_name_in_several_roles) {
  Pbx pbx(store);
  Account account = pbx.user("2001", "b.example", "2001");
  account.numbers = {"2001", "+1 212 555 2001"};
  account.alternate_ids = {"2001", "bob"};
  pbx.add(account);
  expect(pbx.who("2001", "b.example"), id(account));
  Account after = account;
  after.alternate_ids.clear();
  after.numbers = {"2001"};
  pbx.replace(account, after);
  expect(pbx.who("2001", "b.example"), id(account));
  expect(pbx.who("bob", "b.example"), "-");
  expect_conflict(pbx.try_add(bearing(pbx, NameRole::kNumber, "2001", "z")), "2001");
}

ON_BOTH_STORES(names_differ_by_domain_but_usernames_do_not) {
  Pbx pbx(store);
  pbx.add_user("1001", "b.example");
  expect_conflict(pbx.try_add(pbx.user("2001", "b.example", "Alice")), "Alice");
  expect_conflict(pbx.try_add(pbx.admin("ALICE")), "ALICE");
  pbx.add(pbx.admin("root"));
  expect_conflict(pbx.try_add(pbx.admin("Root")), "Root");
  expect_conflict(pbx.try_add(pbx.user("2001", "b.example", "root")), "root");
}

ON_BOTH_STORES(username_may_not_shadow_an_extension_at_its_domain) {
  Pbx pbx(store);
  expect_conflict(pbx.try_add(pbx.user("2001", "b.example", "1001@a.example")), "1001@a.example");
  expect_conflict(pbx.try_add(pbx.user("2001", "b.example", "1001@Alias.example")), "1001@Alias.example");
  expect_conflict(pbx.try_add(pbx.admin("1001@a.example")), "1001@a.example");
  // One's own address may be one's username.
  const Account own = pbx.add_user("3001", "b.example", "3001@b.example");
  expect(pbx.who("3001@b.example"), id(own));
}

ON_BOTH_STORES(extension_may_not_be_shadowed_by_a_username) {
  Pbx pbx(store);
  pbx.add_user("2001", "b.example", "5001@a.example");
  pbx.add_user("2002", "b.example", "5002@alias.example");
  pbx.add(pbx.admin("5003@a.example"));
  for (const char* extension : {"5001", "5002", "5003"})
    expect_conflict(pbx.try_add(pbx.user(extension, "a.example")), extension);
  pbx.add_user("5001", "b.example");
}

/// A domain can take a name under which somebody's username then reads like another's address.
CASE(name_that_is_one_accounts_username_and_anothers_address_leads_to_neither) {
  MemoryStore store;
  Pbx pbx(store);
  pbx.add_user("2001", "b.example", "1001@new.example");
  pbx.change([&](Write& write) -> Status {
    write.put(make_key(Table::kDomainName, {as_bytes(std::string_view("new.example"))}),
              DomainRef{pbx.domain("a.example").id});
    return {};
  });
  expect(pbx.who("1001@new.example"), "-");
  expect(pbx.who("1001@a.example"), id(pbx.alice));
}

ON_BOTH_STORES(refused_account_leaves_nothing_behind) {
  Pbx pbx(store);
  const auto before = *(*store.read())->stat();
  expect_conflict(pbx.try_add(pbx.user("1001", "a.example", "carol")), "1001");
  assert_int_equal((*store.read())->stat()->entries, before.entries);
  expect(pbx.who("carol"), "-");
}

CASE(names_of_an_account_without_a_domain_are_refused) {
  MemoryStore store;
  Pbx pbx(store);
  Account account = pbx.user("1", "a.example");
  account.domain.raw.fill(9);
  const Status added = pbx.try_add(account);
  assert_true(!added && added.error().code == Code::kNotFound);
}

// ---- changing and going

bool has_tombstone(Store& store, const Domain& domain, const std::string& canonical) {
  // Domain and hash stand in a tombstone's key as in a name's.
  Account probe;
  probe.domain = domain.id;
  probe.alternate_ids = {canonical};
  std::string key = name_claims(test_ring(), probe, "")->at(0).key;
  key[0] = static_cast<char>(Table::kTombstone);
  return !raw_value(store, key).empty();
}

ON_BOTH_STORES(removed_account_leaves_tombstones_of_all_its_names) {
  Pbx pbx(store);
  const Domain& domain = pbx.domain("a.example");
  const std::string names[] = {"alice", "1001", "+49 30 123456", "4845880834.310"};
  for (const std::string& name : names) assert_false(has_tombstone(store, domain, name));
  pbx.remove(pbx.alice);
  for (const std::string& name : names) {
    expect(pbx.who(name), "-");
    assert_true(has_tombstone(store, domain, name));
  }
  expect(pbx.who("1001@a.example"), "-");
  expect(pbx.who("030 123456", "a.example"), "-");
  assert_false(raw_value(store, account_key(Table::kTombstone, pbx.alice.id)).empty());
}

ON_BOTH_STORES(added_again_a_name_has_no_tombstone) {
  Pbx pbx(store);
  pbx.remove(pbx.alice);
  const Account again = pbx.add_user("1001", "a.example", "alice");
  expect(pbx.who("1001"), id(again));
  assert_false(has_tombstone(store, pbx.domain("a.example"), "1001"));
  assert_false(has_tombstone(store, pbx.domain("a.example"), "alice"));
  assert_true(has_tombstone(store, pbx.domain("a.example"), "4845880834.310"));
}

ON_BOTH_STORES(moved_account_leaves_tombstones_in_its_old_domain) {
  Pbx pbx(store);
  Account after = pbx.alice;
  after.domain = pbx.domain("b.example").id;
  after.extension = "2001";
  pbx.replace(pbx.alice, after);
  expect(pbx.who("alice"), id(after));
  expect(pbx.who("2001@b.example"), id(after));
  expect(pbx.who("1001@a.example"), "-");
  expect(pbx.who("1001"), "-");
  expect(pbx.who("4845880834.310"), id(after));
  for (const char* name : {"alice", "1001", "+49 30 123456", "4845880834.310"}) {
    assert_true(has_tombstone(store, pbx.domain("a.example"), name));
    assert_false(has_tombstone(store, pbx.domain("b.example"), name));
  }
}

ON_BOTH_STORES(changed_names_are_found_and_old_ones_are_not) {
  Pbx pbx(store);
  Account after = pbx.alice;
  after.username = "alicia";
  after.numbers = {"+49 30 654321"};
  pbx.replace(pbx.alice, after);
  expect(pbx.who("alicia"), id(after));
  expect(pbx.who("030 654321", "a.example"), id(after));
  expect(pbx.who("1001"), id(after));
  for (const char* old : {"alice", "+49 30 123456", "030 123456"}) expect(pbx.who(old, "a.example"), "-");
  assert_true(has_tombstone(store, pbx.domain("a.example"), "alice"));
  assert_false(has_tombstone(store, pbx.domain("a.example"), "1001"));
  pbx.add_user("1002", "b.example", "alice");  // free again
}

ON_BOTH_STORES(shared_name_has_no_tombstone_while_one_holds_it) {
  Pbx pbx(store);
  Account bob = pbx.user("1002", "a.example");
  bob.numbers = {"+49 30 123456"};
  pbx.add(bob);
  pbx.remove(pbx.alice);
  assert_false(has_tombstone(store, pbx.domain("a.example"), "+49 30 123456"));
  expect(pbx.who("+49 30 123456"), id(bob));
  expect(pbx.who("030 123456", "a.example"), id(bob));
}

ON_BOTH_STORES(index_is_as_if_never_there_after_everybody_went) {
  Pbx pbx(store);
  Account bob = pbx.user("1002", "a.example", "bob");
  bob.numbers = pbx.alice.numbers;
  pbx.add(bob);
  const Account admin = pbx.add(pbx.admin("root"));
  pbx.remove(bob);
  pbx.remove(pbx.alice);
  pbx.remove(admin);
  const auto read = std::move(*store.read());
  std::string left;
  for (auto entry = read->seek({}); entry.ok() && entry->has_value(); entry = read->next()) left += (*entry)->key[0];
  left.erase(std::unique(left.begin(), left.end()), left.end());
  expect(left, "CDTd");  // counts (of nobody), domains, tombstones, domain names
}

// ---- hashes

CASE(hash_of_a_name_is_that_of_its_canonical_form) {
  const KeyRing& ring = test_ring();
  assert_true(hash_name(ring, "Alice") == hash_name(ring, "alice"));
  assert_true(hash_name(ring, "alice") != hash_name(ring, "alicf"));
  assert_true(hash_name(ring, "\xff") != hash_name(ring, "\xfe"));  // no name at all, still told apart
  const KeyRing other = new_ring();
  assert_true(hash_name(other, "alice") != hash_name(ring, "alice"));
}

CASE(keys_of_names_do_not_show_them) {
  MemoryStore store;
  Pbx pbx(store);
  for (const auto& [key, value] : *store.snapshot()) {
    if (key[0] == static_cast<char>(Table::kExtension)) continue;  // ordered on purpose
    assert_true(key.find("alice") == std::string::npos && key.find("4845880834") == std::string::npos);
  }
}

}  // namespace

RUN_CASES(
    BOTH_STORES(name_leads_to_its_account_in_every_role), BOTH_STORES(name_leads_nowhere_when_nobody_has_it),
    BOTH_STORES(name_is_compared_in_canonical_form), BOTH_STORES(username_that_looks_like_a_mail_address_is_found_first),
    BOTH_STORES(bare_name_is_looked_for_in_the_default_domain),
    BOTH_STORES(bare_name_leads_nowhere_when_two_domains_have_it), BOTH_STORES(fence_keeps_other_domains_out),
    BOTH_STORES(fence_lets_no_username_of_another_domain_hide_a_name_inside),
    BOTH_STORES(administrator_is_found_within_the_domains_it_may_run), BOTH_STORES(shared_number_identifies_nobody),
    BOTH_STORES(shared_number_may_be_an_alternate_id_of_another),
    BOTH_STORES(number_is_compared_as_e164_by_the_country_of_the_domain),
    BOTH_STORES(number_as_e164_counts_only_when_no_exact_name_matches),
    cmocka_unit_test(name_that_leads_to_a_missing_account_is_corrupt),
    BOTH_STORES(names_conflict_in_every_pair_of_roles_that_is_not_shareable),
    BOTH_STORES(account_may_bear_a_name_in_several_roles), BOTH_STORES(names_differ_by_domain_but_usernames_do_not),
    BOTH_STORES(username_may_not_shadow_an_extension_at_its_domain),
    BOTH_STORES(extension_may_not_be_shadowed_by_a_username),
    cmocka_unit_test(name_that_is_one_accounts_username_and_anothers_address_leads_to_neither),
    BOTH_STORES(refused_account_leaves_nothing_behind),
    cmocka_unit_test(names_of_an_account_without_a_domain_are_refused),
    BOTH_STORES(removed_account_leaves_tombstones_of_all_its_names),
    BOTH_STORES(added_again_a_name_has_no_tombstone), BOTH_STORES(moved_account_leaves_tombstones_in_its_old_domain),
    BOTH_STORES(changed_names_are_found_and_old_ones_are_not),
    BOTH_STORES(shared_name_has_no_tombstone_while_one_holds_it),
    BOTH_STORES(index_is_as_if_never_there_after_everybody_went),
    cmocka_unit_test(hash_of_a_name_is_that_of_its_canonical_form), cmocka_unit_test(keys_of_names_do_not_show_them))
