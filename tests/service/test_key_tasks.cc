// SPDX-License-Identifier: BSD-2-Clause
// A key comes, the records follow, a key goes: while others sign in, change and import.
#include <algorithm>
#include <fstream>

#include "model/views.h"
#include "service/commands.h"
#include "service/key_keeper.h"
#include "service/key_tasks.h"
#include "service/requests.h"
#include "support/both_stores.h"

using namespace pbxcred;

namespace {

constexpr const char* kPassword = "correct horse battery staple";

/// A world with a ring of its own, in a file.
struct Keys {
  RingFile file;
  World& world;
  std::unique_ptr<KeyKeeper> keeper;

  explicit Keys(int users = 3) : world(fresh_world(World::default_options(), share(file.load()))) {
    world.add_domain("acme.example");
    for (int i = 0; i < users; ++i) {
      const std::string name = std::to_string(1000 + i) + "@acme.example";
      world.add(name);
      world.set_secret(name, Kind::kPassword, kPassword);
      world.set_secret(name, Kind::kVoicemail, "482915");
    }
    begin();
  }
  /// A daemon's start.
  void begin() {
    world.start();
    keeper = std::make_unique<KeyKeeper>(*world.engine, world.log, KeyPlace{file.path, geteuid(), getegid()});
    keeper->resume();
  }
  AdminEdge edge() {
    AdminEdge edge = test_edge();
    edge.keys = keeper.get();
    return edge;
  }
  Answers rotate() { return command(world, KeyRotate{}, {}, edge()); }
  Answers retire(std::uint32_t id) {
    KeyRetire request;
    request.id = id;
    return command(world, request, {}, edge());
  }
  /// "1: 23 needed" a line.
  std::string list() {
    std::string text;
    const Answers answers = command(world, KeyQuery{}, {}, edge());
    for (const KeyView& key : answers.rows<KeyView>())
      text += std::to_string(key.id) + ": " + (key.records > 0 ? "some" : "no") + " records, " + key.state + "\n";
    return text;
  }
  KeyUse use() {
    Read read = world.read();
    KeyUse use;
    std::optional<std::string> from = "";
    while (from) from = ok(count_key_use(read, *from, 7, use));
    return use;
  }
  void expect_only(std::uint32_t id) {
    for (const auto& [key, records] : use())
      if (key != id) fail_msg("%u records need key %u", static_cast<unsigned>(records), key);
  }
  void expect_signs_in(const std::string& name = "1001@acme.example") {
    expect_outcome(login(world, name, Kind::kPassword, kPassword), Outcome::kGranted);
    expect_outcome(login(world, name, Kind::kVoicemail, "482915"), Outcome::kGranted);
    expect_outcome(login(world, name, Kind::kPassword, "wrong"), Outcome::kWrong);
  }
};

void expect_text(const std::string& got, const char* wanted) { assert_string_equal(got.c_str(), wanted); }

CASE(key_rotate_brings_every_record_under_the_new_key) {
  Keys keys(200);  // some batches
  expect_text(keys.list(), "1: some records, current\n");
  expect_result(keys.rotate(), "ok 1 0");
  keys.world.pump_idle();
  assert_int_equal(keys.world.log.count("all records are under key 2"), 1);
  keys.expect_only(2);
  keys.expect_signs_in();
  keys.world.expect_sound();
  expect_text(keys.list(), "1: no records, may be retired\n2: some records, current\n");
  assert_int_equal(keys.file.load().current_id(), 2);
}

CASE(key_retire_takes_a_key_away_when_nobody_needs_it) {
  Keys keys;
  expect_result(keys.retire(1), "conflict 0 0");  // current
  expect_result(keys.retire(7), "not found 0 0");
  expect_result(keys.rotate(), "ok 1 0");
  keys.world.pump_idle();
  expect_result(keys.retire(1), "ok 1 0");
  assert_false(keys.world.database.ring()->has(1));
  assert_int_equal(keys.file.load().keys().size(), 1);
  keys.expect_signs_in();
  keys.world.expect_sound();
  expect_result(keys.retire(2), "conflict 0 0");
}

struct Sink {
  std::string bytes;
  void append(Bytes more) { bytes += as_text(more); }
  void patch(std::size_t at, Bytes with) { bytes.replace(at, with.size(), as_text(with)); }
  std::size_t size() const { return bytes.size(); }
};

CASE(key_retire_refuses_while_a_mac_or_a_seal_needs_the_key) {
  Keys keys;
  const std::string key = secret_key(Table::kVerifier, keys.world.account("1001@acme.example").id, Kind::kPassword);
  const Verifier old = *keys.world.verifier("1001@acme.example", Kind::kPassword);
  const std::string old_value = raw_value(keys.world.store, key);
  expect_result(keys.rotate(), "ok 1 0");
  keys.world.pump_idle();
  const std::string new_value = raw_value(keys.world.store, key);
  Sink sink;
  encode(sink, old);
  // A seal of key 1 within a MAC of key 2: nothing of ours leaves that behind.
  for (const std::string& value : {old_value, seal_value(*keys.world.database.ring(), key, as_bytes(sink.bytes))}) {
    put_raw(keys.world.store, key, value);
    const Answers answers = keys.retire(1);
    expect_result(answers, "conflict 0 0");
    assert_true(answers.what().find("1 records") != std::string::npos);
    expect_text(keys.list(), "1: some records, needed\n2: some records, current\n");
    assert_true(keys.file.load().has(1) && keys.world.database.ring()->has(1));
  }
  put_raw(keys.world.store, key, new_value);
  expect_result(keys.retire(1), "ok 1 0");
}

CASE(key_retire_refuses_while_work_goes_on_that_began_with_the_key) {
  Keys keys;
  SharedRing held = keys.world.database.ring();  // as a use case between prepare and settle
  expect_result(keys.rotate(), "ok 1 0");
  keys.world.pump_idle();
  expect_result(keys.retire(1), "conflict 0 0");
  // What it made with the former key is put under the new one.
  HashArena arena;
  const Account account = keys.world.account("1002@acme.example");
  NewSecretWork work;
  work.kind = Kind::kLogin;
  work.clear = Secret(as_bytes("730291"));
  work.generation = 1;
  ok(hash_new_secret(arena, *held, {8, 1, 1}, account.id, work));
  assert_int_equal(work.hash->key_id, 1);
  keys.world.change([&](Write& write) -> Result<int> {
    PBXCRED_CHECK(store_new_secret(write, account, work, {}, keys.world.clock.now()));
    return 0;
  });
  keys.expect_only(2);
  held.reset();
  expect_result(keys.retire(1), "ok 1 0");
  expect_outcome(login(keys.world, "1002@acme.example", Kind::kLogin, "730291"), Outcome::kGranted);
}

CASE(key_rotate_does_not_stop_sign_ins_and_changes) {
  Keys keys(300);
  std::vector<std::shared_ptr<Told>> told;
  bool rotated = false;
  keys.keeper->rotate(keys.world.clock.now(), [&](const Status& outcome) {
    ok(outcome);
    rotated = true;
  });
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 20; ++i) {
      const std::string name = std::to_string(1000 + i * 13) + "@acme.example";
      told.push_back(begin_login(keys.world, ask(name, Kind::kPassword), kPassword));
      told.push_back(begin_commit(keys.world, name, Kind::kVoicemail, by_privilege(),
                                  {{Kind::kVoicemail, std::to_string(593817 + i * 10 + round)}}));
    }
    keys.world.pump_until([&] { return rotated; });
  }
  keys.world.pump_idle();
  for (const auto& one : told) expect_verdict(*one, Verdict::kGranted);
  keys.expect_only(2);
  keys.world.expect_sound();
  for (int i = 0; i < 20; ++i)
    expect_outcome(login(keys.world, std::to_string(1000 + i * 13) + "@acme.example", Kind::kVoicemail,
                         std::to_string(593817 + i * 10 + 2)),
                   Outcome::kGranted);
}

