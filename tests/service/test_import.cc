// SPDX-License-Identifier: BSD-2-Clause
// import --mode add: whole or nothing, or what can be added; names, secrets, new domains.
#include <string>
#include <vector>

#include "model/views.h"
#include "service/commands.h"
#include "service/requests.h"

using namespace pbxcred;

namespace {

/// A row as a client would send it.
struct Line {
  std::string extension;
  std::string domain = "a.example";
  std::string password = {}, pin = {}, username = {}, number = {}, alternate_id = {}, problem = {};
};

Fd file_of(const std::vector<Line>& lines) {
  auto file = ok(RowFile::create());
  std::uint64_t number = 1;
  for (const Line& line : lines) {
    ImportRow row;
    row.file = "users.csv";
    row.line = ++number;
    row.problem = line.problem;
    row.domain = line.domain;
    row.extension = line.extension;
    if (!line.username.empty()) row.data.username = line.username;
    if (!line.number.empty()) row.data.numbers = std::vector<std::string_view>{line.number};
    if (!line.alternate_id.empty()) row.data.alternate_ids = std::vector<std::string_view>{line.alternate_id};
    if (!line.password.empty()) row.secrets.push_back({Kind::kPassword, {as_bytes(line.password)}});
    if (!line.pin.empty()) row.secrets.push_back({Kind::kVoicemail, {as_bytes(line.pin)}});
    ok(file.append_message(row));
  }
  return ok(file.seal());
}

enum Flags : unsigned { kPlain = 0, kDryRun = 1, kSkipBad = 2 };

Answers import(World& world, const std::vector<Line>& lines, unsigned flags = kPlain) {
  ImportRequest request;
  request.rows = lines.size();
  request.dry_run = (flags & kDryRun) != 0;
  request.skip_bad = (flags & kSkipBad) != 0;
  Answers answers = command(world, request, file_of(lines));
  world.expect_sound();
  return answers;
}

World& pbx(Engine::Options options = World::default_options()) {
  World& world = fresh_world(options);
  world.add_domain("a.example", "DE");
  return world;
}
bool known(World& world, const std::string& name) {
  Read read = world.read();
  return ok(find_account(read, {name, "", ""})).has_value();
}
void expect_note(const Answers& answers, const std::string& wanted) {
  if (answers.notes().find(wanted) == std::string::npos)
    fail_msg("no \"%s\" among\n%s", wanted.c_str(), answers.notes().c_str());
}
const std::vector<Line> kGood = {
    {.extension = "1001", .password = "correct horse battery", .pin = "482915", .username = "alice"},
    {.extension = "1002", .pin = "739154"},
    {.extension = "1003", .number = "030 123456"},
};

CASE(import_adds_users_with_their_secrets) {
  World& world = pbx();
  const Answers answers = import(world, kGood);
  expect_result(answers, "ok 3 0");
  expect_notes(answers, "");
  expect_outcome(login(world, "alice", Kind::kPassword, "correct horse battery"), Outcome::kGranted);
  expect_outcome(login(world, "1001", Kind::kVoicemail, "482915"), Outcome::kGranted);
  expect_outcome(login(world, "1002@a.example", Kind::kVoicemail, "739154"), Outcome::kGranted);
  expect_outcome(login(world, "1002@a.example", Kind::kPassword, "739154"), Outcome::kNotSet);  // R18
  assert_true(known(world, "030 123456"));
  const auto verifier = world.verifier("1002", Kind::kVoicemail);
  assert_true(!verifier->weak && !verifier->must_change && verifier->generation == 1);
  assert_int_equal(world.log.count("correct horse") + world.log.count("739154"), 0);
}

CASE(import_is_whole_or_nothing) {
  World& world = pbx();
  const auto before = world.store.snapshot();
  std::vector<Line> lines = kGood;
  lines.push_back({.extension = "10 04"});
  lines.push_back({.extension = "1005", .problem = "the line has too many columns"});
  const Answers answers = import(world, lines);
  expect_result(answers, "invalid 0 2");
  expect_note(answers, "!users.csv:5: an extension has 1 to 64");
  expect_note(answers, "!users.csv:6: the line has too many columns");
  assert_true(answers.what().find("2 of 5 lines are refused") != std::string::npos);
  assert_true(world.store.snapshot() == before);
}

CASE(import_with_skip_bad_adds_the_rest) {
  World& world = pbx();
  std::vector<Line> lines = kGood;
  lines.insert(lines.begin() + 1, {.extension = "10 04"});
  lines.push_back({.extension = "1005", .password = "a\tcontrol character in it"});
  const Answers answers = import(world, lines, kSkipBad);
  expect_result(answers, "ok 3 2");
  expect_note(answers, "!users.csv:3: ");
  expect_note(answers, "!users.csv:6: password: ");
  assert_true(known(world, "1003") && !known(world, "1005"));
}

CASE(import_dry_run_counts_what_would_happen_and_changes_nothing) {
  World& world = pbx();
  const auto before = world.store.snapshot();
  expect_result(import(world, kGood, kDryRun), "ok 3 0");
  std::vector<Line> lines = kGood;
  lines.push_back({.extension = "10 04"});
  lines.push_back({.extension = "2001", .domain = "new.example", .pin = "12"});
  const Answers answers = import(world, lines, kDryRun);
  expect_result(answers, "ok 4 1");
  expect_note(answers, "weak: voicemail too-short: 1 of them\n");
  expect_note(answers, "users.csv:6: the domain new.example would be made");
  assert_true(world.store.snapshot() == before);
  assert_true(known(world, "1001") == false);
}

CASE(import_keeps_weak_secrets_and_marks_them) {
  World& world = pbx();
  const Answers answers = import(world, {{.extension = "1001", .pin = "1111"},
                                         {.extension = "1002", .password = "short", .pin = "22"},
                                         {.extension = "1003", .pin = "482915"}});
  expect_result(answers, "ok 3 0");
  expect_note(answers, "weak: voicemail too-short: 2 of them, kept and marked weak");
  expect_note(answers, "weak: password too-short: 1 of them, kept and marked weak");
  assert_true(world.verifier("1001", Kind::kVoicemail)->weak);
  assert_true(world.verifier("1002", Kind::kPassword)->weak);
  assert_false(world.verifier("1003", Kind::kVoicemail)->weak);
  assert_int_equal(ok(world.read().count(world.account("1001").domain)).weak[1], 2);
  expect_outcome(login(world, "1001", Kind::kVoicemail, "1111"), Outcome::kGranted);
}

CASE(import_refuses_secrets_that_cannot_be_kept) {
  World& world = pbx();
  for (const Line& line : {Line{.extension = "1001", .pin = "12a4"}, Line{.extension = "1001", .pin = "\xd9\xa1\xd9\xa2"},
                           Line{.extension = "1001", .password = "\xff\xfe"},
                           Line{.extension = "1001", .password = std::string(1025, 'x')}}) {
    const Answers answers = import(world, {line});
    expect_result(answers, "invalid 0 1");
    assert_true(answers.notes().find(line.pin.empty() ? "password: " : "voicemail: ") != std::string::npos);
  }
}

CASE(import_names_conflicts_with_the_store) {
  World& world = pbx();
  AccountFields data;
  data.username = "alice";
  world.add("1001@a.example", data);
  const Answers answers = import(world, {{.extension = "1001"},
                                         {.extension = "2001", .username = "Alice"},
                                         {.extension = "2002", .alternate_id = "1001"},
                                         {.extension = "2003"}});
  expect_result(answers, "invalid 0 3");
  expect_note(answers, "!users.csv:2: the name 1001 belongs to another account");
  expect_note(answers, "!users.csv:3: the name Alice belongs to another account");
  expect_note(answers, "!users.csv:4: the name 1001 belongs to another account");
}

CASE(import_names_duplicates_within_the_file) {
  World& world = pbx();
  const Answers answers = import(world, {{.extension = "1001", .username = "alice"},
                                         {.extension = "1001"},
                                         {.extension = "1002", .username = "ALICE"},
                                         {.extension = "1003", .username = "1001"},
                                         {.extension = "1004"}},
                                 kSkipBad);
  expect_result(answers, "ok 2 3");
  for (const char* line : {"3", "4", "5"})
    expect_note(answers, std::string("!users.csv:") + line + ": a name of it is already used in users.csv:2");
  assert_true(known(world, "1004"));
}

/// What a dry run counts, the import does.
CASE(import_finds_every_conflict_before_it_begins) {
  const std::vector<Line> files[] = {
      {{.extension = "1001", .number = "1002"}, {.extension = "1002"}},
      {{.extension = "1002"}, {.extension = "1001", .number = "1002"}},
      {{.extension = "1001", .alternate_id = "bob"}, {.extension = "1002", .username = "bob"}},
      {{.extension = "1001"}, {.extension = "1001", .domain = "new.example", .username = "taken"}},
      {{.extension = "1001"}, {.extension = "5001", .domain = "new.example"}},
  };
  for (const std::vector<Line>& lines : files) {
    World& world = pbx();
    world.add_domain("b.example");
    AccountFields data;
    data.username = "taken";
    world.add("3001@b.example", data);
    data.username = "5001@new.example";
    world.add("3002@b.example", data);
    expect_result(import(world, lines, kDryRun), "ok 1 1");
    expect_result(import(world, lines), "invalid 0 1");
    const Answers answers = import(world, lines, kSkipBad);
    expect_result(answers, "ok 1 1");
    expect_note(answers, "!users.csv:3: ");
  }
}

CASE(import_makes_no_domain_that_gets_no_user) {
  World& world = pbx();
  const Answers answers =
      import(world, {{.extension = "1001"}, {.extension = "10 02", .domain = "typo.example"}}, kSkipBad);
  expect_result(answers, "ok 1 1");
  assert_true(answers.notes().find("typo.example is made") == std::string::npos);
  expect_result(command(world, DomainQuery{"typo.example"}), "not found 0 0");
}

CASE(import_takes_shared_numbers) {
  World& world = pbx();
  expect_result(import(world, {{.extension = "1001", .number = "030 123456"},
                               {.extension = "1002", .number = "+49 30 123456", .alternate_id = "desk"},
                               {.extension = "1003", .alternate_id = "desk"}}),
                "ok 3 0");
  assert_false(known(world, "desk"));
}

CASE(import_makes_domains_that_do_not_exist) {
  World& world = pbx();
  const Answers answers = import(world, {{.extension = "1001", .domain = "New.Example"},
                                         {.extension = "1002", .domain = "new.example"},
                                         {.extension = "1001"}});
  expect_result(answers, "ok 3 0");
  expect_note(answers, "users.csv:2: the domain new.example is made; its rollout phase is closed");
  assert_true(known(world, "1001@new.example") && known(world, "1002@new.example") && known(world, "1001@a.example"));
  // There now, it is not made again.
  const Answers again = import(world, {{.extension = "1003", .domain = "new.example"}});
  expect_result(again, "ok 1 0");
  expect_notes(again, "");
}

CASE(import_reaches_domains_by_their_aliases) {
  World& world = pbx();
  DomainPut put;
  put.mode = PutMode::kSet;
  put.name = "a.example";
  put.aliases = std::vector<std::string_view>{"alias.example"};
  expect_result(command(world, put), "ok 1 0");
  const Answers answers = import(world, {{.extension = "1001", .domain = "alias.example"}, {.extension = "1001"}}, kSkipBad);
  expect_result(answers, "ok 1 1");  // the same extension of the same domain
  expect_note(answers, "already used in users.csv:2");
}

CASE(import_without_a_domain_or_extension_is_refused) {
  World& world = pbx();
  expect_result(import(world, {{.extension = "1001", .domain = ""}}), "invalid 0 1");
  expect_result(import(world, {{.extension = ""}}), "invalid 0 1");
  expect_result(import(world, {{.extension = "1001", .domain = "not a domain"}}), "invalid 0 1");
}

CASE(import_of_nothing_adds_nothing) {
  World& world = pbx();
  expect_result(import(world, {}), "ok 0 0");
}

CASE(import_without_a_file_or_with_a_broken_one_is_invalid) {
  World& world = pbx();
  expect_result(command(world, ImportRequest{}), "invalid 0 0");
  auto file = ok(RowFile::create());
  ok(file.append(as_bytes("no packet")));
  expect_result(command(world, ImportRequest{}, ok(file.seal())), "invalid 0 0");
  auto wrong = ok(RowFile::create());
  ok(wrong.append_message(Done{}));
  expect_result(command(world, ImportRequest{}, ok(wrong.seal())), "invalid 0 0");
}

CASE(import_uses_the_policy_of_the_domain) {
  World& world = pbx();
  world.settings->policies.push_back({"four", 4, 4, Alphabet::kDigits});
  DomainPut put;
  put.mode = PutMode::kSet;
  put.name = "a.example";
  put.policies = {{Kind::kVoicemail, "four"}};
  expect_result(command(world, put), "ok 1 0");
  expect_notes(import(world, {{.extension = "1001", .pin = "4829"}}), "");
}

std::vector<Line> many(int count) {
  std::vector<Line> lines;
  for (int i = 0; i < count; ++i) lines.push_back({.extension = std::to_string(10000 + i), .pin = "482915"});
  return lines;
}

CASE(import_of_many_shows_progress_and_is_complete) {
  World& world = pbx();
  const Answers answers = import(world, many(700));
  expect_result(answers, "ok 700 0");
  bool checking = false;
  bool hashing = false;
  for (const Progress& progress : answers.rows<Progress>()) {
    checking |= progress.stage == "checking";
    hashing |= progress.stage == "hashing";
    assert_true(progress.done <= progress.total && progress.total == 700);
  }
  assert_true(checking && hashing);
  assert_int_equal(ok(world.read().count(world.account("10000").domain)).set[1], 700);
}

CASE(import_of_many_with_skip_bad_settles_in_parts) {
  World& world = pbx();
  std::vector<Line> lines = many(600);
  lines[10].extension = lines[5].extension;
  lines[590].extension = "no good";
  expect_result(import(world, lines, kSkipBad), "ok 598 2");
}

/// Runs an import until everything is checked and hashed, lets something happen, and runs it to its end.
template <class F>
Answers import_while(World& world, const std::vector<Line>& lines, unsigned flags, F happens) {
  ImportRequest request;
  request.rows = lines.size();
  request.skip_bad = (flags & kSkipBad) != 0;
  auto reply = std::make_shared<KeptReply>();
  SecureBuffer packet;
  encode_packet(packet, request);
  const auto task = make_admin_task({world.engine.get(), world.context(), 0, reply}, test_edge(), std::move(packet),
                                    file_of(lines));
  task->step();  // opens
  task->step();  // checks: there are fewer rows than a slice takes
  happens();
  finish(world, *task);
  return Answers(reply);
}

CASE(import_fails_whole_when_a_name_is_taken_meanwhile) {
  World& world = pbx();
  const Answers answers = import_while(world, kGood, kPlain, [&] { world.add("1002@a.example"); });
  expect_result(answers, "conflict 0 0");
  assert_true(answers.what().find("users.csv:3") != std::string::npos);
  assert_false(known(world, "alice"));
  assert_false(world.engine->degraded());
  world.expect_sound();
}

CASE(import_with_skip_bad_leaves_out_what_is_taken_meanwhile) {
  World& world = pbx();
  const Answers answers = import_while(world, kGood, kSkipBad, [&] { world.add("1002@a.example"); });
  expect_result(answers, "ok 2 1");
  expect_note(answers, "!users.csv:3: the name 1002 belongs to another account");
  world.expect_sound();
}

CASE(import_fails_when_its_new_domain_was_made_meanwhile) {
  World& world = pbx();
  const Answers answers = import_while(world, {{.extension = "1001", .domain = "new.example"}}, kPlain,
                                       [&] { world.add_domain("new.example"); });
  expect_result(answers, "conflict 0 0");
  world.expect_sound();
}

/// A use case in work until it is let go.
class Held final : public UseCase {
 public:
  explicit Held(std::shared_ptr<std::mutex> gate) : gate_(std::move(gate)) {}
  Result<Next> prepare(Read&, Time) override { return Next::kCompute; }
  Status compute(HashArena&) override {
    const std::lock_guard wait(*gate_);
    return {};
  }
  void finish(const Status&) override {}

