// SPDX-License-Identifier: BSD-2-Clause
// One line on a terminal that tells how far long work has come.
#include "progress.h"

#include <fmt/format.h>

#include "display.h"
#include "report.h"

namespace pbxcred::ctl {

void ProgressLine::show(std::string_view stage, std::uint64_t done, std::uint64_t total) {
  if (!session_.show_progress) return;
  const std::string of_total = total > 0 ? fmt::format("/{} ({} %)", total, done * 100 / total) : "";
  write_text(session_.err, fmt::format("\r\033[K{} {}{}", printable(stage), done, of_total));
  std::fflush(session_.err);
  shown_ = true;
}

void ProgressLine::clear() {
  if (shown_) write_text(session_.err, "\r\033[K");
  shown_ = false;
}

}  // namespace pbxcred::ctl
