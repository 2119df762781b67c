// SPDX-License-Identifier: BSD-2-Clause
// What the LMDB store does beyond the contract: its files, other processes, full maps, failing disks, broken files.
#include "store/lmdb_store.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "support/check.h"
#include "support/temp_dir.h"

using namespace pbxcred;

namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
constexpr std::uint64_t kMap = 64 * kMiB;
constexpr std::uint64_t kPage = 4096;

std::unique_ptr<LmdbStore> opened(const TempDir& dir, bool create, std::uint64_t map = kMap) {
  auto store = LmdbStore::open(dir.path(), map, create);
  if (!store) fail_msg("%s", store.error().what.c_str());
  return std::move(*store);
}

void expect_refused(const TempDir& dir, bool create, Code code, const char* words, std::uint64_t map = kMap) {
  const auto store = LmdbStore::open(dir.path(), map, create);
  if (store) fail_msg("opened, although: %s", words);
  if (store.error().what.find(words) == std::string::npos)
    fail_msg("\"%s\" does not say \"%s\"", store.error().what.c_str(), words);
  assert_string_equal(name_of(store.error().code), name_of(code));
}

std::string numbered(int i) {
  std::string text = std::to_string(i);
  return std::string(8 - text.size(), '0') + text;
}

Status put_one(Store& store, const std::string& key, const std::string& value, Space space = Space::kLeaveReserve) {
  PBXCRED_TRY(const auto write, store.write(space));
  write->put(as_bytes(key), as_bytes(value));
  return write->commit();
}

Status erase_one(Store& store, const std::string& key) {
  PBXCRED_TRY(const auto write, store.write());
  write->erase(as_bytes(key));
  return write->commit();
}

/// Puts entries numbered from 0, a hundred a transaction.
void fill(Store& store, int count, std::size_t value_size) {
  for (int i = 0; i < count;) {
    const auto write = std::move(*store.write());
    for (int end = std::min(count, i + 100); i < end; ++i)
      write->put(as_bytes(numbered(i)), as_bytes(std::string(value_size, 'v')));
    assert_true(write->commit().ok());
  }
}

std::string get(Store& store, const std::string& key) {
  const auto read = store.read();
  if (!read) return "!";
  const auto value = (*read)->get(as_bytes(key));
  if (!value) return "!";
  return value->value_or("-");
}

/// How many entries a walk finds; -1: it failed.
int walked(Store& store) {
  const auto read = std::move(*store.read());
  int count = 0;
  for (auto at = read->seek({}); at.ok(); at = read->next(), ++count)
    if (!*at) return count;
  return -1;
}

/// Runs in a child; its exit status, 255 if it died.
int in_child(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

/// What opening says in another process: 0 opened, otherwise 1 + code.
int open_elsewhere(const TempDir& dir) {
  return in_child([&] {
    const auto store = LmdbStore::open(dir.path(), kMap, false);
    return store ? 0 : 1 + static_cast<int>(store.error().code);
  });
}

std::string head_of(const TempDir& dir) {
  std::ifstream file(dir.file("store.mdb"), std::ios::binary);
  std::string head(2 * kPage, '\0');
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  return head;
}

}  // namespace

CASE(lmdb_store_is_made_once) {
  const TempDir dir;
  expect_refused(dir, false, Code::kNotFound, "is missing");
  assert_false(std::filesystem::exists(dir.file("store.mdb")));
  opened(dir, true);
  expect_refused(dir, true, Code::kConflict, "already");
  opened(dir, false);
  assert_int_equal(symlink("/nowhere", dir.file("link").c_str()), 0);
}

CASE(lmdb_store_is_made_in_spite_of_an_interrupted_attempt) {
  const TempDir dir;
  std::ofstream(dir.file("store.mdb.new")) << "half";
  assert_true(put_one(*opened(dir, true), "a", "1").ok());
  for (const auto& entry : std::filesystem::directory_iterator(dir.path()))
    assert_null(strstr(entry.path().c_str(), ".new"));
}

