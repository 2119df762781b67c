// SPDX-License-Identifier: BSD-2-Clause
#include "journal.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <string>

namespace pbxcred {
namespace {

bool stderr_is_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat file {};
  if (stream == nullptr || fstat(STDERR_FILENO, &file) != 0) return false;
  return fmt::format("{}:{}", file.st_dev, file.st_ino) == stream;
}

void write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(STDERR_FILENO, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace

Journal::Journal() : journal_(stderr_is_journal()) {}

void Journal::write(LogLevel level, std::string_view line) {
  const std::string head = journal_ ? fmt::format("<{}>", static_cast<int>(level))
                                    : fmt::format("{:%Y-%m-%dT%H:%M:%SZ} ", fmt::gmtime(std::time(nullptr)));
  const std::string text = head + std::string(line) + "\n";
  const std::scoped_lock lock(mutex_);
  write_all(text);
}

}  // namespace pbxcred
