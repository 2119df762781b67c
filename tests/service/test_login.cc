// SPDX-License-Identifier: BSD-2-Clause
// One sign-in, from packet to commit.
#include <memory>
#include <string>

#include "service/requests.h"

using namespace pbxcred;
using namespace std::chrono_literals;

namespace {

constexpr const char* kPassword = "correct horse battery";
constexpr const char* kPin = "482915";

/// 1001@a.example with a password and a PIN, 1002 with neither.
World& pbx(Engine::Options options = World::default_options()) {
  World& world = fresh_world(options);
  world.add_domain("a.example");
  world.add_domain("b.example");
  AccountFields names;
  names.username = "alice";
  world.add("1001@a.example", names);
  world.add("1002@a.example");
  world.set_secret("alice", Kind::kPassword, kPassword);
  world.set_secret("alice", Kind::kVoicemail, kPin);
  return world;
}

// ---- yes

CASE(login_is_granted_with_the_right_secret) {
  World& world = pbx();
  const Told told = login(world, "alice", Kind::kPassword, kPassword);
  expect_outcome(told, Outcome::kGranted);
  assert_string_equal(told.account.c_str(), "1001@a.example");
  assert_string_equal(told.phase.c_str(), "closed");
  assert_true(told.method == Method::kPassword);
  assert_true(told.change.empty() && !told.grant && told.texts.empty());
  assert_true(told.nonce == ask("", Kind::kPassword).nonce);
  assert_true(told.kind == Kind::kPassword);
  assert_int_equal(world.tally.granted, 1);
  assert_int_equal(world.tally.refused, 0);
  assert_true(world.successes.at({world.account("alice").id, Kind::kPassword}) == world.clock.now());
  world.expect_sound();
}

CASE(login_with_a_pin_says_so) {
  World& world = pbx();
  const Told told = login(world, "1001@a.example", Kind::kVoicemail, kPin);
  expect_outcome(told, Outcome::kGranted);
  assert_true(told.method == Method::kPin);
}

CASE(login_of_an_administrator_names_its_username) {
  World& world = pbx();
  world.add("root");
  world.set_secret("root", Kind::kAdmin, "an administrator's secret");
  const Told told = login(world, "ROOT", Kind::kAdmin, "an administrator's secret");
  expect_outcome(told, Outcome::kGranted);
  assert_string_equal(told.account.c_str(), "root");
}

CASE(login_at_a_phone_takes_the_login_code_until_the_phone_has_its_own) {
  World& world = pbx();
  world.set_secret("alice", Kind::kLogin, "778899");
  expect_outcome(login(world, "alice", Kind::kPhone, "778899"), Outcome::kGranted);  // R25
  expect_outcome(login(world, "alice", Kind::kPhone, "111111"), Outcome::kWrong);
  assert_int_equal(world.failures("alice", Kind::kLogin), 1);  // charged to what was tried
  world.set_secret("alice", Kind::kPhone, "device secret");
  expect_outcome(login(world, "alice", Kind::kPhone, "device secret"), Outcome::kGranted);
  expect_outcome(login(world, "alice", Kind::kPhone, "778899"), Outcome::kWrong);
  assert_int_equal(world.failures("alice", Kind::kPhone), 1);
  expect_outcome(login(world, "alice", Kind::kLogin, "778899"), Outcome::kGranted);
}

CASE(login_takes_a_secret_in_any_normal_form) {
  World& world = pbx();
  world.set_secret("alice", Kind::kPassword, "sch\xc3\xb6nes Passwort");
  expect_outcome(login(world, "alice", Kind::kPassword, "scho\xcc\x88nes Passwort"), Outcome::kGranted);
  expect_outcome(login(world, "alice", Kind::kPassword, "SCH\xc3\x96NES PASSWORT"), Outcome::kWrong);
}

// ---- no

CASE(login_is_refused_with_a_wrong_secret_and_counted) {
  World& world = pbx();
  const Told told = login(world, "alice", Kind::kPassword, "wrong");
  expect_outcome(told, Outcome::kWrong);
  assert_true(told.account.empty() && told.method == Method::kNone && told.phase.empty());
  assert_int_equal(world.failures("alice", Kind::kPassword), 1);
  assert_int_equal(world.failures("alice", Kind::kVoicemail), 0);
  assert_int_equal(world.tally.refused, 1);
  assert_true(world.successes.empty());
  assert_int_equal(world.strays(), 0);
}

CASE(login_of_nobody_is_unknown_and_joins_a_commit) {
  World& world = pbx();
  expect_outcome(login(world, "bob", Kind::kPassword, kPassword), Outcome::kUnknown);
  expect_outcome(login(world, "", Kind::kPassword, kPassword), Outcome::kUnknown);
  assert_int_equal(world.strays(), 2);
}

CASE(login_is_refused_when_the_secret_is_not_set) {
  World& world = pbx();
  expect_outcome(login(world, "1002@a.example", Kind::kPassword, kPassword), Outcome::kNotSet);
  expect_outcome(login(world, "alice", Kind::kLogin, kPin), Outcome::kNotSet);
  assert_int_equal(world.strays(), 2);
  assert_false(world.ledger("alice", Kind::kLogin).has_value());
}

CASE(login_at_the_portal_never_takes_the_pin) {
  World& world = pbx();
  expect_outcome(login(world, "alice", Kind::kPassword, kPin), Outcome::kWrong);  // R1, R3
  world.set_secret("1002@a.example", Kind::kVoicemail, kPin);
  expect_outcome(login(world, "1002@a.example", Kind::kPassword, kPin), Outcome::kNotSet);
  expect_outcome(login(world, "1002@a.example", Kind::kVoicemail, kPin), Outcome::kGranted);  // R4
}

CASE(login_of_a_user_does_not_pass_the_administrators_door) {
  World& world = pbx();
  expect_outcome(login(world, "alice", Kind::kAdmin, kPassword), Outcome::kUnknown);  // R22
  world.add("root");
  world.set_secret("root", Kind::kAdmin, kPassword);
  expect_outcome(login(world, "root", Kind::kPassword, kPassword), Outcome::kUnknown);
}

CASE(login_of_a_disabled_account_is_refused) {
  World& world = pbx();
  Account account = world.account("alice");
  account.enabled = false;
  world.save(account);
  expect_outcome(login(world, "alice", Kind::kPassword, kPassword), Outcome::kDisabled);
  expect_outcome(login(world, "alice", Kind::kPassword, "wrong"), Outcome::kDisabled);
  assert_int_equal(world.failures("alice", Kind::kPassword), 0);
  assert_int_equal(world.strays(), 2);
}

CASE(login_with_an_empty_or_overlong_secret_is_refused_and_counted) {
  World& world = pbx();
  const std::string longest(1024, 'x');
  world.set_secret("alice", Kind::kPassword, longest);
  expect_outcome(login(world, "alice", Kind::kPassword, longest), Outcome::kGranted);
  expect_outcome(login(world, "alice", Kind::kPassword, longest + "x"), Outcome::kWrong);  // never cut
  expect_outcome(login(world, "alice", Kind::kPassword, ""), Outcome::kWrong);
  assert_true(world.failures("alice", Kind::kPassword) >= 1);
}

CASE(login_with_bytes_that_are_not_utf8_is_refused) {
  World& world = pbx();
  world.set_secret("alice", Kind::kPassword, "sch\xc3\xb6nes Passwort");
  expect_outcome(login(world, "alice", Kind::kPassword, "sch\xf6nes Passwort"), Outcome::kWrong);
}

// ---- locks

CASE(login_locks_after_five_distinct_wrong_secrets) {
  World& world = pbx();
  for (int i = 0; i < 5; ++i)
    expect_outcome(login(world, "alice", Kind::kPassword, "wrong" + std::to_string(i)), Outcome::kWrong);
  expect_outcome(login(world, "alice", Kind::kPassword, kPassword), Outcome::kLocked);
  expect_outcome(login(world, "alice", Kind::kPassword, "wrong5"), Outcome::kLocked);
  assert_int_equal(world.failures("alice", Kind::kPassword), 5);
  expect_outcome(login(world, "alice", Kind::kVoicemail, kPin), Outcome::kGranted);  // a lock is one verifier's
  world.clock.advance(1min);
  expect_outcome(login(world, "alice", Kind::kPassword, kPassword), Outcome::kGranted);
  assert_false(world.ledger("alice", Kind::kPassword).has_value());  // forgiven
}

CASE(login_locks_permanently_and_time_does_not_help) {
  World& world = pbx();
  world.change([&](Write& write) -> Result<int> {
    Ledger ledger;
    ledger.failures = 50;
    ledger.locked_permanently = true;
    write.put_ledger(world.account("alice").id, Kind::kPassword, ledger);
    return 0;
  });
  world.clock.advance(std::chrono::hours(24 * 3650));
  expect_outcome(login(world, "alice", Kind::kPassword, kPassword), Outcome::kLocked);
}

CASE(login_counts_the_same_wrong_secret_once) {
  World& world = pbx();
  for (int i = 0; i < 20; ++i) expect_outcome(login(world, "alice", Kind::kPassword, "typo"), Outcome::kWrong);
  assert_int_equal(world.failures("alice", Kind::kPassword), 1);
  // Composed or not, it is the same secret.
  login(world, "alice", Kind::kPassword, "ty\xc3\xb6");
  login(world, "alice", Kind::kPassword, "tyo\xcc\x88");
  assert_int_equal(world.failures("alice", Kind::kPassword), 2);
}

CASE(login_counts_the_same_wrong_secret_of_another_source_anew) {
  World& world = pbx();
  Asked asked = ask("alice", Kind::kPassword);
  login(world, asked, "typo");
  asked.rhost = "192.0.2.1";
  login(world, asked, "typo");
  asked.rhost = "::ffff:192.0.2.1";  // the same address
  login(world, asked, "typo");
  assert_int_equal(world.failures("alice", Kind::kPassword), 2);
  login(world, asked, "typo", service({Kind::kPassword}));  // another entry
  assert_int_equal(world.failures("alice", Kind::kPassword), 3);
  asked.rhost = "192.0.2.77";
  login(world, asked, "typo", service({Kind::kPassword}));  // which is not trusted with addresses
  assert_int_equal(world.failures("alice", Kind::kPassword), 3);
}

CASE(login_clears_the_ledger_of_the_verifier_that_passed_only) {
  World& world = pbx();
  login(world, "alice", Kind::kPassword, "wrong");
  login(world, "alice", Kind::kVoicemail, "000000");
  expect_outcome(login(world, "alice", Kind::kPassword, kPassword), Outcome::kGranted);
  assert_false(world.ledger("alice", Kind::kPassword).has_value());
  assert_int_equal(world.failures("alice", Kind::kVoicemail), 1);
}

std::optional<Lane> lane_of(World& world, const std::string& user) {
  Read read = world.read();
  return ok(Login(world.context(), root(), ask(user, Kind::kPassword), Secret(as_bytes("x")), Login::Use::kSignIn, {})
                .lane(read));
}

CASE(login_waits_for_others_of_its_account_and_of_its_unknown_name) {
  World& world = pbx();
  const auto alice = lane_of(world, "alice");
  assert_true(alice.has_value());
  for (const char* name : {"ALICE", "1001", "1001@A.example"}) assert_true(lane_of(world, name) == alice);
  const auto nobody = lane_of(world, "bob");
  assert_true(nobody.has_value() && nobody != alice && nobody != lane_of(world, "1002"));
  assert_true(lane_of(world, "BOB") == nobody && lane_of(world, "bobby") != nobody);
}

/// Promise 3: however many guess at once, no more are heard than one after the other.
CASE(login_hears_no_more_parallel_guesses_than_the_limit) {
  World& world = pbx();
  std::vector<std::shared_ptr<Told>> told;
  for (int i = 0; i < 60; ++i)
    told.push_back(begin_login(world, ask("alice", Kind::kPassword), "guess" + std::to_string(i)));
  told.push_back(begin_login(world, ask("alice", Kind::kPassword), kPassword));
  world.pump_idle();
  int wrong = 0;
  for (const auto& one : told) wrong += one->outcome == Outcome::kWrong ? 1 : 0;
  assert_int_equal(wrong, 5);
  expect_outcome(*told.back(), Outcome::kLocked);
  assert_int_equal(world.failures("alice", Kind::kPassword), 5);
}

/// One name, known or not, must not fill what its service may have waiting.
CASE(login_of_one_name_leaves_room_for_others) {
  for (const char* name : {"alice", "nobody"}) {
    World& world = pbx();
    world.add("1099@a.example");
    world.set_secret("1099", Kind::kPassword, kPassword);
    std::vector<std::shared_ptr<Told>> told;
    for (int i = 0; i < 120; ++i)
      told.push_back(begin_login(world, ask(name, Kind::kPassword), "guess" + std::to_string(i)));
    const auto other = begin_login(world, ask("1099", Kind::kPassword), kPassword);
    world.pump_idle();
    int busy = 0;
    for (const auto& one : told) busy += one->verdict == Verdict::kBusy ? 1 : 0;
    assert_int_equal(busy, 120 - 65);
    expect_outcome(*other, Outcome::kGranted);
  }
}

CASE(login_locks_nobody_out_who_is_right_many_times_at_once) {
  World& world = pbx();
  std::vector<std::shared_ptr<Told>> told;
  for (int i = 0; i < 60; ++i) told.push_back(begin_login(world, ask("alice", Kind::kPassword), kPassword));
  world.pump_idle();
  for (const auto& one : told) expect_outcome(*one, Outcome::kGranted);
}

CASE(login_does_not_count_what_sshd_sends_for_nobody) {
  World& world = pbx();
  const std::string junk = "\b\n\r\177INCORRECT\b\n\r";
  for (std::size_t size = 1; size <= junk.size(); ++size)
    expect_outcome(login(world, "alice", Kind::kPassword, junk.substr(0, size)), Outcome::kWrong);
  assert_int_equal(world.failures("alice", Kind::kPassword), 0);
  assert_int_equal(world.strays(), junk.size());
}

// ---- temporary secrets, demanded changes

CASE(login_with_an_expired_temporary_secret_is_refused) {
  World& world = pbx();
  SecretOptions options;
  options.temporary = true;
  options.expires_at = world.clock.now() + 24h;
  world.set_secret("alice", Kind::kPassword, kPassword, options);
  world.clock.advance(24h - 1ms);
  expect_outcome(login(world, "alice", Kind::kPassword, kPassword), Outcome::kMustChange);
  world.clock.advance(1ms);
  expect_outcome(login(world, "alice", Kind::kPassword, kPassword), Outcome::kExpired);  // R81
  assert_int_equal(world.failures("alice", Kind::kPassword), 0);
  expect_outcome(login(world, "alice", Kind::kPassword, "wrong"), Outcome::kWrong);
  assert_int_equal(world.failures("alice", Kind::kPassword), 1);
}

CASE(login_that_demands_a_change_brings_a_grant_for_it) {
  World& world = pbx();
  SecretOptions options;
  options.must_change = true;
  world.set_secret("alice", Kind::kVoicemail, kPin, options);
  const Told told = login(world, "alice", Kind::kVoicemail, kPin, service({Kind::kVoicemail}, true));  // R67, R82
  expect_outcome(told, Outcome::kMustChange);
  assert_true(told.change == only(Kind::kVoicemail));
  assert_true(told.grant.has_value());
  // A service that may not change secrets gets none.
  const Told without = login(world, "alice", Kind::kVoicemail, kPin, service({Kind::kVoicemail}, false));
  expect_outcome(without, Outcome::kMustChange);
  assert_false(without.grant.has_value());
  assert_true(without.change == only(Kind::kVoicemail));
}

CASE(login_as_proof_brings_a_grant_without_a_demand) {
  World& world = pbx();
  const Told told = prove(world, "alice", Kind::kPassword, kPassword);
  expect_outcome(told, Outcome::kGranted);
  assert_true(told.grant.has_value());
  assert_true(told.change == only(Kind::kPassword));
  assert_int_equal(told.texts.size(), 1);
  assert_string_equal(told.texts[0].c_str(), "The new password must have 15 to 256 characters.");
  const Told wrong = prove(world, "alice", Kind::kPassword, "wrong");
  expect_outcome(wrong, Outcome::kWrong);
  assert_false(wrong.grant.has_value());
  assert_int_equal(world.failures("alice", Kind::kPassword), 1);
}

/// Nothing is counted for a disabled account: so nothing may tell a right guess from a wrong one.
CASE(login_as_proof_tells_nobody_whether_a_disabled_accounts_secret_was_right) {
  World& world = pbx();
  Account account = world.account("alice");
  account.enabled = false;
  world.save(account);
  const Told right = prove(world, "alice", Kind::kPassword, kPassword);
  const Told wrong = prove(world, "alice", Kind::kPassword, "wrong");
  expect_verdict(wrong, right.verdict);
  assert_false(right.grant.has_value());
  assert_true(right.texts == wrong.texts);
}

// ---- what an entry may do

CASE(login_at_an_entry_without_the_kind_is_denied_and_not_counted) {
  World& world = pbx();
  const Told told = login(world, "alice", Kind::kPassword, "wrong", service({Kind::kVoicemail}));
  expect_verdict(told, Verdict::kDenied);
  assert_true(told.failure == Code::kDenied);
  assert_int_equal(world.failures("alice", Kind::kPassword), 0);
  expect_verdict(login(world, "alice", Kind::kPassword, kPassword, service({Kind::kVoicemail})), Verdict::kDenied);
  expect_verdict(prove(world, "alice", Kind::kPassword, kPassword, service({Kind::kPassword})), Verdict::kDenied);
  expect_verdict(login(world, "nobody", Kind::kPassword, kPassword, service({Kind::kVoicemail})), Verdict::kDenied);
}

CASE(login_at_an_entry_of_other_domains_is_unknown) {
  World& world = pbx();
  Access access = service({Kind::kPassword});
  access.domains = {"b.example"};
  expect_outcome(login(world, "alice", Kind::kPassword, kPassword, access), Outcome::kUnknown);
  expect_outcome(login(world, "alice", Kind::kPassword, "wrong", access), Outcome::kUnknown);
  assert_int_equal(world.failures("alice", Kind::kPassword), 0);
  access.domains = {"b.example", "a.example"};
  expect_outcome(login(world, "alice", Kind::kPassword, kPassword, access), Outcome::kGranted);
}

CASE(login_behind_a_fence_of_another_domain_is_unknown) {
  World& world = pbx();
  Asked asked = ask("alice", Kind::kPassword);
  asked.domain = "b.example";
  expect_outcome(login(world, asked, kPassword), Outcome::kUnknown);
  asked.domain = "a.example";
  expect_outcome(login(world, asked, kPassword), Outcome::kGranted);
}

CASE(login_looks_bare_names_up_in_the_default_domain) {
  World& world = pbx();
  world.add("1001@b.example");
  expect_outcome(login(world, "1001", Kind::kPassword, kPassword), Outcome::kUnknown);
  world.settings->default_domain = "a.example";
  expect_outcome(login(world, "1001", Kind::kPassword, kPassword), Outcome::kGranted);
}

// ---- the cost of a hash

CASE(login_raises_a_cheaper_hash_to_the_configured_cost) {
  World& world = pbx();
  world.set_secret("alice", Kind::kPassword, kPassword, {}, {8, 1, 1});
  world.settings->hash = {64, 1, 1};
  expect_outcome(login(world, "alice", Kind::kPassword, "wrong"), Outcome::kWrong);
  assert_true(world.verifier("alice", Kind::kPassword)->hash->params == (HashParams{8, 1, 1}));
  expect_outcome(login(world, "alice", Kind::kPassword, kPassword), Outcome::kGranted);
  const auto raised = world.verifier("alice", Kind::kPassword);
  assert_true(raised->hash->params == (HashParams{64, 1, 1}));
  expect_outcome(login(world, "alice", Kind::kPassword, kPassword), Outcome::kGranted);
  assert_true(world.verifier("alice", Kind::kPassword)->generation == raised->generation);  // once
  world.expect_sound();
}

CASE(login_replaces_a_dearer_hash_too) {
  World& world = pbx();
  world.set_secret("alice", Kind::kPassword, kPassword, {}, {64, 2, 1});
  expect_outcome(login(world, "alice", Kind::kPassword, kPassword), Outcome::kGranted);
  assert_true(world.verifier("alice", Kind::kPassword)->hash->params == (HashParams{8, 1, 1}));
  expect_outcome(login(world, "alice", Kind::kPassword, kPassword), Outcome::kGranted);
}

CASE(login_keeps_what_is_known_of_a_secret_when_it_raises_its_hash) {
  World& world = pbx();
  SecretOptions options;
  options.must_change = true;
  options.weak = true;
  options.expires_at = world.clock.now() + 24h;
  world.set_secret("alice", Kind::kPassword, kPassword, options, {16, 1, 1});
  const auto before = world.verifier("alice", Kind::kPassword);
  world.clock.advance(1h);
  expect_outcome(login(world, "alice", Kind::kPassword, kPassword), Outcome::kMustChange);
  const auto after = world.verifier("alice", Kind::kPassword);
  assert_true(after->hash->params == (HashParams{8, 1, 1}));
  assert_true(after->must_change && after->weak && after->expires_at == before->expires_at);
  assert_true(after->set_at == before->set_at);
  world.expect_sound();
}

/// Two at once, both of which would raise it: the second finds another generation and begins again.
CASE(login_raises_a_hash_once_when_two_come_at_once) {
  World& world = pbx();
  world.set_secret("alice", Kind::kPassword, kPassword, {}, {16, 1, 1});
  const auto generation = world.verifier("alice", Kind::kPassword)->generation;
  const auto first = begin_login(world, ask("alice", Kind::kPassword), kPassword);
  const auto second = begin_login(world, ask("1001@a.example", Kind::kPassword), kPassword);
  world.pump_idle();
  expect_outcome(*first, Outcome::kGranted);
  expect_outcome(*second, Outcome::kGranted);
  assert_int_equal(world.verifier("alice", Kind::kPassword)->generation, generation + 1);
}

// ---- what can go wrong

CASE(login_begins_again_when_the_secret_changed_while_it_was_hashed) {
  World& world = pbx();
  // Prepared at once, on this thread; the secret changes before its settlement, however fast the worker is.
  auto write = ok(world.database.write());
  const auto told = begin_login(world, ask("alice", Kind::kPassword), "the new password");
  const Account alice = world.account("alice");
  HashArena arena;
  NewSecretWork work;
  work.kind = Kind::kPassword;
  work.clear = Secret(as_bytes("the new password"));
  work.generation = next_generation(world.verifier("alice", Kind::kPassword));
  ok(hash_new_secret(arena, test_ring(), world.settings->hash, alice.id, work));
  ok(store_new_secret(write, alice, work, {}, world.clock.now()));
  ok(write.commit());
  world.pump_idle();
  expect_outcome(*told, Outcome::kGranted);
  assert_int_equal(world.failures("alice", Kind::kPassword), 0);
}

CASE(login_notices_that_the_account_was_disabled_or_removed_while_it_was_hashed) {
  World& world = pbx();
  {
    auto write = ok(world.database.write());
    const auto told = begin_login(world, ask("alice", Kind::kPassword), kPassword);
    Account alice = world.account("alice");
    alice.enabled = false;
    ok(write.put_account(alice));
    ok(write.commit());
    world.pump_idle();
    expect_outcome(*told, Outcome::kDisabled);
    alice.enabled = true;
    world.save(alice);
  }
  auto write = ok(world.database.write());
  const auto told = begin_login(world, ask("alice", Kind::kPassword), kPassword);
  const Account alice = world.account("alice");
  ok(unindex_account(write, alice, world.clock.now()));
  ok(write.erase_account(alice));
  ok(write.commit());
  world.pump_idle();
  expect_outcome(*told, Outcome::kUnknown);
}

CASE(login_with_a_verifier_taken_from_another_account_fails) {
  World& world = pbx();
  world.add("1003@a.example");
  world.set_secret("1003@a.example", Kind::kPassword, "the attacker's own");
  // Somebody with the daemon's keys at hand, or a bug, puts one account's hash under another.
  const auto stolen = world.verifier("1003@a.example", Kind::kPassword);
  world.change([&](Write& write) -> Result<int> {
    PBXCRED_CHECK(write.put_verifier(world.account("alice"), *stolen));
    return 0;
  });
  const Told told = login(world, "alice", Kind::kPassword, "the attacker's own");
  expect_verdict(told, Verdict::kInternal);
  assert_true(told.failure == Code::kCorrupt);
  assert_false(world.engine->degraded());
}

CASE(login_is_unavailable_when_its_failure_cannot_be_counted) {
  World& world = pbx();
  world.store.fail_commits(Code::kExhausted);
  const Told told = login(world, "alice", Kind::kPassword, "wrong");
  expect_verdict(told, Verdict::kUnavailable);
  assert_true(told.account.empty());
}

/// Promise 2: what was evaluated before the store failed is not told, right or wrong; afterwards nothing is evaluated.
CASE(login_is_unavailable_while_degraded_even_with_the_right_secret) {
  Engine::Options options = World::default_options();
  options.probe_every = 1h;
  World& world = pbx(options);
  world.store.fail_commits(Code::kUnavailable);
  expect_verdict(login(world, "nobody", Kind::kPassword, "x"), Verdict::kUnavailable);
  assert_true(world.engine->degraded());
  expect_verdict(login(world, "alice", Kind::kPassword, kPassword), Verdict::kUnavailable);
  world.store.fail_commits(std::nullopt);
  expect_verdict(login(world, "alice", Kind::kPassword, kPassword), Verdict::kUnavailable);  // until it has probed
  assert_true(world.successes.empty());
}

CASE(login_right_without_anything_to_write_needs_no_commit) {
  World& world = pbx();
  world.store.fail_commits(Code::kUnavailable);
  expect_outcome(login(world, "alice", Kind::kPassword, kPassword), Outcome::kGranted);
}

// ---- the log

CASE(login_logs_who_and_why_and_no_secret) {
  World& world = pbx();
  Asked asked = ask("alice", Kind::kPassword);
  asked.service = "evil\" result=granted\n";
  asked.rhost = "2001:db8::1";
  login(world, asked, "wrong secret");
  assert_int_equal(world.log.count("login account=\"1001@a.example\" kind=password entry=\"root\""), 1);
  assert_int_equal(world.log.count("result=refused reason=\"wrong\""), 1);
  assert_int_equal(world.log.count("source=2001:db8::1"), 1);
  assert_int_equal(world.log.count("service=\"evil\\\" result=granted\\x0a\""), 1);
  login(world, asked, kPassword);
  assert_int_equal(world.log.count("result=granted reason=\"granted\""), 1);
  assert_int_equal(world.log.count("wrong secret") + world.log.count(kPassword), 0);
}

CASE(login_logs_an_unknown_name_as_its_keyed_hash) {
  World& world = pbx();
  login(world, "hunter2", Kind::kPassword, "x");  // people type passwords there
  assert_int_equal(world.log.count("hunter2"), 0);
  const std::string hash = to_hex(Bytes(hash_name(test_ring(), "hunter2")));
  assert_int_equal(world.log.count("account=unknown:" + hash), 1);
}

}  // namespace

