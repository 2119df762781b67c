// SPDX-License-Identifier: BSD-2-Clause
#include "service/import.h"

#include <fmt/format.h>

#include <algorithm>

#include "service/admin_write.h"
#include "service/import_report.h"
#include "service/import_secret.h"
#include "service/secrets.h"

namespace pbxcred {
namespace {

constexpr std::size_t kRowsAtOnce = 64;      ///< checked in one slice
constexpr std::size_t kHashesAtOnce = 8;     ///< users in work
constexpr std::size_t kUsersTogether = 256;  ///< settled in one commit with --skip-bad
constexpr std::uint64_t kProgressEvery = 64;
constexpr std::size_t kAbsentNamed = 50;

const char* verb_of(ImportMode mode) {
  switch (mode) {
    case ImportMode::kAdd: return "add";
    case ImportMode::kUpdate: return "update";
    case ImportMode::kSync: return "sync";
  }
  return "?";
}

}  // namespace

void ImportTask::refuse(const std::string& place, const std::string& what) {
  note(true, place, what);
  ++bad_;
}

Status ImportTask::open() {
  if (!file_) return Error{Code::kInvalid, "no rows came with the import"};
  PBXCRED_TRY(rows_, FrameFile::open(std::move(file_)));
  stage_ = Stage::kCheck;
  return {};
}

Status ImportTask::check_frame(Read& read, std::uint64_t frame, SecureBuffer& bytes) {
  ImportRow row;
  if (!decode_packet(bytes.view(), row)) return Error{Code::kInvalid, "the import's rows are malformed"};
  ++read_;
  auto user = checker_.check(read, row, frame, engine().clock().now());
  if (user) {
    users_.push_back(std::move(*user));
    if (!row.remark.empty()) note(false, place_of(row), row.remark);
  } else if (user.error().code == Code::kCorrupt || user.error().code == Code::kUnavailable) {
    return user.error();
  } else {
    refuse(place_of(row), user.error().what);
  }
  return {};
}

Status ImportTask::check_rows() {
  PBXCRED_TRY(Read read, engine().database().read());
  SecureBuffer bytes;
  for (std::size_t i = 0; i < kRowsAtOnce; ++i) {
    const std::uint64_t frame = rows_.offset();
    PBXCRED_TRY(const bool more, rows_.next(bytes));
    if (!more) {
      end_of_check();
      return {};
    }
    PBXCRED_CHECK(check_frame(read, frame, bytes));
  }
  context_.reply->put(Progress{"checking", read_, request_.rows});
  return {};
}

void ImportTask::end_of_check() {
  checker_.forget_names();
  if (bad_ > 0 && !request_.skip_bad && !request_.dry_run) return finish(refusal(), 0, bad_);
  if (request_.mode == ImportMode::kSync) return start_absent();
  end_of_absent();
}

ImportNote ImportTask::noting() {
  return [this](const std::string& place, const std::string& what) { note(false, place, what); };
}

/// A refused line may well be of somebody who is there: then nobody is absent for sure.
void ImportTask::start_absent() {
  if (bad_ > 0) {
    note(false, "sync", fmt::format("{} lines are refused, so nobody is disabled", bad_));
    return end_of_absent();
  }
  std::vector<DomainId> domains;
  for (const auto& [name, planned] : domains_)
    if (!planned.is_new) domains.push_back(planned.domain.id);
  std::vector<AccountId> present;
  for (const PlannedUser& user : users_)
    if (!user.is_new) present.push_back(user.account);
  absent_.emplace(std::move(domains), std::move(present));
  stage_ = Stage::kAbsent;
}

Status ImportTask::look_for_absent() {
  PBXCRED_TRY(Read read, engine().database().read());
  PBXCRED_TRY(const bool more, absent_->page(read, kRowsAtOnce));
  if (more) return {};
  PBXCRED_CHECK(name_absent(read));
  const Status allowed = check_max_disable(request_, absent_->absent().size(), absent_->users());
  if (!allowed) {
    finish(allowed, 0, bad_);
    return {};
  }
  end_of_absent();
  return {};
}

/// Whom it would hit, before it does: the first of them.
Status ImportTask::name_absent(Read& read) {
  const auto& absent = absent_->absent();
  const std::size_t named = std::min(absent.size(), kAbsentNamed);
  for (std::size_t i = 0; i < named; ++i) {
    PBXCRED_TRY(const auto account, read.account(absent[i]));
    if (!account) continue;
    PBXCRED_TRY(const auto domain, domain_of_account(read, *account));
    note(false, "absent", account_name(*account, domain ? &*domain : nullptr));
  }
  if (named < absent.size()) note(false, "absent", fmt::format("and {} more", absent.size() - named));
  return {};
}

void ImportTask::log_disabled(const std::vector<std::string>& accounts) {
  for (const std::string& account : accounts)
    context_.services.log->write(
        LogLevel::kNotice, fmt::format("import uid={} action=disable account={}", context_.uid, quoted(account)));
}

void ImportTask::end_of_absent() {
  settle_zones(domains_, noting());
  report_findings(request_, checker_.findings(), domains_, noting());
  if (request_.dry_run) return end_dry_run();
  stage_ = Stage::kHash;
}

Error ImportTask::refusal() const {
  return {Code::kInvalid, fmt::format("{} of {} lines are refused; nothing {} imported (--skip-bad leaves them out)", bad_,
                                      read_, request_.dry_run ? "would be" : "was")};
}

void ImportTask::end_dry_run() {
  if (bad_ > 0 && !request_.skip_bad) return finish(refusal(), 0, bad_);
  ImportCounts counts = checker_.findings().counts;
  counts.disabled = absent_ ? absent_->absent().size() : 0;
  report_counts(request_.mode, counts, noting());
  if (const std::uint64_t open = checker_.findings().to_compare; open > 0)
    note(false, "to compare", fmt::format("{} more: their secrets, which a dry run does not hash", open));
  finish({}, counts.affected(), bad_);
}

void ImportTask::hashed(const Status& outcome) {
  --hashing_;
  waiting_ = false;
  if (!outcome && !failure_) failure_ = outcome.error();
  const std::uint64_t done = next_to_hash_ - hashing_;
  if (done % kProgressEvery == 0) context_.reply->put(Progress{"hashing", done, users_.size()});
}

void ImportTask::hash_some() {
  auto self = std::static_pointer_cast<ImportTask>(shared_from_this());
  if (!ring_) ring_ = engine().database().ring();
  while (!failure_ && next_to_hash_ < users_.size() && hashing_ < kHashesAtOnce) {
    ++hashing_;
    PlannedUser& user = users_[next_to_hash_++];
    engine().submit(std::make_unique<HashUser>(context_.services, ring_, rows_, user,
                                               [self](const Status& outcome) { self->hashed(outcome); }),
                    share(true));
  }
  waiting_ = hashing_ > 0;
  if (waiting_) return;
  if (failure_) return done(*failure_);
  stage_ = Stage::kSettle;
}

void ImportTask::submit(std::function<Result<ImportSettled>(Write&, Time)> change, std::function<void()> next,
                        Growth growth) {
  waiting_ = true;
  auto self = std::static_pointer_cast<ImportTask>(shared_from_this());
  engine().submit(std::make_unique<SettledFunction<ImportSettled>>(
                      std::move(change),
                      [self, next = std::move(next)](const Status& outcome, const ImportSettled& settled) {
                        self->waiting_ = false;
                        if (!outcome) return self->done(outcome);
                        self->counts_ += settled.counts;
                        self->log_disabled(settled.disabled);
                        for (const auto& [place, what] : settled.refused) self->refuse(place, what);
                        next();
                      },
                      growth),
                  share(true));  // after all that hashing never told that others wait
}

/// Whole: users and absent ones in one transaction. A name taken since the check then spoils it; with --skip-bad it is
/// that line's fault.
void ImportTask::settle_some() {
  const std::size_t from = settled_;
  const std::size_t to = request_.skip_bad ? std::min(users_.size(), from + kUsersTogether) : users_.size();
  const bool whole = !request_.skip_bad;
  const auto change = [this, from, to, whole](Write& write, Time now) -> Result<ImportSettled> {
    PBXCRED_TRY(ImportSettled settled, settler_.store(write, std::span(users_).subspan(from, to - from), now));
    if (!whole || !absent_) return settled;
    PBXCRED_TRY(const ImportSettled more, settler_.disable(write, absent_->absent(), absent_->domains()));
    settled.counts += more.counts;
    settled.disabled = more.disabled;
    return settled;
  };
  submit(change, [this, to, whole] {
    settled_ = to;
    if (to < users_.size()) return;
    if (whole || !absent_) return done({});
    stage_ = Stage::kDisable;
  }, Growth::kMuch);
}

/// With --skip-bad, in parts; nobody if a line could not be stored, for who is absent is then not sure.
void ImportTask::disable_some() {
  const auto& absent = absent_->absent();
  if (bad_ > 0 && disabled_ == 0 && !absent.empty()) {
    note(false, "sync", fmt::format("{} lines are refused, so nobody is disabled", bad_));
    return done({});
  }
  const std::size_t from = disabled_;
  const std::size_t to = std::min(absent.size(), from + kUsersTogether);
  if (from == to) return done({});
  submit([this, from, to](Write& write, Time) {
    return settler_.disable(write, std::span(absent_->absent()).subspan(from, to - from), absent_->domains());
  }, [this, to] { disabled_ = to; }, Growth::kNone);
}

void ImportTask::done(const Status& status) {
  context_.services.log->write(
      LogLevel::kNotice,
      fmt::format("import uid={} mode={} rows={} added={} changed={} disabled={} refused={} result={}", context_.uid,
                  verb_of(request_.mode), read_, counts_.added, counts_.changed, counts_.disabled, bad_,
                  status ? "done" : name_of(status.error().code)));
  if (status) report_counts(request_.mode, counts_, noting());
  finish(status, counts_.affected(), bad_);
}

void ImportTask::step() {
  if (is_cancelled()) failure_ = cancelled(counts_.affected());
  if (failure_ && hashing_ == 0) return done(*failure_);
  Status status;
  switch (stage_) {
    case Stage::kOpen: status = open(); break;
    case Stage::kCheck: status = check_rows(); break;
    case Stage::kAbsent: status = look_for_absent(); break;
    case Stage::kHash: return hash_some();
    case Stage::kSettle: return settle_some();
    case Stage::kDisable: return disable_some();
  }
  if (!status) finish(status, 0, bad_);
}

}  // namespace pbxcred
