// SPDX-License-Identifier: BSD-2-Clause
// What an interrupted command leaves behind.
#include "interrupt.h"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>

namespace pbxcred::ctl {
namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM};

// Made beforehand: a handler may only write it.
char g_text[256];
std::size_t g_size = 0;
struct sigaction g_before[std::size(kSignals)];

void tell_and_die(int number) {
  if (write(STDERR_FILENO, g_text, g_size) < 0) {
    // nobody is told; it dies all the same
  }
  std::signal(number, SIG_DFL);
  std::raise(number);
}

}  // namespace

void InterruptNote::arm(std::uint64_t job) {
  if (armed_) return;
  armed_ = true;
  g_size = fmt::format_to_n(g_text, sizeof g_text,
                            "\npbxcredctl: the daemon goes on with this as job {0} (pbxcredctl job show {0}); "
                            "`pbxcredctl job cancel {0}` stops it\n",
                            job)
               .size;
  struct sigaction tell {};
  tell.sa_handler = tell_and_die;
  for (std::size_t i = 0; i < std::size(kSignals); ++i) {
    sigaction(kSignals[i], nullptr, &g_before[i]);
    if (g_before[i].sa_handler == SIG_DFL) sigaction(kSignals[i], &tell, nullptr);
  }
}

InterruptNote::~InterruptNote() {
  if (!armed_) return;
  for (std::size_t i = 0; i < std::size(kSignals); ++i) sigaction(kSignals[i], &g_before[i], nullptr);
}

}  // namespace pbxcred::ctl
