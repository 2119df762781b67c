// SPDX-License-Identifier: BSD-2-Clause
#include "service/export_users.h"

#include <fmt/format.h>

#include <list>

#include "crypto/portable_verifier.h"
#include "rules/door.h"

namespace pbxcred {
namespace {

constexpr std::size_t kUsersAtOnce = 64;  ///< in one slice

std::vector<std::string_view> views_of(const std::vector<std::string>& texts) { return {texts.begin(), texts.end()}; }

/// What is empty is not given.
std::optional<std::string_view> given(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
}
std::optional<std::vector<std::string_view>> given(const std::vector<std::string>& texts) {
  return texts.empty() ? std::nullopt : std::optional(views_of(texts));
}

AccountFields fields_of(const Account& account) {
  AccountFields fields;
  fields.username = given(account.username);
  fields.email = given(account.email);
  fields.first = given(account.first);
  fields.last = given(account.last);
  fields.location = given(account.location);
  fields.language = given(account.language);
  fields.numbers = given(account.numbers);
  fields.alternate_ids = given(account.alternate_ids);
  fields.trusted_extensions = given(account.trusted_extensions);
  return fields;
}

}  // namespace

Result<std::string> ExportTask::domain_name(Read& read, const DomainId& id) {
  const auto known = domains_.find(id);
  if (known != domains_.end()) return known->second;
  PBXCRED_TRY(auto domain, read.domain(id));
  if (!domain) return Error{Code::kCorrupt, "an account's domain is not there"};
  return domains_.emplace(id, domain->name).first->second;
}

Status ExportTask::put(Read& read, const Account& account) {
  PBXCRED_TRY(const std::string domain, domain_name(read, account.domain));
  ImportRow row;
  row.domain = domain;
  row.extension = account.extension;
  row.data = fields_of(account);
  std::list<std::string> verifiers;
  for (Kind kind : kAllKinds) {
    if (!request_.with_verifiers || !may_hold(Role::kUser, kind)) continue;
    PBXCRED_TRY(auto verifier, read.verifier(account.id, kind));
    if (!verifier) continue;
    auto text = export_verifier(read.ring(), account.id, *verifier);
    if (!text) return Error{text.error().code, fmt::format("{}@{} {}: {}", account.extension, domain, name_of(kind),
                                                           text.error().what)};
    verifiers.push_back(std::move(*text));
    row.hashes.push_back({kind, {as_bytes(verifiers.back())}});
  }
  context_.reply->put(row);
  ++found_;
  disabled_ += account.enabled ? 0 : 1;
  return {};
}

Status ExportTask::page() {
  PBXCRED_TRY(Read read, engine().database().read());
  if (!scan_) {
    PBXCRED_TRY(scan_, SelectionScan::start(read, settings(), request_.selection, Role::kUser, {}));
  }
  PBXCRED_TRY(auto hits, scan_->page(read, kUsersAtOnce));
  for (const SelectionScan::Hit& hit : hits) {
    if (!hit.account) return *hit.error;
    PBXCRED_CHECK(put(read, *hit.account));
  }
  return {};
}

void ExportTask::done(const Status& status) {
  context_.services.log->write(
      LogLevel::kNotice, fmt::format("export uid={} verifiers={} rows={} result={}", context_.uid,
                                     request_.with_verifiers ? "yes" : "no", found_,
                                     status ? "done" : name_of(status.error().code)));
  if (status && disabled_ > 0)
    note(false, "disabled", fmt::format("{} of them are, which a CSV file cannot say", disabled_));
  finish(status, found_);
}

void ExportTask::step() {
  const Status paged = page();
  if (!paged) return done(paged);
  if (scan_->done()) done({});
}

}  // namespace pbxcred
