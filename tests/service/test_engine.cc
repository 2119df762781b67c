// SPDX-License-Identifier: BSD-2-Clause
// Lanes, queues, workers and the writer, with use cases that do as they are told.
#include <map>
#include <string>

#include "service/world.h"

using namespace pbxcred;

namespace {

using Next = UseCase::Next;
using Settled = UseCase::Settled;

/// Holds threads until it is opened.
class Barrier {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  /// A thread arrives and stays until it is opened.
  void pass() {
    std::unique_lock lock(mutex_);
    ++arrived_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
  }
  /// Waits until so many have arrived.
  void await(int arrivals) {
    std::unique_lock lock(mutex_);
    const bool there =
        changed_.wait_for(lock, std::chrono::seconds(60), [&] { return arrived_ >= arrivals; });
    lock.unlock();
    if (!there) fail_msg("only %d threads arrived", arrived());
  }
  int arrived() {
    const std::lock_guard lock(mutex_);
    return arrived_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  int arrived_ = 0;
};

/// What became of the use cases of a case; outlives them.
struct Diary {
  std::mutex mutex;
  std::string text;  ///< one word for each thing that happened
  std::map<std::string, std::string> outcomes;

  void note(const std::string& word) {
    const std::lock_guard lock(mutex);
    text += word + " ";
  }
  std::string read() {
    const std::lock_guard lock(mutex);
    return text;
  }
  std::string outcome(const std::string& name) { return outcomes.count(name) == 0 ? "none" : outcomes[name]; }
};

/// A use case made of functions.
struct Plan {
  std::string name;
  std::optional<Lane> lane;
  Next next = Next::kSettle;
  Growth growth = Growth::kNone;
  bool quiet = false;
  std::function<Status()> prepare;
  std::function<Status()> compute;
  std::function<Result<Settled>(Write&)> settle;
};

class Planned final : public UseCase {
 public:
  Planned(Plan plan, std::shared_ptr<Diary> diary) : plan_(std::move(plan)), diary_(std::move(diary)) {}

  Result<std::optional<Lane>> lane(Read&) override { return plan_.lane; }
  Result<Next> prepare(Read&, Time) override {
    diary_->note("prepare:" + plan_.name);
    if (plan_.prepare) PBXCRED_CHECK(plan_.prepare());
    return plan_.next;
  }
  Status compute(HashArena&) override {
    diary_->note("compute:" + plan_.name);
    return plan_.compute ? plan_.compute() : Status();
  }
  Result<Settled> settle(Write& write, Time) override {
    diary_->note("settle:" + plan_.name);
    return plan_.settle ? plan_.settle(write) : Result<Settled>(Settled::kDone);
  }
  Growth growth() const override { return plan_.growth; }
  bool is_likely_quiet() const override { return plan_.quiet; }
  void finish(const Status& outcome) override {
    diary_->note("finish:" + plan_.name);
    diary_->outcomes[plan_.name] = outcome ? "done" : name_of(outcome.error().code);
  }

 private:
  Plan plan_;
  std::shared_ptr<Diary> diary_;
};

/// One case's engine and diary.
struct Stage {
  explicit Stage(Engine::Options options = World::default_options()) : world(fresh_world(options)) {}

  void submit(Plan plan, Share share = {}) {
    world.engine->submit(std::make_unique<Planned>(std::move(plan), diary), std::move(share));
  }
  void expect_outcome(const std::string& name, const std::string& wanted) {
    const std::string got = diary->outcome(name);
    if (got != wanted) fail_msg("%s ended %s, not %s", name.c_str(), got.c_str(), wanted.c_str());
  }
  std::string value(const std::string& name) {
    const auto found = ok(world.read().get<StrayCount>(key(name)));
    return found ? std::to_string(found->refusals) : "-";
  }
  static std::string key(const std::string& name) { return "Y" + name; }
  /// A settlement that puts a record of that name.
  static std::function<Result<Settled>(Write&)> putting(const std::string& name) {
    return [name](Write& write) -> Result<Settled> {
      write.put(key(name), StrayCount{1});
      return Settled::kDone;
    };
  }
  /// Keeps the writer busy until the barrier opens, so that what follows settles together.
  std::shared_ptr<Barrier> hold_writer() {
    auto barrier = std::make_shared<Barrier>();
    Plan plan;
    plan.name = "holder";
    plan.settle = [barrier](Write&) -> Result<Settled> {
      barrier->pass();
      return Settled::kDone;
    };
    submit(plan);
    barrier->await(1);
    return barrier;
  }
  void idle() { world.pump_idle(); }

