// SPDX-License-Identifier: BSD-2-Clause
// One conversation with the daemon.
#include "call.h"

#include "client/admin_channel.h"
#include "interrupt.h"
#include "progress.h"
#include "wire/admin.h"

namespace pbxcred::ctl {
namespace {

Error malformed() {
  return {Code::kInternal, "malformed reply"};
}

Status take_note(Session& session, const PacketHead& head, Outcome& outcome) {
  Note note;
  if (!decode(head.body, note)) return malformed();
  outcome.notes.push_back({note.is_error, std::string(note.where), std::string(note.what)});
  report_note(session, outcome.notes.back());
  return {};
}

Status take_progress(const PacketHead& head, ProgressLine& line, InterruptNote& interrupt) {
  Progress progress;
  if (!decode(head.body, progress)) return malformed();
  if (progress.job != 0) interrupt.arm(progress.job);
  line.show(progress.stage, progress.done, progress.total);
  return {};
}

Status take_done(const PacketHead& head, Outcome& outcome) {
  Done done;
  if (!decode(head.body, done)) return malformed();
  outcome.ok = done.ok;
  outcome.code = done.code;
  outcome.what = std::string(done.what);
  outcome.affected = done.affected;
  outcome.failed = done.failed;
  return {};
}

}  // namespace

Result<Outcome> converse(Session& session, Bytes packet, int attachment, const OnRow& on_row) {
  PBXCRED_TRY(AdminChannel channel, AdminChannel::connect(session.run_dir));
  PBXCRED_CHECK(channel.send_encoded(packet, attachment));
  Outcome outcome;
  ProgressLine line(session);
  InterruptNote interrupt;
  for (;;) {
    PBXCRED_TRY(const PacketHead head, channel.next());
    if (head.type == Progress::kType) {
      PBXCRED_CHECK(take_progress(head, line, interrupt));
      continue;
    }
    line.clear();
    if (head.type == Done::kType) {
      PBXCRED_CHECK(take_done(head, outcome));
      return outcome;
    }
    PBXCRED_CHECK(head.type == Note::kType ? take_note(session, head, outcome) : on_row(head));
  }
}

}  // namespace pbxcred::ctl
