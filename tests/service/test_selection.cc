// SPDX-License-Identifier: BSD-2-Clause
// Which accounts a command means (R20, R77), page by page.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "client/row_file.h"
#include "service/selection.h"
#include "service/world.h"

using namespace pbxcred;

namespace {

struct Person {
  const char* name;
  const char* first;
  const char* last;
  const char* location;
};

World& pbx() {
  World& world = fresh_world();
  world.add_domain("a.example");
  world.add_domain("b.example");
  const Person people[] = {
      {"1001@a.example", "Alice", "Smith", "Berlin"},  {"1002@a.example", "Bob", "Smithers", "Berlin"},
      {"1003@a.example", "Carol", "Jones", "Vienna"},  {"2001@a.example", "Dave", "Alison", ""},
      {"1001@b.example", "Alice", "Brown", "berlin"},  {"1099@b.example", "\xc3\x89mile", "Zola", "Paris"},
  };
  for (const Person& person : people) {
    AccountFields data;
    data.first = person.first;
    data.last = person.last;
    data.location = person.location;
    world.add(person.name, data);
  }
  world.set_secret("1001@a.example", Kind::kPassword, "some password here");
  return world;
}

/// Walks a selection; every page looks at `most` accounts.
std::string walk(World& world, const Selection& selection, Role role = Role::kUser, std::size_t most = 100,
                 Fd file = {}) {
  Read first = world.read();
  auto scan = SelectionScan::start(first, *world.settings, selection, role, std::move(file));
  if (!scan) return std::string("!") + name_of(scan.error().code);
  std::vector<std::string> names;
  for (int pages = 0; !scan->done(); ++pages) {
    if (pages > 1000) fail_msg("%s", "it never ends");
    Read read = world.read();
    const auto hits = scan->page(read, most);
    if (!hits) return std::string("!") + name_of(hits.error().code);
    assert_true(hits->size() <= most);
    for (const SelectionScan::Hit& hit : *hits) {
      if (!hit.account) {
        names.push_back("?" + hit.name);
        continue;
      }
      const auto domain = ok(read.domain(hit.account->domain));
      names.push_back(hit.account->role == Role::kAdmin ? hit.account->username
                                                        : hit.account->extension + "@" + domain->name.substr(0, 1));
    }
  }
  std::string all;
  const bool named = !selection.users.empty() || selection.has_file;
  if (!named) std::sort(names.begin(), names.end());  // domains come in the order of their ids
  for (const std::string& name : names) all += (all.empty() ? "" : " ") + name;
  return all;
}
void expect(const std::string& got, const char* wanted) { assert_string_equal(got.c_str(), wanted); }

Selection filter(std::string_view domain, std::string_view location = {}, std::string_view find = {}) {
  Selection selection;
  selection.domain = domain;
  selection.location = location;
  selection.find = find;
  return selection;
}
Selection everybody() {
  Selection selection;
  selection.all = true;
  return selection;
}

CASE(selection_of_all_is_everybody) {
  expect(walk(pbx(), everybody()), "1001@a 1001@b 1002@a 1003@a 1099@b 2001@a");
}

CASE(selection_by_domain) {
  World& world = pbx();
  expect(walk(world, filter("B.Example")), "1001@b 1099@b");
  expect(walk(world, filter("nowhere.example")), "!not found");
  world.add_domain("empty.example");
  expect(walk(world, filter("empty.example")), "");
}

CASE(selection_by_location_ignores_case_and_is_whole) {
  World& world = pbx();
  expect(walk(world, filter("", "BERLIN")), "1001@a 1001@b 1002@a");  // R20
  expect(walk(world, filter("", "Ber")), "");
}

CASE(selection_by_text_finds_beginnings_of_names_and_extensions) {
  World& world = pbx();
  expect(walk(world, filter("", "", "ali")), "1001@a 1001@b 2001@a");  // R77: first or last name
  expect(walk(world, filter("", "", "SMITH")), "1001@a 1002@a");
  expect(walk(world, filter("", "", "10")), "1001@a 1001@b 1002@a 1003@a 1099@b");
  expect(walk(world, filter("", "", "e\xcc\x81")), "1099@b");
  expect(walk(world, filter("", "", "mith")), "");
}

CASE(selection_by_text_gives_who_matches_twice_once) {
  World& world = pbx();
  AccountFields data;
  data.first = "Ali";
  data.last = "ALISON";
  world.add("alice@a.example", data);
  world.add("2002@b.example", data);
  for (std::size_t most = 1; most < 8; ++most)
    expect(walk(world, filter("", "", "ali"), Role::kUser, most), "1001@a 1001@b 2001@a 2002@b alice@a");
  expect(walk(world, filter("a.example", "", "alis")), "2001@a alice@a");
}

/// What is beyond the bound of the keys is compared in the record.
CASE(selection_by_text_finds_long_texts_by_all_of_them) {
  World& world = pbx();
  const std::string same(64, 'x');
  const char* ends[] = {"", "-one", "-one more", "-two"};
  std::vector<std::string> texts;
  for (const char* end : ends) texts.push_back(same + end);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    AccountFields data;
    data.last = texts[i];
    data.location = texts[i];
    world.add("300" + std::to_string(i) + "@a.example", data);
  }
  expect(walk(world, filter("", "", same)), "3000@a 3001@a 3002@a 3003@a");
  expect(walk(world, filter("", "", texts[1])), "3001@a 3002@a");
  expect(walk(world, filter("", texts[1])), "3001@a");
  expect(walk(world, filter("", same)), "3000@a");
  expect(walk(world, filter("", "", std::string(5000, 'x'))), "");
  world.expect_sound();
}

