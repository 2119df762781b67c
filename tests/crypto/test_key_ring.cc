// SPDX-License-Identifier: BSD-2-Clause
// The key ring: made once, refused when anything about its file is wrong, and the same subkeys for ever.
#include "crypto/key_ring.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "support/check.h"
#include "support/temp_dir.h"

using namespace pbxcred;

namespace {

const Time kNow{std::chrono::milliseconds(1'700'000'000'123)};

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  chmod(path.c_str(), 0600);
}

template <class Integer>
std::string integer(Integer value) {
  std::string raw;
  for (std::size_t i = 0; i < sizeof value; ++i) raw += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
  return raw;
}

/// A ring by hand: root 0xAA..., key of id n: its id repeated.
std::string ring_bytes(const std::vector<std::uint32_t>& ids, std::uint32_t version = 1) {
  std::string body = "pbxcred-key-ring" + integer(version) + integer(static_cast<std::uint32_t>(ids.size()));
  body += std::string(32, '\xAA');
  for (std::uint32_t id : ids)
    body += integer(id) + integer(std::int64_t{1000} * id) + std::string(32, static_cast<char>(id));
  std::string sum(32, '\0');
  crypto_generichash(reinterpret_cast<unsigned char*>(sum.data()), 32,
                     reinterpret_cast<const unsigned char*>(body.data()), body.size(), nullptr, 0);
  return body + sum;
}

/// A fresh ring in a directory of its own.
struct Made {
  TempDir top;
  std::string directory = top.file("keys");
  std::string path = directory + "/ring";
  Made() {
    if (!KeyRing::create(path, geteuid(), getegid(), kNow)) throw std::runtime_error("no ring");
  }
};

void expect_refused(const std::string& path, Code code, const char* words, uid_t owner = geteuid()) {
  const auto ring = KeyRing::load(path, owner);
  if (ring) fail_msg("loaded, although: %s", words);
  if (ring.error().what.find(words) == std::string::npos)
    fail_msg("\"%s\" does not say \"%s\"", ring.error().what.c_str(), words);
  assert_string_equal(name_of(ring.error().code), name_of(code));
}

bool same(const Subkey& a, const Subkey& b) {
  return std::memcmp(a.data(), b.data(), Subkey::kBytes) == 0;
}

mode_t mode_of(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
}

}  // namespace

CASE(key_ring_is_made_with_one_key) {
  const Made made;
  const auto ring = KeyRing::load(made.path, geteuid());
  assert_true(ring.ok());
  assert_int_equal(ring->current_id(), 1);
  assert_int_equal(ring->keys().size(), 1);
  assert_true(ring->keys()[0].created == kNow);
  assert_true(ring->has(1));
  assert_false(ring->has(0));
  assert_false(ring->has(2));
}

CASE(key_ring_is_made_private_whatever_the_umask) {
  const mode_t before = umask(0);
  const Made open_umask;
  const TempDir top;
  umask(0277);
  const bool made = KeyRing::create(top.file("keys/ring"), geteuid(), getegid(), kNow).ok();
  umask(before);
  assert_true(made);
  for (const std::string& directory : {open_umask.directory, top.file("keys")}) {
    assert_int_equal(mode_of(directory), 0700);
    assert_int_equal(mode_of(directory + "/ring"), 0600);
  }
}

CASE(key_ring_is_made_for_its_owner_when_root_makes_it) {
  if (geteuid() != 0) return;
  const TempDir top;
  assert_true(KeyRing::create(top.file("keys/ring"), 12345, 23456, kNow).ok());
  struct stat directory {
  }, file{};
  assert_int_equal(stat(top.file("keys").c_str(), &directory), 0);
  assert_int_equal(stat(top.file("keys/ring").c_str(), &file), 0);
  assert_true(directory.st_uid == 12345 && directory.st_gid == 23456);
  assert_true(file.st_uid == 12345 && file.st_gid == 23456);
  assert_true(KeyRing::load(top.file("keys/ring"), 12345).ok());
}

