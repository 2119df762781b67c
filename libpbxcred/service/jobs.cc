// SPDX-License-Identifier: BSD-2-Clause
#include "service/jobs.h"

#include <fmt/format.h>

#include <algorithm>

namespace pbxcred {
namespace {

constexpr const char* kRunning = "running";

/// At most kNoteBytes of text, whole characters.
std::string bounded(std::string_view text) {
  std::size_t size = std::min(text.size(), JobBook::kNoteBytes);
  if (size < text.size())
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0U) == 0x80) --size;
  return std::string(text.substr(0, size));
}

void keep(JobView& job, const Progress& progress) {
  job.stage = bounded(progress.stage);
  job.done = progress.done;
  job.total = progress.total;
}

void keep(JobView& job, const Note& note) {
  if (job.notes.size() == JobBook::kNotes) {
    job.notes.erase(job.notes.begin());
    ++job.notes_dropped;
  }
  job.notes.push_back({note.is_error, bounded(note.where), bounded(note.what)});
}

void keep(JobView& job, const Done& done, bool cancel_asked, Time now) {
  job.state = done.ok ? "done" : cancel_asked ? "cancelled" : "failed";
  job.ended_at = now;
  job.affected = done.affected;
  job.failed = done.failed;
  if (done.ok) {
    job.stage.clear();
    job.done = job.total;
  }
  if (!done.ok) job.error = bounded(done.what);
}

}  // namespace

class JobBook::Reply final : public AdminReply {
 public:
  Reply(std::shared_ptr<JobBook> book, std::shared_ptr<Job> job, const Clock& clock, std::shared_ptr<AdminReply> client)
      : book_(std::move(book)), job_(std::move(job)), clock_(clock), client_(std::move(client)) {}

  void send(SecureBuffer packet) override {
    const PacketHead head = read_head(packet.view());
    Progress progress;
    Note note;
    Done done;
    if (head.type == Progress::kType && decode(head.body, progress)) keep(job_->view, progress);
    if (head.type == Note::kType && decode(head.body, note)) keep(job_->view, note);
    if (head.type == Done::kType && decode(head.body, done)) {
      keep(job_->view, done, job_->cancel_asked, clock_.now());
      book_->forget_oldest();
    }
    client_->send(std::move(packet));
  }
  bool has_room() const override { return client_->has_room(); }
  bool is_gone() const override { return false; }
  bool is_job() const override { return true; }
  bool is_cancelled() const override { return job_->cancel_asked; }

 private:
  std::shared_ptr<JobBook> book_;
  std::shared_ptr<Job> job_;
  const Clock& clock_;
  std::shared_ptr<AdminReply> client_;
};

std::shared_ptr<AdminReply> JobBook::begin(std::string what, std::uint32_t uid, std::uint64_t total, const Clock& clock,
                                           std::shared_ptr<AdminReply> client) {
  auto job = std::make_shared<Job>();
  job->view.job = next_++;
  job->view.what = bounded(what);
  job->view.uid = uid;
  job->view.state = kRunning;
  job->view.started_at = clock.now();
  job->view.stage = "starting";
  job->view.total = total;
  jobs_.emplace(job->view.job, job);
  forget_oldest();
  client->put(Progress{job->view.stage, 0, total, job->view.job});
  return std::make_shared<Reply>(shared_from_this(), std::move(job), clock, std::move(client));
}

std::size_t JobBook::running() const {
  return static_cast<std::size_t>(
      std::count_if(jobs_.begin(), jobs_.end(), [](const auto& job) { return job.second->view.state == kRunning; }));
}

/// What runs stays in the book.
void JobBook::forget_oldest() {
  std::size_t ended = jobs_.size() - running();
  for (auto place = jobs_.begin(); place != jobs_.end() && ended > kKept;) {
    if (place->second->view.state == kRunning) {
      ++place;
    } else {
      place = jobs_.erase(place);
      --ended;
    }
  }
}

std::vector<JobView> JobBook::list() const {
  std::vector<JobView> views;
  for (const auto& [id, job] : jobs_) {
    views.push_back(job->view);
    views.back().notes.clear();
  }
  return views;
}

std::optional<JobView> JobBook::find(std::uint64_t id) const {
  const auto found = jobs_.find(id);
  return found == jobs_.end() ? std::nullopt : std::optional(found->second->view);
}

Status JobBook::cancel(std::uint64_t id) {
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return Error{Code::kNotFound, fmt::format("there is no job {}", id)};
  const JobView& view = found->second->view;
  if (view.state != kRunning) return Error{Code::kConflict, fmt::format("job {} has ended: {}", id, view.state)};
  found->second->cancel_asked = true;
  return {};
}

void JobQueryTask::step() {
  if (id_ == 0) {
    const std::vector<JobView> views = jobs_->list();
    for (const JobView& view : views) context_.reply->put(view);
    return finish({}, views.size());
  }
  const auto view = jobs_->find(id_);
  if (!view) return finish(Error{Code::kNotFound, fmt::format("there is no job {}", id_)});
  context_.reply->put(*view);
  finish({}, 1);
}

}  // namespace pbxcred
