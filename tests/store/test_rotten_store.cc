// SPDX-License-Identifier: BSD-2-Clause
// A store's file with flipped bits, cut, with pages lost or exchanged: it is refused, or its check tells, or nothing of
// what it holds has changed. Never is it wrong in silence, never does it end the process.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <random>
#include <string>

#include "crypto/hasher.h"
#include "store/check.h"
#include "store/directory.h"
#include "store/lmdb_pages.h"
#include "store/lmdb_store.h"
#include "support/both_stores.h"

using namespace pbxcred;

namespace {

constexpr std::size_t kPage = 4096;
#if defined(__has_feature)
#define IS_SANITIZED __has_feature(address_sanitizer)
#else
#define IS_SANITIZED 0
#endif
constexpr int kImages = IS_SANITIZED ? 100 : 1000;  ///< each is read by a process of its own, which a sanitizer slows
constexpr int kAccounts = 24, kKept = 20;

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

/// A store with a past: pages of several kinds, free ones, and former versions of those in use.
void fill(Store& store) {
  Directory directory(store);
  Directory::ok(Database(store, test_ring()).initialise(Directory::kNow));
  directory.add_domain("a.example", "DE", {"alias.example"});
  directory.add_domain("b.example");
  HashArena arena;
  std::vector<Account> accounts;
  for (int i = 0; i < kAccounts; ++i) {
    Account account = directory.user(std::to_string(1000 + i), i % 2 == 0 ? "a.example" : "b.example",
                                     "user" + std::to_string(i));
    account.numbers = {"+49 30 12" + std::to_string(1000 + i), "+49 30 99" + std::to_string(100 + i / 4)};
    accounts.push_back(directory.add(account));
    directory.change([&](Write& write) -> Status {
      Verifier verifier;
      verifier.generation = 1;
      PBXCRED_TRY(verifier.hash, make_hash(arena, test_ring(), {8, 1, 1}, SecretView{as_bytes("482915")},
                                           {account.id, Kind::kPassword, 1}));
      return write.put_verifier(account, verifier);
    });
  }
  directory.change([](Write& write) -> Status {
    write.put(make_key(Table::kProbe), Probe{Directory::kNow, std::string(9000, 'p')});  // of several pages
    return {};
  });
  for (int i = kKept; i < kAccounts; ++i) directory.remove(accounts[static_cast<std::size_t>(i)]);
  accounts.resize(kKept);
  for (const Account& account : accounts)
    directory.change([&](Write& write) -> Status {
      Ledger ledger;
      ledger.failures = 3;
      write.put_ledger(account.id, Kind::kPassword, ledger);
      return {};
    });
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs everything(Store& store) {
  Pairs all;
  const auto read = store.read();
  if (!read) return all;
  for (auto entry = (*read)->seek({}); entry && *entry; entry = (*read)->next())
    all.emplace_back((*entry)->key, (*entry)->value);
  return all;
}

enum Verdict { kRefused = 10, kReported = 11, kSame = 12, kSilentlyWrong = 13 };

/// In a process of its own.
Verdict look_at(const std::string& dir, const Pairs& wanted) {
  auto store = LmdbStore::open(dir, kTestMap, false);
  if (!store) return kRefused;
  Database database(**store, test_ring());
  if (!database.verify()) return kReported;
  {
    auto read = database.read();
    if (!read) return kReported;
    const auto report = check_store(*read);
    if (!report || report->faults > 0) return kReported;
  }
  if (everything(**store) != wanted) return kSilentlyWrong;
  // What looks sound can be worked with.
  for (int i = 0; i < 4; ++i) {
    auto write = database.write();
    if (!write) return kReported;
    write->put(make_key(Table::kStray), StrayCount{1});
    write->put(make_key(Table::kProbe), Probe{Time{}, std::string(20'000, 'p')});
    if (!write->commit()) return kReported;
  }
  auto read = database.read();
  if (!read) return kSilentlyWrong;
  const auto report = check_store(*read);
  return report && report->faults == 0 ? kSame : kSilentlyWrong;
}

Verdict judged(const std::string& dir, const Pairs& wanted, const std::string& what) {
  const pid_t child = fork();
  if (child == 0) {
    for (const int number : {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE}) std::signal(number, SIG_DFL);  // cmocka takes them
    alarm(60);
    _exit(look_at(dir, wanted));
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) {
    fail_msg("%s: signal %d", what.c_str(), WIFSIGNALED(status) ? WTERMSIG(status) : 0);
  }
  const auto verdict = static_cast<Verdict>(WEXITSTATUS(status));
  if (verdict == kSilentlyWrong) fail_msg("%s: silently wrong", what.c_str());
  return verdict;
}

/// One of many ways in which a file goes bad; says which.
std::string damage(std::string& bytes, std::mt19937& random) {
  const auto any = [&](std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(random); };
  const std::size_t pages = bytes.size() / kPage;
  switch (any(8)) {
    case 0: {
      bytes.resize(any(bytes.size()));
      return "cut to " + std::to_string(bytes.size());
    }
    case 1: {  // as a file system that loses its last blocks
      bytes.resize(any(pages) * kPage);
      return "cut to page " + std::to_string(bytes.size() / kPage);
    }
    case 2: {
      const std::size_t page = any(pages);
      bytes.replace(page * kPage, kPage, kPage, '\0');
      return "page " + std::to_string(page) + " is zero";
    }
    case 3: {  // a write that went astray
      const std::size_t from = any(pages), to = any(pages);
      bytes.replace(to * kPage, kPage, bytes.substr(from * kPage, kPage));
      return "page " + std::to_string(from) + " stands also at " + std::to_string(to);
    }
    case 4: {  // in the meta pages, where a bit means most
      const std::size_t at = any(2) * kPage + any(168);
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << any(8)));
      return "meta bit at " + std::to_string(at);
    }
    case 5: {  // in the head of a page and among its offsets
      const std::size_t at = any(pages) * kPage + any(64);
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << any(8)));
      return "head bit at " + std::to_string(at);
    }
    default: {
      const std::size_t at = any(bytes.size());
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << any(8)));
      return "bit at " + std::to_string(at);
    }
  }
}

