// SPDX-License-Identifier: BSD-2-Clause
// secret set, clear, generate, for one account or a selection.
#include <set>
#include <string>

#include "service/commands.h"
#include "service/generate.h"
#include "service/requests.h"

using namespace pbxcred;
using namespace std::chrono_literals;

namespace {

constexpr const char* kSecret = "a secret of some length";

World& pbx(int count = 3, Engine::Options options = World::default_options()) {
  World& world = fresh_world(options);
  world.add_domain("a.example");
  for (int i = 1; i <= count; ++i) world.add(std::to_string(1000 + i) + "@a.example");
  return world;
}

SecretAct act(SecretAct::Action action, Selection selection, Kind kind, std::string_view secret = {}) {
  SecretAct request;
  request.action = action;
  request.selection = std::move(selection);
  request.kind = kind;
  request.secret = {as_bytes(secret)};
  return request;
}
SecretAct setting(Selection selection, Kind kind, std::string_view secret) {
  return act(SecretAct::Action::kSet, std::move(selection), kind, secret);
}
bool opens(World& world, const char* user, Kind kind, std::string_view secret) {
  return is_granted(login(world, user, kind, secret).outcome);
}

CASE(secret_set_sets_it) {
  World& world = pbx();
  const auto generation = world.account("1001").generation;
  expect_result(command(world, setting(users({"1001"}), Kind::kPassword, kSecret)), "ok 1 0");
  expect_outcome(login(world, "1001", Kind::kPassword, kSecret), Outcome::kGranted);
  assert_int_equal(world.account("1001").generation, generation + 1);  // grants are void
  assert_false(world.verifier("1002", Kind::kPassword).has_value());
  world.expect_sound();
  expect_result(command(world, setting(users({"1001"}), Kind::kPassword, "another secret instead")), "ok 1 0");
  assert_false(opens(world, "1001", Kind::kPassword, kSecret));
  assert_int_equal(world.log.count("result=done"), 2);
  assert_int_equal(world.log.count(kSecret), 0);
}

CASE(secret_set_for_a_selection_sets_all) {
  World& world = pbx(30);
  expect_result(command(world, setting(of_domain("a.example"), Kind::kVoicemail, "739154")), "ok 30 0");
  for (int i = 1; i <= 30; ++i)
    assert_true(opens(world, (std::to_string(1000 + i)).c_str(), Kind::kVoicemail, "739154"));
  assert_int_equal(ok(world.read().count(world.account("1001").domain)).set[1], 30);
  world.expect_sound();
}

CASE(secret_set_obeys_the_policy_and_says_why) {
  World& world = pbx();
  const Answers refused = command(world, setting(users({"1001"}), Kind::kVoicemail, "12x"));  // R102
  expect_result(refused, "refused 0 1");
  expect_notes(refused, "!1001@a.example: The PIN may contain only digits. The PIN must have at least 6 digits.\n");
  assert_false(world.verifier("1001", Kind::kVoicemail).has_value());
  expect_result(command(world, setting(users({"1001"}), Kind::kPassword, "")), "refused 0 1");
  expect_result(command(world, setting(users({"1001"}), Kind::kPassword, std::string(1025, 'x'))), "refused 0 1");
}

CASE(secret_set_of_a_kind_the_account_cannot_have_is_refused) {
  World& world = pbx();
  world.add("root");
  expect_result(command(world, setting(users({"1001"}), Kind::kAdmin, kSecret)), "not found 0 1");
  expect_result(command(world, setting(users({"root"}), Kind::kPassword, kSecret)), "not found 0 1");
  expect_result(command(world, setting(users({"root"}), Kind::kAdmin, kSecret)), "ok 1 0");
  expect_outcome(login(world, "root", Kind::kAdmin, kSecret), Outcome::kGranted);
}

CASE(secret_set_is_partly_done_when_some_are_not_found) {
  World& world = pbx();
  const Answers partly = command(world, setting(users({"1001", "nobody", "1002"}), Kind::kPassword, kSecret));
  expect_result(partly, "ok 2 1");
  expect_notes(partly, "!nobody: no user answers to nobody\n");
  expect_result(command(world, setting(users({"nobody"}), Kind::kPassword, kSecret)), "not found 0 1");
  expect_result(command(world, setting({}, Kind::kPassword, kSecret)), "invalid 0 0");
  expect_result(command(world, setting(of_domain("nowhere.example"), Kind::kPassword, kSecret)), "not found 0 0");
}

CASE(secret_set_temporary_dies_after_a_day_and_must_be_changed) {
  World& world = pbx();
  SecretAct request = setting(users({"1001"}), Kind::kPassword, kSecret);
  request.temporary = true;
  expect_result(command(world, request), "ok 1 0");
  const auto verifier = world.verifier("1001", Kind::kPassword);
  assert_true(verifier->temporary && verifier->must_change);
  assert_true(verifier->expires_at == world.clock.now() + 24h);  // R81
  expect_outcome(login(world, "1001", Kind::kPassword, kSecret), Outcome::kMustChange);  // R82
  request.expires = 1h;
  expect_result(command(world, request), "ok 1 0");
  assert_true(world.verifier("1001", Kind::kPassword)->expires_at == world.clock.now() + 1h);
}

CASE(secret_set_with_a_demand_or_an_end) {
  World& world = pbx();
  SecretAct request = setting(users({"1001"}), Kind::kPassword, kSecret);
  request.must_change = true;
  expect_result(command(world, request), "ok 1 0");
  auto verifier = world.verifier("1001", Kind::kPassword);
  assert_true(verifier->must_change && !verifier->temporary && !verifier->expires_at);
  request.must_change = false;
  request.expires = 2h;
  expect_result(command(world, request), "ok 1 0");
  verifier = world.verifier("1001", Kind::kPassword);
  assert_true(!verifier->must_change && verifier->expires_at == world.clock.now() + 2h);
}

CASE(secret_set_unlocks) {
  World& world = pbx();
  command(world, setting(users({"1001"}), Kind::kPassword, kSecret));
  for (int i = 0; i < 5; ++i) login(world, "1001", Kind::kPassword, "wrong" + std::to_string(i));
  expect_outcome(login(world, "1001", Kind::kPassword, kSecret), Outcome::kLocked);
  expect_result(command(world, setting(users({"1001"}), Kind::kPassword, "a new secret of length")), "ok 1 0");
  expect_outcome(login(world, "1001", Kind::kPassword, "a new secret of length"), Outcome::kGranted);
}

CASE(secret_dry_run_counts_and_changes_nothing) {
  World& world = pbx();
  const auto before = world.store.snapshot();
  for (const auto action : {SecretAct::Action::kSet, SecretAct::Action::kClear, SecretAct::Action::kGenerate}) {
    SecretAct request = act(action, of_domain("a.example"), Kind::kPassword, kSecret);
    request.dry_run = true;
    const Answers answers = command(world, request);
    expect_result(answers, "ok 3 0");
    assert_int_equal(answers.size(), 1);
  }
  assert_true(world.store.snapshot() == before);
}

// ---- clear

CASE(secret_clear_leaves_a_tombstone) {
  World& world = pbx();
  command(world, setting(of_domain("a.example"), Kind::kPassword, kSecret));
  login(world, "1001", Kind::kPassword, "wrong");
  const auto generation = world.account("1001").generation;
  const auto secret_generation = world.verifier("1001", Kind::kPassword)->generation;
  expect_result(command(world, act(SecretAct::Action::kClear, users({"1001"}), Kind::kPassword)), "ok 1 0");
  const auto cleared = world.verifier("1001", Kind::kPassword);
  assert_true(cleared.has_value() && !cleared->hash);  // R18: not set, but it was
  assert_int_equal(cleared->generation, secret_generation + 1);
  assert_int_equal(world.account("1001").generation, generation + 1);
  assert_false(world.ledger("1001", Kind::kPassword).has_value());
  expect_outcome(login(world, "1001", Kind::kPassword, kSecret), Outcome::kNotSet);
  assert_true(opens(world, "1002", Kind::kPassword, kSecret));
  world.expect_sound();
}

CASE(secret_clear_counts_only_what_was_set) {
  World& world = pbx();
  command(world, setting(users({"1001"}), Kind::kPassword, kSecret));
  const SecretAct clear = act(SecretAct::Action::kClear, of_domain("a.example"), Kind::kPassword);
  expect_result(command(world, clear), "ok 1 0");
  expect_result(command(world, clear), "ok 0 0");
}

CASE(secret_set_again_after_clearing_does_not_wake_an_old_one) {
  World& world = pbx();
  command(world, setting(users({"1001"}), Kind::kPassword, kSecret));
  const auto old = world.verifier("1001", Kind::kPassword);
  command(world, act(SecretAct::Action::kClear, users({"1001"}), Kind::kPassword));
  command(world, setting(users({"1001"}), Kind::kPassword, "another secret instead"));
  assert_true(world.verifier("1001", Kind::kPassword)->generation > old->generation + 1);
}

// ---- generate

CASE(secret_generate_prints_each_once_and_it_opens) {
  World& world = pbx(20);
  const Answers answers = command(world, act(SecretAct::Action::kGenerate, of_domain("a.example"), Kind::kVoicemail));
  expect_result(answers, "ok 20 0");
  std::vector<std::string> accounts;
  std::set<std::string> secrets;
  for (const GeneratedRow& row : answers.rows<GeneratedRow>()) {
    assert_true(row.kind == Kind::kVoicemail);
    const std::string secret(as_text(row.secret.bytes));
    assert_int_equal(secret.size(), 6);
    assert_true(opens(world, std::string(row.account).c_str(), Kind::kVoicemail, secret));
    accounts.emplace_back(row.account);
    secrets.insert(secret);
    assert_int_equal(world.log.count(secret), 0);
  }
  assert_int_equal(accounts.size(), 20);
  assert_true(std::is_sorted(accounts.begin(), accounts.end()));  // as `user list`, whichever hash was done first
  assert_true(secrets.size() > 15);
}

CASE(secret_generate_temporary) {
  World& world = pbx();
  SecretAct request = act(SecretAct::Action::kGenerate, users({"1001"}), Kind::kVoicemail);  // R67
  request.temporary = true;
  const Answers answers = command(world, request);
  expect_result(answers, "ok 1 0");
  const std::string secret(as_text(answers.rows<GeneratedRow>().at(0).secret.bytes));
  expect_outcome(login(world, "1001", Kind::kVoicemail, secret), Outcome::kMustChange);
}

CASE(secret_generate_tells_no_secret_that_was_not_stored) {
  World& world = pbx();
  world.store.fail_commits(Code::kExhausted);
  const Answers answers = command(world, act(SecretAct::Action::kGenerate, of_domain("a.example"), Kind::kVoicemail));
  assert_true(answers.rows<GeneratedRow>().empty());
  expect_result(answers, "unavailable 0 3");
}

/// Even if the selection breaks off: what was stored is told, and Done comes last.
CASE(secret_generate_tells_every_secret_that_was_stored) {
  World& world = pbx(9);
  const AccountId rotten = world.account("1001").id;
  world.change([&](Write& write) -> Result<int> {
    write.put(secret_key(Table::kVerifier, rotten, Kind::kVoicemail), NameEntry{{{rotten, NameRole::kUsername}}});
    write.erase(account_key(Table::kAccount, world.account("1009").id));
    return 0;
  });
  const auto reply = std::make_shared<KeptReply>();
  SecureBuffer packet;
  encode_packet(packet, act(SecretAct::Action::kGenerate, of_domain("a.example"), Kind::kVoicemail));
  const auto task = make_admin_task({world.engine.get(), world.context(), 0, reply}, test_edge(), std::move(packet), {});
  {
    const auto held = ok(world.database.write());  // nothing settles meanwhile
    task->step();  // begins eight, of which the first fails at once
    task->step();  // finds that the ninth is gone, while seven are in work
  }
  finish(world, *task);
  const Answers answers(reply);
  const Done done = answers.done();
  assert_true(!done.ok && done.code == Code::kCorrupt);
  assert_int_equal(answers.rows<GeneratedRow>().size(), 7);
  assert_int_equal(done.affected, 7);
  assert_int_equal(done.failed, 1);
}

CASE(generated_secrets_obey_every_policy) {
  std::vector<Policy> policies = built_in_policies();
  policies.push_back({"exactly", 6, 6, Alphabet::kDigits});
  policies.push_back({"short", 0, 4, Alphabet::kDigits});
  policies.push_back({"long", 40, 64, Alphabet::kAlphanumeric});
  policies.push_back({"of D", 0, 31, Alphabet::kAlphanumeric});
  policies.push_back({"one", 1, 1, Alphabet::kAny});
  for (const Policy& policy : policies) {
    std::set<std::string> seen;
    for (int i = 0; i < 50; ++i) {
      const Secret secret = generate_secret(policy);
      assert_true(broken_rules(policy, Kind::kPassword, secret.view()).empty());
      const std::string text(as_text(secret.view().bytes));
      // People read these from paper: nothing that is mistaken for something else.
      if (policy.alphabet != Alphabet::kDigits) assert_true(text.find_first_of("0Oo1Iil") == std::string::npos);
      seen.insert(text);
    }
    if (policy.max_length >= 6) assert_true(seen.size() > 45);
  }
}

CASE(generated_secrets_use_their_whole_alphabet) {
  const auto characters = [](const Policy& policy) {
    std::set<char> seen;
    for (int i = 0; i < 300; ++i) {
      const Secret secret = generate_secret(policy);
      for (char c : as_text(secret.view().bytes)) seen.insert(c);
    }
    return seen.size();
  };
  assert_true(characters({"", 16, 16, Alphabet::kAny}) >= 26);  // 75 bits in 16
  assert_int_equal(characters({"", 6, 6, Alphabet::kDigits}), 10);
}

}  // namespace