CASE(key_ring_differs_each_time) {
  const Made one, two;
  const auto first = KeyRing::load(one.path, geteuid()), second = KeyRing::load(two.path, geteuid());
  for (Purpose purpose : {Purpose::kSeal, Purpose::kMac, Purpose::kIndex})
    assert_false(same(first->subkey(purpose), second->subkey(purpose)));
}

CASE(key_ring_is_not_made_over_anything) {
  const Made made;
  const std::string before = bytes_of(made.path);
  const Status again = KeyRing::create(made.path, geteuid(), getegid(), kNow);
  assert_false(again.ok());
  assert_true(again.error().code == Code::kConflict);
  assert_true(bytes_of(made.path) == before);
  // A link that leads nowhere is something, too.
  assert_int_equal(symlink("/nowhere", (made.directory + "/link").c_str()), 0);
  assert_true(KeyRing::create(made.directory + "/link", geteuid(), getegid(), kNow).error().code == Code::kConflict);
}

CASE(key_ring_is_made_in_spite_of_an_interrupted_attempt) {
  const Made made;
  const std::string other = made.directory + "/other";
  write_file(other + ".new", "half");
  assert_true(KeyRing::create(other, geteuid(), getegid(), kNow).ok());
  assert_true(KeyRing::load(other, geteuid()).ok());
  assert_int_equal(access((other + ".new").c_str(), F_OK), -1);
}

CASE(key_ring_is_not_made_in_an_open_directory) {
  const TempDir top;
  chmod(top.path().c_str(), 0755);
  const Status made = KeyRing::create(top.file("ring"), geteuid(), getegid(), kNow);
  assert_false(made.ok());
  assert_true(made.error().code == Code::kInvalid);
  assert_int_equal(access(top.file("ring").c_str(), F_OK), -1);
  assert_int_equal(access(top.file("ring.new").c_str(), F_OK), -1);
}

CASE(key_ring_makes_only_the_last_directory) {
  const TempDir top;
  assert_false(KeyRing::create(top.file("a/b/ring"), geteuid(), getegid(), kNow).ok());
  assert_int_equal(access(top.file("a").c_str(), F_OK), -1);
}

CASE(key_ring_is_refused_when_missing) {
  const Made made;
  expect_refused(made.directory + "/none", Code::kNotFound, "is missing");
  expect_refused(made.top.file("none/ring"), Code::kNotFound, "is missing");
}

CASE(key_ring_is_refused_when_not_a_regular_file_of_one_name) {
  const Made made;
  assert_int_equal(symlink("ring", (made.directory + "/symlink").c_str()), 0);
  expect_refused(made.directory + "/symlink", Code::kInvalid, "is a symbolic link");
  assert_int_equal(mkfifo((made.directory + "/fifo").c_str(), 0600), 0);
  expect_refused(made.directory + "/fifo", Code::kInvalid, "is not a regular file");
  assert_int_equal(mkdir((made.directory + "/dir").c_str(), 0700), 0);
  expect_refused(made.directory + "/dir", Code::kInvalid, "is not a regular file");
  assert_true(KeyRing::load(made.path, geteuid()).ok());
  assert_int_equal(link(made.path.c_str(), (made.directory + "/hard").c_str()), 0);
  expect_refused(made.path, Code::kInvalid, "is linked");
}

CASE(key_ring_is_refused_when_group_or_others_may_anything) {
  const Made made;
  for (mode_t mode : {0640U, 0620U, 0610U, 0604U, 0602U, 0601U}) {
    chmod(made.path.c_str(), mode);
    expect_refused(made.path, Code::kInvalid, "is open to group or others");
  }
  chmod(made.path.c_str(), 0400);
  assert_true(KeyRing::load(made.path, geteuid()).ok());
  for (mode_t mode : {0710U, 0701U, 0755U, 0720U}) {
    chmod(made.directory.c_str(), mode);
    expect_refused(made.path, Code::kInvalid, "is open to group or others");
  }
}

