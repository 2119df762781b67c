// SPDX-License-Identifier: BSD-2-Clause
// Configuration files of a test, in a folder of their own that goes with the program.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "config.h"
#include "support/check.h"
#include "support/temp_dir.h"

namespace pbxcred::test {

inline const std::string& folder() {
  static const TempDir made;
  return made.path();
}

/// Writes folder()/name and returns its path.
inline std::string write_file(const std::string& name, std::string_view text) {
  const std::string path = folder() + "/" + name;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  FILE* file = fopen(path.c_str(), "w");
  if (file == nullptr || fwrite(text.data(), 1, text.size(), file) != text.size() || fclose(file) != 0) abort();
  return path;
}

inline ConfigResult read_text(std::string_view text) {
  return read_config(write_file("test.conf", text));
}

inline std::string all_of(const ConfigResult& result) {
  std::string text;
  for (const ConfigError& error : result.errors) text += to_text(error) + "\n";
  return text;
}

/// Reads text, which must be without errors.
inline Settings good(std::string_view text) {
  ConfigResult result = read_text(text);
  if (!result.settings) print_error("%s", all_of(result).c_str());
  assert_true(result.settings.has_value());
  assert_true(result.errors.empty());
  return *result.settings;
}

/// Whether the result is this one error: file (seen from folder()), line, and a phrase in the text.
inline bool is_error(const ConfigResult& result, const std::string& file, unsigned line, const std::string& phrase) {
  const bool right = result.errors.size() == 1 && !result.settings && result.errors[0].line == line &&
                     result.errors[0].file == folder() + "/" + file &&
                     result.errors[0].what.find(phrase) != std::string::npos;
  if (!right) print_error("expected %s:%u: %s\ngot %s\n", file.c_str(), line, phrase.c_str(), all_of(result).c_str());
  return right;
}

inline bool same(const Policy& a, const Policy& b) {
  return a.name == b.name && a.min_length == b.min_length && a.max_length == b.max_length && a.alphabet == b.alphabet;
}

inline bool same(const Settings& a, const Settings& b) {
  if (a.policies.size() != b.policies.size() || a.services.size() != b.services.size()) return false;
  for (std::size_t i = 0; i < a.policies.size(); ++i)
    if (!same(a.policies[i], b.policies[i])) return false;
  return a.run_dir == b.run_dir && a.state_dir == b.state_dir && a.key_file == b.key_file && a.user == b.user &&
         a.default_domain == b.default_domain && a.workers == b.workers && a.store_size == b.store_size &&
         a.hash == b.hash && a.kinds == b.kinds && a.lockout.threshold == b.lockout.threshold &&
         a.lockout.steps == b.lockout.steps && a.lockout.permanent_at == b.lockout.permanent_at;
}

}  // namespace pbxcred::test
