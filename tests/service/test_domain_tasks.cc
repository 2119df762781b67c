// SPDX-License-Identifier: BSD-2-Clause
// domain import and export: all or nothing, nothing is removed, what was exported changes nothing.
#include <string>
#include <vector>

#include "service/commands.h"

using namespace pbxcred;

namespace {

using List = std::vector<std::string_view>;

DomainPut named(std::string_view name) {
  DomainPut put;
  put.name = name;
  return put;
}
DomainPut with_aliases(std::string_view name, List aliases) {
  DomainPut put = named(name);
  put.aliases = std::move(aliases);
  return put;
}

Answers import(World& world, const std::vector<DomainPut>& puts, bool dry_run = false) {
  auto file = ok(RowFile::create());
  std::uint64_t line = 0;
  for (const DomainPut& put : puts) ok(file.append_message(DomainRow{"d.conf", ++line, put}));
  Answers answers = command(world, DomainImport{dry_run}, ok(file.seal()));
  world.expect_sound();
  return answers;
}
Domain domain_of(World& world, std::string_view name) {
  Read read = world.read();
  const auto domain = ok(read.find_domain(name));
  if (!domain) fail_msg("there is no domain %s", std::string(name).c_str());
  return *domain;
}
bool exists(World& world, std::string_view name) {
  Read read = world.read();
  return ok(read.find_domain(name)).has_value();
}
std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += text + " ";
  return all;
}

CASE(domain_import_adds_changes_and_leaves) {
  World& world = fresh_world();
  world.add_domain("a.example", "DE");
  world.add_domain("b.example");
  world.add_domain("other.example");
  DomainPut changed = named("A.example");
  changed.contact = "the help desk";
  changed.timezone = "Europe/Berlin";
  changed.policies = {{Kind::kVoicemail, "pin-standard"}};
  const Answers done = import(world, {changed, named("b.example"), with_aliases("new.example", {"Neu"})});
  expect_result(done, "ok 2 0");
  expect_notes(done, ": 1 added, 1 changed, 1 unchanged\n");
  const Domain a = domain_of(world, "a.example");
  assert_string_equal(a.contact.c_str(), "the help desk");
  assert_string_equal(a.country.c_str(), "DE");  // absent: as it is
  assert_string_equal(a.policies.at(0).policy.c_str(), "pin-standard");
  assert_string_equal(domain_of(world, "neu").name.c_str(), "new.example");
  assert_true(exists(world, "other.example"));  // nothing is removed
  changed.contact = "";
  changed.policies = {{Kind::kVoicemail, ""}};
  expect_result(import(world, {changed}), "ok 1 0");
  assert_true(domain_of(world, "a.example").contact.empty());
  assert_true(domain_of(world, "a.example").policies.empty());
}

CASE(domain_import_is_all_or_nothing_and_tells_every_fault) {
  World& world = fresh_world();
  world.add_domain("a.example");
  DomainPut bad = named("c.example");
  bad.timezone = "Mars/Olympus";
  const Answers refused = import(world, {named("b.example"), bad, named("no domain"), named("B.EXAMPLE")});
  expect_result(refused, "invalid 0 3");
  assert_true(refused.what().find("3 of 4 domains are refused; nothing was changed") != std::string::npos);
  const std::string notes = refused.notes();
  for (const char* part : {"!d.conf:2: there is no time zone", "!d.conf:3: a domain's name",
                           "!d.conf:4: the domain b.example is given twice, first in d.conf:1"})
    if (notes.find(part) == std::string::npos) fail_msg("no %s in\n%s", part, notes.c_str());
  assert_false(exists(world, "b.example"));
  bad = named("a.example");
  bad.policies = {{Kind::kPassword, "nonsense"}};
  expect_result(import(world, {named("b.example"), bad}), "invalid 0 1");
  assert_false(exists(world, "b.example"));
}

CASE(domain_import_dry_run_counts_and_changes_nothing) {
  World& world = fresh_world();
  world.add_domain("a.example");
  const Answers counted = import(world, {with_aliases("a.example", {"x"}), named("b.example")}, true);
  expect_result(counted, "ok 2 0");
  expect_notes(counted, ": 1 would be added, 1 would be changed, 0 unchanged\n");
  assert_false(exists(world, "b.example") || exists(world, "x"));
  DomainPut bad = named("c.example");
  bad.country = "ZZ";
  expect_result(import(world, {bad}, true), "invalid 0 1");
  assert_false(world.engine->degraded());
}