CASE(selection_by_text_leaves_blanks_at_the_ends_out) {
  World& world = pbx();
  AccountFields data;
  data.first = " Anna Maria ";
  data.location = "Bad  Ischl ";
  world.add("3001@a.example", data);
  expect(walk(world, filter("", "", "anna m")), "3001@a");
  expect(walk(world, filter("", "", " ANNA ")), "3001@a");
  expect(walk(world, filter("", " bad  ischl")), "3001@a");
  expect(walk(world, filter("", "", " ")), "!invalid");
  expect(walk(world, filter("", "\xff")), "!invalid");
  world.expect_sound();
}

/// The order of the index, and no more of it than the range: others of the domain are not looked at.
CASE(selection_by_text_looks_at_nobody_else) {
  World& world = pbx();
  for (int i = 0; i < 200; ++i) {
    const std::string last = "M" + std::to_string(i);
    AccountFields data;
    data.last = last;
    data.location = "Oslo";
    world.add(std::to_string(5000 + i) + "@a.example", data);
  }
  const auto pages = [&](const Selection& selection) {
    Read read = world.read();
    auto scan = ok(SelectionScan::start(read, *world.settings, selection, Role::kUser, {}));
    int count = 0;
    for (; !scan.done(); ++count) (void)ok(scan.page(read, 16));
    return count;
  };
  assert_int_equal(pages(filter("", "", "smith")), 1);
  assert_int_equal(pages(filter("", "vienna")), 1);
  assert_true(pages(everybody()) > 10);
}

CASE(selection_follows_what_changes_in_the_account) {
  World& world = pbx();
  AccountPut put;
  put.mode = PutMode::kSet;
  put.name = "1001@a.example";
  put.data.first = "Beate";
  put.data.location = "";
  world.change([&](Write& write) { return put_account(write, *world.settings, put, world.clock.now()); });
  expect(walk(world, filter("", "", "alice")), "1001@b");
  expect(walk(world, filter("", "", "bea")), "1001@a");
  expect(walk(world, filter("", "berlin")), "1001@b 1002@a");
  AccountMove move{"1001@a.example", "3001@b.example"};
  world.change([&](Write& write) { return move_account(write, *world.settings, move, world.clock.now()); });
  expect(walk(world, filter("a.example", "", "bea")), "");
  expect(walk(world, filter("b.example", "", "bea")), "3001@b");
  world.expect_sound();
}

