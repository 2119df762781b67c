// SPDX-License-Identifier: BSD-2-Clause
// Long work goes on without its client, stops when it is told to, and is written down.
#include <string>
#include <vector>

#include "service/commands.h"

using namespace pbxcred;

namespace {

/// A client that may go away.
class Client final : public AdminReply {
 public:
  void send(SecureBuffer packet) override {
    if (!gone) packets.push_back(std::move(packet));
  }
  bool has_room() const override { return true; }
  bool is_gone() const override { return gone; }

  bool gone = false;
  std::vector<SecureBuffer> packets;
};

struct Office {
  explicit Office(World& w) : world(w) {}

  template <Message M>
  std::shared_ptr<AdminTask> begin(const M& request, Fd file = {}) {
    client = std::make_shared<Client>();
    SecureBuffer packet;
    encode_packet(packet, request);
    return make_admin_task({world.engine.get(), world.context(), 1000, client}, edge, std::move(packet),
                           std::move(file));
  }
  /// Its client's packets of one type.
  template <Message M>
  std::vector<M> told() const {
    std::vector<M> rows;
    for (const SecureBuffer& packet : client->packets) {
      M row;
      if (decode_packet(packet.view(), row)) rows.push_back(std::move(row));
    }
    return rows;
  }
  JobView job(std::uint64_t id = 1) {
    const auto found = edge.jobs->find(id);
    if (!found) fail_msg("there is no job %d", static_cast<int>(id));
    return *found;
  }