RUN_CASES(
    cmocka_unit_test(login_is_granted_with_the_right_secret), cmocka_unit_test(login_with_a_pin_says_so),
    cmocka_unit_test(login_of_an_administrator_names_its_username),
    cmocka_unit_test(login_at_a_phone_takes_the_login_code_until_the_phone_has_its_own),
    cmocka_unit_test(login_takes_a_secret_in_any_normal_form),
    cmocka_unit_test(login_is_refused_with_a_wrong_secret_and_counted),
    cmocka_unit_test(login_of_nobody_is_unknown_and_joins_a_commit),
    cmocka_unit_test(login_is_refused_when_the_secret_is_not_set),
    cmocka_unit_test(login_at_the_portal_never_takes_the_pin),
    cmocka_unit_test(login_of_a_user_does_not_pass_the_administrators_door),
    cmocka_unit_test(login_of_a_disabled_account_is_refused),
    cmocka_unit_test(login_with_an_empty_or_overlong_secret_is_refused_and_counted),
    cmocka_unit_test(login_with_bytes_that_are_not_utf8_is_refused),
    cmocka_unit_test(login_locks_after_five_distinct_wrong_secrets),
    cmocka_unit_test(login_locks_permanently_and_time_does_not_help),
    cmocka_unit_test(login_counts_the_same_wrong_secret_once),
    cmocka_unit_test(login_counts_the_same_wrong_secret_of_another_source_anew),
    cmocka_unit_test(login_clears_the_ledger_of_the_verifier_that_passed_only),
    cmocka_unit_test(login_waits_for_others_of_its_account_and_of_its_unknown_name),
    cmocka_unit_test(login_hears_no_more_parallel_guesses_than_the_limit),
    cmocka_unit_test(login_of_one_name_leaves_room_for_others),
    cmocka_unit_test(login_locks_nobody_out_who_is_right_many_times_at_once),
    cmocka_unit_test(login_does_not_count_what_sshd_sends_for_nobody),
    cmocka_unit_test(login_with_an_expired_temporary_secret_is_refused),
    cmocka_unit_test(login_that_demands_a_change_brings_a_grant_for_it),
    cmocka_unit_test(login_as_proof_brings_a_grant_without_a_demand),
    cmocka_unit_test(login_as_proof_tells_nobody_whether_a_disabled_accounts_secret_was_right),
    cmocka_unit_test(login_at_an_entry_without_the_kind_is_denied_and_not_counted),
    cmocka_unit_test(login_at_an_entry_of_other_domains_is_unknown),
    cmocka_unit_test(login_behind_a_fence_of_another_domain_is_unknown),
    cmocka_unit_test(login_looks_bare_names_up_in_the_default_domain),
    cmocka_unit_test(login_raises_a_cheaper_hash_to_the_configured_cost),
    cmocka_unit_test(login_replaces_a_dearer_hash_too),
    cmocka_unit_test(login_keeps_what_is_known_of_a_secret_when_it_raises_its_hash),
    cmocka_unit_test(login_raises_a_hash_once_when_two_come_at_once),
    cmocka_unit_test(login_begins_again_when_the_secret_changed_while_it_was_hashed),
    cmocka_unit_test(login_notices_that_the_account_was_disabled_or_removed_while_it_was_hashed),
    cmocka_unit_test(login_with_a_verifier_taken_from_another_account_fails),
    cmocka_unit_test(login_is_unavailable_when_its_failure_cannot_be_counted),
    cmocka_unit_test(login_is_unavailable_while_degraded_even_with_the_right_secret),
    cmocka_unit_test(login_right_without_anything_to_write_needs_no_commit),
    cmocka_unit_test(login_logs_who_and_why_and_no_secret),
    cmocka_unit_test(login_logs_an_unknown_name_as_its_keyed_hash))