CASE(key_rotate_goes_on_after_every_batch_at_which_the_daemon_stopped) {
  for (int batches = 0;; ++batches) {
    Keys keys(60);
    keys.world.database.replace_ring(share(keys.file.rotate()));
    bool ended = false;
    for (int i = 0; i < batches && !ended; ++i)
      ended = keys.world.change([](Write& write) -> Result<bool> {
        PBXCRED_TRY(const Resealing state, reseal_some(write, 100));
        return state.done == state.total;
      });
    // Another start finds the new ring, and records of both keys.
    ok(keys.world.database.verify());
    keys.begin();
    keys.world.pump_idle();
    keys.expect_only(2);
    keys.world.expect_sound();
    keys.expect_signs_in();
    if (ended) break;
    if (batches > 100) fail_msg("%s", "it never ends");
  }
}

CASE(key_rotate_twice_ends_with_the_last_key) {
  Keys keys(300);
  bool first = false, second = false;
  keys.keeper->rotate(keys.world.clock.now(), [&](const Status& outcome) { first = outcome.ok(); });
  keys.keeper->rotate(keys.world.clock.now(), [&](const Status& outcome) { second = !outcome; });
  assert_true(second);  // busy: one at a time
  keys.world.pump_until([&] { return first; });
  keys.keeper->rotate(keys.world.clock.now(), [&](const Status& outcome) { second = !outcome; });
  keys.world.pump_until([&] { return !second; });
  keys.world.pump_idle();
  assert_int_equal(keys.world.database.ring()->current_id(), 3);
  keys.expect_only(3);
  expect_result(keys.retire(1), "ok 1 0");
  expect_result(keys.retire(2), "ok 1 0");
  keys.expect_signs_in();
}

