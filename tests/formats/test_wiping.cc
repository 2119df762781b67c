// SPDX-License-Identifier: BSD-2-Clause
// After a parser is done, the secrets it read are nowhere in this process's memory.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>

#include "base/fd.h"
#include "formats/csv.h"
#include "formats/rows.h"
#include "formats/voicemail_conf.h"
#include "support/check.h"

using namespace pbxcred;

namespace {

constexpr std::size_t kMarkSize = 24;
constexpr std::uint8_t kMask = 0x5A;

/// The marked secret, in clear only where a parser has read it. Not the alphabet: libstdc++ keeps tables of that.
std::array<std::uint8_t, kMarkSize> masked_mark() {
  std::array<std::uint8_t, kMarkSize> mark{};
  for (std::size_t i = 0; i < kMarkSize; ++i) mark[i] = static_cast<std::uint8_t>(('A' + i * 7 % 26) ^ kMask);
  return mark;
}

bool is_mark(const std::uint8_t* at, const std::array<std::uint8_t, kMarkSize>& masked) {
  for (std::size_t i = 0; i < kMarkSize; ++i) {
    if ((at[i] ^ kMask) != masked[i]) return false;
  }
  return true;
}

/// How often the mark is in [from, to), read through mem in small overlapping blocks.
std::size_t count_in(int mem, std::uint64_t from, std::uint64_t to) {
  static std::array<std::uint8_t, 65536> block;
  static const auto masked = masked_mark();
  std::size_t found = 0;
  while (from + kMarkSize <= to) {
    const std::size_t want = std::min<std::uint64_t>(block.size(), to - from);
    const ssize_t got = pread(mem, block.data(), want, static_cast<off_t>(from));
    if (got < static_cast<ssize_t>(kMarkSize)) break;
    const auto size = static_cast<std::size_t>(got);
    for (std::size_t i = 0; i + kMarkSize <= size; ++i) found += is_mark(block.data() + i, masked);
    from += size - kMarkSize + 1;
  }
  explicit_bzero(block.data(), block.size());
  return found;
}

/// How often the mark is in writable memory. Skips mappings beyond 4 GiB: a sanitizer's shadow.
std::size_t marks_in_memory() {
  const Fd mem(open("/proc/self/mem", O_RDONLY | O_CLOEXEC));
  std::ifstream maps("/proc/self/maps");
  std::size_t found = 0;
  for (std::string line; std::getline(maps, line);) {
    unsigned long from = 0;
    unsigned long to = 0;
    if (sscanf(line.c_str(), "%lx-%lx rw", &from, &to) != 2 || line.find(" rw") == std::string::npos) continue;
    if (to - from < (4UL << 30U)) found += count_in(mem.get(), from, to);
  }
  return found;
}

/// Writes before, the mark and after to a file, from another process: so that this one never held it.
void write_marked(const std::string& path, const char* before, const char* after) {
  const pid_t child = fork();
  if (child == 0) {
    auto mark = masked_mark();
    for (auto& byte : mark) byte ^= kMask;
    std::ofstream(path, std::ios::binary) << before << as_text(Bytes(mark)) << after;
    _exit(0);
  }
  int status = 1;
  waitpid(child, &status, 0);
  assert_int_equal(status, 0);
}

/// Lets a parser run; its rows hold the mark once, and afterwards nothing does.
template <class Parse>
void expect_wiped(Parse parse) {
  std::size_t during = 0;
  std::size_t secrets = 0;
  const Status status = parse([&](const ImportRow& row) -> Status {
    secrets += row.secrets.size();
    if (row.secrets.size() == 1) during = std::max(during, marks_in_memory());
    return {};
  });
  assert_true(status.ok());
  assert_int_equal(secrets, 1);
  assert_true(during > 0);  // the search finds what is there
  assert_int_equal(marks_in_memory(), 0);
}

}  // namespace

CASE(csv_wipes_secrets_it_has_read) {
  const TestFolder folder;
  for (const char* before :
       {"domain,extension,password\nd,1,", "domain,extension,password\nd,1,\"x", "password,domain,extension\n"}) {
    const bool first = before[0] == 'p';
    const bool quoted = std::string_view(before).ends_with("\"x");
    write_marked(folder / "u.csv", before, first ? ",d,1\nx,y\n" : quoted ? "\"\nd,2\n" : "\nd,2\n");
    expect_wiped([&](const RowSink& sink) {
      const Fd fd(open((folder / "u.csv").c_str(), O_RDONLY | O_CLOEXEC));
      return parse_csv(fd.get(), "u.csv", sink);
    });
  }
}

CASE(csv_wipes_secrets_of_lines_it_refuses) {
  const TestFolder folder;
  for (const char* after : {"\"x\nd,2,1\n", ",y\nd,2,1\n", "\"\"\nd,2,1\n", "\xFF,\nd,2,1\n"}) {
    write_marked(folder / "u.csv", "domain,extension,voicemail\nd,1,", after);
    const Fd fd(open((folder / "u.csv").c_str(), O_RDONLY | O_CLOEXEC));
    Rows rows;
    assert_true(parse_csv(fd.get(), "u.csv", rows.sink()).ok());
    assert_string_equal(rows.text.substr(rows.text.find('\n') + 1).c_str(), "3 2@d voicemail:1\n");
    assert_int_equal(rows.problems, 1);
    assert_int_equal(marks_in_memory(), 0);
  }
}

CASE(voicemail_wipes_pins_it_has_read) {
  const TestFolder folder;
  for (const char* before : {"[c]\n1 => ", "[c]\n1 => -", "[c]\n;--\n--; 1 => \\;", "[c]\n1 =\n1 += "}) {
    write_marked(folder / "v.conf", before, " , Name\n2 => ,\n");
    expect_wiped([&](const RowSink& sink) { return parse_voicemail_conf(folder / "v.conf", {}, sink); });
  }
  folder.write("a.conf", "[c]\n#include v.conf\n");
  expect_wiped([&](const RowSink& sink) { return parse_voicemail_conf(folder / "a.conf", {}, sink); });
}

RUN_CASES(cmocka_unit_test(csv_wipes_secrets_it_has_read), cmocka_unit_test(csv_wipes_secrets_of_lines_it_refuses),
          cmocka_unit_test(voicemail_wipes_pins_it_has_read))