  World& world;
  std::shared_ptr<Diary> diary = std::make_shared<Diary>();
};

Engine::Options with_workers(std::uint32_t workers, std::size_t capacity = 256) {
  Engine::Options options = World::default_options();
  options.workers = workers;
  options.capacity = capacity;
  return options;
}

Lane lane_of(std::uint8_t number) {
  Lane lane{};
  lane.fill(number);
  return lane;
}

Plan computing(const std::string& name, std::shared_ptr<Barrier> barrier = nullptr) {
  Plan plan;
  plan.name = name;
  plan.next = Next::kCompute;
  if (barrier) plan.compute = [barrier]() -> Status {
    barrier->pass();
    return {};
  };
  return plan;
}

// ---- steps

CASE(engine_takes_the_steps_in_order) {
  Stage stage;
  Plan plan = computing("a");
  plan.settle = Stage::putting("a");
  stage.submit(plan);
  stage.idle();
  assert_string_equal(stage.diary->read().c_str(), "prepare:a compute:a settle:a finish:a ");
  stage.expect_outcome("a", "done");
  assert_string_equal(stage.value("a").c_str(), "1");
}

CASE(engine_leaves_out_steps_that_prepare_does_not_ask_for) {
  Stage stage;
  Plan plan;
  plan.name = "settled";
  stage.submit(plan);
  stage.idle();
  plan.name = "finished";
  plan.next = Next::kFinish;
  stage.submit(plan);
  assert_true(stage.world.engine->idle());  // at once
  assert_string_equal(stage.diary->read().c_str(),
                      "prepare:settled settle:settled finish:settled prepare:finished finish:finished ");
}

CASE(engine_ends_a_use_case_at_its_first_error) {
  Stage stage;
  Plan plan = computing("prepare");
  plan.prepare = [] { return Status(Error{Code::kDenied, "no"}); };
  stage.submit(plan);
  plan = computing("compute");
  plan.compute = [] { return Status(Error{Code::kExhausted, "no memory"}); };
  stage.submit(plan);
  stage.idle();
  stage.expect_outcome("prepare", "denied");
  stage.expect_outcome("compute", "exhausted");
  assert_true(stage.diary->read().find("settle:") == std::string::npos);
  assert_true(stage.diary->read().find("compute:prepare") == std::string::npos);
  assert_false(stage.world.engine->degraded());
}

CASE(engine_answers_after_the_commit_only) {
  Stage stage;
  const auto holder = stage.hold_writer();
  Plan plan;
  plan.name = "a";
  plan.settle = Stage::putting("a");
  stage.submit(plan);
  stage.world.engine->deliver();
  stage.expect_outcome("a", "none");
  holder->open();
  stage.world.pump_until([&] { return stage.diary->outcome("a") != "none"; });
  assert_string_equal(stage.value("a").c_str(), "1");
}

// ---- lanes

CASE(engine_runs_one_of_a_lane_at_a_time) {
  Stage stage(with_workers(2));
  const auto barrier = std::make_shared<Barrier>();
  Plan first = computing("a1", barrier);
  first.lane = lane_of(1);
  Plan second = computing("a2");
  second.lane = lane_of(1);
  Plan third = second;
  third.name = "a3";
  Plan other = computing("b");
  other.lane = lane_of(2);
  stage.submit(first);
  barrier->await(1);
  stage.submit(second);
  stage.submit(third);
  stage.submit(other);
  stage.world.pump_until([&] { return stage.diary->outcome("b") != "none"; });  // another lane goes on
  assert_true(stage.diary->read().find("prepare:a2") == std::string::npos);
  barrier->open();
  stage.idle();
  const std::string text = stage.diary->read();
  assert_true(text.find("finish:a1") < text.find("prepare:a2"));
  assert_true(text.find("finish:a2") < text.find("prepare:a3"));
  for (const char* name : {"a1", "a2", "a3", "b"}) stage.expect_outcome(name, "done");
}

CASE(engine_frees_the_lane_after_an_error) {
  Stage stage;
  const auto barrier = std::make_shared<Barrier>();
  Plan first = computing("a1", barrier);
  first.lane = lane_of(1);
  first.settle = [](Write&) -> Result<Settled> { return Error{Code::kRefused, "no"}; };
  stage.submit(first);
  Plan second = computing("a2");
  second.lane = lane_of(1);
  second.prepare = [] { return Status(Error{Code::kNotFound, "gone"}); };
  stage.submit(second);
  Plan third = computing("a3");
  third.lane = lane_of(1);
  stage.submit(third);
  barrier->open();
  stage.idle();
  stage.expect_outcome("a1", "refused");
  stage.expect_outcome("a2", "not found");
  stage.expect_outcome("a3", "done");
}

CASE(engine_goes_through_a_long_lane) {
  Stage stage(with_workers(1, 100'000));
  const auto barrier = std::make_shared<Barrier>();
  Plan first = computing("first", barrier);
  first.lane = lane_of(1);
  stage.submit(first);
  for (int i = 0; i < 20'000; ++i) {
    Plan plan;
    plan.name = "x";
    plan.next = Next::kFinish;
    plan.lane = lane_of(1);
    stage.submit(plan);
  }
  barrier->open();
  stage.idle();
  stage.expect_outcome("x", "done");
}

// ---- capacity and shares

CASE(engine_is_busy_when_its_capacity_is_taken) {
  Stage stage(with_workers(1, 8));
  const auto barrier = std::make_shared<Barrier>();
  for (std::uint32_t uid = 0; uid < 8; ++uid)
    stage.submit(computing("u" + std::to_string(uid), barrier), {uid, "", false});
  stage.submit(computing("late"), {100, "", false});
  stage.expect_outcome("late", "busy");
  assert_true(stage.diary->read().find("prepare:late") == std::string::npos);  // nothing was evaluated
  const EngineStatus status = stage.world.engine->status();
  assert_int_equal(status.queued, 8);
  assert_int_equal(status.capacity, 8);
  assert_int_equal(status.busy, 1);
  barrier->open();
  stage.idle();
  for (std::uint32_t uid = 0; uid < 8; ++uid) stage.expect_outcome("u" + std::to_string(uid), "done");
  stage.submit(computing("later"), {100, "", false});
  stage.idle();
  stage.expect_outcome("later", "done");
  assert_int_equal(stage.world.engine->status().queued, 0);
}

CASE(engine_gives_one_uid_at_most_half) {
  Stage stage(with_workers(1, 16));
  const auto barrier = std::make_shared<Barrier>();
  for (int i = 0; i < 8; ++i) stage.submit(computing("one", barrier), {33, "", false});
  stage.submit(computing("ninth"), {33, "", false});
  stage.expect_outcome("ninth", "busy");
  stage.submit(computing("other"), {34, "", false});
  stage.expect_outcome("other", "none");  // waits its turn
  barrier->open();
  stage.idle();
  stage.expect_outcome("other", "done");
  stage.submit(computing("again"), {33, "", false});  // its places are free again
  stage.idle();
  stage.expect_outcome("again", "done");
}

CASE(engine_gives_one_source_at_most_half_of_its_uid) {
  Stage stage(with_workers(1, 16));
  const auto barrier = std::make_shared<Barrier>();
  for (int i = 0; i < 4; ++i) stage.submit(computing("attacker", barrier), {33, "192.0.2.1", false});
  stage.submit(computing("fifth"), {33, "192.0.2.1", false});
  stage.expect_outcome("fifth", "busy");
  stage.submit(computing("neighbour"), {33, "192.0.2.2", false});
  stage.submit(computing("behind another"), {34, "192.0.2.1", false});
  stage.submit(computing("without"), {33, "", false});
  barrier->open();
  stage.idle();
  for (const char* name : {"neighbour", "behind another", "without"}) stage.expect_outcome(name, "done");
  stage.submit(computing("again"), {33, "192.0.2.1", false});
  stage.idle();
  stage.expect_outcome("again", "done");
}

CASE(engine_never_turns_background_work_away) {
  Stage stage(with_workers(1, 4));
  const auto barrier = std::make_shared<Barrier>();
  for (int i = 0; i < 50; ++i) stage.submit(computing("bulk", barrier), {0, "", true});
  stage.expect_outcome("bulk", "none");
  stage.submit(computing("login"), {33, "", false});  // nor does it take others' places
  assert_int_equal(stage.world.engine->status().queued, 1);
  stage.expect_outcome("login", "none");
  barrier->open();
  stage.idle();
  stage.expect_outcome("bulk", "done");
  stage.expect_outcome("login", "done");
}

CASE(engine_keeps_half_of_the_workers_free_of_background_work) {
  Stage stage(with_workers(4));
  const auto barrier = std::make_shared<Barrier>();
  for (int i = 0; i < 6; ++i) stage.submit(computing("bulk", barrier), {0, "", true});
  barrier->await(2);
  for (int i = 0; i < 20; ++i) {
    const std::string name = "login" + std::to_string(i);
    stage.submit(computing(name), {33, "", false});
    stage.world.pump_until([&] { return stage.diary->outcome(name) != "none"; });
  }
  assert_int_equal(barrier->arrived(), 2);
  barrier->open();
  stage.idle();
  assert_int_equal(barrier->arrived(), 6);
}

CASE(engine_prefers_logins_to_background_work) {
  Stage stage(with_workers(1));
  const auto barrier = std::make_shared<Barrier>();
  stage.submit(computing("running", barrier), {33, "", false});
  barrier->await(1);
  stage.submit(computing("bulk1"), {0, "", true});
  stage.submit(computing("bulk2"), {0, "", true});
  stage.submit(computing("login"), {33, "", false});
  barrier->open();
  stage.idle();
  const std::string text = stage.diary->read();
  assert_true(text.find("compute:login") < text.find("compute:bulk1"));
  assert_true(text.find("compute:bulk1") < text.find("compute:bulk2"));
}

// ---- settling

void expect_one_commit(Growth growth) {
  Stage stage;
  const auto holder = stage.hold_writer();
  for (int i = 0; i < 5; ++i) {
    Plan plan;
    plan.name = "p" + std::to_string(i);
    plan.growth = growth;
    plan.settle = [i, &store = stage.world.store](Write& write) -> Result<Settled> {
      // Each sees what those before it put, and nobody else does yet.
      if (i > 0) {
        const std::string before = Stage::key("p" + std::to_string(i - 1));
        PBXCRED_TRY(auto seen, write.get<StrayCount>(before));
        if (!seen || store.snapshot()->count(before) > 0) return Error{Code::kInternal, "not together"};
      }
      write.put(Stage::key("p" + std::to_string(i)), StrayCount{1});
      return Settled::kDone;
    };
    stage.submit(plan);
  }
  holder->open();
  stage.idle();
  for (int i = 0; i < 5; ++i) stage.expect_outcome("p" + std::to_string(i), "done");
}

CASE(engine_settles_many_in_one_commit) {
  expect_one_commit(Growth::kNone);
  expect_one_commit(Growth::kSome);
}

CASE(engine_begins_again_when_asked_to) {
  Stage stage;
  const auto times = std::make_shared<int>(0);
  Plan plan = computing("a");
  plan.settle = [times](Write& write) -> Result<Settled> {
    if (++*times < 3) return Settled::kAgain;
    write.put(Stage::key("a"), StrayCount{1});
    return Settled::kDone;
  };
  stage.submit(plan);
  stage.idle();
  assert_string_equal(
      stage.diary->read().c_str(),
      "prepare:a compute:a settle:a prepare:a compute:a settle:a prepare:a compute:a settle:a finish:a ");
  stage.expect_outcome("a", "done");
  assert_string_equal(stage.value("a").c_str(), "1");
}

CASE(engine_gives_up_after_three_times) {
  Stage stage;
  Plan plan;
  plan.name = "a";
  plan.settle = [](Write&) -> Result<Settled> { return Settled::kAgain; };
  stage.submit(plan);
  stage.idle();
  stage.expect_outcome("a", "busy");
  assert_string_equal(stage.diary->read().c_str(),
                      "prepare:a settle:a prepare:a settle:a prepare:a settle:a finish:a ");
  assert_false(stage.world.engine->degraded());
}

CASE(engine_stays_in_the_lane_while_it_begins_again) {
  Stage stage;
  const auto holder = stage.hold_writer();
  const auto times = std::make_shared<int>(0);
  Plan first;
  first.name = "a1";
  first.lane = lane_of(1);
  first.settle = [times](Write&) -> Result<Settled> { return ++*times < 2 ? Settled::kAgain : Settled::kDone; };
  stage.submit(first);
  Plan second;
  second.name = "a2";
  second.lane = lane_of(1);
  stage.submit(second);
  holder->open();
  stage.idle();
  const std::string text = stage.diary->read();
  assert_true(text.find("finish:a1") < text.find("prepare:a2"));
}

/// Three settle together; the one in the middle fails.
void settle_with_culprit(Stage& stage, Growth growth, const std::function<Result<Settled>(Write&)>& culprit) {
  const auto holder = stage.hold_writer();
  for (const char* name : {"one", "two"}) {
    Plan plan;
    plan.name = name;
    plan.growth = growth;
    plan.settle = Stage::putting(name);
    stage.submit(plan);
    if (plan.name == "two") break;
    Plan bad;
    bad.name = "bad";
    bad.growth = growth;
    bad.settle = culprit;
    stage.submit(bad);
  }
  holder->open();
  stage.idle();
}

void expect_culprit_alone(const char* case_name, Code code, bool puts, Growth growth = Growth::kNone) {
  Stage stage;
  settle_with_culprit(stage, growth, [=](Write& write) -> Result<Settled> {
    if (puts) write.put(Stage::key("bad"), StrayCount{1});
    return Error{code, case_name};
  });
  stage.expect_outcome("bad", name_of(code));
  assert_string_equal(stage.value("bad").c_str(), "-");
  for (const char* name : {"one", "two"}) {
    stage.expect_outcome(name, "done");
    assert_string_equal(stage.value(name).c_str(), "1");
  }
  if (stage.world.engine->degraded() || stage.world.log.count("degraded") > 0)
    fail_msg("%s after a put: the whole daemon was degraded", name_of(code));
}

CASE(engine_refuses_one_that_refuses_itself_before_a_put) {
  for (Code code : {Code::kInvalid, Code::kRefused, Code::kDenied, Code::kNotFound, Code::kConflict, Code::kCorrupt,
                    Code::kInternal})
    expect_culprit_alone("before a put", code, false);
}

CASE(engine_undoes_one_that_fails_after_a_put_and_only_that) {
  for (Code code : {Code::kInvalid, Code::kRefused, Code::kDenied, Code::kNotFound, Code::kConflict, Code::kCorrupt,
                    Code::kInternal})
    expect_culprit_alone("after a put", code, true);
}

CASE(engine_undoes_one_of_several_that_grow_and_only_that) {
  for (Code code : {Code::kConflict, Code::kExhausted, Code::kUnavailable})
    expect_culprit_alone("after a put", code, true, Growth::kSome);
}

CASE(engine_runs_out_of_space_for_one_that_grows_alone) {
  Stage stage;
  Plan plan;
  plan.name = "import";
  plan.growth = Growth::kMuch;
  plan.settle = [](Write& write) -> Result<Settled> {
    write.put(std::string(600, 'x'), StrayCount{1});  // the store keeps this error
    return Settled::kDone;
  };
  stage.submit(plan);
  stage.idle();
  stage.expect_outcome("import", "invalid");
  assert_false(stage.world.engine->degraded());
}

CASE(engine_settles_what_grows_in_a_transaction_of_its_own) {
  Stage stage;
  const auto holder = stage.hold_writer();
  Plan small;
  small.name = "small";
  small.settle = Stage::putting("small");
  stage.submit(small);
  Plan large;
  large.name = "large";
  large.growth = Growth::kMuch;
  large.settle = [](Write& write) -> Result<Settled> {
    write.put(Stage::key("large"), StrayCount{1});
    return Error{Code::kConflict, "taken"};
  };
  stage.submit(large);
  holder->open();
  stage.idle();
  stage.expect_outcome("small", "done");
  stage.expect_outcome("large", "conflict");
  assert_string_equal(stage.value("large").c_str(), "-");
  // Nothing that failed beside it made the small one settle twice.
  assert_true(stage.diary->read().find("settle:small") == stage.diary->read().rfind("settle:small"));
}

// ---- degraded

CASE(engine_degrades_when_a_commit_fails) {
  Engine::Options options = World::default_options();
  options.probe_every = std::chrono::hours(1);
  Stage stage(options);
  stage.world.store.fail_commits(Code::kExhausted);
  Plan plan;
  plan.name = "a";
  plan.settle = Stage::putting("a");
  stage.submit(plan);
  stage.idle();
  stage.expect_outcome("a", "unavailable");  // whatever was decided
  assert_true(stage.world.engine->degraded());
  const EngineStatus status = stage.world.engine->status();
  assert_true(status.degraded && !status.reason.empty());
  assert_int_equal(stage.world.log.count("degraded"), 1);
  stage.diary->text.clear();
  stage.submit(computing("b"));
  stage.expect_outcome("b", "unavailable");
  assert_string_equal(stage.diary->read().c_str(), "finish:b ");  // not even prepared
  assert_true(stage.world.engine->idle());
}

CASE(engine_tells_nobody_in_the_lost_transaction_its_verdict) {
  Engine::Options options = World::default_options();
  options.probe_every = std::chrono::hours(1);
  Stage stage(options);
  const auto holder = stage.hold_writer();
  stage.world.store.fail_commits(Code::kUnavailable);
  Plan plan;
  plan.name = "counted";
  plan.settle = Stage::putting("counted");
  stage.submit(plan);
  plan.name = "refused";
  plan.settle = [](Write&) -> Result<Settled> { return Error{Code::kRefused, "wrong"}; };
  stage.submit(plan);
  plan.name = "again";
  plan.settle = [](Write&) -> Result<Settled> { return Settled::kAgain; };
  stage.submit(plan);
  holder->open();
  stage.idle();
  for (const char* name : {"counted", "refused", "again"}) stage.expect_outcome(name, "unavailable");
}

CASE(engine_evaluates_nothing_while_degraded) {
  Engine::Options options = with_workers(1);
  options.probe_every = std::chrono::hours(1);
  Stage stage(options);
  const auto barrier = std::make_shared<Barrier>();
  Plan laned = computing("running", barrier);
  laned.lane = lane_of(1);
  stage.submit(laned);
  barrier->await(1);
  stage.submit(computing("queued"));
  Plan waiting = computing("waiting");
  waiting.lane = lane_of(1);
  stage.submit(waiting);
  stage.world.store.fail_commits(Code::kUnavailable);
  Plan plan;
  plan.name = "a";
  plan.settle = Stage::putting("a");
  stage.submit(plan);
  stage.world.pump_until([&] { return stage.world.engine->degraded(); });
  barrier->open();
  stage.idle();
  for (const char* name : {"running", "queued", "waiting", "a"}) stage.expect_outcome(name, "unavailable");
  const std::string text = stage.diary->read();
  assert_true(text.find("compute:queued") == std::string::npos);
  assert_true(text.find("prepare:waiting") == std::string::npos);
  assert_true(text.find("settle:running") == std::string::npos);
}

CASE(engine_returns_after_a_probe_commit_succeeds) {
  Stage stage;  // probes every millisecond
  stage.world.store.fail_commits(Code::kUnavailable);
  Plan plan;
  plan.name = "a";
  plan.settle = Stage::putting("a");
  stage.submit(plan);
  stage.idle();
  stage.expect_outcome("a", "unavailable");
  assert_true(stage.world.engine->degraded());
  stage.world.store.fail_commits(std::nullopt);
  stage.world.pump_until([&] { return stage.world.log.count("no longer degraded") == 1; });
  assert_false(stage.world.engine->degraded());
  assert_true(stage.world.engine->status().reason.empty());
  stage.submit(plan);
  stage.idle();
  stage.expect_outcome("a", "done");
  assert_string_equal(stage.value("a").c_str(), "1");
}

CASE(engine_needs_no_commit_to_stay_well_when_nothing_changes) {
  Stage stage;
  stage.world.store.fail_commits(Code::kUnavailable);  // of changes
  Plan plan;
  plan.name = "a";
  stage.submit(plan);
  stage.idle();
  stage.expect_outcome("a", "done");
  assert_false(stage.world.engine->degraded());
}

CASE(engine_settles_what_changes_nothing_while_the_writer_is_at_work) {
  Stage stage(with_workers(1));  // in order
  stage.world.change([&](Write& write) -> Result<int> {
    write.put(Stage::key("before"), StrayCount{1});
    return 0;
  });
  const auto holder = stage.hold_writer();
  Plan reader = computing("reader");
  reader.quiet = true;
  reader.settle = [](Write& write) -> Result<Settled> {
    PBXCRED_TRY(auto seen, write.get<StrayCount>(Stage::key("before")));
    return seen ? Result<Settled>(Settled::kDone) : Error{Code::kInternal, "sees nothing"};
  };
  stage.submit(reader);
  stage.world.pump_until([&] { return stage.diary->outcome("reader") != "none"; });
  stage.expect_outcome("reader", "done");
  // One that was wrongly thought to change nothing is the writer's: nothing of it is lost, nothing is told too soon.
  Plan changer = computing("changer");
  changer.quiet = true;
  changer.settle = Stage::putting("changer");
  stage.submit(changer);
  reader.name = "after";
  stage.submit(reader);
  stage.world.pump_until([&] { return stage.diary->outcome("after") != "none"; });
  assert_true(stage.diary->read().find("settle:changer") != std::string::npos);
  stage.expect_outcome("changer", "none");
  holder->open();
  stage.idle();
  stage.expect_outcome("changer", "done");
  assert_string_equal(stage.value("changer").c_str(), "1");
}

// ---- the end

CASE(engine_stops_with_work_in_hand) {
  Stage stage(with_workers(1));
  const auto barrier = std::make_shared<Barrier>();
  Plan running = computing("running", barrier);
  running.lane = lane_of(1);
  stage.submit(running);
  barrier->await(1);
  Plan laned = computing("laned");
  laned.lane = lane_of(1);
  stage.submit(laned);
  stage.submit(computing("queued"));
  barrier->open();
  stage.world.engine.reset();
  for (const char* name : {"running", "laned", "queued"}) stage.expect_outcome(name, "none");
}

}  // namespace

RUN_CASES(cmocka_unit_test(engine_takes_the_steps_in_order),
          cmocka_unit_test(engine_leaves_out_steps_that_prepare_does_not_ask_for),
          cmocka_unit_test(engine_ends_a_use_case_at_its_first_error),
          cmocka_unit_test(engine_answers_after_the_commit_only),
          cmocka_unit_test(engine_runs_one_of_a_lane_at_a_time), cmocka_unit_test(engine_frees_the_lane_after_an_error),
          cmocka_unit_test(engine_goes_through_a_long_lane),
          cmocka_unit_test(engine_is_busy_when_its_capacity_is_taken),
          cmocka_unit_test(engine_gives_one_uid_at_most_half),
          cmocka_unit_test(engine_gives_one_source_at_most_half_of_its_uid),
          cmocka_unit_test(engine_never_turns_background_work_away),
          cmocka_unit_test(engine_keeps_half_of_the_workers_free_of_background_work),
          cmocka_unit_test(engine_prefers_logins_to_background_work),
          cmocka_unit_test(engine_settles_many_in_one_commit), cmocka_unit_test(engine_begins_again_when_asked_to),
          cmocka_unit_test(engine_gives_up_after_three_times),
          cmocka_unit_test(engine_stays_in_the_lane_while_it_begins_again),
          cmocka_unit_test(engine_refuses_one_that_refuses_itself_before_a_put),
          cmocka_unit_test(engine_undoes_one_that_fails_after_a_put_and_only_that),
          cmocka_unit_test(engine_undoes_one_of_several_that_grow_and_only_that),
          cmocka_unit_test(engine_runs_out_of_space_for_one_that_grows_alone),
          cmocka_unit_test(engine_settles_what_grows_in_a_transaction_of_its_own),
          cmocka_unit_test(engine_degrades_when_a_commit_fails),
          cmocka_unit_test(engine_tells_nobody_in_the_lost_transaction_its_verdict),
          cmocka_unit_test(engine_evaluates_nothing_while_degraded),
          cmocka_unit_test(engine_returns_after_a_probe_commit_succeeds),
          cmocka_unit_test(engine_needs_no_commit_to_stay_well_when_nothing_changes),
          cmocka_unit_test(engine_settles_what_changes_nothing_while_the_writer_is_at_work),
          cmocka_unit_test(engine_stops_with_work_in_hand))