CASE(key_ring_is_refused_when_it_is_somebody_elses) {
  const Made made;
  expect_refused(made.path, Code::kInvalid, "belongs to uid", geteuid() + 1);
  if (geteuid() != 0) return;
  assert_int_equal(chown(made.path.c_str(), 12345, 0), 0);
  expect_refused(made.path, Code::kInvalid, "belongs to uid 12345");
  assert_true(KeyRing::load(made.path, 12345).ok());  // in root's directory
  assert_int_equal(chown(made.directory.c_str(), 23456, 0), 0);
  expect_refused(made.path, Code::kInvalid, "belongs to uid 23456", 12345);
}

CASE(key_ring_is_refused_when_short_or_long) {
  const Made made;
  const std::string whole = bytes_of(made.path);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    write_file(made.path, whole.substr(0, size));
    expect_refused(made.path, Code::kCorrupt, size < 88 ? "is too short" : "has a wrong checksum");
  }
  write_file(made.path, whole + "x");
  expect_refused(made.path, Code::kCorrupt, "has a wrong checksum");
  write_file(made.path, whole + std::string(5000, 'x'));
  expect_refused(made.path, Code::kInvalid, "is too long");
  write_file(made.path, whole);
  assert_true(KeyRing::load(made.path, geteuid()).ok());
}

CASE(key_ring_is_refused_when_any_byte_changed) {
  const Made made;
  const std::string whole = bytes_of(made.path);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x10);
    write_file(made.path, changed);
    expect_refused(made.path, Code::kCorrupt, at < 16 ? "is not a key ring" : at < 20 ? "version" : "wrong checksum");
  }
}

CASE(key_ring_is_refused_when_its_keys_are_no_ring) {
  const Made made;
  write_file(made.path, ring_bytes({1, 2, 2}));
  expect_refused(made.path, Code::kCorrupt, "holds an id twice");
  write_file(made.path, ring_bytes({2, 1}));
  expect_refused(made.path, Code::kCorrupt, "out of order");
  write_file(made.path, ring_bytes({}));
  expect_refused(made.path, Code::kCorrupt, "holds no key");
  write_file(made.path, ring_bytes({1}, 2));
  expect_refused(made.path, Code::kCorrupt, "version");
}

// A store written today must open tomorrow: the derivation, spelt out.
CASE(key_ring_derives_what_stores_rely_on) {
  const Made made;
  write_file(made.path, ring_bytes({3, 9}));
  const auto ring = KeyRing::load(made.path, geteuid());
  assert_true(ring.ok());
  assert_int_equal(ring->current_id(), 9);
  const auto expect_subkey = [](const Subkey& got, std::uint8_t from, std::uint64_t number) {
    unsigned char key[32], wanted[32];
    std::memset(key, from, sizeof key);
    crypto_kdf_derive_from_key(wanted, sizeof wanted, number, "pbxcred1", key);
    assert_memory_equal(got.data(), wanted, sizeof wanted);
  };
  expect_subkey(ring->subkey(Purpose::kSeal, 3), 3, 1);
  expect_subkey(ring->subkey(Purpose::kMac, 3), 3, 2);
  expect_subkey(ring->subkey(Purpose::kSeal, 9), 9, 1);
  expect_subkey(ring->subkey(Purpose::kMac), 9, 2);
  expect_subkey(ring->subkey(Purpose::kIndex), 0xAA, 3);
  expect_subkey(ring->subkey(Purpose::kGuess), 0xAA, 4);
  expect_subkey(ring->subkey(Purpose::kGrant), 0xAA, 5);
  expect_subkey(ring->subkey(Purpose::kLog), 0xAA, 6);
  expect_subkey(ring->subkey(Purpose::kBackup, 3), 3, 8);
  expect_subkey(ring->subkey(Purpose::kBackup), 9, 8);
  assert_false(static_cast<bool>(ring->subkey(Purpose::kSeal, 4)));
  assert_false(static_cast<bool>(ring->subkey(Purpose::kMac, 0)));
}

