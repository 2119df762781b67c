// SPDX-License-Identifier: BSD-2-Clause
// import --mode add: whole or nothing, or what can be added; names, secrets, new domains.
#include <string>
#include <vector>

#include "crypto/portable_verifier.h"
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
  std::string hash = {};  ///< of the password, or an exported verifier
  std::optional<std::string> first = {};
  KindSet cleared = {};
  std::string zone = {}, remark = {};
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
    if (!line.hash.empty()) row.hashes.push_back({Kind::kPassword, {as_bytes(line.hash)}});
    if (line.first) row.data.first = *line.first;
    row.cleared = line.cleared;
    row.timezone = line.zone;
    row.remark = line.remark;
    ok(file.append_message(row));
  }
  return ok(file.seal());
}

enum Flags : unsigned { kPlain = 0, kDryRun = 1, kSkipBad = 2 };

Answers import(World& world, const std::vector<Line>& lines, unsigned flags = kPlain, ImportRequest request = {}) {
  request.rows = lines.size();
  request.dry_run = (flags & kDryRun) != 0;
  request.skip_bad = (flags & kSkipBad) != 0;
  Answers answers = command(world, request, file_of(lines));
  world.expect_sound();
  return answers;
}

Answers update(World& world, const std::vector<Line>& lines, unsigned flags = kPlain) {
  ImportRequest request;
  request.mode = ImportMode::kUpdate;
  return import(world, lines, flags, request);
}
Answers sync(World& world, const std::vector<Line>& lines, unsigned flags = kPlain, std::uint64_t max_disable = 100) {
  ImportRequest request;
  request.mode = ImportMode::kSync;
  request.max_disable = max_disable;
  return import(world, lines, flags, request);
}
/// The counts that an import tells: "2 added, 1 changed, 0 unchanged".
std::string counts(std::uint64_t added, std::uint64_t changed, std::uint64_t unchanged) {
  return "added: " + std::to_string(added) + "\nchanged: " + std::to_string(changed) +
         "\nunchanged: " + std::to_string(unchanged) + "\n";
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
  expect_result(answers, "invalid 0 1");
  assert_true(answers.what().find("1 of 5 lines are refused; nothing would be imported") != std::string::npos);
  expect_result(import(world, lines, kDryRun | kSkipBad), "ok 4 1");
  expect_note(answers, "weak: voicemail too-short: 1 of them\n");
  expect_note(answers, "users.csv:6: the domain new.example is new");
  assert_true(world.store.snapshot() == before);
  assert_true(known(world, "1001") == false);
}