RUN_CASES(cmocka_unit_test(secret_set_sets_it), cmocka_unit_test(secret_set_for_a_selection_sets_all),
          cmocka_unit_test(secret_set_obeys_the_policy_and_says_why),
          cmocka_unit_test(secret_set_of_a_kind_the_account_cannot_have_is_refused),
          cmocka_unit_test(secret_set_is_partly_done_when_some_are_not_found),
          cmocka_unit_test(secret_set_temporary_dies_after_a_day_and_must_be_changed),
          cmocka_unit_test(secret_set_with_a_demand_or_an_end), cmocka_unit_test(secret_set_unlocks),
          cmocka_unit_test(secret_dry_run_counts_and_changes_nothing),
          cmocka_unit_test(secret_clear_leaves_a_tombstone), cmocka_unit_test(secret_clear_counts_only_what_was_set),
          cmocka_unit_test(secret_set_again_after_clearing_does_not_wake_an_old_one),
          cmocka_unit_test(secret_generate_prints_each_once_and_it_opens),
          cmocka_unit_test(secret_generate_temporary),
          cmocka_unit_test(secret_generate_tells_no_secret_that_was_not_stored),
          cmocka_unit_test(secret_generate_tells_every_secret_that_was_stored),
          cmocka_unit_test(generated_secrets_obey_every_policy),
          cmocka_unit_test(generated_secrets_use_their_whole_alphabet))