CASE(domain_import_moves_aliases_between_domains) {
  World& world = fresh_world();
  import(world, {with_aliases("a.example", {"x", "y"}), with_aliases("b.example", {"z"})});
  expect_result(import(world, {with_aliases("b.example", {"y", "z"}), with_aliases("a.example", {"x"})}), "ok 2 0");
  assert_string_equal(domain_of(world, "y").name.c_str(), "b.example");
  expect_result(import(world, {with_aliases("a.example", {"z", "y"}), with_aliases("b.example", {"x"})}), "ok 2 0");
  assert_string_equal(joined(domain_of(world, "a.example").aliases).c_str(), "z y ");
  assert_string_equal(domain_of(world, "x").name.c_str(), "b.example");
  // Held by who is not in the file, or wanted by two.
  expect_result(import(world, {with_aliases("c.example", {"x"})}), "invalid 0 1");
  expect_result(import(world, {with_aliases("c.example", {"w"}), with_aliases("d.example", {"w"})}), "invalid 0 1");
  expect_result(import(world, {with_aliases("c.example", {"e.example"}), named("e.example")}), "invalid 0 1");
  expect_result(import(world, {named("x")}), "invalid 0 1");  // an alias is no domain
  assert_false(exists(world, "c.example"));
}

CASE(domain_import_reads_numbers_as_the_new_country_does) {
  World& world = fresh_world();
  world.add_domain("a.example");
  AccountFields data;
  data.numbers = List{"030 123456"};
  world.add("1001@a.example", data);
  DomainPut put = named("a.example");
  put.country = "DE";
  expect_result(import(world, {put}), "ok 1 0");
  Read read = world.read();
  const auto found = ok(find_account(read, {"+4930123456", "a.example", ""}));
  assert_true(found && found->extension == "1001");
}

CASE(domain_export_is_a_fixed_point_of_import) {
  World& world = fresh_world();
  DomainPut full = with_aliases("a.example", {"x", "y"});
  full.timezone = "Europe/Berlin";
  full.language = "de";
  full.country = "DE";
  full.contact = "the \"help\" desk\\";
  full.mail_from = "pbx@a.example";
  full.base_url = "https://a.example/pbx";
  full.policies = {{Kind::kVoicemail, "pin-standard"}, {Kind::kPassword, "standard"}};
  import(world, {full, named("b.example")});
  const Answers exported = command(world, DomainExport{});
  expect_result(exported, "ok 2 0");
  std::vector<DomainPut> puts;
  for (const DomainRow& row : exported.rows<DomainRow>()) puts.push_back(row.put);
  expect_notes(import(world, puts), ": 0 added, 0 changed, 2 unchanged\n");
  World& fresh = fresh_world();  // the answers own their packets
  expect_notes(import(fresh, puts), ": 2 added, 0 changed, 0 unchanged\n");
  expect_notes(import(fresh, puts), ": 0 added, 0 changed, 2 unchanged\n");
  assert_string_equal(domain_of(fresh, "y").contact.c_str(), "the \"help\" desk\\");
}

CASE(domain_import_refuses_what_is_no_list_of_domains) {
  World& world = fresh_world();
  expect_result(command(world, DomainImport{}), "invalid 0 0");
  auto file = ok(RowFile::create());
  ok(file.append(as_bytes("nonsense")));
  expect_result(command(world, DomainImport{}, ok(file.seal())), "invalid 0 0");
  auto none = ok(RowFile::create());
  expect_result(command(world, DomainImport{}, ok(none.seal())), "ok 0 0");
}

}  // namespace

RUN_CASES(cmocka_unit_test(domain_import_adds_changes_and_leaves),
          cmocka_unit_test(domain_import_is_all_or_nothing_and_tells_every_fault),
          cmocka_unit_test(domain_import_dry_run_counts_and_changes_nothing),
          cmocka_unit_test(domain_import_moves_aliases_between_domains),
          cmocka_unit_test(domain_import_reads_numbers_as_the_new_country_does),
          cmocka_unit_test(domain_export_is_a_fixed_point_of_import),
          cmocka_unit_test(domain_import_refuses_what_is_no_list_of_domains))
