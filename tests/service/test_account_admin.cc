// SPDX-License-Identifier: BSD-2-Clause
// user add, set, move; admin add, set.
#include <string>

#include "service/world.h"

using namespace pbxcred;

namespace {

World& pbx() {
  World& world = fresh_world();
  world.add_domain("a.example", "DE");
  world.add_domain("b.example");
  return world;
}

AccountPut putting(PutMode mode, Role role, std::string_view name, const AccountFields& data = {}) {
  AccountPut put;
  put.mode = mode;
  put.role = role;
  put.name = name;
  put.data = data;
  return put;
}

template <class F>
std::string tried(World& world, F f) {
  Write write = ok(world.database.write());
  const auto result = f(write);
  if (!result) {
    assert_int_equal(write.changes(), 0);  // everything is checked before the first put
    assert_false(result.error().what.empty());
    return std::string(name_of(result.error().code)) + ": " + result.error().what;
  }
  assert_int_equal(*result, 1);
  ok(write.commit());
  world.expect_sound();
  return "ok";
}
std::string put(World& world, PutMode mode, Role role, std::string_view name, const AccountFields& data = {}) {
  return tried(world, [&](Write& write) {
    return put_account(write, *world.settings, putting(mode, role, name, data), world.clock.now());
  });
}
std::string add(World& world, std::string_view name, const AccountFields& data = {}) {
  return put(world, PutMode::kAdd, Role::kUser, name, data);
}
std::string set(World& world, std::string_view name, const AccountFields& data = {}) {
  return put(world, PutMode::kSet, Role::kUser, name, data);
}
std::string move(World& world, std::string_view user, std::string_view to) {
  return tried(world,
               [&](Write& write) { return move_account(write, *world.settings, {user, to}, world.clock.now()); });
}
void expect(const std::string& got, const std::string& wanted) {
  if (!got.starts_with(wanted)) fail_msg("\"%s\", not \"%s\"", got.c_str(), wanted.c_str());
}
bool known(World& world, const char* name) {
  Read read = world.read();
  return ok(find_account(read, {name, "", ""})).has_value();
}

CASE(user_add_makes_one_with_every_field) {
  World& world = pbx();
  AccountFields data;
  data.username = "Alice.Smith";
  data.email = "alice@mail.example";
  data.first = "Alice";
  data.last = "Smith";
  data.location = "Berlin";
  data.language = "de-AT";
  data.numbers = {{"+49 30 123456", "", "+49 30 123456", "030 99"}};
  data.alternate_ids = {{"4845880834.310"}};
  data.trusted_extensions = {{"2001", "3001@B.example"}};
  expect(add(world, "1001@A.Example", data), "ok");
  const Account account = world.account("alice.smith");
  expect(account.extension, "1001");
  expect(account.username, "Alice.Smith");
  expect(account.email, "alice@mail.example");
  expect(account.first + account.last + account.location + account.language, "AliceSmithBerlinde-AT");
  assert_int_equal(account.numbers.size(), 2);
  assert_int_equal(account.alternate_ids.size(), 1);
  expect(account.trusted_extensions.at(1), "3001@b.example");
  assert_true(account.enabled && account.generation == 1 && account.created_at == world.clock.now());
  assert_true(account.role == Role::kUser && account.id != AccountId{});
  for (const char* name : {"1001", "1001@a.example", "4845880834.310", "+49 30 123456"}) assert_true(known(world, name));
}

CASE(user_add_needs_an_address_in_a_domain_that_exists) {
  World& world = pbx();
  expect(add(world, "1001"), "invalid: 1001 is not of the form EXTENSION@DOMAIN");
  expect(add(world, "@a.example"), "invalid");
  expect(add(world, "1001@"), "invalid");
  expect(add(world, "10 01@a.example"), "invalid");
  expect(add(world, "1001@nowhere.example"), "not found: there is no domain nowhere.example");
}

CASE(user_add_refuses_taken_names) {
  World& world = pbx();
  AccountFields data;
  data.username = "alice";
  expect(add(world, "1001@a.example", data), "ok");
  expect(add(world, "1001@a.example"), "conflict");
  expect(add(world, "2001@b.example", data), "conflict");
  data.username = "bob";
  data.alternate_ids = {{"1001"}};
  expect(add(world, "1002@a.example", data), "conflict");
  assert_false(known(world, "bob"));
  expect(add(world, "1001@b.example"), "ok");  // R19
}

CASE(user_fields_are_checked_and_named) {
  World& world = pbx();
  const auto refused = [&](const char* field, auto change) {
    AccountFields data;
    change(data);
    const std::string got = add(world, "1001@a.example", data);
    const std::string wanted = std::string("invalid: ") + field;
    if (!got.starts_with(wanted)) fail_msg("%s: %s", field, got.c_str());
  };
  refused("username", [](AccountFields& f) { f.username = " alice"; });
  refused("username", [](AccountFields& f) { f.username = "a\nb"; });
  refused("email", [](AccountFields& f) { f.email = "nowhere"; });
  refused("first", [](AccountFields& f) { f.first = "\xff"; });
  refused("last", [](AccountFields& f) { f.last = "a\x01"; });
  refused("location", [](AccountFields& f) { f.location = "\x7f"; });
  refused("language", [](AccountFields& f) { f.language = "de;DROP"; });
  refused("number", [](AccountFields& f) { f.numbers = {{"a\tb"}}; });
  refused("alternate id", [](AccountFields& f) { f.alternate_ids = {{" x"}}; });
  refused("trusted extension", [](AccountFields& f) { f.trusted_extensions = {{"*97"}}; });
  refused("a user has one domain", [](AccountFields& f) { f.domains = {{"a.example"}}; });
  std::vector<std::string> many;
  for (int i = 0; i < 33; ++i) many.push_back(std::to_string(i));
  refused("number: at most 32", [&](AccountFields& f) { f.numbers.emplace(many.begin(), many.end()); });
}

CASE(user_set_leaves_what_is_absent_and_clears_what_is_empty) {
  World& world = pbx();
  AccountFields data;
  data.username = "alice";
  data.email = "alice@mail.example";
  data.first = "Alice";
  data.numbers = {{"+49 30 123456"}};
  expect(add(world, "1001@a.example", data), "ok");
  const AccountId id = world.account("alice").id;
  AccountFields change;
  change.username = "";
  change.numbers = {{""}};
  change.last = "Jones";
  expect(set(world, "alice", change), "ok");
  const Account account = world.account("1001@a.example");
  assert_true(account.id == id);
  assert_true(account.username.empty() && account.numbers.empty());
  expect(account.first + account.last + account.email, "AliceJonesalice@mail.example");
  assert_false(known(world, "alice") || known(world, "+49 30 123456"));
}

CASE(user_set_finds_the_user_by_any_name_or_not_at_all) {
  World& world = pbx();
  AccountFields data;
  data.numbers = {{"+49 30 123456"}};
  expect(add(world, "1001@a.example", data), "ok");
  expect(add(world, "1001@b.example"), "ok");
  AccountFields change;
  change.first = "Alice";
  expect(set(world, "+49 30 123456", change), "ok");
  expect(set(world, "1001", change), "not found: 1001 is in a.example, b.example: say which, as EXTENSION@DOMAIN");
  world.settings->default_domain = "b.example";
  expect(set(world, "1001", change), "ok");
  expect(set(world, "bob", change), "not found");
  put(world, PutMode::kAdd, Role::kAdmin, "root");
  expect(set(world, "root", change), "not found");
  expect(put(world, PutMode::kSet, Role::kAdmin, "1001@a.example", change), "not found: no administrator answers");
}

CASE(user_set_refuses_taken_names_and_keeps_its_own) {
  World& world = pbx();
  AccountFields data;
  data.username = "alice";
  expect(add(world, "1001@a.example", data), "ok");
  expect(add(world, "1002@a.example"), "ok");
  expect(set(world, "1002@a.example", data), "conflict");
  expect(set(world, "alice", data), "ok");
  data.username = "ALICE";
  expect(set(world, "alice", data), "ok");
  expect(world.account("alice").username, "ALICE");
}

CASE(user_set_voids_grants_when_the_address_changes) {
  World& world = pbx();
  AccountFields data;
  data.email = "alice@mail.example";
  expect(add(world, "1001@a.example", data), "ok");
  const auto generation = world.account("1001@a.example").generation;
  data.first = "Alice";
  expect(set(world, "1001@a.example", data), "ok");
  assert_int_equal(world.account("1001@a.example").generation, generation);
  data.email = "alice@elsewhere.example";
  expect(set(world, "1001@a.example", data), "ok");
  assert_int_equal(world.account("1001@a.example").generation, generation + 1);
}

CASE(user_move_keeps_id_secrets_and_locks) {
  World& world = pbx();
  AccountFields data;
  data.username = "alice";
  data.numbers = {{"030 123456"}};
  expect(add(world, "1001@a.example", data), "ok");
  world.set_secret("alice", Kind::kVoicemail, "482915");
  const AccountId id = world.account("alice").id;
  world.change([&](Write& write) -> Result<int> {
    write.put_ledger(id, Kind::kVoicemail, Ledger{3, {}, {}, false, {}});
    return 0;
  });
  expect(move(world, "alice", "2001@B.example"), "ok");
  assert_true(world.account("2001@b.example").id == id);
  assert_true(world.account("alice").id == id);
  assert_false(known(world, "1001@a.example"));
  assert_true(world.verifier("alice", Kind::kVoicemail)->hash.has_value());
  assert_int_equal(world.failures("alice", Kind::kVoicemail), 3);
  expect(move(world, "alice", "2002@b.example"), "ok");  // within the domain
  assert_true(known(world, "2002@b.example") && !known(world, "2001@b.example"));
  expect(move(world, "alice", "2002@b.example"), "ok");
}

CASE(user_move_refuses_what_cannot_be) {
  World& world = pbx();
  expect(add(world, "1001@a.example"), "ok");
  expect(add(world, "1001@b.example"), "ok");
  put(world, PutMode::kAdd, Role::kAdmin, "root");
  expect(move(world, "1001@a.example", "1001@b.example"), "conflict");
  expect(move(world, "1001@a.example", "1002"), "invalid");
  expect(move(world, "1001@a.example", "10 02@a.example"), "invalid");
  expect(move(world, "1001@a.example", "1001@nowhere.example"), "not found");
  expect(move(world, "bob", "1002@a.example"), "not found");
  expect(move(world, "root", "1002@a.example"), "not found");
}

CASE(admin_add_and_set) {
  World& world = pbx();
  AccountFields data;
  data.domains = {{"b.example", "A.example", ""}};
  data.email = "root@mail.example";
  expect(put(world, PutMode::kAdd, Role::kAdmin, "Root", data), "ok");
  const Account admin = world.account("root");
  assert_true(admin.role == Role::kAdmin && admin.extension.empty() && admin.domain == DomainId{});
  assert_int_equal(admin.domains.size(), 2);
  expect(admin.username, "Root");
  AccountFields change;
  change.domains = {{""}};
  change.username = "chief";
  expect(put(world, PutMode::kSet, Role::kAdmin, "root", change), "ok");
  assert_true(world.account("chief").domains.empty());
  assert_false(known(world, "root"));
}

CASE(admin_has_no_fields_of_users) {
  World& world = pbx();
  const auto refused = [&](auto change, const char* wanted) {
    AccountFields data;
    change(data);
    expect(put(world, PutMode::kAdd, Role::kAdmin, "root", data), wanted);
  };
  refused([](AccountFields& f) { f.numbers = {{"1"}}; }, "invalid");
  refused([](AccountFields& f) { f.alternate_ids = {{"1"}}; }, "invalid");
  refused([](AccountFields& f) { f.trusted_extensions = {{"1"}}; }, "invalid");
  refused([](AccountFields& f) { f.location = "x"; }, "invalid");
  refused([](AccountFields& f) { f.domains = {{"nowhere.example"}}; }, "not found");
  refused([](AccountFields& f) { f.username = ""; }, "invalid: username");
  expect(put(world, PutMode::kAdd, Role::kAdmin, ""), "invalid");
  expect(put(world, PutMode::kAdd, Role::kAdmin, "root"), "ok");
  expect(put(world, PutMode::kAdd, Role::kAdmin, "ROOT"), "conflict");
}

CASE(address_is_taken_apart_at_the_last_at) {
  const auto address = parse_address("a@b@c");
  assert_true(address.ok() && address->extension == "a@b" && address->domain == "c");
  for (const char* none : {"", "@", "a@", "@b", "ab"}) assert_false(parse_address(none).ok());
}

}  // namespace

RUN_CASES(cmocka_unit_test(user_add_makes_one_with_every_field),
          cmocka_unit_test(user_add_needs_an_address_in_a_domain_that_exists),
          cmocka_unit_test(user_add_refuses_taken_names), cmocka_unit_test(user_fields_are_checked_and_named),
          cmocka_unit_test(user_set_leaves_what_is_absent_and_clears_what_is_empty),
          cmocka_unit_test(user_set_finds_the_user_by_any_name_or_not_at_all),
          cmocka_unit_test(user_set_refuses_taken_names_and_keeps_its_own),
          cmocka_unit_test(user_set_voids_grants_when_the_address_changes),
          cmocka_unit_test(user_move_keeps_id_secrets_and_locks), cmocka_unit_test(user_move_refuses_what_cannot_be),
          cmocka_unit_test(admin_add_and_set), cmocka_unit_test(admin_has_no_fields_of_users),
          cmocka_unit_test(address_is_taken_apart_at_the_last_at))