CASE(rotten_store_is_refused_or_reported_in_a_thousand_images) {
  const TempDir dir;
  const std::string path = dir.file("store.mdb");
  Pairs wanted;
  {
    auto store = LmdbStore::open(dir.path(), kTestMap, true);
    fill(**store);
    wanted = everything(**store);
  }
  const std::string sound = bytes_of(path);
  assert_true(sound.size() > 20 * kPage);
  assert_int_equal(judged(dir.path(), wanted, "sound"), kSame);
  const char* seed = getenv("PBXCRED_SEED");
  std::mt19937 random(seed != nullptr ? static_cast<unsigned>(atoi(seed)) : 20261129);
  int verdicts[3] = {};
  for (int i = 0; i < kImages; ++i) {
    std::string bytes = sound;
    const std::string what = damage(bytes, random);
    write_file(path, bytes);
    ++verdicts[judged(dir.path(), wanted, what) - kRefused];
  }
  print_message("# %d refused, %d reported, %d unharmed\n", verdicts[0], verdicts[1], verdicts[2]);
  assert_true(verdicts[0] > kImages / 5 && verdicts[1] > kImages / 20 && verdicts[2] > kImages / 20);
}

/// Every bit of what a meta page and the root say.
CASE(rotten_store_is_never_wrong_whatever_bit_of_its_meta_pages_flips) {
  const TempDir dir;
  const std::string path = dir.file("store.mdb");
  Pairs wanted;
  {
    auto store = LmdbStore::open(dir.path(), kTestMap, true);
    fill(**store);
    wanted = everything(**store);
  }
  const std::string sound = bytes_of(path);
  for (std::size_t at = 0; at < 2 * kPage; at = at == 151 ? kPage : at + 1) {
    if (at >= kPage + 152) break;
    std::string bytes = sound;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << (at % 8)));
    write_file(path, bytes);
    judged(dir.path(), wanted, "meta byte " + std::to_string(at));
  }
}

/// What the check of pages says of the file as it is now.
std::string fault_in(const std::string& path) {
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info {};
  lmdb::Meta meta;
  if (!fd || fstat(fd.get(), &info) != 0 || !lmdb::read_meta(fd.get(), meta)) return "no meta pages";
  return lmdb::check_pages(fd.get(), meta, static_cast<std::uint64_t>(info.st_size) / meta.page_size);
}

/// Puts and erases at random: short and long keys, values of no, some and many bytes, transactions that are given up, and
/// readers that keep pages from being used again.
void work_at_random(Store& store, std::mt19937& random, std::vector<std::unique_ptr<StoreRead>>& readers) {
  const auto any = [&](std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(random); };
  if (any(5) == 0) readers.push_back(std::move(*store.read()));
  if (!readers.empty() && any(4) == 0) readers.erase(readers.begin());
  const std::size_t range = std::size_t{1} << (1 + any(11));
  const bool erases = any(3) == 0;
  auto write = std::move(*store.write());
  for (std::size_t left = any(300); left > 0; --left) {
    const std::size_t number = any(range);
    const std::string key = std::string(number % 7 == 0 ? 1 + number % 480 : 4, 'k') + std::to_string(number);
    const std::size_t size = any(40) == 0 ? any(30'000) : any(700);
    if (erases || any(3) == 0) write->erase(as_bytes(key));
    else write->put(as_bytes(key), as_bytes(std::string(size, 'v')));
  }
  if (any(10) > 0) Directory::ok(write->commit());
}

CASE(sound_store_is_never_taken_for_rotten) {
  const char* many = getenv("PBXCRED_ROUNDS");
  const int rounds = many != nullptr ? atoi(many) : 400;
  std::mt19937 random(20261130);
  const TempDir dir;
  auto store = std::move(*LmdbStore::open(dir.path(), std::uint64_t{256} << 20, true));
  assert_string_equal(fault_in(dir.file("store.mdb")).c_str(), "");
  std::vector<std::unique_ptr<StoreRead>> readers;
  for (int round = 0; round < rounds; ++round) {
    work_at_random(*store, random, readers);
    const std::string fault = fault_in(dir.file("store.mdb"));
    if (!fault.empty()) fail_msg("round %d: %s", round, fault.c_str());
  }
}

}  // namespace

RUN_CASES(cmocka_unit_test(sound_store_is_never_taken_for_rotten),
          cmocka_unit_test(rotten_store_is_refused_or_reported_in_a_thousand_images),
          cmocka_unit_test(rotten_store_is_never_wrong_whatever_bit_of_its_meta_pages_flips))