CASE(key_ring_keeps_its_index_key_when_keys_come_and_go) {
  const Made made;
  std::vector<KeyRing> rings;
  for (const auto& ids : {std::vector<std::uint32_t>{1}, {1, 2}, {2, 3}}) {
    write_file(made.path, ring_bytes(ids));
    rings.push_back(std::move(*KeyRing::load(made.path, geteuid())));
  }
  for (Purpose purpose : {Purpose::kIndex, Purpose::kGuess, Purpose::kGrant, Purpose::kLog}) {
    assert_true(same(rings[0].subkey(purpose), rings[1].subkey(purpose)));
    assert_true(same(rings[0].subkey(purpose), rings[2].subkey(purpose)));
  }
  assert_true(same(rings[0].subkey(Purpose::kSeal, 1), rings[1].subkey(Purpose::kSeal, 1)));
  assert_false(same(rings[0].subkey(Purpose::kSeal), rings[1].subkey(Purpose::kSeal)));
  assert_false(static_cast<bool>(rings[2].subkey(Purpose::kSeal, 1)));
}

CASE(key_ring_works_without_locked_memory) {
  const Made made;
  write_file(made.path, ring_bytes({1}));
  struct rlimit none {
    0, 0
  }, before{};
  getrlimit(RLIMIT_MEMLOCK, &before);
  none.rlim_max = before.rlim_max;
  setrlimit(RLIMIT_MEMLOCK, &none);
  const bool loaded = KeyRing::load(made.path, geteuid()).ok();
  setrlimit(RLIMIT_MEMLOCK, &before);
  assert_true(loaded);
}

CASE(key_ring_takes_a_new_key_and_lets_an_old_one_go) {
  const Made made;
  const auto first = KeyRing::load(made.path, geteuid());
  const auto second = first->with_new_key(made.path, geteuid(), getegid(), kNow + std::chrono::seconds(1));
  assert_true(second.ok());
  assert_int_equal(second->current_id(), 2);
  assert_int_equal(second->keys().size(), 2);
  assert_true(second->extends(*first));
  assert_false(first->extends(*second));
  assert_false(same(second->subkey(Purpose::kSeal, 1), second->subkey(Purpose::kSeal, 2)));
  const auto loaded = KeyRing::load(made.path, geteuid());
  assert_true(loaded.ok() && loaded->extends(*second) && second->extends(*loaded));
  assert_int_equal(mode_of(made.path), 0600);

  assert_string_equal(name_of(second->without_key(made.path, geteuid(), getegid(), 2).error().code), "conflict");
  assert_string_equal(name_of(second->without_key(made.path, geteuid(), getegid(), 3).error().code), "not found");
  const auto third = second->without_key(made.path, geteuid(), getegid(), 1);
  assert_true(third.ok());
  assert_int_equal(third->keys().size(), 1);
  assert_int_equal(third->current_id(), 2);
  const auto last = KeyRing::load(made.path, geteuid());
  assert_true(last.ok() && last->extends(*third) && !last->extends(*first));
  assert_true(same(last->subkey(Purpose::kIndex), first->subkey(Purpose::kIndex)));
  assert_true(access((made.path + ".new").c_str(), F_OK) != 0);
}

CASE(key_ring_does_not_change_another_ring_s_file) {
  const Made made, other;
  const auto ring = KeyRing::load(made.path, geteuid());
  const std::string before = bytes_of(other.path);
  const auto changed = ring->with_new_key(other.path, geteuid(), getegid(), kNow);
  assert_false(changed.ok());
  assert_string_equal(name_of(changed.error().code), "conflict");
  assert_true(bytes_of(other.path) == before);
  assert_false(KeyRing::load(other.path, geteuid())->extends(*ring));  // the same id, another key
}

CASE(key_ring_keeps_its_file_when_it_cannot_be_written) {
  if (geteuid() == 0) return;  // root may write anywhere; tests/e2e does it with a full disk
  const Made made;
  const auto ring = KeyRing::load(made.path, geteuid());
  const std::string before = bytes_of(made.path);
  chmod(made.directory.c_str(), 0500);
  const bool changed = ring->with_new_key(made.path, geteuid(), getegid(), kNow).ok();
  chmod(made.directory.c_str(), 0700);
  assert_false(changed);
  assert_true(bytes_of(made.path) == before);
}

