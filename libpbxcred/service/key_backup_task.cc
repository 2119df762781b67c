// SPDX-License-Identifier: BSD-2-Clause
// key backup: the ring, encrypted, into a passed file.
#include "service/key_backup_task.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <memory>

#include "crypto/key_backup.h"
#include "service/passed_file.h"

namespace pbxcred {
namespace {

/// One passphrase takes 256 MiB: one at a time.
std::atomic_flag under_way = ATOMIC_FLAG_INIT;

/// Ends a turn that was taken.
struct Turn {
  Turn() = default;
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() { under_way.clear(); }
};

struct Work {
  Turn turn;
  SharedRing ring;
  KeyPlace place;
  Secret passphrase;
  PassedFile file;

  Status run() {
    PBXCRED_TRY(const SecretFile contents, ring->read_file(place.path, place.uid));
    PBXCRED_TRY(const auto sealed, seal_key_backup(contents.view(), passphrase.view()));
    PBXCRED_CHECK(file.write(sealed));
    PBXCRED_CHECK(file.sync());
    return read_back(sealed);
  }

 private:
  Status read_back(Bytes wanted) const {
    std::vector<std::uint8_t> got(wanted.size() + 1);
    const ssize_t size = pread(file.fd(), got.data(), got.size(), 0);
    if (size == static_cast<ssize_t>(wanted.size()) && std::equal(wanted.begin(), wanted.end(), got.begin())) return {};
    return Error{Code::kUnavailable, "the file, read back, is not what was written"};
  }
};

}  // namespace

Status KeyBackupTask::check_peer() const {
  if (context_.uid == 0 || context_.uid == geteuid()) return {};
  return Error{Code::kDenied, "the key ring is given to root and the daemon's own user only"};
}

Status KeyBackupTask::start() {
  PBXCRED_CHECK(check_peer());
  if (keeper_ == nullptr) return Error{Code::kUnavailable, "there is no key ring that could be backed up"};
  PBXCRED_TRY(Secret passphrase, passphrase_to_set(passphrase_.view()));
  PBXCRED_TRY(PassedFile file, PassedFile::take(std::move(file_)));
  if (under_way.test_and_set()) return Error{Code::kBusy, "another backup of the key ring is under way"};
  // Neither the hash nor the file may be waited for when the daemon stops.
  auto work = std::shared_ptr<Work>(
      new Work{{}, engine().database().ring(), keeper_->place(), std::move(passphrase), std::move(file)});
  auto self = std::static_pointer_cast<KeyBackupTask>(shared_from_this());
  const std::weak_ptr<KeyBackupTask> weak = self;
  return engine().aside().start("a backup of the key ring",
                                [weak, work = std::move(work)](const Aside::Desk& desk) mutable -> std::function<void()> {
                                  const Status released = Aside::release([weak, work = std::move(work), desk]() mutable {
                                    const Status outcome = work->run();
                                    work.reset();
                                    desk.tell([weak, outcome] {
                                      if (const auto task = weak.lock()) task->ended(outcome);
                                    });
                                  });
                                  if (released) return {};
                                  return [weak, released] {
                                    if (const auto task = weak.lock()) task->ended(released);
                                  };
                                });
}

void KeyBackupTask::ended(const Status& outcome) {
  waiting_ = false;
  context_.services.log->write(LogLevel::kNotice, fmt::format("key backup uid={} result={}", context_.uid,
                                                              outcome ? "done" : quoted(outcome.error().what)));
  finish(outcome, outcome ? 1 : 0);
}

void KeyBackupTask::step() {
  waiting_ = true;
  const Status started = start();
  if (!started) ended(started);
}

}  // namespace pbxcred