CASE(selection_filters_combine) {
  World& world = pbx();
  expect(walk(world, filter("a.example", "berlin")), "1001@a 1002@a");
  expect(walk(world, filter("a.example", "berlin", "smithe")), "1002@a");
  expect(walk(world, filter("b.example", "", "alice")), "1001@b");
  Selection without = filter("a.example", "berlin");
  without.without = Kind::kPassword;
  expect(walk(world, without), "1002@a");
  without.all = true;  // says nothing more
  expect(walk(world, without), "1002@a");
}

CASE(selection_without_a_kind_takes_cleared_for_not_set) {
  World& world = pbx();
  Selection selection;
  selection.without = Kind::kPassword;
  expect(walk(world, selection), "1001@b 1002@a 1003@a 1099@b 2001@a");
  world.change([&](Write& write) -> Result<int> {
    Verifier cleared;
    cleared.kind = Kind::kPassword;
    PBXCRED_CHECK(write.put_verifier(world.account("1001@a.example"), cleared));
    return 0;
  });
  expect(walk(world, selection), "1001@a 1001@b 1002@a 1003@a 1099@b 2001@a");
}

CASE(selection_of_named_users_keeps_their_order_and_tells_who_is_not_found) {
  World& world = pbx();
  Selection selection;
  selection.users = {"2001", "1001", "nobody", "1001@b.example", "2001"};
  expect(walk(world, selection), "2001@a ?1001 ?nobody 1001@b 2001@a");
  world.settings->default_domain = "a.example";
  expect(walk(world, selection), "2001@a 1001@a ?nobody 1001@b 2001@a");
}

CASE(selection_of_administrators) {
  World& world = pbx();
  AccountFields data;
  data.domains = {{"b.example"}};
  world.add("carol", data);
  world.add("adam");
  expect(walk(world, everybody(), Role::kAdmin), "adam carol");
  expect(walk(world, filter("b.example"), Role::kAdmin), "carol");
  expect(walk(world, filter("a.example"), Role::kAdmin), "");
  Selection selection;
  selection.users = {"CAROL", "1001@a.example"};
  expect(walk(world, selection, Role::kAdmin), "carol ?1001@a.example");
  selection.users = {"carol"};
  expect(walk(world, selection, Role::kUser), "?carol");
}

Fd file_of(const std::vector<std::string>& names) {
  auto file = ok(RowFile::create());
  for (const std::string& name : names) ok(file.append(as_bytes(name)));
  return ok(file.seal());
}

CASE(selection_by_file) {
  World& world = pbx();
  Selection selection;
  selection.has_file = true;
  expect(walk(world, selection, Role::kUser, 100, file_of({"2001", "nobody", "1003@a.example"})),
         "2001@a ?nobody 1003@a");
  expect(walk(world, selection, Role::kUser, 1, file_of({"2001", "nobody", "1003@a.example"})),
         "2001@a ?nobody 1003@a");
  expect(walk(world, selection, Role::kUser, 100, file_of({})), "");
  selection.users = {"1002@a.example"};
  expect(walk(world, selection, Role::kUser, 1, file_of({"2001"})), "1002@a 2001@a");
}

CASE(selection_by_file_combines_with_filters) {
  World& world = pbx();
  Selection selection = filter("a.example", "berlin");
  selection.has_file = true;
  expect(
      walk(world, selection, Role::kUser, 2, file_of({"2001", "1001@a.example", "1001@b.example", "1002@a.example"})),
      "1001@a 1002@a");
}

