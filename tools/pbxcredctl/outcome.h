// SPDX-License-Identifier: BSD-2-Clause
// How a request ended: Done, and the notes before it.
#pragma once

#include <string>
#include <vector>

#include "base/code.h"
#include "exit_status.h"
#include "model/views.h"

namespace pbxcred::ctl {

/// What a command that acts prints with --json.
struct OutcomeView {
  static constexpr bool kIsView = true;
  bool ok = false;
  bool dry_run = false;
  std::uint64_t affected = 0;
  std::uint64_t failed = 0;
  std::optional<std::string> error;  ///< why not ok
  std::vector<NoteView> notes;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& o) {
    v(1, "ok", o.ok);
    v(2, "dry_run", o.dry_run);
    v(3, "affected", o.affected);
    v(4, "failed", o.failed);
    v(5, "error", o.error);
    v(6, "notes", o.notes);
  }
};

/// A Done that owns its text.
struct Outcome {
  bool ok = false;
  Code code = Code::kInternal;
  std::string what;
  std::uint64_t affected = 0;
  std::uint64_t failed = 0;
  std::vector<NoteView> notes;
};

/// Some done and some not is kPartly, whatever the code.
constexpr Exit exit_of(const Outcome& outcome) {
  if (outcome.failed > 0 && (outcome.ok || outcome.affected > 0)) return Exit::kPartly;
  return outcome.ok ? Exit::kDone : exit_of(outcome.code);
}

}  // namespace pbxcred::ctl