CASE(lmdb_store_refuses_a_missing_directory_and_a_tiny_map) {
  const TempDir dir;
  const auto store = LmdbStore::open(dir.file("none"), kMap, true);
  assert_true(!store && store.error().code == Code::kNotFound);
  expect_refused(dir, true, Code::kInvalid, "4 MiB", kMiB);
}

CASE(lmdb_store_makes_private_files_whatever_the_umask) {
  const TempDir dir;
  const mode_t before = umask(0);
  const auto store = LmdbStore::open(dir.path(), kMap, true);
  umask(before);
  assert_true(store.ok());
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(dir.path())) {
    struct stat info {};
    assert_int_equal(stat(entry.path().c_str(), &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    ++files;
  }
  assert_int_equal(files, 3);  // data, LMDB's lock, ours
}

CASE(lmdb_store_gives_no_descriptor_to_programs_it_starts) {
  const TempDir dir;
  const auto store = opened(dir, true);
  assert_true(store->reopen().ok());
  assert_true(put_one(*store, "a", "1").ok());
  int found = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    const std::string target = std::filesystem::read_symlink(entry.path(), gone);
    if (target.rfind(dir.path(), 0) != 0) continue;
    ++found;
    assert_true((fcntl(std::stoi(entry.path().filename()), F_GETFD) & FD_CLOEXEC) != 0);
  }
  assert_true(found >= 3);
}

CASE(lmdb_store_lets_one_process_in) {
  const TempDir dir;
  auto store = opened(dir, true);
  const int conflict = 1 + static_cast<int>(Code::kConflict);
  assert_int_equal(open_elsewhere(dir), conflict);
  expect_refused(dir, false, Code::kConflict, "another process");
  assert_true(store->reopen().ok());
  assert_int_equal(open_elsewhere(dir), conflict);
  assert_true(put_one(*store, "a", "1").ok());
  store.reset();
  assert_int_equal(open_elsewhere(dir), 0);
}

CASE(lmdb_store_keeps_what_was_acknowledged_when_killed) {
  const TempDir dir;
  opened(dir, true);
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  const Fd from(ends[0]);
  Fd to(ends[1]);
  const pid_t child = fork();
  if (child == 0) {
    const auto store = LmdbStore::open(dir.path(), kMap, false);
    for (int i = 0; store && put_one(**store, numbered(i), "v"); ++i)
      if (write(to.get(), &i, sizeof i) != sizeof i) break;
    _exit(1);
  }
  to.reset();
  int last = -1;
  while (last < 200 && read(from.get(), &last, sizeof last) == sizeof last) {
  }
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  while (read(from.get(), &last, sizeof last) == sizeof last) {
  }
  assert_true(last >= 200);
  const auto store = opened(dir, false);
  for (int i = 0; i <= last; ++i) assert_string_equal(get(*store, numbered(i)).c_str(), "v");
}

CASE(lmdb_store_writes_nothing_when_nothing_changed) {
  const TempDir dir;
  const auto store = opened(dir, true);
  assert_true(put_one(*store, "a", "1").ok());
  const std::string before = head_of(dir);
  assert_true((*store->write())->commit().ok());
  assert_true(erase_one(*store, "absent").ok());
  assert_true(head_of(dir) == before);
  assert_true(put_one(*store, "b", "2").ok());
  assert_true(head_of(dir) != before);
}

