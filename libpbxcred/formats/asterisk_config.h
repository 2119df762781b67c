// SPDX-License-Identifier: BSD-2-Clause
// Asterisk's configuration syntax: sections of `name = value` lines, templates, includes. What the lines mean is not
// known here. Follows what Asterisk 20's main/config.c accepts.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "formats/section_table.h"

namespace pbxcred {

/// One `name = value`, stripped of blanks; borrows from its AsteriskConfig.
struct ConfigLine {
  std::string_view name, value;
  bool has_arrow = false;  ///< written with `=>`
  std::size_t file = 0;    ///< for AsteriskConfig::file_name()
  std::uint64_t line = 0;
};

/// A line that could not be understood; `what` repeats nothing of it.
struct ConfigFault {
  std::size_t file = 0;
  std::uint64_t line = 0;
  std::string what;
};

/// A whole configuration in memory that is wiped when it goes. Movable; what borrows from it stays valid.
///
/// Files: `#include` and `#tryinclude` with "name", <name> or name, patterns too, relative to the folder of the first
/// file (in Asterisk: the configuration folder) or else of the including one. A missing file is a fault, with
/// #tryinclude nothing. Sections: `[name]`, `[name](!)`, `[name](base,…)`, `[name](+)`; names compare without case;
/// two sections may have one name. A line longer than 8189 bytes is a fault unless it is a comment (Asterisk skips it).
/// Errors (`invalid`, with file and line): #exec, a file that includes itself, includes deeper than 10, more than 64 MiB,
/// 4096 files, 65536 sections, 1000000 inherited lines or 10000 faults; and the first file's if it cannot be read.
class AsteriskConfig {
 public:
  static Result<AsteriskConfig> read(const std::string& path);
  /// For text that is no file: includes are faults.
  static Result<AsteriskConfig> read_text(std::string_view text, std::string_view file_name);

  /// In the order of their headers; their lines are for line().
  const std::vector<ConfigSection>& sections() const { return sections_.all(); }
  const ConfigLine& line(std::uint32_t index) const { return lines_[index]; }
  const std::vector<ConfigFault>& faults() const { return faults_; }
  const std::string& file_name(std::size_t file) const { return file_names_[file]; }

 private:
  friend class AsteriskConfigReader;

  std::deque<SecureBuffer> texts_;  // files, and values joined by +=
  std::vector<std::string> file_names_;
  SectionTable sections_;
  std::vector<ConfigLine> lines_;
  std::vector<ConfigFault> faults_;
};

}  // namespace pbxcred
