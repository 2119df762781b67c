// SPDX-License-Identifier: BSD-2-Clause
// What the format tests share: rows as text, files to write and read, the sample PBX.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "formats/row_sink.h"
#include "wire/kind.h"

namespace pbxcred {

inline void add_text(std::string& out, const char* name, const std::optional<std::string_view>& value) {
  if (value) out.append(" ").append(name).append("=").append(*value);
}

inline void add_list(std::string& out, const char* name, const std::optional<std::vector<std::string_view>>& values) {
  if (!values) return;
  out.append(" ").append(name).append("=[");
  for (std::size_t i = 0; i < values->size(); ++i) out.append(i > 0 ? "|" : "").append((*values)[i]);
  out.append("]");
}

/// `LINE extension@domain field=value list=[a|b] kind:secret kind#hash kind- zone=Z (remark)`, or `LINE !problem`.
inline std::string shown(const ImportRow& row) {
  std::string out = std::to_string(row.line);
  if (!row.problem.empty()) out.append(" !").append(row.problem);
  if (!row.extension.empty() || !row.domain.empty())
    out.append(" ").append(row.extension).append("@").append(row.domain);
  add_text(out, "username", row.data.username);
  add_text(out, "first", row.data.first);
  add_text(out, "last", row.data.last);
  add_text(out, "email", row.data.email);
  add_text(out, "location", row.data.location);
  add_text(out, "language", row.data.language);
  add_list(out, "number", row.data.numbers);
  add_list(out, "id", row.data.alternate_ids);
  add_list(out, "trusted", row.data.trusted_extensions);
  for (const NewSecret& secret : row.secrets) {
    out.append(" ").append(name_of(secret.kind)).append(":").append(as_text(secret.secret.bytes));
  }
  for (const NewSecret& hash : row.hashes) {
    out.append(" ").append(name_of(hash.kind)).append("#").append(as_text(hash.secret.bytes));
  }
  for (Kind kind : kAllKinds)
    if (row.cleared.has(kind)) out.append(" ").append(name_of(kind)).append("-");
  if (!row.timezone.empty()) out.append(" zone=").append(row.timezone);
  if (!row.remark.empty()) out.append(" (").append(row.remark).append(")");
  return out;
}

/// Rows as text, one a line; an error as its last line, `ERROR what`.
struct Rows {
  std::string text;
  std::size_t count = 0;
  std::size_t problems = 0;

  RowSink sink() {
    return [this](const ImportRow& row) -> Status {
      text.append(shown(row)).append("\n");
      ++count;
      if (!row.problem.empty()) ++problems;
      return {};
    };
  }
  void end(const Status& status) {
    if (!status) text.append("ERROR ").append(status.error().what).append("\n");
  }
};

inline std::string sample(const char* name) {
  const char* top = getenv("srcdir");
  return std::string(top != nullptr ? top : ".") + "/conf/examples/sample/" + name;
}

inline std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// A folder that is removed when it goes.
class TestFolder {
 public:
  TestFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "pbxcred-formats-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) abort();
    path_ = name;
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  std::string write(const std::string& name, std::string_view text) const {
    const std::string path = *this / name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary).write(text.data(), static_cast<std::streamsize>(text.size()));
    return path;
  }

 private:
  std::string path_;
};

/// Repeatable noise from an alphabet.
inline std::string noise(std::string_view alphabet, std::size_t size, std::uint64_t seed) {
  std::string out;
  for (std::uint64_t state = seed * 0x9E3779B97F4A7C15U + 1; out.size() < size;) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    out += alphabet[(state >> 33U) % alphabet.size()];
  }
  return out;
}

}  // namespace pbxcred