CASE(import_marks_weak_secrets_that_are_set_already) {
  World& world = pbx();
  const std::vector<Line> lines = {{.extension = "1001", .pin = "1111"}, {.extension = "1002", .pin = "482915"}};
  import(world, lines);
  ImportRequest request;
  request.mode = ImportMode::kUpdate;
  request.weak = WeakSecrets::kMustChange;
  expect_note(import(world, lines, kPlain, request), counts(0, 1, 1));
  assert_true(world.verifier("1001", Kind::kVoicemail)->must_change);
  assert_false(world.verifier("1002", Kind::kVoicemail)->must_change);
  expect_note(import(world, lines, kPlain, request), counts(0, 0, 2));
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
  for (const Line& line :
       {Line{.extension = "1001", .pin = "12a4"}, Line{.extension = "1001", .pin = "\xd9\xa1\xd9\xa2"},
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
  expect_note(answers, "!users.csv:2: 1001@a.example exists already; --mode update changes it");
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
    expect_result(import(world, lines, kDryRun), "invalid 0 1");
    expect_result(import(world, lines, kDryRun | kSkipBad), "ok 1 1");
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
  assert_true(answers.notes().find("typo.example is new") == std::string::npos);
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
  expect_note(answers, "users.csv:2: the domain new.example is new; its rollout phase is closed");
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
  const Answers answers =
      import(world, {{.extension = "1001", .domain = "alias.example"}, {.extension = "1001"}}, kSkipBad);
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
Answers import_while(World& world, const std::vector<Line>& lines, unsigned flags, F happens,
                     ImportRequest request = {}) {
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


// ---- update

CASE(import_updates_what_is_given_and_adds_the_rest) {
  World& world = pbx();
  import(world, kGood);
  const auto before = world.account("1001");
  const Answers answers = update(world, {{.extension = "1001", .first = "Ada"},
                                         {.extension = "1002", .username = "bob", .number = "030 7"},
                                         {.extension = "1003"},
                                         {.extension = "1004", .pin = "918273"}});
  expect_result(answers, "ok 3 0");
  expect_note(answers, counts(1, 2, 1));
  const auto after = world.account("1001");
  assert_true(after.first == "Ada" && after.username == "alice" && after.id == before.id);
  assert_true(after.generation == before.generation);
  assert_true(known(world, "bob") && known(world, "030 123456") && known(world, "1004"));
  expect_outcome(login(world, "alice", Kind::kPassword, "correct horse battery"), Outcome::kGranted);
  expect_outcome(login(world, "1004@a.example", Kind::kVoicemail, "918273"), Outcome::kGranted);
}

CASE(import_update_clears_what_is_cleared) {
  World& world = pbx();
  import(world,
         {{.extension = "1001",
           .password = "correct horse battery",
           .pin = "482915",
           .username = "alice",
           .first = "Ada"}});
  AccountFields nothing;
  const auto generation = world.account("1001").generation;
  Line line{.extension = "1001", .first = ""};
  line.cleared.add(Kind::kPassword);
  line.cleared.add(Kind::kLogin);  // never was: stays so
  expect_note(update(world, {line}), counts(0, 1, 0));
  assert_true(world.account("1001").first.empty() && world.account("1001").username == "alice");
  assert_true(world.account("1001").generation == generation + 1);
  const auto tombstone = world.verifier("1001", Kind::kPassword);
  assert_true(tombstone && !tombstone->hash && tombstone->generation == 2);
  assert_false(world.verifier("1001", Kind::kLogin).has_value());
  assert_true(world.verifier("1001", Kind::kVoicemail)->hash.has_value());
  expect_note(update(world, {line}), counts(0, 0, 1));
}

CASE(import_update_leaves_a_secret_that_matches_alone) {
  World& world = pbx();
  import(world, kGood);
  login(world, "1001@a.example", Kind::kVoicemail, "000000");
  const auto before = world.verifier("1001", Kind::kVoicemail);
  const auto generation = world.account("1001").generation;
  expect_note(update(world, {{.extension = "1001", .password = "correct horse battery", .pin = "482915"}}),
              counts(0, 0, 1));
  const auto after = world.verifier("1001", Kind::kVoicemail);
  assert_true(after->generation == before->generation && after->hash->salt == before->hash->salt);
  assert_true(world.account("1001").generation == generation);
  assert_int_equal(world.failures("1001", Kind::kVoicemail), 1);  // its locks stay, too
  expect_note(update(world, {{.extension = "1001", .password = "correct horse battery", .pin = "482916"}}),
              counts(0, 1, 0));
  assert_true(world.verifier("1001", Kind::kVoicemail)->generation == before->generation + 1);
  assert_true(world.verifier("1001", Kind::kPassword)->generation == 1);
  assert_true(world.account("1001").generation == generation + 1);
  assert_int_equal(world.failures("1001", Kind::kVoicemail), 0);
  expect_outcome(login(world, "1001@a.example", Kind::kVoicemail, "482916"), Outcome::kGranted);
}

CASE(import_update_makes_a_temporary_secret_stay) {
  World& world = pbx();
  import(world, {{.extension = "1001"}});
  SecretOptions options;
  options.temporary = true;
  options.expires_at = world.clock.now() + std::chrono::hours(1);
  world.set_secret("1001", Kind::kVoicemail, "482915", options);
  expect_note(update(world, {{.extension = "1001", .pin = "482915"}}), counts(0, 1, 0));
  assert_false(world.verifier("1001", Kind::kVoicemail)->temporary);
}

CASE(import_update_dry_run_counts_and_says_what_it_cannot_know) {
  World& world = pbx();
  import(world, kGood);
  const auto before = world.store.snapshot();
  Line cleared{.extension = "1002"};
  cleared.cleared.add(Kind::kVoicemail);
  const Answers answers = update(world, {{.extension = "1001", .pin = "111"}, cleared, {.extension = "1003"},
                                         {.extension = "1004"}}, kDryRun);
  expect_result(answers, "ok 2 0");
  expect_note(answers, counts(1, 1, 1));
  expect_note(answers, "to compare: 1 more: their secrets");
  expect_note(answers, "weak: voicemail too-short: 1 of them\n");
  assert_true(world.store.snapshot() == before);
}

CASE(import_update_checks_names) {
  World& world = pbx();
  import(world, kGood);
  const Answers answers = update(world, {{.extension = "1002", .username = "alice"},
                                         {.extension = "1003", .username = "carol"},
                                         {.extension = "1003"},
                                         {.extension = "1001", .username = "Carol"}}, kSkipBad);
  expect_result(answers, "ok 1 3");
  expect_note(answers, "!users.csv:2: the name alice belongs to another account");
  expect_note(answers, "!users.csv:4: a name of it is already used in users.csv:3");
  expect_note(answers, "!users.csv:5: a name of it is already used in users.csv:3");
  assert_true(known(world, "carol"));
}

CASE(import_update_changes_no_disabled_user_into_an_enabled_one) {
  World& world = pbx();
  import(world, kGood);
  Account account = world.account("1001");
  account.enabled = false;
  world.save(account);
  const Answers answers = update(world, {{.extension = "1001", .first = "Ada"}});
  expect_note(answers, "disabled: 1 users of the file are and stay so");
  assert_false(world.account("1001").enabled);
}

/// Lets something happen when all is hashed and nothing settled yet.
template <class F>
Answers update_while(World& world, const std::vector<Line>& lines, F happens) {
  ImportRequest request;
  request.rows = lines.size();
  request.mode = ImportMode::kUpdate;
  auto reply = std::make_shared<KeptReply>();
  SecureBuffer packet;
  encode_packet(packet, request);
  const auto task = make_admin_task({world.engine.get(), world.context(), 0, reply}, test_edge(), std::move(packet),
                                    file_of(lines));
  for (int i = 0; i < 3; ++i) task->step();  // opens, checks, begins to hash
  world.pump_idle();
  happens();
  finish(world, *task);
  return Answers(reply);
}

CASE(import_update_wins_over_a_change_made_meanwhile) {
  World& world = pbx();
  import(world, kGood);
  const Answers answers = update_while(world, {{.extension = "1001", .password = "a new one of the file"}}, [&] {
    world.set_secret("1001", Kind::kPassword, "a new one of the user");
    world.set_secret("1001", Kind::kPassword, "a newer one of the user");
  });
  expect_note(answers, counts(0, 1, 0));
  expect_outcome(login(world, "alice", Kind::kPassword, "a new one of the file"), Outcome::kGranted);
  assert_true(world.verifier("1001", Kind::kPassword)->generation == 4);
  world.expect_sound();
}

CASE(import_update_fails_whole_when_a_user_goes_meanwhile) {
  World& world = pbx();
  import(world, kGood);
  const Answers answers =
      update_while(world, {{.extension = "1002", .first = "Bob"}, {.extension = "1001", .first = "Ada"}}, [&] {
        AccountAct act;
        act.action = AccountAct::Action::kRemove;
        act.selection = users({"1001@a.example"});
        expect_result(command(world, act), "ok 1 0");
      });
  expect_result(answers, "conflict 0 0");
  assert_true(world.account("1002").first.empty());
}

// ---- sync

CASE(import_sync_disables_who_is_absent) {
  World& world = pbx();
  world.add_domain("b.example");
  world.add("1001@b.example");
  import(world, kGood);
  const auto generation = world.account("1002@a.example").generation;
  const Answers answers = sync(world, {{.extension = "1001"}, {.extension = "1004"}});
  expect_result(answers, "ok 3 0");
  expect_note(answers, counts(1, 0, 1) + "absent, disabled: 2\n");
  assert_true(world.account("1001@a.example").enabled && world.account("1004").enabled);
  assert_false(world.account("1002").enabled || world.account("1003").enabled);
  assert_true(world.account("1001@b.example").enabled);  // of no domain in the file
  assert_true(world.account("1002@a.example").generation == generation + 1);
  // Who is back is not enabled silently, and who is disabled is not counted again.
  const Answers again = sync(world, {{.extension = "1001"}, {.extension = "1002"}, {.extension = "1004"}});
  expect_note(again, "disabled: 1 users of the file are and stay so");
  expect_note(again, counts(0, 0, 3) + "absent, disabled: 0\n");
  assert_false(world.account("1002").enabled);
}

CASE(import_sync_disables_no_more_than_allowed) {
  World& world = pbx();
  std::vector<Line> lines;
  for (int i = 0; i < 40; ++i) lines.push_back({.extension = std::to_string(1000 + i)});
  import(world, lines);
  const auto before = world.store.snapshot();
  lines.resize(37);
  for (const unsigned flags : {kPlain, kDryRun, kSkipBad}) {
    const Answers answers = sync(world, lines, flags, 5);  // 5% of 40 are 2
    expect_result(answers, "refused 0 0");
    assert_true(answers.what() ==
                "3 of 40 users of these domains are absent from the file, and --max-disable allows 5%; "
                "nothing was done");
    assert_true(world.store.snapshot() == before);
  }
  ImportRequest number;
  number.mode = ImportMode::kSync;
  number.max_disable = 2;
  number.max_disable_is_percent = false;
  expect_result(import(world, lines, kPlain, number), "refused 0 0");
  number.max_disable = 3;
  expect_note(import(world, lines, kDryRun, number), "absent, disabled: 3\n");
  assert_true(world.store.snapshot() == before);
  lines.push_back({.extension = "1037"});
  expect_result(sync(world, lines, kPlain, 5), "ok 2 0");
}

CASE(import_sync_disables_nobody_when_a_line_is_refused) {
  World& world = pbx();
  import(world, kGood);
  const Answers answers =
      sync(world, {{.extension = "1001"}, {.extension = "1002", .problem = "unreadable"}}, kSkipBad);
  expect_result(answers, "ok 0 1");
  expect_note(answers, "sync: 1 lines are refused, so nobody is disabled");
  assert_true(world.account("1002").enabled && world.account("1003").enabled);
  expect_result(sync(world, {{.extension = "1001"}, {.extension = "1002", .problem = "unreadable"}}), "invalid 0 1");
}

CASE(import_sync_with_skip_bad_works_in_parts) {
  World& world = pbx();
  import(world, many(900));
  std::vector<Line> lines = many(900);
  lines.erase(lines.begin() + 100, lines.begin() + 700);
  const Answers answers = sync(world, lines, kSkipBad);
  expect_result(answers, "ok 600 0");
  expect_note(answers, counts(0, 0, 300) + "absent, disabled: 600\n");
  assert_int_equal(ok(world.read().count(world.account("10000").domain)).disabled, 600);
}

CASE(import_sync_knows_a_domain_by_its_alias) {
  World& world = pbx();
  DomainPut put;
  put.mode = PutMode::kSet;
  put.name = "a.example";
  put.aliases = std::vector<std::string_view>{"alias.example"};
  command(world, put);
  import(world, kGood);
  const Answers answers = sync(world, {{.extension = "1001"}, {.extension = "1002", .domain = "alias.example"}});
  expect_note(answers, "absent, disabled: 1\n");
  assert_false(world.account("1003").enabled);
}

// ---- weak secrets

CASE(import_can_have_weak_secrets_changed_or_refuse_them) {
  World& world = pbx();
  ImportRequest request;
  request.weak = WeakSecrets::kMustChange;
  const std::vector<Line> lines = {{.extension = "1001", .pin = "1111"}, {.extension = "1002", .pin = "482915"}};
  const Answers answers = import(world, lines, kPlain, request);
  expect_result(answers, "ok 2 0");
  expect_note(answers, "weak: voicemail too-short: 1 of them, kept, marked weak and to be changed");
  assert_true(world.verifier("1001", Kind::kVoicemail)->must_change && world.verifier("1001", Kind::kVoicemail)->weak);
  assert_false(world.verifier("1002", Kind::kVoicemail)->must_change);
  expect_outcome(login(world, "1001@a.example", Kind::kVoicemail, "1111"), Outcome::kMustChange);
  request.weak = WeakSecrets::kRefuse;
  const Answers refused = import(world, {{.extension = "1003", .pin = "1111"}, {.extension = "1004", .pin = "482915"}},
                                 kSkipBad, request);
  expect_result(refused, "ok 1 1");
  expect_note(refused, "!users.csv:2: voicemail: ");
  assert_true(!known(world, "1003") && known(world, "1004"));
}

// ---- hashes

constexpr const char* kBcrypt = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";  // U*U

CASE(import_takes_foreign_hashes_and_login_replaces_them) {
  World& world = pbx();
  const Answers answers = import(world, {{.extension = "1001", .hash = kBcrypt}});
  expect_result(answers, "ok 1 0");
  expect_note(answers, "foreign: password: 1 hashes of other systems; no rule can be checked on them");
  const auto imported = world.verifier("1001", Kind::kPassword);
  assert_true(imported->hash->scheme == HashScheme::kForeign && !imported->weak);
  expect_outcome(login(world, "1001@a.example", Kind::kPassword, kBcrypt), Outcome::kWrong);
  expect_outcome(login(world, "1001@a.example", Kind::kPassword, "U*V"), Outcome::kWrong);
  assert_true(world.verifier("1001", Kind::kPassword)->hash->scheme == HashScheme::kForeign);
  expect_outcome(login(world, "1001@a.example", Kind::kPassword, "U*U"), Outcome::kGranted);
  const auto replaced = world.verifier("1001", Kind::kPassword);
  assert_true(is_current(*replaced->hash, world.settings->hash) && replaced->generation == imported->generation + 1);
  expect_outcome(login(world, "1001@a.example", Kind::kPassword, "U*U"), Outcome::kGranted);
  expect_outcome(login(world, "1001@a.example", Kind::kPassword, "U*V"), Outcome::kWrong);
  assert_int_equal(ok(world.read().count(world.account("1001").domain)).set[0], 1);
  world.expect_sound();
  // The same file again, by night, does not bring the old hash back; another hash does.
  expect_note(update(world, {{.extension = "1001", .hash = kBcrypt}}), counts(0, 0, 1));
  assert_true(world.verifier("1001", Kind::kPassword)->generation == replaced->generation);
  expect_note(update(world, {{.extension = "1001", .hash = kBcrypt}}, kDryRun), counts(0, 0, 1));
  std::string other = kBcrypt;
  other.back() = 'X';
  expect_note(update(world, {{.extension = "1001", .hash = other}}), counts(0, 1, 0));
  expect_outcome(login(world, "1001@a.example", Kind::kPassword, "U*U"), Outcome::kWrong);
}

CASE(import_locks_foreign_hashes_as_others) {
  World& world = pbx();
  import(world, {{.extension = "1001", .hash = kBcrypt}});
  for (int i = 0; i < 5; ++i) login(world, "1001@a.example", Kind::kPassword, "guess " + std::to_string(i));
  expect_outcome(login(world, "1001@a.example", Kind::kPassword, "U*U"), Outcome::kLocked);
  assert_true(world.verifier("1001", Kind::kPassword)->hash->scheme == HashScheme::kForeign);
}

CASE(import_lets_a_foreign_secret_be_changed) {
  World& world = pbx();
  world.settings->policies[0].min_length = 3;
  import(world, {{.extension = "1001", .hash = kBcrypt}});
  const Told proof = prove(world, "1001@a.example", Kind::kPassword, "U*U");
  expect_verdict(proof, Verdict::kGranted);
  expect_verdict(
      commit_change(world, "1001@a.example", Kind::kPassword, by_grant(proof.grant), {{Kind::kPassword, "U*U"}}),
      Verdict::kRuleBroken);
  expect_verdict(commit_change(world, "1001@a.example", Kind::kPassword, by_grant(proof.grant),
                               {{Kind::kPassword, "a new secret"}}),
                 Verdict::kGranted);
  assert_false(world.verifier("1001", Kind::kPassword)->origin.has_value());
  expect_outcome(login(world, "1001@a.example", Kind::kPassword, "a new secret"), Outcome::kGranted);
}

CASE(import_in_clear_finds_a_foreign_secret_equal) {
  World& world = pbx();
  import(world, {{.extension = "1001", .hash = kBcrypt}});
  // It is found to be weak, too.
  expect_note(update(world, {{.extension = "1001", .password = "U*U"}}), counts(0, 1, 0));
  expect_note(update(world, {{.extension = "1001", .password = "U*U"}}), counts(0, 0, 1));
  assert_true(world.verifier("1001", Kind::kPassword)->weak);
  assert_true(world.verifier("1001", Kind::kPassword)->hash->scheme == HashScheme::kForeign);
  expect_note(update(world, {{.extension = "1001", .password = "U*V"}}), counts(0, 1, 0));
  assert_true(world.verifier("1001", Kind::kPassword)->hash->scheme == HashScheme::kArgon2id);
}

CASE(import_refuses_hashes_that_are_not_taken) {
  World& world = pbx();
  const std::string dear = std::string("$2a$15") + std::string(kBcrypt).substr(6);
  const Answers answers = import(world, {{.extension = "1001", .hash = dear},
                                         {.extension = "1002", .hash = "$1$salt$hash"},
                                         {.extension = "1003", .hash = "$6$short"},
                                         {.extension = "1004", .hash = "clear"},
                                         {.extension = "1005", .password = "correct horse battery", .hash = kBcrypt}});
  expect_result(answers, "invalid 0 5");
  expect_note(answers, "!users.csv:2: password: the hash costs more than is taken (bcrypt: 14)");
  expect_note(answers, "!users.csv:3: password: looks like a hash of another system, but of a form that is not taken");
  expect_note(answers, "!users.csv:4: password: the hash is malformed");
  expect_note(answers, "!users.csv:5: password: looks like a hash of another system");
  expect_note(answers, "!users.csv:6: password is given twice");
  assert_true(answers.notes().find("CCCC") == std::string::npos);
}

// ---- time zones, remarks

CASE(import_gives_a_new_domain_the_zone_of_its_mailboxes) {
  World& world = pbx();
  const Answers answers = import(world, {{.extension = "1", .domain = "new.example", .zone = "Europe/Berlin"},
                                         {.extension = "2", .domain = "new.example"},
                                         {.extension = "3", .domain = "new.example", .zone = "Europe/Berlin"},
                                         {.extension = "1", .domain = "mixed.example", .zone = "Europe/Berlin"},
                                         {.extension = "2", .domain = "mixed.example", .zone = "Europe/Paris"},
                                         {.extension = "1", .domain = "odd.example", .zone = "Mars/Base"},
                                         {.extension = "1", .zone = "Europe/Berlin", .remark = "something to know"}});
  expect_result(answers, "ok 7 0");
  expect_note(answers, "users.csv:2: the domain new.example is new, with the time zone Europe/Berlin; its rollout");
  expect_note(answers, "users.csv:5: the domain mixed.example is new; its rollout");
  expect_note(answers, "users.csv:7: there is no time zone Mars/Base; the domain odd.example keeps UTC");
  expect_note(answers,
              "users.csv:8: the mailboxes' time zone is Europe/Berlin, that of the domain a.example stays UTC");
  expect_note(answers, "users.csv:8: something to know");
  const auto zone = [&](const char* name) { return ok(world.read().find_domain(name))->timezone; };
  assert_true(zone("new.example") == "Europe/Berlin" && zone("mixed.example") == "UTC" && zone("a.example") == "UTC");
}

// ---- export

/// Rows of an export as lines to import.
std::vector<Line> exported(World& world, bool with_verifiers) {
  ExportRequest request;
  request.selection.all = true;
  request.with_verifiers = with_verifiers;
  const Answers answers = command(world, request);
  std::vector<Line> lines;
  for (const ImportRow& row : answers.rows<ImportRow>()) {
    Line line{.extension = std::string(row.extension), .domain = std::string(row.domain)};
    line.username = row.data.username.value_or("");
    if (row.data.first) line.first = std::string(*row.data.first);
    if (row.data.numbers) line.number = row.data.numbers->at(0);
    if (row.data.alternate_ids) line.alternate_id = row.data.alternate_ids->at(0);
    for (const NewSecret& one : row.hashes)
      if (one.kind == Kind::kPassword) line.hash = as_text(one.secret.bytes);
    assert_true(row.secrets.empty());
    lines.push_back(std::move(line));
  }
  return lines;
}

CASE(export_tells_every_user_and_no_secret) {
  World& world = pbx();
  import(world, kGood);
  world.add("root");
  ExportRequest request;
  request.selection.domain = "a.example";
  const Answers answers = command(world, request);
  expect_result(answers, "ok 3 0");
  for (const ImportRow& row : answers.rows<ImportRow>()) assert_true(row.hashes.empty() && row.secrets.empty());
  request.selection.domain = "none.example";
  expect_result(command(world, request), "not found 0 0");
  request.selection = {};
  expect_result(command(world, request), "invalid 0 0");
}

CASE(export_says_that_some_are_disabled) {
  World& world = pbx();
  import(world, kGood);
  Account account = world.account("1001");
  account.enabled = false;
  world.save(account);
  ExportRequest request;
  request.selection.all = true;
  expect_notes(command(world, request), "disabled: 1 of them are, which a CSV file cannot say\n");
}

CASE(export_with_verifiers_moves_users_whole) {
  World& world = pbx();
  import(world, {{.extension = "1001", .password = "correct horse battery", .username = "alice", .first = "Ada"},
                 {.extension = "1002", .hash = kBcrypt},
                 {.extension = "1003", .password = "x"},
                 {.extension = "1004"}});
  SecretOptions temporary;
  temporary.temporary = temporary.must_change = true;
  temporary.expires_at = world.clock.now() + std::chrono::hours(1);
  world.set_secret("1004", Kind::kPassword, "temporary thing", temporary);
  Line cleared{.extension = "1005", .password = "soon gone, soon gone"};
  import(world, {cleared});
  Line clear{.extension = "1005"};
  clear.cleared.add(Kind::kPassword);
  update(world, {clear});
  std::vector<Line> lines = exported(world, true);
  expect_note(update(world, lines), counts(0, 0, 5));  // what is there already changes nothing
  for (Line& line : lines) line.domain = "b.example", line.username = {};
  expect_result(import(world, lines), "ok 5 0");
  expect_outcome(login(world, "1001@b.example", Kind::kPassword, "correct horse battery"), Outcome::kGranted);
  expect_outcome(login(world, "1002@b.example", Kind::kPassword, "U*U"), Outcome::kGranted);
  assert_true(world.verifier("1003@b.example", Kind::kPassword)->weak);
  expect_outcome(login(world, "1004@b.example", Kind::kPassword, "temporary thing"), Outcome::kMustChange);
  const auto moved = world.verifier("1004@b.example", Kind::kPassword);
  assert_true(moved->temporary && moved->expires_at == temporary.expires_at);
  const auto tombstone = world.verifier("1005@b.example", Kind::kPassword);
  assert_true(tombstone && !tombstone->hash);
  world.expect_sound();
}

CASE(export_of_another_ring_is_refused_with_the_line) {
  World& world = pbx();
  import(world, {{.extension = "1001", .password = "correct horse battery"}});
  const KeyRing other = new_ring();
  Verifier verifier = *world.verifier("1001", Kind::kPassword);
  const PortableVerifier portable = ok(portable_of(test_ring(), world.account("1001").id, verifier));
  const SealBinding place{world.account("1001").id, Kind::kPassword, 1};
  verifier.generation = 1;
  verifier.hash = close_hash(other, *portable.described, portable.plain.view(), place);
  const std::string text = ok(export_verifier(other, place.account, verifier));
  const Answers answers = import(world, {{.extension = "1002", .hash = text}});
  expect_result(answers, "invalid 0 1");
  expect_note(answers, "!users.csv:2: password: the exported verifier does not open");
}

}  // namespace

RUN_CASES(cmocka_unit_test(import_adds_users_with_their_secrets),
          cmocka_unit_test(import_is_whole_or_nothing),
          cmocka_unit_test(import_with_skip_bad_adds_the_rest),
          cmocka_unit_test(import_dry_run_counts_what_would_happen_and_changes_nothing),
          cmocka_unit_test(import_marks_weak_secrets_that_are_set_already),
          cmocka_unit_test(import_keeps_weak_secrets_and_marks_them),
          cmocka_unit_test(import_refuses_secrets_that_cannot_be_kept),
          cmocka_unit_test(import_names_conflicts_with_the_store),
          cmocka_unit_test(import_names_duplicates_within_the_file),
          cmocka_unit_test(import_finds_every_conflict_before_it_begins),
          cmocka_unit_test(import_makes_no_domain_that_gets_no_user),
          cmocka_unit_test(import_takes_shared_numbers),
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
          cmocka_unit_test(import_that_cannot_be_stored_adds_nothing),
          cmocka_unit_test(import_updates_what_is_given_and_adds_the_rest),
          cmocka_unit_test(import_update_clears_what_is_cleared),
          cmocka_unit_test(import_update_leaves_a_secret_that_matches_alone),
          cmocka_unit_test(import_update_makes_a_temporary_secret_stay),
          cmocka_unit_test(import_update_dry_run_counts_and_says_what_it_cannot_know),
          cmocka_unit_test(import_update_checks_names),
          cmocka_unit_test(import_update_changes_no_disabled_user_into_an_enabled_one),
          cmocka_unit_test(import_update_wins_over_a_change_made_meanwhile),
          cmocka_unit_test(import_update_fails_whole_when_a_user_goes_meanwhile),
          cmocka_unit_test(import_sync_disables_who_is_absent),
          cmocka_unit_test(import_sync_disables_no_more_than_allowed),
          cmocka_unit_test(import_sync_disables_nobody_when_a_line_is_refused),
          cmocka_unit_test(import_sync_with_skip_bad_works_in_parts),
          cmocka_unit_test(import_sync_knows_a_domain_by_its_alias),
          cmocka_unit_test(import_can_have_weak_secrets_changed_or_refuse_them),
          cmocka_unit_test(import_takes_foreign_hashes_and_login_replaces_them),
          cmocka_unit_test(import_locks_foreign_hashes_as_others),
          cmocka_unit_test(import_lets_a_foreign_secret_be_changed),
          cmocka_unit_test(import_in_clear_finds_a_foreign_secret_equal),
          cmocka_unit_test(import_refuses_hashes_that_are_not_taken),
          cmocka_unit_test(import_gives_a_new_domain_the_zone_of_its_mailboxes),
          cmocka_unit_test(export_tells_every_user_and_no_secret),
          cmocka_unit_test(export_says_that_some_are_disabled),
          cmocka_unit_test(export_with_verifiers_moves_users_whole),
          cmocka_unit_test(export_of_another_ring_is_refused_with_the_line))
