// SPDX-License-Identifier: BSD-2-Clause
// What a command says: errors, notes, and how it went.
#include "report.h"

#include <fmt/format.h>

#include "display.h"
#include "format.h"
#include "json.h"

namespace pbxcred::ctl {
namespace {

std::string_view why_of(const Outcome& outcome) {
  return outcome.what.empty() ? std::string_view(name_of(outcome.code)) : outcome.what;
}

/// Whether the last note was the error itself, as it is when one name is not found.
bool is_said(const Outcome& outcome) {
  return !outcome.notes.empty() && outcome.notes.back().is_error && outcome.notes.back().what == outcome.what;
}

std::string counts_text(const Outcome& outcome, const Wording& wording, bool dry_run) {
  const char* would = dry_run ? "would be " : "";
  std::string text = fmt::format("{} {}{}", format_count(outcome.affected, wording.thing), would, wording.done);
  if (outcome.failed > 0)
    text += fmt::format(", {} {}{}", format_count(outcome.failed, wording.failed_thing), would, wording.failed);
  return text + "\n";
}

OutcomeView view_of(const Outcome& outcome, bool dry_run) {
  OutcomeView view{outcome.ok, dry_run, outcome.affected, outcome.failed, std::nullopt, outcome.notes};
  if (!outcome.ok) view.error = std::string(why_of(outcome));
  return view;
}

}  // namespace

void write_text(std::FILE* stream, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stream);
}

void report(Session& session, std::string_view what, std::string_view why) {
  // What was printed so far comes first where both streams are the same terminal or file.
  std::fflush(session.out);
  std::string line = "pbxcredctl: ";
  if (!what.empty()) line += printable(what) + ": ";
  write_text(session.err, line + printable(why) + "\n");
}

Exit report_usage(Session& session, std::string_view why) {
  report(session, session.command, fmt::format("{} (see --help)", why));
  return Exit::kUsage;
}

void report_note(Session& session, const NoteView& note) {
  if (note.is_error) {
    report(session, note.where, note.what);
  } else if (!session.json) {
    write_text(session.out, note.where.empty() ? printable(note.what) + "\n"
                                               : printable(note.where) + ": " + printable(note.what) + "\n");
  }
}

Exit conclude(Session& session, const Outcome& outcome, const Wording& wording, bool dry_run) {
  if (session.json) {
    write_text(session.out, json_of(view_of(outcome, dry_run)) + "\n");
  } else if (outcome.ok || outcome.affected > 0 || outcome.failed > 0) {
    write_text(session.out, counts_text(outcome, wording, dry_run));
  }
  return conclude_query(session, outcome);
}

void print_failure(Session& session, const Outcome& outcome) {
  write_text(session.out, json_of(view_of(outcome, false)) + "\n");
}

Exit conclude_query(Session& session, const Outcome& outcome) {
  if (!outcome.ok && !is_said(outcome)) report(session, session.command, why_of(outcome));
  return exit_of(outcome);
}

}  // namespace pbxcred::ctl
