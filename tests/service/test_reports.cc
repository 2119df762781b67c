// SPDX-License-Identifier: BSD-2-Clause
// Commands that tell: status, domain show, explain, auth, store and keys; and what is not understood.
#include <string>

#include "model/views.h"
#include "service/commands.h"
#include "service/housekeeping.h"
#include "service/requests.h"

using namespace pbxcred;
using namespace std::chrono_literals;

namespace {

constexpr const char* kSecret = "a secret of some length";

World& pbx() {
  World& world = fresh_world();
  world.add_domain("a.example");
  world.add_domain("b.example");
  for (const char* name : {"1001@a.example", "1002@a.example", "1001@b.example"}) world.add(name);
  world.add("root");
  world.set_secret("1001@a.example", Kind::kPassword, kSecret);
  return world;
}
void expect(const std::string& got, const std::string& wanted) { assert_string_equal(got.c_str(), wanted.c_str()); }

CASE(status_counts_what_there_is) {
  World& world = pbx();
  login(world, "1001@a.example", Kind::kPassword, kSecret);
  for (int i = 0; i < 5; ++i) login(world, "1001@a.example", Kind::kPassword, "wrong" + std::to_string(i));
  const Answers answers = command(world, StatusQuery{});
  expect_result(answers, "ok 2 0");
  const StatusView status = answers.rows<StatusView>().at(0);
  expect(status.version, "1.2.3");
  assert_false(status.degraded);
  assert_int_equal(status.workers, 2);
  assert_int_equal(status.hash_microseconds, 500);
  assert_int_equal(status.logins_per_second, 4000);
  assert_int_equal(status.granted, 1);
  assert_int_equal(status.refused, 5);
  assert_int_equal(status.domains, 2);
  assert_int_equal(status.users, 3);
  assert_int_equal(status.admins, 1);
  assert_int_equal(status.locked, 1);
  assert_int_equal(status.queue_capacity, 256);
  assert_true(status.store_bytes > 0);
  const auto domains = answers.rows<DomainView>();
  assert_int_equal(domains.size(), 2);
  expect(domains[0].domain, "a.example");
  assert_int_equal(domains[0].users, 2);
  assert_int_equal(domains[0].no_password, 1);
  expect(domains[0].phase, "closed");
}

CASE(status_says_that_it_is_degraded) {
  Engine::Options options = World::default_options();
  options.probe_every = 1h;
  World& world = fresh_world(options);
  world.store.fail_commits(Code::kExhausted);
  login(world, "nobody", Kind::kPassword, "x");
  const Answers answers = command(world, StatusQuery{});
  expect_result(answers, "ok 0 0");
  const StatusView status = answers.rows<StatusView>().at(0);
  assert_true(status.degraded && !status.degraded_reason.empty());
}

CASE(domain_show_counts_secrets_and_names_policies) {
  World& world = pbx();
  SecretOptions weak;
  weak.weak = true;
  world.set_secret("1002@a.example", Kind::kVoicemail, "1111", weak);
  DomainPut put;
  put.mode = PutMode::kSet;
  put.name = "a.example";
  put.policies = {{Kind::kLogin, "pin-standard"}};
  expect_result(command(world, put), "ok 1 0");
  const Answers answers = command(world, DomainQuery{"A.example"});
  expect_result(answers, "ok 1 0");
  const DomainView view = answers.rows<DomainView>().at(0);
  expect(view.domain, "a.example");
  assert_int_equal(view.users, 2);
  assert_int_equal(view.no_password, 1);
  std::string kinds;
  for (const KindCount& kind : view.kinds)
    kinds += kind.kind + " " + kind.policy + " " + std::to_string(kind.set) + " " + std::to_string(kind.weak) + "; ";
  expect(kinds, "password standard 1 0; voicemail pin-standard 1 1; login pin-standard 0 0; phone phone-standard 0 0; ");
  expect_result(command(world, DomainQuery{}), "ok 2 0");
  expect_result(command(world, DomainQuery{"nowhere.example"}), "not found 0 0");
}

ExplainView explained(World& world, std::string_view user, Kind kind, std::string_view entry = {}) {
  ExplainQuery query;
  query.user = user;
  query.kind = kind;
  query.service = entry;
  const Answers answers = command(world, query);
  expect_result(answers, "ok 1 0");
  return answers.rows<ExplainView>().at(0);
}
void expect_start(const std::string& got, const std::string& wanted) {
  if (!got.starts_with(wanted)) fail_msg("\"%s\", not \"%s…\"", got.c_str(), wanted.c_str());
}

CASE(explain_tells_what_a_right_secret_would_bring) {
  World& world = pbx();
  const ExplainView view = explained(world, "1001@a.example", Kind::kPassword);
  expect(view.account + " " + view.door + " " + view.secret, "1001@a.example password password");
  expect(view.outcome, "signed in");
  expect(view.policy + " " + view.policy_origin + " " + view.phase, "standard server closed");
  assert_true(view.state.has_value() && view.state->set);
  expect_start(explained(world, "1002@a.example", Kind::kPassword).outcome, "refused: no password is set");
  expect_start(explained(world, "1002@a.example", Kind::kVoicemail).outcome, "refused: this secret is not set");
  SecretOptions options;
  options.temporary = true;
  options.expires_at = world.clock.now() + 1h;
  world.set_secret("1002@a.example", Kind::kLogin, "778899", options);
  const ExplainView phone = explained(world, "1002@a.example", Kind::kPhone);
  expect(phone.door + " " + phone.secret, "phone login");  // R25
  expect_start(phone.outcome, "signed in, and must choose another");
  ExplainQuery later{"1002@a.example", Kind::kPhone, {}, {}, world.clock.now() + 1h};
  expect_start(command(world, later).rows<ExplainView>().at(0).outcome, "refused: the secret has expired; `secret set` or `secret generate`");
  for (int i = 0; i < 5; ++i) login(world, "1001@a.example", Kind::kPassword, "wrong" + std::to_string(i));
  expect_start(explained(world, "1001@a.example", Kind::kPassword).outcome, "refused: locked");
  Account account = world.account("1001@a.example");
  account.enabled = false;
  world.save(account);
  expect_start(explained(world, "1001@a.example", Kind::kPassword).outcome, "refused: the account is disabled");
  expect_result(command(world, ExplainQuery{"1001", Kind::kPassword, {}, {}, {}}), "not found 0 0");
}

/// explain and a real sign-in with the right secret must agree: they use the same rule on the same facts.
CASE(explain_changes_nothing) {
  World& world = pbx();
  const auto before = world.store.snapshot();
  explained(world, "1001@a.example", Kind::kPassword);
  assert_true(world.store.snapshot() == before);
  assert_int_equal(world.tally.granted + world.tally.refused, 0);
}

CASE(explain_tells_what_an_entry_may_do) {
  World& world = pbx();
  ServiceEntry web;
  web.user = "www-data";
  web.uid = 33;
  web.kinds = only(Kind::kPassword);
  web.domains = {"a.example"};
  world.settings->services = {web};
  const auto about = [&](std::string_view user, Kind kind, std::string_view entry) {
    return explained(world, user, kind, entry).service;
  };
  expect_start(about("1001@a.example", Kind::kPassword, "www-data"), "www-data is let through; it may not change");
  expect_start(about("1001@b.example", Kind::kPassword, "www-data"), "www-data is told \"unknown user\"");
  expect_start(about("1001@a.example", Kind::kVoicemail, "www-data"), "www-data is not let through");
  expect_start(about("1001@a.example", Kind::kPassword, "asterisk"), "there is no entry asterisk");
  expect_start(about("1001@a.example", Kind::kPassword, "root"), "root is let through");
  expect(about("1001@a.example", Kind::kPassword, ""), "");
}

CASE(auth_is_a_real_sign_in) {
  World& world = pbx();
  const auto tried = [&](std::string_view user, std::string_view secret) {
    return command(world, AuthTry{user, Kind::kPassword, {as_bytes(secret)}, "192.0.2.1"});
  };
  const Answers right = tried("1001@a.example", kSecret);
  expect_result(right, "ok 1 0");
  const AuthTryView view = right.rows<AuthTryView>().at(0);
  assert_true(view.signed_in && view.reason.empty());
  expect(view.account + " " + view.method, "1001@a.example password");
  const Answers wrong = tried("1001@a.example", "wrong");
  expect_result(wrong, "ok 0 0");
  assert_false(wrong.rows<AuthTryView>().at(0).signed_in);
  expect(wrong.rows<AuthTryView>().at(0).reason, "wrong");
  assert_int_equal(world.failures("1001@a.example", Kind::kPassword), 1);  // it counts
  expect_result(tried("nobody", "x"), "not found 0 0");
  expect(tried("1002@a.example", "x").rows<AuthTryView>().at(0).reason, "not set");
}

CASE(auth_names_what_must_be_changed) {
  World& world = pbx();
  SecretOptions options;
  options.must_change = true;
  world.set_secret("1002@a.example", Kind::kVoicemail, "739154", options);
  const auto view = command(world, AuthTry{"1002@a.example", Kind::kVoicemail, {as_bytes("739154")}, {}})
                        .rows<AuthTryView>()
                        .at(0);
  assert_true(view.signed_in);
  expect(view.method, "pin");
  assert_int_equal(view.change.size(), 1);
  expect(view.change[0], "voicemail");
}

CASE(auth_fails_where_nothing_could_be_decided) {
  World& world = pbx();
  world.store.fail_commits(Code::kUnavailable);
  const Answers answers = command(world, AuthTry{"nobody", Kind::kPassword, {as_bytes("x")}, {}});
  expect_result(answers, "unavailable 0 0");
  assert_true(answers.rows<AuthTryView>().empty());
}

CASE(store_check_tells_faults) {
  World& world = pbx();
  const Answers sound = command(world, StoreCheck{});
  assert_true(sound.done().ok && sound.done().affected == world.store.snapshot()->size());
  world.change([&](Write& write) -> Result<int> {
    write.erase(account_key(Table::kAccount, world.account("1002@a.example").id));
    return 0;
  });
  const Answers faulty = command(world, StoreCheck{});
  assert_true(!faulty.done().ok && faulty.done().code == Code::kCorrupt && faulty.done().failed > 0);
  assert_true(faulty.notes().find("its account is missing") != std::string::npos);
}

CASE(store_stat_counts_every_table) {
  World& world = pbx();
  const Answers answers = command(world, StoreStatQuery{});
  const auto rows = answers.rows<StoreStatView>();
  assert_int_equal(rows.size(), std::size(kAllTables) + 1);
  std::uint64_t records = 0;
  for (std::size_t i = 0; i + 1 < rows.size(); ++i) {
    records += rows[i].records;
    if (rows[i].table == "account") assert_int_equal(rows[i].records, 4);
    if (rows[i].table == "verifier") assert_int_equal(rows[i].records, 1);
  }
  expect(rows.back().table, "file");
  assert_int_equal(records, rows.back().records);
  assert_int_equal(answers.done().affected, records);
}

CASE(store_stat_counts_tables_of_many_pages) {
  World& world = fresh_world();
  world.change([](Write& write) -> Result<int> {
    for (std::uint32_t i = 0; i < 2000; ++i) {
      AccountId id;
      id.raw[0] = static_cast<std::uint8_t>(i);
      id.raw[1] = static_cast<std::uint8_t>(i >> 8);
      write.put_ledger(id, Kind::kPassword, {});
    }
    return 0;
  });
  const Answers answers = command(world, StoreStatQuery{});
  for (const StoreStatView& row : answers.rows<StoreStatView>())
    if (row.table == "ledger") assert_int_equal(row.records, 2000);
}

CASE(key_list_shows_ids_and_no_bytes) {
  World& world = pbx();
  const Answers answers = command(world, KeyQuery{});
  expect_result(answers, "ok 1 0");
  const KeyView key = answers.rows<KeyView>().at(0);
  assert_true(key.id == test_ring().current_id() && key.current && key.records > 1 && key.state == "current");
}

CASE(reload_tells_how_it_went) {
  World& world = pbx();
  AdminEdge edge = test_edge();
  expect_result(command(world, ReloadRequest{}, {}, edge), "ok 0 0");
  edge.reload = [] { return Status(Error{Code::kInvalid, "pbxcred.conf:3: unknown key"}); };
  const Answers answers = command(world, ReloadRequest{}, {}, edge);
  expect_result(answers, "invalid 0 0");
  expect(answers.what(), "pbxcred.conf:3: unknown key");
}

// ---- requests

std::shared_ptr<AdminTask> task_of(World& world, SecureBuffer packet) {
  return make_admin_task({world.engine.get(), world.context(), 0, std::make_shared<KeptReply>()}, test_edge(),
                         std::move(packet), {});
}

CASE(request_that_is_none_is_turned_away) {
  World& world = pbx();
  assert_true(task_of(world, {}) == nullptr);
  SecureBuffer garbage;
  garbage.append(as_bytes("GET / HTTP/1.1\r\n\r\n"));
  assert_true(task_of(world, std::move(garbage)) == nullptr);
  const auto refused = [&](const auto& message) {
    SecureBuffer packet;
    encode_packet(packet, message);
    return task_of(world, std::move(packet)) == nullptr;
  };
  // Replies, rows and what belongs on auth.sock are no requests here.
  assert_true(refused(Done{}) && refused(Note{}) && refused(GeneratedRow{}) && refused(ImportRow{}));
  assert_true(refused(AccountView{}) && refused(AuthRequest{}) && refused(ChangeRequest{}) && refused(StatusRequest{}));
}

CASE(request_with_a_broken_body_is_turned_away) {
  World& world = pbx();
  const auto broken = [&](const auto& message) {
    SecureBuffer packet;
    encode_packet(packet, message);
    packet.append(as_bytes("x"));
    return task_of(world, std::move(packet)) == nullptr;
  };
  assert_true(broken(StatusQuery{}) && broken(DomainPut{}) && broken(DomainQuery{}) && broken(DomainRename{}));
  assert_true(broken(DomainRemove{}) && broken(AccountPut{}) && broken(AccountMove{}) && broken(AccountQuery{}));
  assert_true(broken(AccountAct{}) && broken(SecretAct{}) && broken(AuthTry{}) && broken(ExplainQuery{}));
  assert_true(broken(StoreCheck{}) && broken(StoreStatQuery{}) && broken(KeyQuery{}) && broken(ReloadRequest{}));
  assert_true(broken(LockQuery{}) && broken(ImportRequest{}));
}

CASE(request_that_changes_one_thing_is_answered_once) {
  World& world = pbx();
  const Answers moved = command(world, AccountMove{"1002@a.example", "1003@b.example"});
  expect_result(moved, "ok 1 0");
  assert_int_equal(moved.size(), 1);
  expect_result(command(world, AccountMove{"1001@a.example", "1001@b.example"}), "conflict 0 0");
  expect_result(command(world, DomainRename{"a.example", "c.example"}), "ok 1 0");
  expect_result(command(world, DomainRemove{"b.example"}), "conflict 0 0");
  world.expect_sound();
}

CASE(request_that_could_not_be_stored_changed_nothing) {
  World& world = pbx();
  world.store.fail_commits(Code::kUnavailable);
  expect_result(command(world, DomainRename{"a.example", "c.example"}), "unavailable 0 0");
}

// ---- once a minute

CASE(housekeeping_keeps_times_of_success_and_drops_old_grants) {
  World& world = pbx();
  login(world, "1001@a.example", Kind::kPassword, kSecret);
  const Time success = world.clock.now();
  prove(world, "1001@a.example", Kind::kPassword, kSecret);
  world.successes[{AccountId{}, Kind::kLogin}] = success;  // of an account that is gone meanwhile
  const auto grants = [&] {
    std::size_t count = 0;
    for (const auto& [key, value] : *world.store.snapshot()) count += key[0] == static_cast<char>(Table::kGrant) ? 1 : 0;
    return count;
  };
  assert_int_equal(grants(), 1);
  keep_house(*world.engine, world.context());
  world.pump_idle();
  assert_int_equal(grants(), 1);
  assert_true(world.successes.empty());
  const auto id = world.account("1001@a.example").id;
  const auto stored = ok(world.read().get<LastSuccess>(secret_key(Table::kSuccess, id, Kind::kPassword)));
  assert_true(stored && stored->at == success);
  world.expect_sound();
  world.clock.advance(10min);
  keep_house(*world.engine, world.context());
  world.pump_idle();
  assert_int_equal(grants(), 0);
  const auto view = command(world, AccountQuery{Role::kUser, users({"1001@a.example"})}).rows<AccountView>().at(0);
  assert_true(view.kinds[0].last_success == success);
}

CASE(housekeeping_loses_no_success_when_the_store_fails) {
  World& world = pbx();
  login(world, "1001@a.example", Kind::kPassword, kSecret);
  const Time first = world.clock.now();
  world.store.fail_commits(Code::kUnavailable);
  keep_house(*world.engine, world.context());
  world.pump_idle();
  const auto id = world.account("1001@a.example").id;
  assert_true(world.successes.at({id, Kind::kPassword}) == first);
  world.store.fail_commits(std::nullopt);
  world.pump_until([&] { return !world.engine->degraded(); });
  keep_house(*world.engine, world.context());
  world.pump_idle();
  assert_true(world.successes.empty());
  assert_true(ok(world.read().get<LastSuccess>(secret_key(Table::kSuccess, id, Kind::kPassword)))->at == first);
}

}  // namespace

