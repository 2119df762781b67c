// SPDX-License-Identifier: BSD-2-Clause
// domain add, set, rename, remove.
#include <string>

#include "service/world.h"

using namespace pbxcred;

namespace {

DomainPut adding(std::string_view name) {
  DomainPut put;
  put.name = name;
  return put;
}
DomainPut setting(std::string_view name) {
  DomainPut put = adding(name);
  put.mode = PutMode::kSet;
  return put;
}

/// Applies f in a transaction that is committed if it succeeds. Returns "ok" or the error's code.
template <class F>
std::string tried(World& world, F f) {
  Write write = ok(world.database.write());
  const auto result = f(write);
  if (!result) return name_of(result.error().code);
  ok(write.commit());
  world.expect_sound();
  return "ok";
}
std::string put(World& world, const DomainPut& request) {
  return tried(world, [&](Write& write) { return put_domain(write, *world.settings, request, world.clock.now()); });
}
std::string rename(World& world, std::string_view name, std::string_view new_name) {
  return tried(world, [&](Write& write) {
    return rename_domain(write, *world.settings, {name, new_name}, world.clock.now());
  });
}
std::string remove(World& world, std::string_view name) {
  return tried(world,
               [&](Write& write) { return remove_domain(write, *world.settings, {name}, world.clock.now()); });
}
std::optional<Domain> find(World& world, std::string_view name) {
  Read read = world.read();
  return ok(read.find_domain(name));
}
void expect(const std::string& got, const char* wanted) { assert_string_equal(got.c_str(), wanted); }

CASE(domain_add_makes_one_with_defaults) {
  World& world = fresh_world();
  expect(put(world, adding("A.Example")), "ok");
  const auto domain = find(world, "a.example");
  assert_true(domain.has_value());
  expect(domain->name, "a.example");
  expect(domain->timezone, "UTC");
  expect(domain->language, "en");
  assert_true(domain->country.empty() && domain->aliases.empty() && domain->policies.empty());
  assert_true(domain->created_at == world.clock.now());
  assert_true(domain->id != DomainId{});
}

CASE(domain_add_takes_every_setting) {
  World& world = fresh_world();
  DomainPut request = adding("a.example");
  request.timezone = "America/Sao_Paulo";
  request.language = "pt-BR";
  request.country = "br";
  request.contact = "Help desk, +55 11 1234";
  request.mail_from = "pbx@a.example";
  request.base_url = "https://portal.a.example";
  request.aliases = {{"alias.example", "ALIAS.example", "second.example", "a.example", ""}};
  request.policies = {{Kind::kVoicemail, "pin-standard"}};
  expect(put(world, request), "ok");
  const auto domain = find(world, "second.example");
  expect(domain->timezone, "America/Sao_Paulo");
  expect(domain->language, "pt-BR");
  expect(domain->country, "BR");
  expect(domain->contact, "Help desk, +55 11 1234");
  expect(domain->mail_from, "pbx@a.example");
  expect(domain->base_url, "https://portal.a.example");
  assert_int_equal(domain->aliases.size(), 2);
  assert_int_equal(domain->policies.size(), 1);
  assert_true(find(world, "alias.example")->id == domain->id);
}

CASE(domain_set_leaves_what_is_absent_and_clears_what_is_empty) {
  World& world = fresh_world();
  DomainPut request = adding("a.example");
  request.timezone = "Europe/Berlin";
  request.contact = "desk";
  request.country = "DE";
  request.aliases = {{"alias.example"}};
  request.policies = {{Kind::kLogin, "standard"}, {Kind::kPassword, "admin"}};
  expect(put(world, request), "ok");
  request = setting("alias.example");  // found by its alias
  request.contact = "";
  request.policies = {{Kind::kLogin, ""}};
  expect(put(world, request), "ok");
  const auto domain = find(world, "a.example");
  assert_true(domain->contact.empty());
  expect(domain->timezone, "Europe/Berlin");
  expect(domain->country, "DE");
  assert_int_equal(domain->aliases.size(), 1);
  assert_int_equal(domain->policies.size(), 1);
  assert_true(domain->policies[0].kind == Kind::kPassword);
  request = setting("a.example");
  request.timezone = "";
  request.language = "";
  request.country = "";
  expect(put(world, request), "ok");
  expect(find(world, "a.example")->timezone, "UTC");
  expect(find(world, "a.example")->language, "en");
  expect(find(world, "a.example")->country, "");
}

CASE(domain_set_replaces_aliases) {
  World& world = fresh_world();
  DomainPut request = adding("a.example");
  request.aliases = {{"old.example", "kept.example"}};
  expect(put(world, request), "ok");
  request = setting("a.example");
  request.aliases = {{"kept.example", "new.example"}};
  expect(put(world, request), "ok");
  assert_false(find(world, "old.example").has_value());
  assert_true(find(world, "kept.example").has_value() && find(world, "new.example").has_value());
  request.aliases = {{""}};
  expect(put(world, request), "ok");
  assert_false(find(world, "kept.example").has_value());
  expect(put(world, adding("old.example")), "ok");  // free again
}

CASE(domain_put_refuses_what_makes_no_sense_and_changes_nothing) {
  World& world = fresh_world();
  expect(put(world, adding("a.example")), "ok");
  const auto before = world.store.snapshot();
  const auto refused = [&](const char* what, auto change, const char* code) {
    DomainPut request = setting("a.example");
    change(request);
    const std::string got = put(world, request);
    if (got != code) fail_msg("%s: %s, not %s", what, got.c_str(), code);
    request.mode = PutMode::kAdd;
    request.name = "fresh.example";
    if (put(world, request) != code) fail_msg("%s when added", what);
    assert_true(world.store.snapshot() == before);
  };
  refused("time zone", [](DomainPut& d) { d.timezone = "Europe/Nowhere"; }, "invalid");
  refused("time zone", [](DomainPut& d) { d.timezone = "../../etc/passwd"; }, "invalid");
  refused("country", [](DomainPut& d) { d.country = "XX"; }, "invalid");
  refused("country", [](DomainPut& d) { d.country = "Germany"; }, "invalid");
  refused("language", [](DomainPut& d) { d.language = "de_AT"; }, "invalid");
  refused("language", [](DomainPut& d) { d.language = "a language that is too long to be one"; }, "invalid");
  refused("base URL", [](DomainPut& d) { d.base_url = "javascript:alert(1)"; }, "invalid");
  refused("base URL", [](DomainPut& d) { d.base_url = "https://a.example/\r\nX: y"; }, "invalid");
  refused("contact", [](DomainPut& d) { d.contact = "a\nb"; }, "invalid");
  refused("mail from", [](DomainPut& d) { d.mail_from = "no address"; }, "invalid");
  refused("alias", [](DomainPut& d) { d.aliases = {{"not a name"}}; }, "invalid");
  refused("policy", [](DomainPut& d) { d.policies = {{Kind::kLogin, "no such policy"}}; }, "not found");
}

CASE(domain_names_and_aliases_are_unique) {
  World& world = fresh_world();
  DomainPut request = adding("a.example");
  request.aliases = {{"alias.example"}};
  expect(put(world, request), "ok");
  expect(put(world, adding("A.example")), "conflict");
  expect(put(world, adding("alias.example")), "conflict");
  request = adding("b.example");
  request.aliases = {{"a.example"}};
  expect(put(world, request), "conflict");
  request.aliases = {{"Alias.example"}};
  expect(put(world, request), "conflict");
  assert_false(find(world, "b.example").has_value());
  expect(put(world, adding("")), "invalid");
  expect(put(world, adding("a b")), "invalid");
  expect(put(world, setting("nowhere.example")), "not found");
}

CASE(domain_has_at_most_32_aliases) {
  World& world = fresh_world();
  std::vector<std::string> names;
  for (int i = 0; i < 33; ++i) names.push_back("alias" + std::to_string(i));
  DomainPut request = adding("a.example");
  request.aliases.emplace(names.begin(), names.end());
  expect(put(world, request), "invalid");
  request.aliases->pop_back();
  expect(put(world, request), "ok");
}

CASE(domain_rename_keeps_users_and_frees_the_old_name) {
  World& world = fresh_world();
  DomainPut request = adding("a.example");
  request.aliases = {{"alias.example"}};
  expect(put(world, request), "ok");
  const Account alice = world.add("1001@a.example");
  expect(rename(world, "A.example", "New.example"), "ok");
  assert_false(find(world, "a.example").has_value());
  expect(find(world, "alias.example")->name, "new.example");
  assert_true(world.account("1001@new.example").id == alice.id);
  assert_true(world.account("1001").id == alice.id);
  // An alias may become the name; it is no alias then.
  expect(rename(world, "new.example", "alias.example"), "ok");
  const auto domain = find(world, "alias.example");
  expect(domain->name, "alias.example");
  assert_true(domain->aliases.empty());
  assert_false(find(world, "new.example").has_value());
  expect(rename(world, "alias.example", "alias.example"), "ok");
  assert_true(find(world, "alias.example").has_value());
}

CASE(domain_rename_refuses_a_taken_or_impossible_name) {
  World& world = fresh_world();
  expect(put(world, adding("a.example")), "ok");
  DomainPut request = adding("b.example");
  request.aliases = {{"alias.example"}};
  expect(put(world, request), "ok");
  const auto before = world.store.snapshot();
  expect(rename(world, "a.example", "b.example"), "conflict");
  expect(rename(world, "a.example", "alias.example"), "conflict");
  expect(rename(world, "a.example", "a b"), "invalid");
  expect(rename(world, "nowhere.example", "c.example"), "not found");
  assert_true(world.store.snapshot() == before);
}

CASE(domain_remove_waits_for_its_last_user) {
  World& world = fresh_world();
  DomainPut request = adding("a.example");
  request.aliases = {{"alias.example"}};
  expect(put(world, request), "ok");
  const Account alice = world.add("1001@a.example");
  expect(remove(world, "a.example"), "conflict");
  world.change([&](Write& write) -> Result<int> {
    PBXCRED_CHECK(unindex_account(write, alice, world.clock.now()));
    PBXCRED_CHECK(write.erase_account(alice));
    return 0;
  });
  expect(remove(world, "alias.example"), "ok");
  assert_false(find(world, "a.example").has_value() || find(world, "alias.example").has_value());
  expect(remove(world, "a.example"), "not found");
  // Another domain of that name is another domain.
  expect(put(world, adding("a.example")), "ok");
  assert_int_equal(ok(world.read().count(find(world, "a.example")->id)).users, 0);
}

CASE(domain_country_decides_under_which_numbers_its_users_are_found) {
  World& world = fresh_world();
  DomainPut request = adding("a.example");
  request.country = "DE";
  expect(put(world, request), "ok");
  AccountFields names;
  names.numbers = {{"030 123456"}};
  const Account alice = world.add("1001@a.example", names);
  world.add("1002@a.example");
  const auto found = [&](const char* number) {
    Read read = world.read();
    return ok(find_account(read, {number, "a.example", ""})).has_value();
  };
  assert_true(found("+49 30 123456") && found("030 123456"));
  request = setting("a.example");
  request.country = "IT";
  expect(put(world, request), "ok");
  assert_true(found("+39 030 123456") && found("030 123456"));
  assert_false(found("+49 30 123456"));
  request.country = "";
  expect(put(world, request), "ok");
  assert_false(found("+39 030 123456"));
  assert_true(found("030 123456"));  // as it is written
  assert_true(world.account("1001@a.example").id == alice.id);
}

}  // namespace

RUN_CASES(cmocka_unit_test(domain_add_makes_one_with_defaults), cmocka_unit_test(domain_add_takes_every_setting),
          cmocka_unit_test(domain_set_leaves_what_is_absent_and_clears_what_is_empty),
          cmocka_unit_test(domain_set_replaces_aliases),
          cmocka_unit_test(domain_put_refuses_what_makes_no_sense_and_changes_nothing),
          cmocka_unit_test(domain_names_and_aliases_are_unique), cmocka_unit_test(domain_has_at_most_32_aliases),
          cmocka_unit_test(domain_rename_keeps_users_and_frees_the_old_name),
          cmocka_unit_test(domain_rename_refuses_a_taken_or_impossible_name),
          cmocka_unit_test(domain_remove_waits_for_its_last_user),
          cmocka_unit_test(domain_country_decides_under_which_numbers_its_users_are_found))