CASE(selection_refuses_a_file_that_could_change_or_is_broken) {
  World& world = pbx();
  Selection selection;
  selection.has_file = true;
  expect(walk(world, selection), "!invalid");  // none came along
  const TempDir dir;
  Fd plain(open(dir.file("plain").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  expect(walk(world, selection, Role::kUser, 100, std::move(plain)), "!invalid");
  Fd unsealed(memfd_create("unsealed", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  expect(walk(world, selection, Role::kUser, 100, std::move(unsealed)), "!invalid");
  for (const std::string& bytes : {std::string("\x05\0\0\0abc", 7), std::string("\x05\0", 2),
                                  std::string("\xff\xff\xff\xff", 4), std::string("\x01\0\x01\0", 4)}) {
    Fd cut(memfd_create("cut", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    assert_int_equal(write(cut.get(), bytes.data(), bytes.size()), bytes.size());
    assert_int_equal(fcntl(cut.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW), 0);
    expect(walk(world, selection, Role::kUser, 100, std::move(cut)), "!invalid");
  }
}

CASE(selection_of_nothing_or_of_users_and_filters_is_refused) {
  World& world = pbx();
  expect(walk(world, {}), "!invalid");
  Selection both = filter("a.example");
  both.users = {"1001"};
  expect(walk(world, both), "!invalid");
  both = everybody();
  both.users = {"1001"};
  expect(walk(world, both), "!invalid");
}

CASE(selection_is_the_same_whatever_the_page) {
  World& world = pbx();
  const std::string whole = walk(world, everybody());
  for (std::size_t most = 1; most < 8; ++most) expect(walk(world, everybody(), Role::kUser, most), whole.c_str());
  Selection named;
  named.users = {"2001", "nobody", "1003", "1099"};
  for (std::size_t most = 1; most < 6; ++most)
    expect(walk(world, named, Role::kUser, most), "2001@a ?nobody 1003@a 1099@b");
}

CASE(selection_goes_on_when_accounts_come_and_go_between_pages) {
  World& world = pbx();
  const Selection selection = filter("a.example");
  Read first = world.read();
  auto scan = ok(SelectionScan::start(first, *world.settings, selection, Role::kUser, {}));
  std::string seen;
  const auto page = [&] {
    Read read = world.read();
    for (const auto& hit : ok(scan.page(read, 2))) seen += hit.account->extension + " ";
  };
  page();
  const Account gone = world.account("1002@a.example");  // the cursor stands behind it
  world.change([&](Write& write) -> Result<int> {
    PBXCRED_CHECK(unindex_account(write, gone, world.clock.now()));
    PBXCRED_CHECK(write.erase_account(gone));
    return 0;
  });
  world.add("1002-b@a.example");
  page();
  page();
  assert_true(scan.done());
  expect(seen, "1001 1002 1002-b 1003 2001 ");
}

CASE(selection_knows_whether_it_may_be_many) {
  World& world = pbx();
  const auto bulk = [&](const Selection& selection) {
    Read read = world.read();
    return ok(SelectionScan::start(read, *world.settings, selection, Role::kUser, {})).is_bulk();
  };
  Selection one;
  one.users = {"1001"};
  assert_false(bulk(one));
  one.users = {"1001", "1002"};
  assert_true(bulk(one));
  assert_true(bulk(everybody()) && bulk(filter("a.example")));
}

}  // namespace

RUN_CASES(cmocka_unit_test(selection_of_all_is_everybody), cmocka_unit_test(selection_by_domain),
          cmocka_unit_test(selection_by_location_ignores_case_and_is_whole),
          cmocka_unit_test(selection_by_text_finds_beginnings_of_names_and_extensions),
          cmocka_unit_test(selection_by_text_gives_who_matches_twice_once),
          cmocka_unit_test(selection_by_text_finds_long_texts_by_all_of_them),
          cmocka_unit_test(selection_by_text_leaves_blanks_at_the_ends_out),
          cmocka_unit_test(selection_by_text_looks_at_nobody_else),
          cmocka_unit_test(selection_follows_what_changes_in_the_account),
          cmocka_unit_test(selection_filters_combine),
          cmocka_unit_test(selection_without_a_kind_takes_cleared_for_not_set),
          cmocka_unit_test(selection_of_named_users_keeps_their_order_and_tells_who_is_not_found),
          cmocka_unit_test(selection_of_administrators), cmocka_unit_test(selection_by_file),
          cmocka_unit_test(selection_by_file_combines_with_filters),
          cmocka_unit_test(selection_refuses_a_file_that_could_change_or_is_broken),
          cmocka_unit_test(selection_of_nothing_or_of_users_and_filters_is_refused),
          cmocka_unit_test(selection_is_the_same_whatever_the_page),
          cmocka_unit_test(selection_goes_on_when_accounts_come_and_go_between_pages),
          cmocka_unit_test(selection_knows_whether_it_may_be_many))
