// SPDX-License-Identifier: BSD-2-Clause
// The daemon's log: standard error, in the form the journal reads when it is the journal.
#pragma once

#include <mutex>

#include "base/log.h"

namespace pbxcred {

class Journal final : public Log {
 public:
  /// With a journal behind standard error (JOURNAL_STREAM, systemd.exec(5)) lines carry their level as "<N>"; else a
  /// time.
  Journal();
  void write(LogLevel level, std::string_view line) override;

 private:
  std::mutex mutex_;
  bool journal_ = false;
};

}  // namespace pbxcred