CASE(key_ring_is_made_again_from_its_content) {
  const Made made, other;
  const auto ring = KeyRing::load(made.path, geteuid());
  assert_true(ring->with_new_key(made.path, geteuid(), getegid(), kNow).ok());
  const auto content = ring->read_file(made.path, geteuid());  // has a key more: that is still this ring
  assert_true(content.ok());
  assert_string_equal(name_of(ring->read_file(other.path, geteuid()).error().code), "conflict");

  const TempDir top;
  const std::string path = top.file("keys/ring");
  assert_true(KeyRing::restore(content->view(), path, geteuid(), getegid()).ok());
  assert_int_equal(mode_of(path), 0600);
  assert_true(bytes_of(path) == bytes_of(made.path));
  assert_string_equal(name_of(KeyRing::restore(content->view(), path, geteuid(), getegid()).error().code), "conflict");
  const std::string cut = bytes_of(path).substr(1);
  const std::string nowhere = top.file("other/ring");
  assert_string_equal(name_of(KeyRing::restore(as_bytes(cut), nowhere, geteuid(), getegid()).error().code), "corrupt");
  assert_true(access(top.file("other").c_str(), F_OK) != 0);
}

CASE(key_ring_holds_so_many_keys_and_no_more) {
  const Made made;
  std::vector<std::uint32_t> ids;
  for (std::uint32_t id = 1; id < KeyRing::kMaxKeys; ++id) ids.push_back(id);
  write_file(made.path, ring_bytes(ids));
  const auto ring = KeyRing::load(made.path, geteuid());
  const auto full = ring->with_new_key(made.path, geteuid(), getegid(), kNow);
  assert_true(full.ok());
  assert_int_equal(bytes_of(made.path).size(), KeyRing::kMaxFileBytes);
  const auto over = full->with_new_key(made.path, geteuid(), getegid(), kNow);
  assert_false(over.ok());
  assert_string_equal(name_of(over.error().code), "conflict");
  assert_true(full->without_key(made.path, geteuid(), getegid(), 1).ok());
}

RUN_CASES(cmocka_unit_test(key_ring_is_made_with_one_key),
          cmocka_unit_test(key_ring_takes_a_new_key_and_lets_an_old_one_go),
          cmocka_unit_test(key_ring_does_not_change_another_ring_s_file),
          cmocka_unit_test(key_ring_is_made_again_from_its_content),
          cmocka_unit_test(key_ring_keeps_its_file_when_it_cannot_be_written),
          cmocka_unit_test(key_ring_holds_so_many_keys_and_no_more),
          cmocka_unit_test(key_ring_is_made_private_whatever_the_umask),
          cmocka_unit_test(key_ring_is_made_for_its_owner_when_root_makes_it),
          cmocka_unit_test(key_ring_differs_each_time), cmocka_unit_test(key_ring_is_not_made_over_anything),
          cmocka_unit_test(key_ring_is_made_in_spite_of_an_interrupted_attempt),
          cmocka_unit_test(key_ring_is_not_made_in_an_open_directory),
          cmocka_unit_test(key_ring_makes_only_the_last_directory), cmocka_unit_test(key_ring_is_refused_when_missing),
          cmocka_unit_test(key_ring_is_refused_when_not_a_regular_file_of_one_name),
          cmocka_unit_test(key_ring_is_refused_when_group_or_others_may_anything),
          cmocka_unit_test(key_ring_is_refused_when_it_is_somebody_elses),
          cmocka_unit_test(key_ring_is_refused_when_short_or_long),
          cmocka_unit_test(key_ring_is_refused_when_any_byte_changed),
          cmocka_unit_test(key_ring_is_refused_when_its_keys_are_no_ring),
          cmocka_unit_test(key_ring_derives_what_stores_rely_on),
          cmocka_unit_test(key_ring_keeps_its_index_key_when_keys_come_and_go),
          cmocka_unit_test(key_ring_works_without_locked_memory))
