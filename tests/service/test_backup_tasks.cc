// SPDX-License-Identifier: BSD-2-Clause
// store backup and key backup write what they are passed, if it is what they may write, and say when it failed.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include "crypto/key_backup.h"
#include "service/commands.h"
#include "service/key_keeper.h"
#include "service/requests.h"
#include "store/backup.h"
#include "support/both_stores.h"

using namespace pbxcred;

namespace {

constexpr const char* kPassphrase = "over the hills and far away";

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Fd new_file(const std::string& path, int how = O_RDWR, mode_t mode = 0600) {
  Fd fd(open(path.c_str(), how | O_CREAT | O_CLOEXEC, mode));
  if (fd) fchmod(fd.get(), mode);
  return fd;
}

/// A world with a ring in a file and some users.
struct Backups {
  RingFile ring;
  TempDir dir;
  World& world;
  std::unique_ptr<KeyKeeper> keeper;
  std::string path = dir.file("backup");

  Backups() : world(fresh_world(World::default_options(), share(ring.load()))) {
    world.add_domain("acme.example");
    for (int i = 0; i < 300; ++i) world.add(std::to_string(1000 + i) + "@acme.example");
    world.set_secret("1000@acme.example", Kind::kPassword, "correct horse battery staple");
    keeper = std::make_unique<KeyKeeper>(*world.engine, world.log, KeyPlace{ring.path, geteuid(), getegid()});
  }
  Answers store_backup(Fd fd) { return command(world, StoreBackup{}, std::move(fd)); }
  Answers key_backup(Fd fd, std::string_view passphrase = kPassphrase, std::uint32_t uid = geteuid()) {
    KeyBackup request;
    request.passphrase = SecretView{as_bytes(passphrase)};
    AdminEdge edge = test_edge();
    edge.keys = keeper.get();
    return command_of(uid, world, request, std::move(fd), edge);
  }
  Result<BackupSummary> read(const std::string& file) const {
    const Fd fd(open(file.c_str(), O_RDONLY | O_CLOEXEC));
    return read_backup(read_from(fd.get()), *world.database.ring(), nullptr,
                       [](std::uint64_t, std::uint64_t) { return Status(); });
  }
};

CASE(store_backup_writes_a_whole_backup_of_this_moment) {
  Backups backups;
  const Answers answers = backups.store_backup(new_file(backups.path));
  const auto summary = backups.read(backups.path);
  if (!summary) fail_msg("%s", summary.error().what.c_str());
  assert_int_equal(answers.done().affected, summary->records);
  assert_true(answers.done().ok && summary->records > 900);
  assert_string_equal(summary->header.program.c_str(), "1.2.3");
  assert_int_equal(backups.world.log.count("backup uid=1000 records="), 1);
  assert_true(answers.rows<Progress>().size() > 0);
}

CASE(store_backup_goes_on_beside_sign_ins) {
  Backups backups;
  auto reply = std::make_shared<KeptReply>();
  SecureBuffer packet;
  encode_packet(packet, StoreBackup{});
  const auto task = make_admin_task({backups.world.engine.get(), backups.world.context(), 1000, reply}, test_edge(),
                                    std::move(packet), new_file(backups.path));
  task->step();
  assert_true(task->is_waiting());
  expect_outcome(login(backups.world, "1000@acme.example", Kind::kPassword, "correct horse battery staple"),
                 Outcome::kGranted);
  finish(backups.world, *task);
  assert_true(backups.read(backups.path).ok());
}

CASE(store_backup_is_one_at_a_time_and_ends_when_its_client_has_gone) {
  Backups backups;
  auto reply = std::make_shared<KeptReply>();
  const auto begin = [&] {
    SecureBuffer packet;
    encode_packet(packet, StoreBackup{});
    return make_admin_task({backups.world.engine.get(), backups.world.context(), 1000, reply}, test_edge(),
                           std::move(packet), new_file(backups.path));
  };
  auto task = begin();
  task->step();
  expect_result(backups.store_backup(new_file(backups.dir.file("other"))), "busy 0 0");
  task.reset();
  // Its threads end by themselves; then the next may begin.
  for (;;) {
    const Answers again = backups.store_backup(new_file(backups.dir.file("other"), O_RDWR | O_TRUNC));
    if (again.done().ok) break;
    expect_result(again, "busy 0 0");
    std::this_thread::yield();
  }
  assert_true(backups.read(backups.dir.file("other")).ok());
}

struct Unfit {
  const char* words;
  std::function<Fd(const TempDir&)> make;
};

const Unfit kUnfit[] = {
    {"no file came", [](const TempDir&) { return Fd(); }},
    {"not a regular file", [](const TempDir& dir) { return Fd(open(dir.path().c_str(), O_RDONLY | O_CLOEXEC)); }},
    {"not a regular file", [](const TempDir&) { return Fd(open("/dev/null", O_RDWR | O_CLOEXEC)); }},
    {"is not empty",
     [](const TempDir& dir) {
       std::ofstream(dir.file("full")) << "x";
       return new_file(dir.file("full"));
     }},
    {"open to group or others", [](const TempDir& dir) { return new_file(dir.file("open"), O_RDWR, 0640); }},
    {"reading and writing", [](const TempDir& dir) { return new_file(dir.file("write"), O_WRONLY); }},
    {"reading and writing", [](const TempDir& dir) { return new_file(dir.file("read"), O_RDONLY); }},
    {"reading and writing", [](const TempDir& dir) { return new_file(dir.file("end"), O_RDWR | O_APPEND); }},
};

CASE(backups_are_written_into_what_is_fit_for_them_only) {
  Backups backups;
  for (const Unfit& unfit : kUnfit) {
    const TempDir here;
    for (const Answers& answers : {backups.store_backup(unfit.make(here)), backups.key_backup(unfit.make(TempDir()))}) {
      assert_string_equal(answers.result().c_str(), "invalid 0 0");
      if (answers.what().find(unfit.words) == std::string::npos) fail_msg("\"%s\" does not say \"%s\"", answers.what().c_str(), unfit.words);
    }
  }
}

CASE(backup_that_cannot_be_written_fails_and_says_why) {
  Backups backups;
  struct rlimit before {};
  getrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, SIG_IGN);
  struct rlimit small = before;
  small.rlim_cur = 1000;
  setrlimit(RLIMIT_FSIZE, &small);
  const Answers answers = backups.store_backup(new_file(backups.path));
  setrlimit(RLIMIT_FSIZE, &before);
  expect_result(answers, "exhausted 0 0");
  assert_true(answers.what().find("the file cannot be written") == 0);
  assert_int_equal(backups.world.log.count("result=\"the file cannot be written"), 1);
}

