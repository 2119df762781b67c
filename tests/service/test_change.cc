// SPDX-License-Identifier: BSD-2-Clause
// Changing secrets in two steps: who may, what must differ, all or none. And pam_acct_mgmt's question.
#include <string>

#include "service/requests.h"

using namespace pbxcred;
using namespace std::chrono_literals;

namespace {

constexpr const char* kOld = "correct horse battery";
constexpr const char* kNew = "staple battery horse!";
constexpr const char* kPin = "482915";
constexpr const char* kNewPin = "915482";

World& pbx(Engine::Options options = World::default_options()) {
  World& world = fresh_world(options);
  world.add_domain("a.example");
  AccountFields names;
  names.username = "alice";
  world.add("1001@a.example", names);
  world.set_secret("alice", Kind::kPassword, kOld);
  world.set_secret("alice", Kind::kVoicemail, kPin);
  return world;
}

Access portal() { return service({Kind::kPassword, Kind::kVoicemail, Kind::kLogin, Kind::kPhone}, true); }

bool opens(World& world, Kind kind, std::string_view secret) {
  return is_granted(login(world, "alice", kind, secret).outcome);
}

/// A grant as a change demanded of two kinds would bring.
ChangeProof grant_for(World& world, std::initializer_list<Kind> kinds, const Access& access) {
  KindSet set;
  for (Kind kind : kinds) set.add(kind);
  ChangeProof proof{ChangeRequest::Proof::kGrant, {}};
  proof.grant = world.change([&](Write& write) -> Result<GrantToken> {
    return give_change_grant(write, world.account("alice"), set, Method::kPassword, access.uid, world.clock.now());
  });
  return proof;
}

// ---- begin

CASE(change_begin_says_what_is_changed_and_its_rules) {
  World& world = pbx();
  const Told told = begin_change(world, "alice", Kind::kVoicemail, {}, portal());
  expect_verdict(told, Verdict::kGranted);
  assert_string_equal(told.account.c_str(), "1001@a.example");
  assert_true(told.change == only(Kind::kVoicemail));
  assert_int_equal(told.texts.size(), 1);
  assert_string_equal(told.texts[0].c_str(), "The new PIN must have 6 to 15 digits.");
  assert_false(told.has_errors || told.grant.has_value());
}

CASE(change_begin_follows_the_door) {
  World& world = pbx();
  world.set_secret("alice", Kind::kLogin, "778899");
  // The phone's door takes the login code (R25): that is what its user changes. Root sets the phone's own.
  assert_true(begin_change(world, "alice", Kind::kPhone, {}, portal()).change == only(Kind::kLogin));
  assert_true(begin_change(world, "alice", Kind::kPhone, by_privilege()).change == only(Kind::kPhone));
  world.set_secret("alice", Kind::kPhone, "the device's secret");
  assert_true(begin_change(world, "alice", Kind::kPhone, {}, portal()).change == only(Kind::kPhone));
}

CASE(change_begin_with_a_grant_names_the_kinds_of_the_grant) {
  World& world = pbx();
  const auto proof = grant_for(world, {Kind::kPassword, Kind::kVoicemail}, portal());
  const Told told = begin_change(world, "alice", Kind::kPassword, proof, portal());
  expect_verdict(told, Verdict::kGranted);
  assert_true(told.change.has(Kind::kPassword) && told.change.has(Kind::kVoicemail));
  assert_int_equal(told.texts.size(), 2);
  expect_verdict(begin_change(world, "alice", Kind::kPassword, by_grant({}), portal()), Verdict::kRefused);
}

CASE(change_begin_of_nobody_disabled_or_a_kind_the_account_cannot_have) {
  World& world = pbx();
  world.add("root");
  expect_verdict(begin_change(world, "bob", Kind::kPassword, {}, portal()), Verdict::kUnknown);
  expect_verdict(begin_change(world, "alice", Kind::kAdmin, {}), Verdict::kUnknown);
  expect_verdict(begin_change(world, "root", Kind::kPassword, {}), Verdict::kUnknown);
  Account alice = world.account("alice");
  alice.enabled = false;
  world.save(alice);
  const Told told = begin_change(world, "alice", Kind::kPassword, {}, portal());
  expect_verdict(told, Verdict::kDisabled);
  assert_true(told.account.empty() && told.texts.empty());
}

CASE(change_begin_is_denied_without_the_right) {
  World& world = pbx();
  expect_verdict(begin_change(world, "alice", Kind::kPassword, {}, service({Kind::kPassword}, false)), Verdict::kDenied);
  expect_verdict(begin_change(world, "alice", Kind::kPassword, {}, service({Kind::kLogin}, true)), Verdict::kDenied);
  expect_verdict(begin_change(world, "alice", Kind::kPassword, by_privilege(), portal()), Verdict::kDenied);
  expect_verdict(begin_change(world, "alice", Kind::kPassword, by_privilege()), Verdict::kGranted);
}

CASE(change_begin_keeps_to_the_domains_of_the_entry) {
  World& world = pbx();
  Access access = portal();
  access.domains = {"other.example"};
  expect_verdict(begin_change(world, "alice", Kind::kPassword, {}, access), Verdict::kUnknown);
  const auto proof = grant_for(world, {Kind::kPassword}, access);
  expect_verdict(commit_change(world, "alice", Kind::kPassword, proof, {{Kind::kPassword, kNew}}, access),
                 Verdict::kUnknown);
}

// ---- commit

CASE(change_by_proof_and_grant_sets_the_secret) {
  World& world = pbx();
  login(world, "alice", Kind::kPassword, "wrong");
  const auto before = world.account("alice").generation;
  const Told proof = prove(world, "alice", Kind::kPassword, kOld, portal());
  const Told told =
      commit_change(world, "alice", Kind::kPassword, by_grant(proof.grant), {{Kind::kPassword, kNew}}, portal());
  expect_verdict(told, Verdict::kGranted);
  assert_string_equal(told.account.c_str(), "1001@a.example");
  assert_true(told.change == only(Kind::kPassword));
  assert_true(opens(world, Kind::kPassword, kNew) && !opens(world, Kind::kPassword, kOld));
  assert_true(opens(world, Kind::kVoicemail, kPin));
  assert_int_equal(world.account("alice").generation, before + 1);
  const auto verifier = world.verifier("alice", Kind::kPassword);
  assert_true(!verifier->must_change && !verifier->temporary && !verifier->expires_at && !verifier->weak);
  assert_true(verifier->set_at == world.clock.now());
  world.expect_sound();
  for (const auto& [key, value] : *world.store.snapshot()) assert_true(key[0] != static_cast<char>(Table::kGrant));
  // Once.
  expect_verdict(commit_change(world, "alice", Kind::kPassword, by_grant(proof.grant),
                               {{Kind::kPassword, "another secret of length"}}, portal()),
                 Verdict::kRefused);
  assert_true(opens(world, Kind::kPassword, kNew));
}

CASE(change_ends_a_demand) {
  World& world = pbx();
  SecretOptions options;
  options.temporary = true;
  options.expires_at = world.clock.now() + 24h;
  world.set_secret("alice", Kind::kVoicemail, "111222", options);
  const Told signed_in = login(world, "alice", Kind::kVoicemail, "111222", portal());
  expect_outcome(signed_in, Outcome::kMustChange);
  expect_verdict(commit_change(world, "alice", Kind::kVoicemail, by_grant(signed_in.grant),
                               {{Kind::kVoicemail, kNewPin}}, portal()),
                 Verdict::kGranted);
  world.clock.advance(48h);
  expect_outcome(login(world, "alice", Kind::kVoicemail, kNewPin), Outcome::kGranted);
}

CASE(change_forgets_the_failures_of_that_secret) {
  World& world = pbx();
  const Told proof = prove(world, "alice", Kind::kPassword, kOld, portal());
  login(world, "alice", Kind::kPassword, "wrong");
  login(world, "alice", Kind::kVoicemail, "000000");
  commit_change(world, "alice", Kind::kPassword, by_grant(proof.grant), {{Kind::kPassword, kNew}}, portal());
  assert_false(world.ledger("alice", Kind::kPassword).has_value());
  assert_int_equal(world.failures("alice", Kind::kVoicemail), 1);
}

CASE(change_of_two_kinds_stores_both) {
  World& world = pbx();
  const auto proof = grant_for(world, {Kind::kPassword, Kind::kVoicemail}, portal());
  const Told told = commit_change(world, "alice", Kind::kPassword, proof,
                                  {{Kind::kPassword, kNew}, {Kind::kVoicemail, kNewPin}}, portal());
  expect_verdict(told, Verdict::kGranted);
  assert_true(told.change.has(Kind::kPassword) && told.change.has(Kind::kVoicemail));
  assert_true(opens(world, Kind::kPassword, kNew) && opens(world, Kind::kVoicemail, kNewPin));
}

CASE(change_of_two_kinds_stores_neither_when_one_breaks_a_rule) {
  const NewSecrets broken[] = {
      {{Kind::kPassword, kNew}, {Kind::kVoicemail, "12"}},     // too short
      {{Kind::kPassword, "short"}, {Kind::kVoicemail, kNewPin}},
      {{Kind::kPassword, kNew}, {Kind::kVoicemail, kPin}},     // the current one
      {{Kind::kPassword, kOld}, {Kind::kVoicemail, kNewPin}},
  };
  for (const NewSecrets& secrets : broken) {
    World& world = pbx();
    const auto proof = grant_for(world, {Kind::kPassword, Kind::kVoicemail}, portal());
    const Told told = commit_change(world, "alice", Kind::kPassword, proof, secrets, portal());
    expect_verdict(told, Verdict::kRuleBroken);
    assert_int_equal(told.texts.size(), 1);
    assert_true(told.has_errors && told.account.empty() && told.change.empty());
    assert_true(opens(world, Kind::kPassword, kOld) && opens(world, Kind::kVoicemail, kPin));
    // The grant lives, one try shorter.
    expect_verdict(commit_change(world, "alice", Kind::kPassword, proof,
                                 {{Kind::kPassword, kNew}, {Kind::kVoicemail, kNewPin}}, portal()),
                   Verdict::kGranted);
  }
}

CASE(change_must_change_something) {
  World& world = pbx();
  const Told proof = prove(world, "alice", Kind::kPassword, kOld, portal());
  const Told told =
      commit_change(world, "alice", Kind::kPassword, by_grant(proof.grant), {{Kind::kPassword, kOld}}, portal());
  expect_verdict(told, Verdict::kRuleBroken);  // R84
  assert_string_equal(told.texts.at(0).c_str(), "The new password must differ from the current one.");
  assert_true(told.has_errors);
  // Root may set the same again.
  expect_verdict(commit_change(world, "alice", Kind::kPassword, by_privilege(), {{Kind::kPassword, kOld}}),
                 Verdict::kGranted);
}

CASE(change_lists_every_broken_rule) {
  World& world = pbx();
  const auto proof = grant_for(world, {Kind::kPassword, Kind::kVoicemail}, portal());
  const Told told = commit_change(world, "alice", Kind::kPassword, proof,
                                  {{Kind::kPassword, "short"}, {Kind::kVoicemail, "12x"}}, portal());
  expect_verdict(told, Verdict::kRuleBroken);
  assert_int_equal(told.texts.size(), 3);
  const Told empty = commit_change(world, "alice", Kind::kPassword, proof, {{Kind::kPassword, ""}}, portal());
  expect_verdict(empty, Verdict::kRuleBroken);
  const Told control = commit_change(world, "alice", Kind::kPassword, proof,
                                     {{Kind::kPassword, "a secret with a tab\t inside"}}, portal());
  expect_verdict(control, Verdict::kRuleBroken);
}

CASE(change_survives_four_broken_rules_and_not_five) {
  World& world = pbx();
  const Told proof = prove(world, "alice", Kind::kPassword, kOld, portal());
  const auto attempt = [&](const char* secret) {
    return commit_change(world, "alice", Kind::kPassword, by_grant(proof.grant), {{Kind::kPassword, secret}}, portal());
  };
  for (int i = 0; i < 5; ++i) expect_verdict(attempt(i % 2 == 0 ? "short" : kOld), Verdict::kRuleBroken);
  expect_verdict(attempt(kNew), Verdict::kRefused);
  assert_true(opens(world, Kind::kPassword, kOld));
}

CASE(change_by_grant_is_bound_to_the_peer) {
  World& world = pbx();
  const Told proof = prove(world, "alice", Kind::kPassword, kOld, portal());
  Access other = portal();
  other.uid = 34;
  expect_verdict(commit_change(world, "alice", Kind::kPassword, by_grant(proof.grant), {{Kind::kPassword, kNew}}, other),
                 Verdict::kRefused);
  expect_verdict(commit_change(world, "alice", Kind::kPassword, by_grant(proof.grant), {{Kind::kPassword, kNew}}),
                 Verdict::kRefused);  // root is another peer, too
  assert_true(opens(world, Kind::kPassword, kOld));
}

CASE(change_by_grant_is_bound_to_the_account) {
  World& world = pbx();
  world.add("1002@a.example");
  const Told proof = prove(world, "alice", Kind::kPassword, kOld, portal());
  expect_verdict(commit_change(world, "1002@a.example", Kind::kPassword, by_grant(proof.grant),
                               {{Kind::kPassword, kNew}}, portal()),
                 Verdict::kRefused);
  assert_false(world.verifier("1002@a.example", Kind::kPassword).has_value());
}

CASE(change_by_grant_is_bound_to_its_kinds) {
  World& world = pbx();
  const Told proof = prove(world, "alice", Kind::kVoicemail, kPin, portal());
  expect_verdict(commit_change(world, "alice", Kind::kVoicemail, by_grant(proof.grant), {{Kind::kPassword, kNew}},
                               portal()),
                 Verdict::kRefused);
  expect_verdict(commit_change(world, "alice", Kind::kVoicemail, by_grant(proof.grant),
                               {{Kind::kVoicemail, kNewPin}, {Kind::kPassword, kNew}}, portal()),
                 Verdict::kRefused);
  assert_true(opens(world, Kind::kPassword, kOld) && opens(world, Kind::kVoicemail, kPin));
}

CASE(change_by_grant_dies_with_the_generation) {
  World& world = pbx();
  const Told proof = prove(world, "alice", Kind::kPassword, kOld, portal());
  const Told other = prove(world, "alice", Kind::kVoicemail, kPin, portal());
  // Whatever changes the account voids all its grants: here, the other change.
  expect_verdict(commit_change(world, "alice", Kind::kVoicemail, by_grant(other.grant), {{Kind::kVoicemail, kNewPin}},
                               portal()),
                 Verdict::kGranted);
  expect_verdict(
      commit_change(world, "alice", Kind::kPassword, by_grant(proof.grant), {{Kind::kPassword, kNew}}, portal()),
      Verdict::kRefused);
}

CASE(change_by_grant_must_come_in_time) {
  World& world = pbx();
  const Told proof = prove(world, "alice", Kind::kPassword, kOld, portal());
  world.clock.advance(10min);
  expect_verdict(
      commit_change(world, "alice", Kind::kPassword, by_grant(proof.grant), {{Kind::kPassword, kNew}}, portal()),
      Verdict::kRefused);
}

CASE(change_needs_a_proof) {
  World& world = pbx();
  for (const auto kind : {ChangeRequest::Proof::kNone, ChangeRequest::Proof::kSecret, ChangeRequest::Proof::kGrant})
    expect_verdict(commit_change(world, "alice", Kind::kPassword, {kind, {}}, {{Kind::kPassword, kNew}}, portal()),
                   Verdict::kRefused);
  assert_true(opens(world, Kind::kPassword, kOld));
}

CASE(change_by_privilege_is_roots_alone) {
  World& world = pbx();
  expect_verdict(commit_change(world, "alice", Kind::kPassword, by_privilege(), {{Kind::kPassword, kNew}}, portal()),
                 Verdict::kDenied);
  expect_verdict(commit_change(world, "alice", Kind::kLogin, by_privilege(), {{Kind::kLogin, "778899"}}),
                 Verdict::kGranted);
  assert_true(opens(world, Kind::kLogin, "778899"));  // never set before (R18)
  // Rules hold for root, too (R102).
  expect_verdict(commit_change(world, "alice", Kind::kLogin, by_privilege(), {{Kind::kLogin, "12"}}),
                 Verdict::kRuleBroken);
  // Root's own entry may be narrower.
  Access narrow = root();
  narrow.kinds = only(Kind::kPassword);
  expect_verdict(commit_change(world, "alice", Kind::kPassword, by_privilege(), {{Kind::kLogin, "998877"}}, narrow),
                 Verdict::kDenied);
}

CASE(change_is_denied_to_an_entry_without_the_right) {
  World& world = pbx();
  const auto proof = grant_for(world, {Kind::kPassword}, portal());
  expect_verdict(commit_change(world, "alice", Kind::kPassword, proof, {{Kind::kPassword, kNew}},
                               service({Kind::kPassword}, false)),
                 Verdict::kDenied);
  expect_verdict(commit_change(world, "alice", Kind::kPassword, proof, {{Kind::kPassword, kNew}},
                               service({Kind::kVoicemail}, true)),
                 Verdict::kDenied);
}

CASE(change_that_makes_no_sense_is_invalid) {
  World& world = pbx();
  const auto both = grant_for(world, {Kind::kPassword, Kind::kVoicemail}, root());
  expect_verdict(commit_change(world, "alice", Kind::kPassword, both, {}), Verdict::kInvalid);
  expect_verdict(commit_change(world, "alice", Kind::kPassword, both,
                               {{Kind::kPassword, kNew}, {Kind::kPassword, kOld}}),
                 Verdict::kInvalid);
  expect_verdict(commit_change(world, "alice", Kind::kPassword, by_privilege(), {{Kind::kAdmin, kNew}}),
                 Verdict::kInvalid);
}

CASE(change_of_nobody_or_a_disabled_account) {
  World& world = pbx();
  expect_verdict(commit_change(world, "bob", Kind::kPassword, by_privilege(), {{Kind::kPassword, kNew}}),
                 Verdict::kUnknown);
  Account alice = world.account("alice");
  alice.enabled = false;
  world.save(alice);
  expect_verdict(commit_change(world, "alice", Kind::kPassword, by_privilege(), {{Kind::kPassword, kNew}}),
                 Verdict::kDisabled);
}

CASE(change_uses_the_policy_of_the_domain) {
  World& world = pbx();
  DomainPut put;
  put.mode = PutMode::kSet;
  put.name = "a.example";
  world.settings->policies.push_back({"six", 6, 6, Alphabet::kDigits});
  put.policies = {{Kind::kVoicemail, "six"}};
  world.change([&](Write& write) { return put_domain(write, *world.settings, put, world.clock.now()); });
  assert_string_equal(begin_change(world, "alice", Kind::kVoicemail, {}).texts.at(0).c_str(),
                      "The new PIN must have exactly 6 digits.");
  expect_verdict(commit_change(world, "alice", Kind::kVoicemail, by_privilege(), {{Kind::kVoicemail, "1234567"}}),
                 Verdict::kRuleBroken);
  expect_verdict(commit_change(world, "alice", Kind::kVoicemail, by_privilege(), {{Kind::kVoicemail, "739154"}}),
                 Verdict::kGranted);
}

CASE(change_stores_the_normal_form) {
  World& world = pbx();
  commit_change(world, "alice", Kind::kPassword, by_privilege(), {{Kind::kPassword, "scho\xcc\x88nes langes Passwort"}});
  assert_true(opens(world, Kind::kPassword, "sch\xc3\xb6nes langes Passwort"));
  assert_true(opens(world, Kind::kPassword, "scho\xcc\x88nes langes Passwort"));
}

/// One grant, two commits at once: one wins, and what it stored stands.
CASE(change_by_one_grant_happens_once_when_two_come_at_once) {
  World& world = pbx();
  const Told proof = prove(world, "alice", Kind::kPassword, kOld, portal());
  const auto first =
      begin_commit(world, "alice", Kind::kPassword, by_grant(proof.grant), {{Kind::kPassword, kNew}}, portal());
  const auto second = begin_commit(world, "1001@a.example", Kind::kPassword, by_grant(proof.grant),
                                   {{Kind::kPassword, "another secret of length"}}, portal());
  world.pump_idle();
  expect_verdict(*first, Verdict::kGranted);
  expect_verdict(*second, Verdict::kRefused);
  assert_true(opens(world, Kind::kPassword, kNew));
}

CASE(change_begins_again_when_the_secret_changed_meanwhile) {
  World& world = pbx();
  auto write = ok(world.database.write());  // the settlement waits for this
  const auto told = begin_commit(world, "alice", Kind::kPassword, by_privilege(), {{Kind::kPassword, kNew}});
  const Account alice = world.account("alice");
  auto verifier = world.verifier("alice", Kind::kPassword);
  ++verifier->generation;
  ok(write.put_verifier(alice, *verifier));
  ok(write.commit());
  world.pump_idle();
  expect_verdict(*told, Verdict::kGranted);
  assert_true(opens(world, Kind::kPassword, kNew));
}

CASE(change_is_refused_when_the_grant_dies_while_it_is_hashed) {
  World& world = pbx();
  const Told proof = prove(world, "alice", Kind::kPassword, kOld, portal());
  auto write = ok(world.database.write());
  const auto told =
      begin_commit(world, "alice", Kind::kPassword, by_grant(proof.grant), {{Kind::kPassword, kNew}}, portal());
  Account alice = world.account("alice");
  ++alice.generation;  // an administrator changed the address, say
  ok(write.put_account(alice));
  ok(write.commit());
  world.pump_idle();
  expect_verdict(*told, Verdict::kRefused);
  assert_true(opens(world, Kind::kPassword, kOld));
}

CASE(change_that_cannot_be_stored_is_unavailable) {
  World& world = pbx();
  world.store.fail_commits(Code::kExhausted);
  const Told told = commit_change(world, "alice", Kind::kPassword, by_privilege(), {{Kind::kPassword, kNew}});
  expect_verdict(told, Verdict::kUnavailable);
  assert_true(told.account.empty() && told.change.empty());
  world.store.fail_commits(std::nullopt);
  world.pump_until([&] { return !world.engine->degraded(); });
  assert_true(opens(world, Kind::kPassword, kOld));
}

CASE(change_logs_no_secret) {
  World& world = pbx();
  commit_change(world, "alice", Kind::kPassword, by_privilege(), {{Kind::kPassword, kNew}});
  commit_change(world, "alice", Kind::kPassword, by_privilege(), {{Kind::kPassword, "short"}});
  assert_int_equal(world.log.count("result=changed"), 1);
  assert_int_equal(world.log.count(kNew) + world.log.count("short"), 0);
}

// ---- pam_acct_mgmt

CASE(account_status_tells_what_the_table_says) {
  World& world = pbx();
  expect_verdict(account_status(world, "bob", Kind::kPassword), Verdict::kUnknown);
  const Told told = account_status(world, "alice", Kind::kPassword);
  expect_verdict(told, Verdict::kGranted);
  assert_string_equal(told.account.c_str(), "1001@a.example");
  assert_string_equal(told.phase.c_str(), "closed");
  assert_true(told.change.empty() && told.texts.empty() && !told.grant);
  expect_verdict(account_status(world, "alice", Kind::kPassword, service({Kind::kVoicemail})), Verdict::kDenied);
  for (int i = 0; i < 5; ++i) login(world, "alice", Kind::kPassword, "wrong" + std::to_string(i));
  expect_verdict(account_status(world, "alice", Kind::kPassword), Verdict::kGranted);  // locked
  Account alice = world.account("alice");
  alice.enabled = false;
  world.save(alice);
  const Told disabled = account_status(world, "alice", Kind::kPassword);
  expect_verdict(disabled, Verdict::kDisabled);
  assert_true(disabled.account.empty());
}

CASE(account_status_of_a_kind_the_account_cannot_have_is_unknown) {
  World& world = pbx();
  world.add("root");
  expect_verdict(account_status(world, "alice", Kind::kAdmin), Verdict::kUnknown);  // R22
  expect_verdict(account_status(world, "root", Kind::kPassword), Verdict::kUnknown);
  expect_verdict(account_status(world, "root", Kind::kAdmin), Verdict::kGranted);
}

CASE(account_status_demands_a_change_of_what_the_door_takes) {
  World& world = pbx();
  SecretOptions options;
  options.must_change = true;
  world.set_secret("alice", Kind::kLogin, "778899", options);
  const Told told = account_status(world, "alice", Kind::kPhone);
  expect_verdict(told, Verdict::kGranted);
  assert_true(told.change == only(Kind::kLogin));
  assert_string_equal(told.texts.at(0).c_str(), "Your PIN must be changed before you go on.");
  assert_true(account_status(world, "alice", Kind::kPassword).change.empty());
  options.expires_at = world.clock.now();  // dead: nothing to change it with
  options.temporary = true;
  world.set_secret("alice", Kind::kLogin, "778899", options);
  assert_true(account_status(world, "alice", Kind::kPhone).change.empty());
}

CASE(account_status_keeps_to_the_domains_of_the_entry) {
  World& world = pbx();
  Access access = portal();
  access.domains = {"other.example"};
  expect_verdict(account_status(world, "alice", Kind::kPassword, access), Verdict::kUnknown);
}

}  // namespace

