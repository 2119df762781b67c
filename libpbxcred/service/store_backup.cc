// SPDX-License-Identifier: BSD-2-Clause
// store backup: two threads aside.
#include "service/store_backup.h"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <utility>

#include "service/byte_pipe.h"
#include "service/passed_file.h"
#include "store/backup.h"

namespace pbxcred {
namespace {

constexpr auto kMostStill = std::chrono::minutes(1);  ///< without a chunk written: the disk hangs

}  // namespace

/// What the two threads and the task share; it goes with the last of them.
struct StoreBackupTask::Job {
  BytePipe pipe;
  std::atomic<bool> unwanted{false};

  /// Gives up when the client has gone, the daemon ends, or the file takes nothing any more.
  class Patience {
   public:
    Patience(Job& job, const Aside::Desk& desk) : job_(job), desk_(desk) {}
    Status ask() {
      if (job_.unwanted) return Error{Code::kUnavailable, "nobody waits for the backup any more"};
      if (desk_.is_closed()) return Error{Code::kUnavailable, "the daemon stops"};
      const auto now = std::chrono::steady_clock::now();
      const std::uint64_t taken = job_.pipe.taken();
      if (std::exchange(taken_, taken) != taken) since_ = now;
      if (now - since_ < kMostStill) return {};
      return Error{Code::kUnavailable, "the file cannot be written: for a minute nothing has moved"};
    }

   private:
    Job& job_;
    const Aside::Desk& desk_;
    std::uint64_t taken_ = 0;
    std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
  };

  Status read_store(Database& database, const std::string& program, Time now, const Aside::Desk& desk,
                    const BackupProgress& progress);
  static Result<BackupSummary> write_file(Job& job, PassedFile& file, const KeyRing& ring);
};

/// The first thread's.
Status StoreBackupTask::Job::read_store(Database& database, const std::string& program, Time now,
                                        const Aside::Desk& desk, const BackupProgress& progress) {
  Patience patience(*this, desk);
  PBXCRED_TRY(Read read, database.read());
  const auto impatient = [&]() -> Status {
    if (read.raw().is_recalled()) return Error{Code::kUnavailable, "the store is opened anew: try again"};
    return patience.ask();
  };
  const BackupSink sink = [&](Bytes bytes) { return pipe.put({bytes.begin(), bytes.end()}, impatient); };
  const BackupProgress told = [&](std::uint64_t done, std::uint64_t total) -> Status {
    PBXCRED_CHECK(patience.ask());
    return progress(done, total);
  };
  PBXCRED_CHECK(write_backup(read, program, now, sink, told));
  return {};
}

/// The second thread's.
Result<BackupSummary> StoreBackupTask::Job::write_file(Job& job, PassedFile& file, const KeyRing& ring) {
  for (;;) {
    PBXCRED_TRY(const auto chunk, job.pipe.take());
    if (!chunk) break;
    PBXCRED_CHECK(file.write(*chunk));
  }
  PBXCRED_CHECK(file.sync());
  const BackupProgress wanted = [&](std::uint64_t, std::uint64_t) -> Status {
    if (job.unwanted) return Error{Code::kUnavailable, "nobody waits for the backup any more"};
    return {};
  };
  auto summary = read_backup(read_from(file.fd()), ring, nullptr, wanted);
  if (!summary) return Error{summary.error().code, "the backup, read back: " + summary.error().what};
  return summary;
}

StoreBackupTask::~StoreBackupTask() {
  if (job_) job_->unwanted = true;
}

void StoreBackupTask::progressed(const char* stage, std::uint64_t done, std::uint64_t total) {
  if (!is_done() && context_.reply->has_room()) context_.reply->put(Progress{stage, done, total});
}

void StoreBackupTask::ended(const Status& outcome, std::uint64_t records, std::uint64_t bytes) {
  if (is_done()) return;
  waiting_ = false;
  context_.services.log->write(outcome ? LogLevel::kNotice : LogLevel::kWarning,
                               fmt::format("backup uid={} records={} bytes={} result={}", context_.uid, records, bytes,
                                           outcome ? "done" : quoted(outcome.error().what)));
  finish(outcome, records);
}

Status StoreBackupTask::start() {
  PBXCRED_TRY(PassedFile passed, PassedFile::take(std::move(file_)));
  auto file = std::make_shared<PassedFile>(std::move(passed));
  job_ = std::make_shared<Job>();
  const std::weak_ptr<StoreBackupTask> weak = std::static_pointer_cast<StoreBackupTask>(shared_from_this());
  Database& database = engine().database();
  return engine().aside().start(
      "a backup", [job = job_, file, weak, &database, program = program_, now = engine().clock().now(),
                   ring = database.ring()](const Aside::Desk& desk) mutable -> std::function<void()> {
        // To close a file may hang, too: it is not kept here.
        const Status released = Aside::release([job, file = std::move(file), weak, ring, desk]() mutable {
          auto summary = Job::write_file(*job, *file, *ring);
          file.reset();
          if (!summary) job->pipe.fail(summary.error());
          desk.tell([weak, summary = std::move(summary)] {
            const auto task = weak.lock();
            if (!task) return;
            if (summary) task->ended({}, summary->records, summary->bytes);
            else task->ended(summary.error(), 0, 0);
          });
        });
        if (!released) job->pipe.fail(released.error());
        const BackupProgress progress = [&](std::uint64_t done, std::uint64_t total) -> Status {
          desk.tell([weak, done, total] {
            if (const auto task = weak.lock()) task->progressed(total > 0 ? "writing" : "checking", done, total);
          });
          return {};
        };
        const Status read = job->read_store(database, program, now, desk, progress);
        if (read) {
          job->pipe.close();
          return {};
        }
        job->pipe.fail(read.error());
        return [weak, read] {
          if (const auto task = weak.lock()) task->ended(read, 0, 0);
        };
      });
}

void StoreBackupTask::step() {
  waiting_ = true;
  const Status started = start();
  if (!started) ended(started, 0, 0);
}

}  // namespace pbxcred