CASE(store_backup_of_a_damaged_store_fails) {
  Backups backups;
  const std::string key = account_key(Table::kAccount, backups.world.account("1007@acme.example").id);
  put_raw(backups.world.store, key, raw_value(backups.world.store, key) + "x");
  const Answers answers = backups.store_backup(new_file(backups.path));
  expect_result(answers, "corrupt 0 0");
  assert_true(answers.what().find("no backup was made") != std::string::npos);
  assert_false(backups.read(backups.path).ok());
}

// ---- the ring

CASE(key_backup_holds_the_ring) {
  Backups backups;
  expect_result(backups.key_backup(new_file(backups.path)), "ok 1 0");
  const std::string file = bytes_of(backups.path);
  const auto opened = open_key_backup(as_bytes(file), SecretView{as_bytes(kPassphrase)});
  assert_true(opened.ok());
  assert_true(as_text(opened->view()) == bytes_of(backups.ring.path));
  assert_true(file.find(bytes_of(backups.ring.path).substr(24, 16)) == std::string::npos);
  assert_string_equal(name_of(open_key_backup(as_bytes(file), SecretView{as_bytes("something else altogether")}).error().code),
                      "refused");
}

CASE(key_backup_is_for_root_and_the_daemons_user_alone) {
  Backups backups;
  expect_result(backups.key_backup(new_file(backups.path), kPassphrase, geteuid() + 1), "denied 0 0");
  expect_result(backups.key_backup(new_file(backups.path), kPassphrase, 65534), "denied 0 0");
  assert_true(bytes_of(backups.path).empty());
  assert_int_equal(backups.world.log.count("key backup uid=65534 result=\"the key ring is given to root"), 1);
  expect_result(backups.key_backup(new_file(backups.path), kPassphrase, 0), "ok 1 0");
}

CASE(key_backup_refuses_a_short_passphrase_and_a_ring_that_is_not_the_daemons) {
  Backups backups;
  expect_result(backups.key_backup(new_file(backups.path), "too short"), "invalid 0 0");
  assert_true(bytes_of(backups.path).empty());
  const RingFile other;
  {
    std::ofstream(backups.ring.path, std::ios::binary | std::ios::trunc) << bytes_of(other.path);
  }
  expect_result(backups.key_backup(new_file(backups.path)), "conflict 0 0");
  assert_true(bytes_of(backups.path).empty());
  // Each of these gave its turn back.
  {
    std::ofstream(backups.ring.path, std::ios::binary | std::ios::trunc);
  }
  expect_result(backups.key_backup(new_file(backups.path)), "corrupt 0 0");
}

}  // namespace

RUN_CASES(cmocka_unit_test(store_backup_writes_a_whole_backup_of_this_moment),
          cmocka_unit_test(store_backup_goes_on_beside_sign_ins),
          cmocka_unit_test(store_backup_is_one_at_a_time_and_ends_when_its_client_has_gone),
          cmocka_unit_test(backups_are_written_into_what_is_fit_for_them_only),
          cmocka_unit_test(backup_that_cannot_be_written_fails_and_says_why),
          cmocka_unit_test(store_backup_of_a_damaged_store_fails), cmocka_unit_test(key_backup_holds_the_ring),
          cmocka_unit_test(key_backup_is_for_root_and_the_daemons_user_alone),
          cmocka_unit_test(key_backup_refuses_a_short_passphrase_and_a_ring_that_is_not_the_daemons))