RUN_CASES(
    cmocka_unit_test(change_begin_says_what_is_changed_and_its_rules), cmocka_unit_test(change_begin_follows_the_door),
    cmocka_unit_test(change_begin_with_a_grant_names_the_kinds_of_the_grant),
    cmocka_unit_test(change_begin_of_nobody_disabled_or_a_kind_the_account_cannot_have),
    cmocka_unit_test(change_begin_is_denied_without_the_right),
    cmocka_unit_test(change_begin_keeps_to_the_domains_of_the_entry),
    cmocka_unit_test(change_by_proof_and_grant_sets_the_secret), cmocka_unit_test(change_ends_a_demand),
    cmocka_unit_test(change_forgets_the_failures_of_that_secret), cmocka_unit_test(change_of_two_kinds_stores_both),
    cmocka_unit_test(change_of_two_kinds_stores_neither_when_one_breaks_a_rule),
    cmocka_unit_test(change_must_change_something), cmocka_unit_test(change_lists_every_broken_rule),
    cmocka_unit_test(change_survives_four_broken_rules_and_not_five),
    cmocka_unit_test(change_by_grant_is_bound_to_the_peer), cmocka_unit_test(change_by_grant_is_bound_to_the_account),
    cmocka_unit_test(change_by_grant_is_bound_to_its_kinds),
    cmocka_unit_test(change_by_grant_dies_with_the_generation), cmocka_unit_test(change_by_grant_must_come_in_time),
    cmocka_unit_test(change_needs_a_proof), cmocka_unit_test(change_by_privilege_is_roots_alone),
    cmocka_unit_test(change_is_denied_to_an_entry_without_the_right),
    cmocka_unit_test(change_that_makes_no_sense_is_invalid), cmocka_unit_test(change_of_nobody_or_a_disabled_account),
    cmocka_unit_test(change_uses_the_policy_of_the_domain), cmocka_unit_test(change_stores_the_normal_form),
    cmocka_unit_test(change_by_one_grant_happens_once_when_two_come_at_once),
    cmocka_unit_test(change_begins_again_when_the_secret_changed_meanwhile),
    cmocka_unit_test(change_is_refused_when_the_grant_dies_while_it_is_hashed),
    cmocka_unit_test(change_that_cannot_be_stored_is_unavailable), cmocka_unit_test(change_logs_no_secret),
    cmocka_unit_test(account_status_tells_what_the_table_says),
    cmocka_unit_test(account_status_of_a_kind_the_account_cannot_have_is_unknown),
    cmocka_unit_test(account_status_demands_a_change_of_what_the_door_takes),
    cmocka_unit_test(account_status_keeps_to_the_domains_of_the_entry))
