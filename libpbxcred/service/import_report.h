// SPDX-License-Identifier: BSD-2-Clause
// What an import says beside the lines it refuses.
#pragma once

#include <functional>
#include <string>

#include "service/import_check.h"
#include "service/import_settle.h"

namespace pbxcred {

/// Takes a note: of which line or what, and what.
using ImportNote = std::function<void(const std::string&, const std::string&)>;

/// A new domain gets the zone that all its mailboxes have which name one; an old one's is its administrator's, and a
/// note tells of another.
void settle_zones(PlannedDomains& domains, const ImportNote& note);

/// What the check has found: rules that secrets break, foreign hashes, the disabled, domains that are made.
void report_findings(const ImportRequest& request, const ImportFindings& found, const PlannedDomains& domains,
                     const ImportNote& note);

/// Where only adding is done, the last packet says it all: then nothing.
void report_counts(ImportMode mode, const ImportCounts& counts, const ImportNote& note);

}  // namespace pbxcred