RUN_CASES(cmocka_unit_test(status_counts_what_there_is), cmocka_unit_test(status_says_that_it_is_degraded),
          cmocka_unit_test(domain_show_counts_secrets_and_names_policies),
          cmocka_unit_test(explain_tells_what_a_right_secret_would_bring), cmocka_unit_test(explain_changes_nothing),
          cmocka_unit_test(explain_tells_what_an_entry_may_do), cmocka_unit_test(auth_is_a_real_sign_in),
          cmocka_unit_test(auth_names_what_must_be_changed),
          cmocka_unit_test(auth_fails_where_nothing_could_be_decided), cmocka_unit_test(store_check_tells_faults),
          cmocka_unit_test(store_stat_counts_every_table), cmocka_unit_test(store_stat_counts_tables_of_many_pages),
          cmocka_unit_test(key_list_shows_ids_and_no_bytes), cmocka_unit_test(reload_tells_how_it_went),
          cmocka_unit_test(request_that_is_none_is_turned_away),
          cmocka_unit_test(request_with_a_broken_body_is_turned_away),
          cmocka_unit_test(request_that_changes_one_thing_is_answered_once),
          cmocka_unit_test(request_that_could_not_be_stored_changed_nothing),
          cmocka_unit_test(housekeeping_keeps_times_of_success_and_drops_old_grants),
          cmocka_unit_test(housekeeping_loses_no_success_when_the_store_fails))
