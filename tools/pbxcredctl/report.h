// SPDX-License-Identifier: BSD-2-Clause
// What a command says: errors, notes, and how it went.
#pragma once

#include <string_view>

#include "outcome.h"
#include "session.h"

namespace pbxcred::ctl {

/// Writes as it is: text that is ours or made printable.
void write_text(std::FILE* stream, std::string_view text);

/// "pbxcredctl: what: why" on standard error, made printable.
void report(Session& session, std::string_view what, std::string_view why);
/// The same for a command line that makes no sense, with a hint at --help.
Exit report_usage(Session& session, std::string_view why);

/// An error of the daemon goes to standard error, another remark to standard output, which --json keeps free.
void report_note(Session& session, const NoteView& note);

/// How to count what a command does: "3 accounts added, 1 line refused".
struct Wording {
  const char* thing;         ///< "account"
  const char* done;          ///< "added"
  const char* failed_thing;  ///< "line"
  const char* failed = "refused";
};

/// Prints counts (or the JSON document) and the error, if any, of a command that acts. Returns its status.
Exit conclude(Session& session, const Outcome& outcome, const Wording& wording, bool dry_run);

/// Reports the error, if any, of a command that asks, whose rows have been printed. Returns its status.
/// With --json: the document of a question that has no answer.
void print_failure(Session& session, const Outcome& outcome);
Exit conclude_query(Session& session, const Outcome& outcome);

}  // namespace pbxcred::ctl
