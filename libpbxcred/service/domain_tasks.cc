// SPDX-License-Identifier: BSD-2-Clause
#include "service/domain_tasks.h"

#include <fmt/format.h>

#include <algorithm>

#include "service/admin_write.h"

namespace pbxcred {
namespace {

constexpr std::size_t kRowsAtOnce = 256;
constexpr std::size_t kMostBytes = std::size_t{16} << 20;  ///< of all rows

std::string counts_text(const DomainCounts& counts, bool dry_run) {
  const char* would = dry_run ? "would be " : "";
  return fmt::format("{} {}added, {} {}changed, {} unchanged", counts.added, would, counts.changed, would,
                     counts.unchanged);
}

}  // namespace

/// False at the end.
Result<bool> DomainImportTask::read_some() {
  if (!opened_) {
    if (!file_) return Error{Code::kInvalid, "no domains came with the import"};
    PBXCRED_TRY(frames_, FrameFile::open(std::move(file_)));
    opened_ = true;
  }
  for (std::size_t i = 0; i < kRowsAtOnce; ++i) {
    SecureBuffer packet;
    PBXCRED_TRY(const bool more, frames_.next(packet));
    if (!more) return false;
    bytes_ += packet.size();
    if (bytes_ > kMostBytes) return Error{Code::kInvalid, "the domains are over 16 MiB; import them in parts"};
    packets_.push_back(std::move(packet));
    DomainRow row;
    if (!decode_packet(packets_.back().view(), row)) return Error{Code::kInvalid, "the import's rows are malformed"};
    rows_.push_back({fmt::format("{}:{}", row.file, row.line), row.put});
  }
  return true;
}

Result<std::uint64_t> DomainImportTask::put_all(Write& write, Time now) {
  problems_.clear();
  counts_.reset();
  PBXCRED_TRY(counts_, put_domains(write, settings(), rows_, now, problems_));
  if (request_.dry_run) return Error{Code::kRefused, "a dry run changes nothing"};  // so ends the transaction
  return counts_->added + counts_->changed;
}

void DomainImportTask::told(const Status& outcome) {
  waiting_ = false;
  for (const DomainProblem& problem : problems_) note(true, problem.place, problem.error.what);
  const bool counted = counts_ && (outcome || request_.dry_run);
  context_.services.log->write(LogLevel::kNotice,
                               fmt::format("domain import uid={} rows={} result={}", context_.uid, rows_.size(),
                                           counted ? counts_text(*counts_, request_.dry_run)
                                                   : name_of(outcome.error().code)));
  if (!counted) return finish(outcome, 0, problems_.size());
  note(false, "", counts_text(*counts_, request_.dry_run));
  finish({}, counts_->added + counts_->changed);
}

void DomainImportTask::put() {
  waiting_ = true;
  auto self = std::static_pointer_cast<DomainImportTask>(shared_from_this());
  engine().submit(std::make_unique<AdminWrite>([self](Write& write, Time now) { return self->put_all(write, now); },
                                               [self](const Status& outcome, std::uint64_t) { self->told(outcome); },
                                               Growth::kMuch),
                  share());
}

void DomainImportTask::step() {
  const auto more = read_some();
  if (!more) return finish(more.error());
  if (!*more) put();
}

void DomainExportTask::step() {
  auto read = engine().database().read();
  if (!read) return finish(read.error());
  std::vector<Domain> domains;
  auto row = read->seek<Domain>(Table::kDomain, make_key(Table::kDomain));
  for (; row && *row; row = read->next<Domain>(Table::kDomain)) domains.push_back(std::move((*row)->record));
  if (!row) return finish(row.error());
  std::sort(domains.begin(), domains.end(), [](const Domain& a, const Domain& b) { return a.name < b.name; });
  for (const Domain& domain : domains) {
    DomainRow out;
    out.put.name = domain.name;
    out.put.timezone = domain.timezone;
    out.put.language = domain.language;
    out.put.country = domain.country;
    out.put.contact = domain.contact;
    out.put.mail_from = domain.mail_from;
    out.put.base_url = domain.base_url;
    out.put.aliases.emplace(domain.aliases.begin(), domain.aliases.end());
    for (const DomainPolicy& chosen : domain.policies) out.put.policies.push_back({chosen.kind, chosen.policy});
    context_.reply->put(out);
  }
  finish({}, domains.size());
}

}  // namespace pbxcred
