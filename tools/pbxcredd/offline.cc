// SPDX-License-Identifier: BSD-2-Clause
// What pbxcredd does with a store whose daemon does not run.
#include "offline.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "client/secret_prompt.h"
#include "crypto/key_backup.h"
#include "directory.h"
#include "service/restore.h"
#include "store/check.h"

namespace pbxcred {
namespace {

/// As whoever runs this: root may restore from where the daemon's user may not read.
Result<Fd> open_to_read(const std::string& path) {
  Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd) return failed(path);
  struct stat info {};
  if (fstat(fd.get(), &info) != 0) return failed(path);
  if (!S_ISREG(info.st_mode)) return Error{Code::kInvalid, path + ": not a regular file"};
  return fd;
}

std::string time_text(Time time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

void print_count(std::uint64_t count, const char* one, const char* more) {
  if (count > 0) fmt::print("{} {}\n", count, count == 1 ? one : more);
}

void print_carry(const CarryReport& carry) {
  for (const CarryReport::Line& line : carry.lines) fmt::print("  {}: {}\n", line.account, line.what);
  const std::uint64_t told = carry.disabled + carry.removed + carry.must_change + carry.forgotten + carry.unreadable;
  if (told > carry.lines.size()) fmt::print("  and {} more\n", told - carry.lines.size());
  print_count(carry.locks, "lock or count of wrong secrets kept", "locks or counts of wrong secrets kept");
  print_count(carry.disabled, "account disabled again", "accounts disabled again");
  print_count(carry.removed, "account removed since is back, disabled", "accounts removed since are back, disabled");
  print_count(carry.must_change, "secret changed since must be changed", "secrets changed since must be changed");
  print_count(carry.forgotten, "secret set since is lost", "secrets set since are lost");
  print_count(carry.lost, "account made since is in the replaced store only",
              "accounts made since are in the replaced store only");
  print_count(carry.unreadable, "record could not be read in the replaced store",
              "records could not be read in the replaced store");
}

void print_report(const RestoreReport& report) {
  const BackupHeader& header = report.backup.header;
  fmt::print("{} records restored from the backup of {}\n", report.backup.records, time_text(header.made_at));
  if (report.carry) print_carry(*report.carry);
  if (!report.not_carried.empty())
    fmt::print(
        "NOT carried over from the replaced store: locks, accounts disabled or removed since, secrets changed since: {}\n",
        report.not_carried);
  fmt::print("all grants are void\n");
  if (!report.replaced.empty()) fmt::print("the replaced store is {}\n", report.replaced);
}

/// What `store check` would say.
Status told_faults(const StoreCheckReport& report, const char* context) {
  for (const StoreFault& fault : report.first) fmt::print("{}: {}\n", fault.where, fault.what);
  if (report.faults == 0) return {};
  return Error{Code::kCorrupt, fmt::format("{}{} of {} records are faulty", context, report.faults, report.records)};
}

}  // namespace

Status check_offline(const Settings& settings, const RunAs& who) {
  PBXCRED_CHECK(drop_privileges(who));
  PBXCRED_TRY(const OpenStore store, open_store(settings, who, LmdbStore::kAlwaysWhole));
  PBXCRED_TRY(Read read, store.database->read());
  PBXCRED_TRY(const StoreCheckReport report, check_store(read));
  PBXCRED_CHECK(told_faults(report, ""));
  fmt::print("{} records checked, none is faulty\n", report.records);
  return {};
}

Status restore_offline(const Settings& settings, const RunAs& who, const std::string& file) {
  PBXCRED_TRY(const Fd fd, open_to_read(file));
  PBXCRED_CHECK(prepare_state_dir(settings, who));
  PBXCRED_CHECK(drop_privileges(who));
  PBXCRED_CHECK(check_directory(settings.state_dir, who.uid, "700"));
  PBXCRED_TRY(const StoreLock lock, StoreLock::take(settings.state_dir));
  PBXCRED_TRY(KeyRing loaded, KeyRing::load(settings.key_file, who.uid));
  const auto ring = std::make_shared<const KeyRing>(std::move(loaded));
  const auto report = restore_store(lock, settings.store_size, ring, read_from(fd.get()), SystemClock().now());
  if (!report) return Error{report.error().code, file + ": " + report.error().what};
  print_report(*report);
  return told_faults(report->check, "the backup is in place, but with the faults that the store had when it was made: ");
}

Status restore_keys(const Settings& settings, const RunAs& who, const std::string& file) {
  struct stat info {};
  if (lstat(settings.key_file.c_str(), &info) == 0)
    return Error{Code::kConflict, settings.key_file + " exists; --restore-keys never replaces a key ring"};
  PBXCRED_TRY(const Fd fd, open_to_read(file));
  std::vector<std::uint8_t> sealed(kMaxKeyBackup + 1);
  PBXCRED_TRY(const std::size_t size, read_from(fd.get())(0, sealed));
  sealed.resize(size);
  PBXCRED_TRY(const Secret passphrase, prompt_for_secret(STDIN_FILENO, "Passphrase of the key ring's backup", false));
  const auto contents = open_key_backup(sealed, passphrase.view());
  if (!contents) return Error{contents.error().code, file + ": " + contents.error().what};
  PBXCRED_CHECK(prepare_key_parents(settings));
  PBXCRED_CHECK(KeyRing::restore(contents->view(), settings.key_file, who.uid, who.gid));
  fmt::print("the key ring is {}\n", settings.key_file);
  return {};
}

}  // namespace pbxcred
