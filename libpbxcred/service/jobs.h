// SPDX-License-Identifier: BSD-2-Clause
// Long work that survives its client: what runs, what came of what has ended.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/views.h"
#include "service/admin_task.h"

namespace pbxcred {

/// The book of jobs, for as long as the daemon runs: every one that runs and the last kKept. Holds no secret: of what a
/// task replies it keeps progress, notes and the end. Event loop only.
class JobBook : public std::enable_shared_from_this<JobBook> {
 public:
  static constexpr std::size_t kKept = 100;
  static constexpr std::size_t kNotes = 50;       ///< of a job: the last
  static constexpr std::size_t kNoteBytes = 300;  ///< of a text; what is longer is cut

  /// Enters a job and tells its client of it. Returns where its task is to reply: what it sends is kept, and passed on
  /// while the client is there. clock outlives the book.
  std::shared_ptr<AdminReply> begin(std::string what, std::uint32_t uid, std::uint64_t total, const Clock& clock,
                                    std::shared_ptr<AdminReply> client);

  /// All, the oldest first, without their notes.
  std::vector<JobView> list() const;
  std::optional<JobView> find(std::uint64_t id) const;
  /// Has it stop at its next slice. `not found`; `conflict`: it has ended.
  Status cancel(std::uint64_t id);

 private:
  class Reply;
  struct Job {
    JobView view;
    bool cancel_asked = false;
  };
  std::size_t running() const;
  void forget_oldest();

  std::map<std::uint64_t, std::shared_ptr<Job>> jobs_;
  std::uint64_t next_ = 1;
};

/// job list|show.
class JobQueryTask final : public AdminTask {
 public:
  JobQueryTask(AdminContext context, std::shared_ptr<const JobBook> jobs, std::uint64_t id)
      : AdminTask(std::move(context)), jobs_(std::move(jobs)), id_(id) {}
  void step() override;

 private:
  std::shared_ptr<const JobBook> jobs_;
  std::uint64_t id_;
};

}  // namespace pbxcred
