// SPDX-License-Identifier: BSD-2-Clause
#include "service/secret_task.h"

#include <fmt/format.h>

#include "rules/door.h"
#include "service/admin_write.h"
#include "service/generate.h"
#include "service/secrets.h"
#include "service/set_secret.h"

namespace pbxcred {
namespace {

constexpr std::size_t kAtOnce = 8;  ///< accounts in work: enough to keep idle workers busy
constexpr auto kTemporaryLife = std::chrono::hours(24);
constexpr auto kLongestLife = std::chrono::hours(24 * 3653);

/// The secret goes and stays gone: its record remains as a tombstone.
Result<std::uint64_t> clear_secret(Write& write, const AccountId& id, Kind kind, Time now) {
  PBXCRED_TRY(auto account, write.account(id));
  if (!account) return std::uint64_t{0};
  PBXCRED_TRY(const bool was_set, store_cleared_secret(write, *account, kind, now));
  if (!was_set) return std::uint64_t{0};
  ++account->generation;
  PBXCRED_CHECK(write.put_account(*account));
  return std::uint64_t{1};
}

}  // namespace

void SecretTask::ended(const std::string& name, const Status& outcome) {
  --running_;
  waiting_ = false;
  context_.services.log->write(LogLevel::kNotice,
                               fmt::format("secret uid={} account={} kind={} action={} result={}", context_.uid,
                                           quoted(name), name_of(request_.kind), name_of(request_.action),
                                           outcome ? "done" : name_of(outcome.error().code)));
  if (outcome) return;
  note(true, name, outcome.error().what);
  last_error_ = outcome.error();
  ++failed_;
}

/// In the selection's order, whichever hash was done first.
void SecretTask::tell(std::uint64_t number, Generated generated) {
  if (request_.action != SecretAct::Action::kGenerate) return;
  to_tell_.emplace(number, std::move(generated));
  for (auto next = to_tell_.begin(); next != to_tell_.end() && next->first == told_;
       next = to_tell_.erase(next), ++told_)
    if (const Generated& one = next->second; one.secret)
      context_.reply->put(GeneratedRow{one.name, request_.kind, one.secret->view()});
}

void SecretTask::set(const Job& job) {
  auto secret = std::make_shared<Secret>(request_.action == SecretAct::Action::kGenerate
                                             ? generate_secret(job.policy)
                                             : Secret::copy_of(request_.secret));
  SetSecret::Options options;
  options.temporary = request_.temporary;
  options.must_change = request_.must_change;
  options.expires = request_.expires;
  if (request_.temporary && !options.expires) options.expires = kTemporaryLife;
  auto self = std::static_pointer_cast<SecretTask>(shared_from_this());
  engine().submit(std::make_unique<SetSecret>(context_.services, job.account, request_.kind,
                                              Secret::copy_of(secret->view()), options,
                                              [self, name = job.name, number = job.number,
                                               secret](const Status& outcome) {
                                                if (outcome) ++self->changed_;
                                                self->tell(number, {name, outcome ? secret : nullptr});
                                                self->ended(name, outcome);
                                              }),
                  share(scan_->is_bulk()));
}

void SecretTask::clear(const Job& job) {
  auto self = std::static_pointer_cast<SecretTask>(shared_from_this());
  engine().submit(std::make_unique<AdminWrite>(
                      [id = job.account, kind = request_.kind](Write& write, Time now) {
                        return clear_secret(write, id, kind, now);
                      },
                      [self, name = job.name](const Status& outcome, std::uint64_t changed) {
                        self->changed_ += changed;
                        self->ended(name, outcome);
                      },
                      Growth::kNone),
                  share(true));
}

void SecretTask::start(const Job& job) {
  if (request_.dry_run) {
    ++changed_;
    return;
  }
  ++running_;
  if (request_.action == SecretAct::Action::kClear) clear(job);
  else set(job);
}

Result<std::vector<SecretTask::Job>> SecretTask::page() {
  PBXCRED_TRY(Read read, engine().database().read());
  if (!scan_) {
    const Role role = request_.kind == Kind::kAdmin ? Role::kAdmin : Role::kUser;
    PBXCRED_TRY(scan_, SelectionScan::start(read, settings(), request_.selection, role, std::move(file_)));
  }
  PBXCRED_TRY(auto hits, scan_->page(read, kAtOnce - running_));
  std::vector<Job> jobs;
  for (const SelectionScan::Hit& hit : hits) {
    if (!hit.account) {
      note(true, hit.name, hit.error->what);
      last_error_ = hit.error;
      ++failed_;
      continue;
    }
    PBXCRED_TRY(auto domain, domain_of_account(read, *hit.account));
    const Domain* in = domain ? &*domain : nullptr;
    jobs.push_back({hit.account->id, account_name(*hit.account, in), policy_for(settings(), in, request_.kind).policy,
                    started_++});
  }
  return jobs;
}

void SecretTask::step() {
  if (request_.expires && (*request_.expires <= std::chrono::seconds(0) || *request_.expires > kLongestLife))
    return finish(Error{Code::kInvalid, "a secret expires in one second to ten years"});
  if (is_cancelled() && !broken_) broken_ = cancelled(0);  // the count follows
  if (!broken_ && (!scan_ || (!scan_->done() && running_ < kAtOnce))) {
    const auto jobs = page();
    if (jobs) for (const Job& job : *jobs) start(job);
    else broken_ = jobs.error();
  }
  if (broken_) {  // what runs is still answered: a generated secret is told once or never
    waiting_ = running_ > 0;
    if (!waiting_) finish(is_cancelled() ? cancelled(changed_) : *broken_, changed_, failed_);
    return;
  }
  if (scan_->done() && running_ == 0)
    return finish(last_error_ && changed_ == 0 ? Status(*last_error_) : Status(), changed_, failed_);
  waiting_ = running_ >= kAtOnce || scan_->done();
}

}  // namespace pbxcred