  World& world;
  AdminEdge edge = test_edge();
  std::shared_ptr<Client> client;
};

Fd rows_of(int good, int bad = 0) {
  auto file = ok(RowFile::create());
  std::vector<std::string> extensions;
  for (int i = 0; i < good + bad; ++i) extensions.push_back(i < good ? std::to_string(1000 + i) : "not an extension");
  for (int i = 0; i < good + bad; ++i) {
    ImportRow row;
    row.file = "users.csv";
    row.line = static_cast<std::uint64_t>(i + 2);
    row.domain = "a.example";
    row.extension = extensions[static_cast<std::size_t>(i)];
    row.secrets.push_back({Kind::kPassword, {as_bytes("some password here")}});
    ok(file.append_message(row));
  }
  return ok(file.seal());
}
ImportRequest import_of(std::uint64_t rows, bool skip_bad = false, bool dry_run = false) {
  ImportRequest request;
  request.rows = rows;
  request.skip_bad = skip_bad;
  request.dry_run = dry_run;
  return request;
}
std::uint64_t users_of(World& world) {
  Read read = world.read();
  const auto domain = ok(read.find_domain("a.example"));
  return domain ? ok(read.count(domain->id)).users : 0;
}

CASE(job_goes_on_without_its_client) {
  Office office(fresh_world());
  const auto task = office.begin(import_of(300), rows_of(300));
  assert_true(task->is_job());
  task->step();
  assert_int_equal(office.told<Progress>().front().job, 1);
  assert_string_equal(office.job().state.c_str(), "running");
  office.client->gone = true;
  finish(office.world, *task);
  const JobView job = office.job();
  assert_string_equal(job.state.c_str(), "done");
  assert_string_equal(job.what.c_str(), "import");
  assert_int_equal(job.affected, 300);
  assert_int_equal(job.uid, 1000);
  assert_true(job.ended_at.has_value() && job.error.empty());
  assert_int_equal(users_of(office.world), 300);
  office.world.expect_sound();
}

CASE(job_that_fails_says_why_and_keeps_its_last_notes) {
  Office office(fresh_world());
  const auto task = office.begin(import_of(70), rows_of(10, 60));
  finish(office.world, *task);
  const JobView job = office.job();
  assert_string_equal(job.state.c_str(), "failed");
  assert_int_equal(job.failed, 60);
  assert_true(job.error.find("60 of 70") != std::string::npos);
  assert_int_equal(job.notes.size(), JobBook::kNotes);
  assert_int_equal(job.notes_dropped, 10);
  assert_string_equal(job.notes.back().where.c_str(), "users.csv:71");
  assert_true(job.notes.back().is_error);
}

CASE(job_cancelled_while_it_checks_changes_nothing) {
  Office office(fresh_world());
  const auto task = office.begin(import_of(300), rows_of(300));
  task->step();
  ok(office.edge.jobs->cancel(1));
  finish(office.world, *task);
  assert_string_equal(office.job().state.c_str(), "cancelled");
  assert_string_equal(office.job().error.c_str(), "cancelled; nothing was changed");
  const Done done = office.told<Done>().front();
  assert_true(!done.ok && done.code == Code::kRefused && done.affected == 0);
  assert_int_equal(users_of(office.world), 0);
}

CASE(job_cancelled_while_it_hashes_changes_nothing) {
  Office office(fresh_world());
  const auto task = office.begin(import_of(64), rows_of(64));
  while (!task->is_waiting()) task->step();
  ok(office.edge.jobs->cancel(1));
  finish(office.world, *task);
  assert_string_equal(office.job().state.c_str(), "cancelled");
  assert_int_equal(users_of(office.world), 0);
  assert_true(office.world.engine->idle());
}

CASE(job_cancelled_between_its_commits_keeps_what_was_committed_and_says_so) {
  Office office(fresh_world());
  const auto task = office.begin(import_of(600, true), rows_of(600));
  while (users_of(office.world) == 0) {
    if (task->is_waiting()) office.world.pump_until([&] { return !task->is_waiting() || task->is_done(); });
    else task->step();
  }
  const std::uint64_t committed = users_of(office.world);
  assert_true(committed < 600);
  ok(office.edge.jobs->cancel(1));
  finish(office.world, *task);
  assert_string_equal(office.job().state.c_str(), "cancelled");
  assert_int_equal(office.job().affected, committed);
  assert_true(office.job().error.find(std::to_string(committed) + " were done before") != std::string::npos);
  assert_int_equal(users_of(office.world), committed);
  office.world.expect_sound();
}

CASE(job_that_has_ended_is_not_cancelled) {
  Office office(fresh_world());
  const auto task = office.begin(import_of(1), rows_of(1));
  finish(office.world, *task);
  assert_true(office.edge.jobs->cancel(1).error().code == Code::kConflict);
  assert_true(office.edge.jobs->cancel(2).error().code == Code::kNotFound);
  assert_string_equal(office.job().state.c_str(), "done");
}

/// A dry run has nothing to leave behind; a generated secret is for who asked; one account is done at once.
CASE(job_is_only_what_is_worth_going_on_with) {
  Office office(fresh_world());
  office.world.add_domain("a.example");
  for (const char* name : {"1001@a.example", "1002@a.example"}) office.world.add(name);
  AccountAct act;
  act.action = AccountAct::Action::kDisable;
  act.selection = of_domain("a.example");
  SecretAct secret;
  secret.selection = of_domain("a.example");
  secret.action = SecretAct::Action::kGenerate;
  assert_false(office.begin(import_of(1, false, true), rows_of(1))->is_job());
  assert_false(office.begin(secret)->is_job());
  secret.action = SecretAct::Action::kClear;
  assert_true(office.begin(secret)->is_job());
  secret.dry_run = true;
  assert_false(office.begin(secret)->is_job());
  assert_true(office.begin(act)->is_job());
  act.dry_run = true;
  assert_false(office.begin(act)->is_job());
  act.dry_run = false;
  act.selection = users({"1001@a.example"});
  assert_false(office.begin(act)->is_job());
  assert_string_equal(office.job(1).what.c_str(), "secret clear password");
  assert_string_equal(office.job(2).what.c_str(), "user disable");
}

CASE(job_over_a_selection_stops_between_its_pages) {
  Office office(fresh_world());
  office.world.add_domain("a.example");
  for (int i = 0; i < 200; ++i) office.world.add(std::to_string(1000 + i) + "@a.example");
  AccountAct act;
  act.action = AccountAct::Action::kRemove;
  act.selection = of_domain("a.example");
  const auto task = office.begin(act);
  task->step();
  office.world.pump_until([&] { return !task->is_waiting(); });
  ok(office.edge.jobs->cancel(1));
  finish(office.world, *task);
  assert_string_equal(office.job().state.c_str(), "cancelled");
  assert_int_equal(office.job().affected, 64);
  assert_int_equal(users_of(office.world), 136);
}

CASE(job_book_keeps_the_last_and_all_that_run) {
  Office office(fresh_world());
  const auto first = office.begin(import_of(1), rows_of(1));
  for (std::size_t i = 0; i < JobBook::kKept + 20; ++i) {
    const auto task = office.begin(import_of(1), rows_of(0, 1));
    finish(office.world, *task);
  }
  const auto jobs = office.edge.jobs->list();
  assert_int_equal(jobs.size(), JobBook::kKept + 1);
  assert_int_equal(jobs.front().job, 1);
  assert_string_equal(jobs.front().state.c_str(), "running");
  assert_int_equal(jobs.back().job, JobBook::kKept + 21);
  assert_true(jobs.back().notes.empty());  // a list has none
  finish(office.world, *first);
}

CASE(job_texts_are_bounded_in_whole_characters) {
  Office office(fresh_world());
  auto reply = office.edge.jobs->begin("x", 0, 0, office.world.clock, std::make_shared<Client>());
  std::string longest(JobBook::kNoteBytes - 1, 'a');
  longest += "\xc3\xa9" + std::string(60000, 'b');
  reply->put(Note{true, longest, "why"});
  assert_string_equal(office.job().notes.front().where.c_str(), std::string(JobBook::kNoteBytes - 1, 'a').c_str());
}

CASE(job_list_show_and_cancel_are_commands) {
  Office office(fresh_world());
  const auto task = office.begin(import_of(300), rows_of(300));
  task->step();
  expect_result(command(office.world, JobAct{1}, {}, office.edge), "ok 1 0");
  finish(office.world, *task);
  expect_result(command(office.world, JobAct{1}, {}, office.edge), "conflict 0 0");
  expect_result(command(office.world, JobAct{7}, {}, office.edge), "not found 0 0");
  const Answers all = command(office.world, JobQuery{}, {}, office.edge);
  expect_result(all, "ok 1 0");
  assert_string_equal(all.rows<JobView>().front().state.c_str(), "cancelled");
  expect_result(command(office.world, JobQuery{1}, {}, office.edge), "ok 1 0");
  expect_result(command(office.world, JobQuery{2}, {}, office.edge), "not found 0 0");
}

}  // namespace

RUN_CASES(cmocka_unit_test(job_goes_on_without_its_client),
          cmocka_unit_test(job_that_fails_says_why_and_keeps_its_last_notes),
          cmocka_unit_test(job_cancelled_while_it_checks_changes_nothing),
          cmocka_unit_test(job_cancelled_while_it_hashes_changes_nothing),
          cmocka_unit_test(job_cancelled_between_its_commits_keeps_what_was_committed_and_says_so),
          cmocka_unit_test(job_that_has_ended_is_not_cancelled),
          cmocka_unit_test(job_is_only_what_is_worth_going_on_with),
          cmocka_unit_test(job_over_a_selection_stops_between_its_pages),
          cmocka_unit_test(job_book_keeps_the_last_and_all_that_run),
          cmocka_unit_test(job_texts_are_bounded_in_whole_characters),
          cmocka_unit_test(job_list_show_and_cancel_are_commands))
