// SPDX-License-Identifier: BSD-2-Clause
#include "service/import_report.h"

#include <fmt/format.h>

#include <utility>

#include "service/domain_settings.h"
#include "service/views.h"

namespace pbxcred {
namespace {

const char* fate_of(WeakSecrets weak, bool dry_run) {
  if (dry_run) return "";
  return weak == WeakSecrets::kMustChange ? ", kept, marked weak and to be changed" : ", kept and marked weak";
}

}  // namespace

void settle_zones(PlannedDomains& domains, const ImportNote& note) {
  for (auto& [name, planned] : domains) {
    if (planned.first_place.empty() || planned.timezone.empty() || !planned.zones_agree) continue;
    Domain zoned = planned.domain;
    if (const Status set = set_timezone(zoned, planned.timezone); !set) {
      note(planned.first_place,
           fmt::format("{}; the domain {} keeps {}", set.error().what, name, planned.domain.timezone));
    } else if (planned.is_new) {
      planned.domain = std::move(zoned);
    } else if (zoned.timezone != planned.domain.timezone) {
      note(planned.first_place,
           fmt::format("the mailboxes' time zone is {}, that of the domain {} stays {}", zoned.timezone, name,
                       planned.domain.timezone));
    }
  }
}

void report_findings(const ImportRequest& request, const ImportFindings& found, const PlannedDomains& domains,
                     const ImportNote& note) {
  for (const auto& [rule, count] : found.weak)
    note("weak", fmt::format("{}: {} of them{}", rule, count, fate_of(request.weak, request.dry_run)));
  for (const auto& [kind, count] : found.foreign)
    note("foreign", fmt::format("{}: {} hashes of other systems; no rule can be checked on them", kind, count));
  if (found.still_disabled > 0)
    note("disabled",
         fmt::format("{} users of the file are and stay so; user enable enables them", found.still_disabled));
  for (const auto& [name, planned] : domains) {
    if (!planned.is_new || planned.first_place.empty()) continue;
    const bool zoned = planned.domain.timezone != Domain{}.timezone;
    note(planned.first_place,
         fmt::format("the domain {} is new{}{}; its rollout phase is {}: a PIN opens no password service", name,
                     zoned ? ", with the time zone " : "", zoned ? planned.domain.timezone : "", kPhase));
  }
}

void report_counts(ImportMode mode, const ImportCounts& counts, const ImportNote& note) {
  if (mode == ImportMode::kAdd) return;
  note("added", std::to_string(counts.added));
  note("changed", std::to_string(counts.changed));
  note("unchanged", std::to_string(counts.unchanged));
  if (mode == ImportMode::kSync) note("absent, disabled", std::to_string(counts.disabled));
}

}  // namespace pbxcred