CASE(key_rotate_leaves_what_does_not_open_and_says_so) {
  Keys keys;
  const std::string key = account_key(Table::kAccount, keys.world.account("1001@acme.example").id);
  std::string value = raw_value(keys.world.store, key);
  value[3] = static_cast<char>(value[3] ^ 1);
  put_raw(keys.world.store, key, value);
  expect_result(keys.rotate(), "ok 1 0");
  keys.world.pump_idle();
  assert_int_equal(keys.world.log.count("but 1 that do not open"), 1);
  assert_true(raw_value(keys.world.store, key) == value);
  expect_result(keys.retire(1), "conflict 0 0");
}

CASE(key_rotate_changes_nothing_when_the_file_is_another_ring_s) {
  Keys keys;
  const RingFile other;
  std::ifstream from(other.path, std::ios::binary);
  std::ofstream(keys.file.path, std::ios::binary | std::ios::trunc) << from.rdbuf();
  const Answers answers = keys.rotate();
  expect_result(answers, "conflict 0 0");
  assert_int_equal(keys.world.database.ring()->current_id(), 1);
  keys.expect_signs_in();
}

CASE(store_is_refused_with_a_ring_older_than_it) {
  Keys keys;
  const SharedRing before = share(keys.file.load());
  expect_result(keys.rotate(), "ok 1 0");
  keys.world.pump_idle();
  Database with_old(keys.world.store, before);
  const Status verified = with_old.verify();
  assert_true(!verified && verified.error().what.find("key 2") != std::string::npos);
}

}  // namespace

RUN_CASES(cmocka_unit_test(key_rotate_brings_every_record_under_the_new_key),
          cmocka_unit_test(key_retire_takes_a_key_away_when_nobody_needs_it),
          cmocka_unit_test(key_retire_refuses_while_a_mac_or_a_seal_needs_the_key),
          cmocka_unit_test(key_retire_refuses_while_work_goes_on_that_began_with_the_key),
          cmocka_unit_test(key_rotate_does_not_stop_sign_ins_and_changes),
          cmocka_unit_test(key_rotate_goes_on_after_every_batch_at_which_the_daemon_stopped),
          cmocka_unit_test(key_rotate_twice_ends_with_the_last_key),
          cmocka_unit_test(key_rotate_leaves_what_does_not_open_and_says_so),
          cmocka_unit_test(key_rotate_changes_nothing_when_the_file_is_another_ring_s),
          cmocka_unit_test(store_is_refused_with_a_ring_older_than_it))
