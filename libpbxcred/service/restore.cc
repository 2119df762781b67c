// SPDX-License-Identifier: BSD-2-Clause
// Putting a backup in the place of the store, with no daemon running.
#include "service/restore.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "store/upgrade.h"

namespace pbxcred {
namespace {

constexpr std::size_t kEntriesTogether = 2048;
const std::string kStore = LmdbStore::kFileName;
const std::string kRestored = kStore + ".restored";
const std::string kReplaced = kStore + ".replaced-";

const BackupProgress kSilently = [](std::uint64_t, std::uint64_t) { return Status(); };

Error failed(const std::string& what) {
  const int number = errno;
  const bool full = number == ENOSPC || number == EDQUOT;
  return {full ? Code::kExhausted : Code::kUnavailable, what + ": " + std::strerror(number)};
}

/// The directory, with names relative to it.
class Directory {
 public:
  static Result<Directory> open(const std::string& path) {
    Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return failed(path);
    return Directory(path, std::move(fd));
  }

  std::string path(const std::string& name) const { return path_ + "/" + name; }
  std::optional<struct stat> look(const std::string& name) const {
    struct stat info {};
    if (fstatat(fd_.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
    return info;
  }
  void remove(const std::string& name) const { unlinkat(fd_.get(), name.c_str(), 0); }

  /// A restore that was killed within its last step left a second name of the store that is still in use.
  void remove_second_names(const std::string& name, const std::string& prefix) const {
    const auto store = look(name);
    const std::unique_ptr<DIR, int (*)(DIR*)> listing(opendir(path_.c_str()), closedir);
    if (!store || !listing) return;
    while (const dirent* entry = readdir(listing.get())) {
      const std::string other = entry->d_name;
      const auto info = other.starts_with(prefix) ? look(other) : std::nullopt;
      if (info && info->st_ino == store->st_ino && info->st_dev == store->st_dev) remove(other);
    }
  }

  /// from takes the place of to; what was there is kept under the name kept. At every moment to is the one or the other.
  Status exchange(const std::string& from, const std::string& to, const std::string& kept) const {
    if (look(to) && link(path(to).c_str(), path(kept).c_str()) != 0)
      return failed("keeping the store as " + path(kept));
    if (rename(path(from).c_str(), path(to).c_str()) != 0) {
      const Error error = failed("putting the restored store in place");
      remove(kept);
      return error;
    }
    if (fsync(fd_.get()) != 0) return failed(path_);
    return {};
  }

 private:
  Directory(std::string path, Fd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  std::string path_;
  Fd fd_;
};

/// Entries in ascending order, many to a commit.
class Loader {
 public:
  explicit Loader(Store& store) : store_(store) {}

  Status add(const Entry& entry) {
    if (!write_) {
      PBXCRED_TRY(write_, store_.write());
    }
    write_->append(as_bytes(entry.key), as_bytes(entry.value));
    if (write_->error()) return *write_->error();
    return ++pending_ < kEntriesTogether ? Status() : finish();
  }
  Status finish() {
    if (!write_) return {};
    const Status done = write_->commit();
    write_.reset();
    pending_ = 0;
    return done;
  }

 private:
  Store& store_;
  std::unique_ptr<StoreWrite> write_;
  std::size_t pending_ = 0;
};

/// The second pass over the backup. It may have changed since the first: only its MAC says that it has not.
Status load(LmdbStore& store, const KeyRing& ring, const BackupSource& source) {
  Loader loader(store);
  PBXCRED_CHECK(read_backup(source, ring, [&](const Entry& entry) { return loader.add(entry); }, kSilently));
  return loader.finish();
}

/// Whether the store that is there can tell what happened since, and then what.
Status carry(const StoreLock& lock, std::uint64_t map_bytes, const SharedRing& ring, Database& restored,
             RestoreReport& report) {
  const auto give_up = [&](const std::string& why) {
    report.not_carried = why;
    return Status();
  };
  auto store = LmdbStore::open(lock, kStore, map_bytes, false);
  if (!store) return store.error().code == Code::kNotFound ? Status() : give_up(store.error().what);
  Database replaced(**store, ring);
  // An older schema will do: accounts, ledgers and verifiers were always there.
  if (const auto schema = replaced.schema(); !schema) return give_up(schema.error().what);
  auto read = replaced.read();
  if (!read) return give_up(read.error().what);
  const auto meta = read->get<StoreMeta>(make_key(Table::kMeta));
  if (!meta || !*meta) return give_up("its first record cannot be read");
  if ((*meta)->store_id != report.backup.header.store_id) return give_up("it is another store than the backup's");
  PBXCRED_TRY(report.carry, carry_over(*read, restored));
  return {};
}

/// A fault that the store had when the backup was made is no reason to be left without any.
Status look_over(Database& database, RestoreReport& report) {
  PBXCRED_TRY(Read read, database.read());
  PBXCRED_TRY(report.check, check_store(read));
  return {};
}

Status build(const StoreLock& lock, std::uint64_t map_bytes, const SharedRing& ring, const BackupSource& source,
             RestoreReport& report) {
  PBXCRED_TRY(auto store, LmdbStore::open(lock, kRestored, map_bytes, true));
  PBXCRED_CHECK(load(*store, *ring, source));
  Database restored(*store, ring);
  PBXCRED_CHECK(upgrade_records(restored));
  PBXCRED_CHECK(restored.verify());
  PBXCRED_CHECK(carry(lock, map_bytes, ring, restored, report));
  return look_over(restored, report);
}

}  // namespace

Result<RestoreReport> restore_store(const StoreLock& lock, std::uint64_t map_bytes, SharedRing ring,
                                    const BackupSource& source, Time now) {
  RestoreReport report;
  PBXCRED_TRY(report.backup, read_backup(source, *ring, nullptr, kSilently));
  PBXCRED_TRY(const Directory directory, Directory::open(lock.directory()));
  directory.remove_second_names(kStore, kReplaced);
  const auto remove_leftovers = [&] {
    directory.remove(kRestored);
    directory.remove(kRestored + "-lock");
  };
  remove_leftovers();
  Status done = build(lock, map_bytes, ring, source, report);
  const bool had_store = directory.look(kStore).has_value();
  std::string kept = kReplaced + fmt::format("{:%Y%m%dT%H%M%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(now)));
  while (directory.look(kept)) kept += '+';
  // Commits are synced; the name is what is missing.
  if (done) done = directory.exchange(kRestored, kStore, kept);
  remove_leftovers();
  PBXCRED_CHECK(done);
  if (had_store) report.replaced = directory.path(kept);
  return report;
}

}  // namespace pbxcred