 private:
  std::shared_ptr<std::mutex> gate_;
};

CASE(import_is_never_turned_away_because_others_wait) {
  Engine::Options options = World::default_options();
  options.capacity = 2;
  World& world = pbx(options);
  const auto gate = std::make_shared<std::mutex>();
  gate->lock();
  world.engine->submit(std::make_unique<Held>(gate), {1000, "", false});  // all that this uid may have
  ImportRequest request;
  request.rows = kGood.size();
  auto reply = std::make_shared<KeptReply>();
  SecureBuffer packet;
  encode_packet(packet, request);
  const auto task = make_admin_task({world.engine.get(), world.context(), 1000, reply}, test_edge(), std::move(packet),
                                    file_of(kGood));
  while (!task->is_done()) {
    if (task->is_waiting()) world.pump_until([&] { return !task->is_waiting(); });
    else task->step();
  }
  gate->unlock();
  world.pump_idle();
  expect_result(Answers(reply), "ok 3 0");
}

CASE(import_that_cannot_be_stored_adds_nothing) {
  World& world = pbx();
  const auto before = world.store.snapshot();
  world.store.fail_commits(Code::kExhausted);
  expect_result(import(world, kGood), "unavailable 0 0");
  assert_true(world.store.snapshot() == before);
}

}  // namespace