CASE(lmdb_store_refuses_a_cut_file) {
  const TempDir dir;
  fill(*opened(dir, true), 3000, 300);
  const std::string path = dir.file("store.mdb");
  const auto whole = std::filesystem::file_size(path);
  assert_true(whole > kMiB);
  std::filesystem::copy_file(path, dir.file("copy"));
  for (std::uint64_t size : {whole - kPage, whole - 1, whole / 2, 3 * kPage, 2 * kPage, kPage, std::uint64_t{200},
                             std::uint64_t{10}, std::uint64_t{0}}) {
    std::filesystem::copy_file(dir.file("copy"), path, std::filesystem::copy_options::overwrite_existing);
    std::filesystem::resize_file(path, size);
    expect_refused(dir, false, Code::kCorrupt, "is cut");
    assert_int_equal(std::filesystem::file_size(path), size);
  }
  std::filesystem::copy_file(dir.file("copy"), path, std::filesystem::copy_options::overwrite_existing);
  assert_int_equal(walked(*opened(dir, false)), 3000);
}

CASE(lmdb_store_refuses_a_file_cut_within_a_large_value) {
  const TempDir dir;
  {
    const auto store = opened(dir, true);
    // Leaves free pages for the tree, so that the large value comes last.
    for (int i = 0; i < 8; ++i) assert_true(put_one(*store, "a", std::to_string(i)).ok());
    assert_true(put_one(*store, "b", std::string(100'000, 'b')).ok());
  }
  const auto whole = std::filesystem::file_size(dir.file("store.mdb"));
  std::filesystem::resize_file(dir.file("store.mdb"), whole - 8 * kPage);
  expect_refused(dir, false, Code::kCorrupt, "is cut");
}

/// Pages that a transaction takes and frees again are never written: such a file is short and whole.
CASE(lmdb_store_opens_a_file_whose_last_pages_are_free) {
  const TempDir dir;
  const std::string path = dir.file("store.mdb");
  {
    const auto store = opened(dir, true);
    for (int i = 0; i < 50; ++i) assert_true(put_one(*store, numbered(i), std::string(300, 'v')).ok());
    const auto write = std::move(*store->write());
    write->put(as_bytes("large"), as_bytes(std::string(300'000, 'l')));
    write->erase(as_bytes("large"));
    write->put(as_bytes("small"), as_bytes("s"));
    assert_true(write->commit().ok());
  }
  const auto before = std::filesystem::file_size(path);
  {
    const auto store = opened(dir, false);
    assert_true(std::filesystem::file_size(path) > before);  // it was short, and was made whole
    assert_int_equal(walked(*store), 51);
    fill(*store, 2000, 300);
    assert_int_equal(walked(*store), 2001);
  }
  assert_int_equal(walked(*opened(dir, false)), 2001);
}

CASE(lmdb_store_refuses_another_kind_of_file) {
  const TempDir dir;
  const std::string path = dir.file("store.mdb");
  for (const std::string& content :
       {std::string(64 << 10, 'x'), std::string(64 << 10, '\0'), std::string("SQLite format 3")}) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
    expect_refused(dir, false, Code::kCorrupt, "no LMDB file");
  }
  std::filesystem::remove(path);
  std::filesystem::create_directory(path);
  assert_false(LmdbStore::open(dir.path(), kMap, false).ok());
  std::filesystem::remove(path);
  std::filesystem::create_symlink("elsewhere", path);
  expect_refused(dir, false, Code::kInvalid, "symbolic link");
  expect_refused(dir, true, Code::kConflict, "already");
}

CASE(lmdb_store_keeps_a_reserve_when_the_map_is_full) {
  const TempDir dir;
  const auto store = opened(dir, true, 8 * kMiB);
  int stored = 0;
  Status last;
  while (stored < 10'000 && (last = put_one(*store, numbered(stored), std::string(2000, 'v')))) ++stored;
  assert_false(last.ok());
  assert_string_equal(name_of(last.error().code), name_of(Code::kExhausted));
  assert_true(stored > 1500);  // most of the map can be used
  assert_true((*store->read())->stat()->bytes_used > 6 * kMiB);

  // Again and again: counters, new ones too, and erasing.
  for (int i = 0; i < 300; ++i) {
    const Status counted =
        put_one(*store, "ledger-" + std::to_string(i % 100), std::string(150, 'l'), Space::kUseReserve);
    if (!counted) fail_msg("%d: %s", i, counted.error().what.c_str());
  }
  assert_false(put_one(*store, "another", std::string(2000, 'v')).ok());
  for (int i = 0; i < stored; ++i)
    if (const Status erased = erase_one(*store, numbered(i)); !erased)
      fail_msg("%d: %s", i, erased.error().what.c_str());
  assert_int_equal((*store->read())->stat()->entries, 100);
  for (int i = 0; i < 1000; ++i)
    if (const Status put = put_one(*store, numbered(i), std::string(2000, 'v')); !put)
      fail_msg("%d: %s", i, put.error().what.c_str());
}

CASE(lmdb_store_keeps_a_reserve_from_one_large_transaction) {
  const TempDir dir;
  const auto store = opened(dir, true, 8 * kMiB);
  assert_true(put_one(*store, "ledger", "1").ok());
  {
    const auto write = std::move(*store->write());
    for (int i = 0; i < 10'000 && !write->error(); ++i)
      write->put(as_bytes(numbered(i)), as_bytes(std::string(2000, 'v')));
    assert_true(write->error().has_value());
    assert_true(write->error()->code == Code::kExhausted);
    assert_non_null(strstr(write->error()->what.c_str(), "raise store_size"));  // ours, not LMDB's
    assert_false(write->commit().ok());
  }
  assert_int_equal((*store->read())->stat()->entries, 1);
  assert_true(put_one(*store, "big", std::string(9 * kMiB, 'b')).error().code == Code::kExhausted);
  assert_true(put_one(*store, "big", std::string(9 * kMiB, 'b'), Space::kUseReserve).error().code == Code::kExhausted);
  assert_true(put_one(*store, "ledger", "2", Space::kUseReserve).ok());
  fill(*store, 1000, 2000);
  assert_int_equal(walked(*store), 1001);
}

/// A file that may not grow stands for a full disk.
CASE(lmdb_store_loses_nothing_when_a_commit_fails) {
  const TempDir dir;
  const auto store = opened(dir, true);
  fill(*store, 500, 300);
  signal(SIGXFSZ, SIG_IGN);
  struct rlimit before {};
  getrlimit(RLIMIT_FSIZE, &before);
  struct rlimit tight = before;
  tight.rlim_cur = std::filesystem::file_size(dir.file("store.mdb")) + 5 * kPage;
  setrlimit(RLIMIT_FSIZE, &tight);
  const Status failed = put_one(*store, "large", std::string(500'000, 'l'));
  const std::string during = get(*store, numbered(499));
  setrlimit(RLIMIT_FSIZE, &before);
  assert_false(failed.ok());
  const Code code = failed.error().code;
  assert_true(code == Code::kUnavailable || code == Code::kExhausted);
  assert_string_equal(during.c_str(), std::string(300, 'v').c_str());
  assert_string_equal(get(*store, "large").c_str(), "-");
  assert_true(put_one(*store, "large", std::string(500'000, 'l')).ok());
  assert_true(store->reopen().ok());
  assert_int_equal(walked(*store), 501);
}

/// What was taken away is not lost as long as it is open: it can be put back.
CASE(lmdb_store_keeps_a_file_that_was_taken_away) {
  const TempDir dir;
  const auto store = opened(dir, true);
  assert_true(put_one(*store, "a", "1").ok());
  assert_true(store->check_file().ok());
  std::filesystem::rename(dir.file("store.mdb"), dir.file("away"));
  for (const Status& status : {store->check_file(), store->reopen()}) {
    assert_true(status.error().code == Code::kUnavailable);
    assert_non_null(strstr(status.error().what.c_str(), "taken away"));
  }
  assert_string_equal(get(*store, "a").c_str(), "1");
  std::filesystem::copy_file(dir.file("away"), dir.file("store.mdb"));
  assert_non_null(strstr(store->reopen().error().what.c_str(), "replaced"));
  std::filesystem::rename(dir.file("away"), dir.file("store.mdb"));
  assert_true(store->check_file().ok());
  assert_true(store->reopen().ok());
  assert_string_equal(get(*store, "a").c_str(), "1");
}

/// LMDB counts pages that it took and freed again without ever writing them.
CASE(lmdb_store_takes_a_file_with_unwritten_pages_for_whole) {
  const TempDir dir;
  const auto store = opened(dir, true);
  for (int round = 0; round < 20; ++round) {
    fill(*store, 300, 700);
    const auto write = std::move(*store->write());
    for (int i = 0; i < 300; ++i) write->put(as_bytes(numbered(i)), as_bytes(std::string(3000, 'v')));
    for (int i = 0; i < 300; ++i) write->erase(as_bytes(numbered(i)));
    assert_true(write->commit().ok());
    if (const Status whole = store->check_file(); !whole) fail_msg("%s", whole.error().what.c_str());
  }
  assert_true(store->reopen().ok());
}

CASE(lmdb_store_notices_that_its_file_was_cut) {
  const TempDir dir;
  const auto store = opened(dir, true);
  fill(*store, 500, 300);
  const auto size = std::filesystem::file_size(dir.file("store.mdb"));
  for (const std::uintmax_t left : {size - kPage, std::uintmax_t{3 * kPage}, std::uintmax_t{0}}) {
    std::filesystem::resize_file(dir.file("store.mdb"), left);
    assert_non_null(strstr(store->check_file().error().what.c_str(), "cut"));
    assert_false(store->reopen().ok());
  }
}

CASE(lmdb_store_opens_with_a_smaller_or_larger_map) {
  const TempDir dir;
  fill(*opened(dir, true), 10'000, 800);
  {
    const auto small = opened(dir, false, 4 * kMiB);
    assert_int_equal(walked(*small), 10'000);
    assert_true(put_one(*small, "more", "1").error().code == Code::kExhausted);
  }
  assert_true(put_one(*opened(dir, false, 2 * kMap), "more", "1").ok());
}

RUN_CASES(cmocka_unit_test(lmdb_store_is_made_once),
          cmocka_unit_test(lmdb_store_is_made_in_spite_of_an_interrupted_attempt),
          cmocka_unit_test(lmdb_store_refuses_a_missing_directory_and_a_tiny_map),
          cmocka_unit_test(lmdb_store_makes_private_files_whatever_the_umask),
          cmocka_unit_test(lmdb_store_gives_no_descriptor_to_programs_it_starts),
          cmocka_unit_test(lmdb_store_lets_one_process_in),
          cmocka_unit_test(lmdb_store_keeps_what_was_acknowledged_when_killed),
          cmocka_unit_test(lmdb_store_writes_nothing_when_nothing_changed),
          cmocka_unit_test(lmdb_store_refuses_a_cut_file),
          cmocka_unit_test(lmdb_store_refuses_a_file_cut_within_a_large_value),
          cmocka_unit_test(lmdb_store_opens_a_file_whose_last_pages_are_free),
          cmocka_unit_test(lmdb_store_refuses_another_kind_of_file),
          cmocka_unit_test(lmdb_store_keeps_a_reserve_when_the_map_is_full),
          cmocka_unit_test(lmdb_store_keeps_a_reserve_from_one_large_transaction),
          cmocka_unit_test(lmdb_store_loses_nothing_when_a_commit_fails),
          cmocka_unit_test(lmdb_store_keeps_a_file_that_was_taken_away),
    cmocka_unit_test(lmdb_store_takes_a_file_with_unwritten_pages_for_whole),
    cmocka_unit_test(lmdb_store_notices_that_its_file_was_cut),
          cmocka_unit_test(lmdb_store_opens_with_a_smaller_or_larger_map))
