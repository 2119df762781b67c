// SPDX-License-Identifier: BSD-2-Clause
// user show|list, enable, disable, remove; lock list and clear.
#include <string>

#include "model/views.h"
#include "service/commands.h"
#include "service/requests.h"

using namespace pbxcred;
using namespace std::chrono_literals;

namespace {

using Action = AccountAct::Action;

constexpr const char* kSecret = "a secret of some length";

World& pbx(int count = 3) {
  World& world = fresh_world();
  world.add_domain("a.example");
  for (int i = 1; i <= count; ++i) world.add(std::to_string(1000 + i) + "@a.example");
  return world;
}
AccountAct act(Action action, Selection selection, Role role = Role::kUser) {
  AccountAct request;
  request.action = action;
  request.selection = std::move(selection);
  request.role = role;
  return request;
}
AccountQuery query(Selection selection, Role role = Role::kUser) { return {role, std::move(selection)}; }
const KindView& kind_of(const AccountView& view, const char* kind) {
  for (const KindView& one : view.kinds)
    if (one.kind == kind) return one;
  fail_msg("there is no kind %s", kind);
  return view.kinds.front();
}
void expect(const std::string& got, const char* wanted) { assert_string_equal(got.c_str(), wanted); }

CASE(user_show_tells_everything_but_secrets) {
  World& world = pbx(0);
  AccountFields data;
  data.username = "alice";
  data.email = "alice@mail.example";
  data.numbers = {{"+49 30 123456"}};
  world.add("1001@a.example", data);
  SecretOptions options;
  options.weak = true;
  options.must_change = true;
  options.expires_at = world.clock.now() + 24h;
  world.set_secret("alice", Kind::kPassword, kSecret, options);
  login(world, "alice", Kind::kPassword, "wrong");
  const Answers answers = command(world, query(users({"alice"})));
  expect_result(answers, "ok 1 0");
  const AccountView view = answers.rows<AccountView>().at(0);
  expect(view.account, "1001@a.example");
  expect(view.account_id, to_hex(world.account("alice").id.bytes()).c_str());
  expect(view.role + view.domain + view.extension + view.username, "usera.example1001alice");
  expect(view.numbers.at(0), "+49 30 123456");
  assert_true(view.enabled);
  assert_int_equal(view.kinds.size(), 4);  // admin is not a user's
  const KindView& password = kind_of(view, "password");
  assert_true(password.set && password.defined && password.weak && password.must_change);
  assert_true(password.set_at == world.clock.now() && password.expires_at == options.expires_at);
  assert_int_equal(password.failures, 1);
  assert_true(!password.locked_until && !password.locked_permanently && !password.last_success);
  const KindView& pin = kind_of(view, "voicemail");
  assert_true(!pin.set && !pin.defined && !pin.set_at);
}

CASE(user_show_tells_locks_and_the_last_success) {
  World& world = pbx(1);
  world.set_secret("1001", Kind::kPassword, kSecret);
  login(world, "1001", Kind::kPassword, kSecret);
  const Time success = world.clock.now();
  world.clock.advance(1h);
  for (int i = 0; i < 5; ++i) login(world, "1001", Kind::kPassword, "wrong" + std::to_string(i));
  const auto shown = [&] { return kind_of(command(world, query(users({"1001"}))).rows<AccountView>().at(0), "password"); };
  assert_true(shown().last_success == success);
  assert_true(shown().locked_until == world.clock.now() + 1min);
  assert_int_equal(shown().failures, 5);
  world.clock.advance(1min);
  assert_false(shown().locked_until.has_value());  // over
  assert_int_equal(shown().failures, 5);
}

CASE(user_show_tells_cleared_from_never_set) {
  World& world = pbx(1);
  world.set_secret("1001", Kind::kLogin, "778899");
  SecretAct clear;
  clear.action = SecretAct::Action::kClear;
  clear.kind = Kind::kLogin;
  clear.selection = users({"1001"});
  command(world, clear);
  const auto view = command(world, query(users({"1001"}))).rows<AccountView>().at(0);
  assert_true(!kind_of(view, "login").set && kind_of(view, "login").defined);  // R18
  assert_true(!kind_of(view, "phone").set && !kind_of(view, "phone").defined);
}

CASE(user_list_is_whole_over_many_pages) {
  World& world = pbx(200);
  const Answers answers = command(world, query(of_domain("a.example")));
  expect_result(answers, "ok 200 0");
  const auto rows = answers.rows<AccountView>();
  assert_int_equal(rows.size(), 200);
  expect(rows.front().extension, "1001");
  expect(rows.back().extension, "1200");
}

CASE(user_list_tells_who_is_not_found) {
  World& world = pbx();
  const Answers partly = command(world, query(users({"1001", "nobody"})));
  expect_result(partly, "ok 1 1");
  expect_notes(partly, "!nobody: no user answers to nobody\n");
  expect_result(command(world, query(users({"nobody"}))), "not found 0 1");
  expect_result(command(world, query({})), "invalid 0 0");
}

CASE(admin_list_shows_administrators) {
  World& world = pbx();
  AccountFields data;
  data.domains = {{"a.example"}};
  world.add("root", data);
  Selection all;
  all.all = true;
  const Answers answers = command(world, query(all, Role::kAdmin));
  expect_result(answers, "ok 1 0");
  const auto view = answers.rows<AccountView>().at(0);
  expect(view.account + "/" + view.role + "/" + view.domains.at(0), "root/admin/a.example");
  assert_int_equal(view.kinds.size(), 1);
  expect(view.kinds[0].kind, "admin");
}

CASE(user_disable_and_enable) {
  World& world = pbx();
  world.set_secret("1001", Kind::kPassword, kSecret);
  const auto generation = world.account("1001").generation;
  expect_result(command(world, act(Action::kDisable, users({"1001"}))), "ok 1 0");
  assert_false(world.account("1001").enabled);
  assert_int_equal(world.account("1001").generation, generation + 1);  // grants are void
  expect_outcome(login(world, "1001", Kind::kPassword, kSecret), Outcome::kDisabled);
  expect_result(command(world, act(Action::kDisable, of_domain("a.example"))), "ok 2 0");  // one was already
  assert_int_equal(ok(world.read().count(world.account("1001").domain)).disabled, 3);
  world.expect_sound();
  expect_result(command(world, act(Action::kEnable, of_domain("a.example"))), "ok 3 0");
  expect_outcome(login(world, "1001", Kind::kPassword, kSecret), Outcome::kGranted);
  world.expect_sound();
}

CASE(user_remove_takes_everything_along) {
  World& world = pbx(150);
  world.set_secret("1001", Kind::kPassword, kSecret);
  world.set_secret("1002", Kind::kPassword, kSecret);
  expect_result(command(world, act(Action::kRemove, users({"1001", "nobody"}))), "ok 1 1");
  expect_outcome(login(world, "1001", Kind::kPassword, kSecret), Outcome::kUnknown);
  expect_outcome(login(world, "1002", Kind::kPassword, kSecret), Outcome::kGranted);
  world.expect_sound();
  expect_result(command(world, act(Action::kRemove, of_domain("a.example"))), "ok 149 0");  // over several pages
  world.expect_sound();
  expect_result(command(world, query(of_domain("a.example"))), "ok 0 0");
  expect_result(command(world, DomainRemove{"a.example"}), "ok 1 0");
}

CASE(admin_remove_leaves_users_alone) {
  World& world = pbx();
  world.add("root");
  Selection all;
  all.all = true;
  expect_result(command(world, act(Action::kRemove, all, Role::kAdmin)), "ok 1 0");
  expect_result(command(world, query(all, Role::kAdmin)), "ok 0 0");
  expect_result(command(world, query(all)), "ok 3 0");
  world.expect_sound();
}

CASE(lock_clear_unlocks_every_kind) {
  World& world = pbx();
  for (Kind kind : {Kind::kPassword, Kind::kVoicemail}) {
    world.set_secret("1001", kind, "739154");
    for (int i = 0; i < 5; ++i) login(world, "1001", kind, "wrong" + std::to_string(i));
    expect_outcome(login(world, "1001", kind, "739154"), Outcome::kLocked);
  }
  expect_result(command(world, act(Action::kUnlock, of_domain("a.example"))), "ok 1 0");
  for (Kind kind : {Kind::kPassword, Kind::kVoicemail})
    expect_outcome(login(world, "1001", kind, "739154"), Outcome::kGranted);
  expect_result(command(world, act(Action::kUnlock, users({"1001"}))), "ok 0 0");
}

CASE(lock_list_shows_whom_a_lock_holds) {
  World& world = pbx();
  world.set_secret("1001", Kind::kPassword, kSecret);
  world.set_secret("1002", Kind::kVoicemail, "739154");
  login(world, "1002", Kind::kVoicemail, "000000");  // failed, not locked
  for (int i = 0; i < 5; ++i) login(world, "1001", Kind::kPassword, "wrong" + std::to_string(i));
  const Answers answers = command(world, LockQuery{});
  expect_result(answers, "ok 1 0");
  const LockView lock = answers.rows<LockView>().at(0);
  expect(lock.account + " " + lock.kind, "1001@a.example password");
  assert_int_equal(lock.failures, 5);
  assert_true(lock.last_failure == world.clock.now() && lock.locked_until == world.clock.now() + 1min);
  world.clock.advance(1min);
  expect_result(command(world, LockQuery{}), "ok 0 0");
}

CASE(account_act_dry_run_counts_and_changes_nothing) {
  World& world = pbx(150);
  const auto before = world.store.snapshot();
  for (const Action action : {Action::kDisable, Action::kRemove, Action::kUnlock}) {
    AccountAct request = act(action, of_domain("a.example"));
    request.dry_run = true;
    expect_result(command(world, request), "ok 150 0");
  }
  assert_true(world.store.snapshot() == before);
}

CASE(account_act_ends_at_a_store_that_fails) {
  World& world = pbx(150);
  world.store.fail_commits(Code::kUnavailable);
  expect_result(command(world, act(Action::kDisable, of_domain("a.example"))), "unavailable 0 1");
  assert_true(world.account("1001").enabled);
}

}  // namespace

RUN_CASES(cmocka_unit_test(user_show_tells_everything_but_secrets),
          cmocka_unit_test(user_show_tells_locks_and_the_last_success),
          cmocka_unit_test(user_show_tells_cleared_from_never_set),
          cmocka_unit_test(user_list_is_whole_over_many_pages), cmocka_unit_test(user_list_tells_who_is_not_found),
          cmocka_unit_test(admin_list_shows_administrators), cmocka_unit_test(user_disable_and_enable),
          cmocka_unit_test(user_remove_takes_everything_along), cmocka_unit_test(admin_remove_leaves_users_alone),
          cmocka_unit_test(lock_clear_unlocks_every_kind), cmocka_unit_test(lock_list_shows_whom_a_lock_holds),
          cmocka_unit_test(account_act_dry_run_counts_and_changes_nothing),
          cmocka_unit_test(account_act_ends_at_a_store_that_fails))