RUN_CASES(cmocka_unit_test(import_adds_users_with_their_secrets), cmocka_unit_test(import_is_whole_or_nothing),
          cmocka_unit_test(import_with_skip_bad_adds_the_rest),
          cmocka_unit_test(import_dry_run_counts_what_would_happen_and_changes_nothing),
          cmocka_unit_test(import_keeps_weak_secrets_and_marks_them),
          cmocka_unit_test(import_refuses_secrets_that_cannot_be_kept),
          cmocka_unit_test(import_names_conflicts_with_the_store),
          cmocka_unit_test(import_names_duplicates_within_the_file), cmocka_unit_test(import_finds_every_conflict_before_it_begins),
          cmocka_unit_test(import_makes_no_domain_that_gets_no_user), cmocka_unit_test(import_takes_shared_numbers),
          cmocka_unit_test(import_makes_domains_that_do_not_exist),
          cmocka_unit_test(import_reaches_domains_by_their_aliases),
          cmocka_unit_test(import_without_a_domain_or_extension_is_refused),
          cmocka_unit_test(import_of_nothing_adds_nothing),
          cmocka_unit_test(import_without_a_file_or_with_a_broken_one_is_invalid),
          cmocka_unit_test(import_uses_the_policy_of_the_domain),
          cmocka_unit_test(import_of_many_shows_progress_and_is_complete),
          cmocka_unit_test(import_of_many_with_skip_bad_settles_in_parts),
          cmocka_unit_test(import_fails_whole_when_a_name_is_taken_meanwhile),
          cmocka_unit_test(import_with_skip_bad_leaves_out_what_is_taken_meanwhile),
          cmocka_unit_test(import_fails_when_its_new_domain_was_made_meanwhile),
          cmocka_unit_test(import_is_never_turned_away_because_others_wait),
          cmocka_unit_test(import_that_cannot_be_stored_adds_nothing))
