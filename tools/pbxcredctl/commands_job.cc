// SPDX-License-Identifier: BSD-2-Clause
// job list|show|cancel.
#include <fmt/format.h>

#include <charconv>

#include "call.h"
#include "catalog.h"
#include "query.h"
#include "wire/admin.h"

namespace pbxcred::ctl {
namespace {

Result<std::uint64_t> parse_job(const std::string& text) {
  std::uint64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || id == 0)
    return Error{Code::kInvalid, "a job is a number, as `job list` shows it"};
  return id;
}

class JobList final : public Command {
 public:
  JobList() : Command("job list", "lists what runs, and what has ended lately", "job list") {}
  void declare(Syntax&) override {}
  Result<Exit> run(Session& session) override {
    return list_rows<JobView>(
        session, JobQuery{},
        {{"job", "what", "state", "started_at", "stage", "done", "total", "affected", "failed"}, "job"});
  }
};

/// A command about one job.
class JobCommand : public Command {
 public:
  using Command::Command;
  void declare(Syntax& syntax) override { syntax.operand("JOB", text_, "its number"); }
  Status prepare() override {
    PBXCRED_TRY(id_, parse_job(text_));
    return {};
  }

 protected:
  std::uint64_t id_ = 0;

 private:
  std::string text_;
};

class JobShow final : public JobCommand {
 public:
  JobShow() : JobCommand("job show", "shows one job, how it went and its last notes", "job show 3") {}
  Result<Exit> run(Session& session) override { return show_one<JobView>(session, JobQuery{id_}); }
};

class JobCancel final : public JobCommand {
 public:
  JobCancel() : JobCommand("job cancel", "has a job stop at its next step", "job cancel 3") {}
  Result<Exit> run(Session& session) override {
    PBXCRED_TRY(const Outcome outcome, ask(session, JobAct{id_}));
    return conclude(session, outcome, {"job", "told to stop", "job"}, false);
  }
};

}  // namespace

void add_job_commands(Commands& commands) {
  commands.push_back(std::make_unique<JobList>());
  commands.push_back(std::make_unique<JobShow>());
  commands.push_back(std::make_unique<JobCancel>());
}

}  // namespace pbxcred::ctl
