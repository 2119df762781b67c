// SPDX-License-Identifier: BSD-2-Clause
#include "startup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "crypto/argon2.h"
#include "crypto/hasher.h"
#include "directory.h"
#include "store/upgrade.h"

namespace pbxcred {
namespace {

bool exists(const std::string& path) {
  struct stat file {};
  return lstat(path.c_str(), &file) == 0;
}

Status make_state_dir(const std::string& path, const RunAs& who) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return failed(path);
  struct stat dir {};
  if (lstat(path.c_str(), &dir) != 0) return failed(path);
  if (!S_ISDIR(dir.st_mode)) return Error{Code::kInvalid, fmt::format("{}: not a directory", path)};
  if (geteuid() == 0 && dir.st_uid != who.uid && chown(path.c_str(), who.uid, who.gid) != 0) return failed(path);
  return {};
}

/// The parents of a directory that is about to be made.
Status make_parents(const std::string& path) {
  for (std::size_t at = path.find('/', 1); at != std::string::npos; at = path.find('/', at + 1)) {
    const std::string parent = path.substr(0, at);
    if (mkdir(parent.c_str(), 0755) == 0) {
      if (chmod(parent.c_str(), 0755) != 0) return failed(parent);  // whatever the umask: its user must pass
    } else if (errno != EEXIST) {
      return failed(parent);
    }
  }
  return {};
}

std::string directory_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

}  // namespace

Result<RunAs> run_as(const Settings& settings) {
  if (geteuid() != 0 || settings.user.empty()) return RunAs{geteuid(), getegid(), {}};
  std::vector<char> buffer(16384);
  passwd entry{};
  passwd* found = nullptr;
  if (getpwnam_r(settings.user.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
    return Error{Code::kNotFound, fmt::format("user: there is no user {} to run as", settings.user)};
  return RunAs{entry.pw_uid, entry.pw_gid, settings.user};
}

Status harden_process() {
  for (int fd = 0; fd <= 2; ++fd)
    if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 0 ? O_RDONLY : O_WRONLY) != fd) return failed("/dev/null");
  const rlimit none{0, 0};
  if (setrlimit(RLIMIT_CORE, &none) != 0) return failed("setrlimit");
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return failed("prctl");
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = std::min<rlim_t>(files.rlim_max, 65536);
    (void)setrlimit(RLIMIT_NOFILE, &files);
  }
  umask(077);
  return {};
}

Status drop_privileges(const RunAs& who) {
  if (who.name.empty()) return {};
  if (initgroups(who.name.c_str(), who.gid) != 0 || setresgid(who.gid, who.gid, who.gid) != 0 ||
      setresuid(who.uid, who.uid, who.uid) != 0)
    return failed(fmt::format("cannot become {}", who.name));
  if (setresuid(0, 0, 0) == 0) return Error{Code::kInternal, "privileges could be taken back"};
  // Changing user makes a process dumpable again.
  return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 ? Status() : Status(failed("prctl"));
}

namespace {

/// Acts as another user until it goes; the process has no other threads yet.
class ActingAs {
 public:
  explicit ActingAs(const RunAs& who) : changed_(!who.name.empty()) {
    if (!changed_) return;
    failed_ = initgroups(who.name.c_str(), who.gid) != 0 || setegid(who.gid) != 0 || seteuid(who.uid) != 0;
  }
  ~ActingAs() {
    if (changed_ && (seteuid(0) != 0 || setegid(0) != 0)) std::abort();
  }
  ActingAs(const ActingAs&) = delete;
  ActingAs& operator=(const ActingAs&) = delete;
  bool failed() const { return failed_; }

 private:
  bool changed_;
  bool failed_ = false;
};

/// As whom it will belong to: that also proves that the daemon will reach ring and store.
Status make_store(const Settings& settings, const RunAs& who, Time now) {
  const ActingAs acting(who);
  if (acting.failed()) return failed(fmt::format("cannot become {}", who.name));
  PBXCRED_TRY(const KeyRing ring, KeyRing::load(settings.key_file, who.uid));
  PBXCRED_TRY(auto store, LmdbStore::open(settings.state_dir, settings.store_size, true));
  return Database(*store, ring).initialise(now);
}

}  // namespace

Status prepare_state_dir(const Settings& settings, const RunAs& who) {
  PBXCRED_CHECK(make_parents(settings.state_dir));
  return make_state_dir(settings.state_dir, who);
}

Status prepare_key_parents(const Settings& settings) { return make_parents(directory_of(settings.key_file)); }

Status initialise(const Settings& settings, const RunAs& who, Time now) {
  const std::string store_file = settings.state_dir + "/" + LmdbStore::kFileName;
  for (const std::string& path : {settings.key_file, store_file})
    if (exists(path)) return Error{Code::kConflict, fmt::format("{} exists; --init never replaces anything", path)};
  PBXCRED_CHECK(prepare_state_dir(settings, who));
  PBXCRED_CHECK(prepare_key_parents(settings));
  PBXCRED_CHECK(KeyRing::create(settings.key_file, who.uid, who.gid, now));
  const Status made = make_store(settings, who, now);
  // What this call made and nobody has used yet must not stand in the way of the next.
  if (!made) unlink(settings.key_file.c_str());
  return made;
}

namespace {

Result<OpenStore> open_unverified(const Settings& settings, const RunAs& who, std::uint64_t whole_up_to) {
  // Whoever may write there could put another store in its place.
  PBXCRED_CHECK(check_directory(settings.state_dir, who.uid, "700"));
  OpenStore open;
  PBXCRED_TRY(KeyRing ring, KeyRing::load(settings.key_file, who.uid));
  PBXCRED_TRY(open.store, LmdbStore::open(settings.state_dir, settings.store_size, false, whole_up_to));
  open.database = std::make_unique<Database>(*open.store, std::make_shared<const KeyRing>(std::move(ring)));
  return open;
}

}  // namespace

Result<OpenStore> open_store(const Settings& settings, const RunAs& who, std::uint64_t whole_up_to) {
  PBXCRED_TRY(OpenStore open, open_unverified(settings, who, whole_up_to));
  PBXCRED_CHECK(open.database->verify());
  return open;
}

Result<OpenStore> open_store_to_serve(const Settings& settings, const RunAs& who, Log& log) {
  PBXCRED_TRY(OpenStore open, open_unverified(settings, who, LmdbStore::kWholeAtStart));
  PBXCRED_TRY(const auto upgraded, upgrade_store(*open.store, *open.database, settings.state_dir));
  if (upgraded)
    log.write(LogLevel::kNotice, fmt::format("the store was upgraded from schema {} to {}; as it was it is in {}",
                                             upgraded->from, kSchema, upgraded->copy));
  PBXCRED_CHECK(open.database->verify());
  return open;
}

Result<std::chrono::microseconds> measure_hash(const HashParams& params) {
  HashArena arena;
  const SecretView nothing{as_bytes("measure")};
  PBXCRED_CHECK(burn_hash(arena, params, nothing));
  const auto begin = std::chrono::steady_clock::now();
  PBXCRED_CHECK(burn_hash(arena, params, nothing));
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
}

}  // namespace pbxcred
