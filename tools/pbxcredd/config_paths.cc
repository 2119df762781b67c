// SPDX-License-Identifier: BSD-2-Clause
// run_dir, state_dir and key_file.
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "config_sections.h"

namespace pbxcred {
namespace {

/// sun_path has 108 bytes with its NUL; the longest socket is called /portal.sock (unix(7)).
constexpr std::size_t kMostRunDir = 107 - sizeof("/portal.sock") + 1;
constexpr std::size_t kMostPath = 4000;

bool has_dots(std::string_view path) {
  const std::string framed = std::string(path) + "/";
  return framed.find("/./") != std::string::npos || framed.find("/../") != std::string::npos;
}

/// An absolute path in plain form, without a slash at its end.
std::optional<std::string> read_path(ConfigReader& reader, const Setting& setting) {
  auto path = reader.string(setting);
  if (!path) return std::nullopt;
  const char* problem = nullptr;
  while (path->size() > 1 && path->ends_with('/')) path->pop_back();
  if (path->empty()) {
    problem = " must not be empty";
  } else if (!path->starts_with('/')) {
    problem = " must be an absolute path";
  } else if (*path == "/") {
    problem = " must not be the root directory";
  } else if (has_dots(*path) || path->find("//") != std::string::npos) {
    problem = " must not contain \".\", \"..\" or \"//\"";
  } else if (path->find_first_of("\n\r\t\f\x7f") != std::string::npos || path->size() > kMostPath) {
    problem = " is no usable path";
  }
  if (problem == nullptr) return path;
  reader.error(setting, label_of(setting) + problem);
  return std::nullopt;
}

/// The path with symbolic links followed as far as it exists; as it is if that cannot be found out.
std::string followed(const std::string& path) {
  std::error_code problem;
  const auto real = std::filesystem::weakly_canonical(path, problem);
  return problem ? path : real.string();
}

bool lies_in(const std::string& path, const std::string& folder) {
  return path == folder || (path.starts_with(folder) && path[folder.size()] == '/');
}

/// Either as written or in truth.
bool is_inside(const std::string& path, const std::string& folder) {
  return lies_in(path, folder) || lies_in(followed(path), followed(folder));
}

/// Tells the problem at the first of the keys that the configuration sets: the other has its default.
void tell(ConfigReader& reader, const Setting& root, std::initializer_list<const char*> keys, std::string what) {
  for (const char* key : keys) {
    if (const Setting* given = member(root, key); given != nullptr) {
      reader.error(*given, std::move(what));
      return;
    }
  }
}

}  // namespace

void read_run_dir(ConfigReader& reader, const Setting& setting, Settings& settings) {
  auto path = read_path(reader, setting);
  if (!path) return;
  if (path->size() > kMostRunDir) {
    reader.error(setting,
                 "run_dir is too long for the path of a socket: at most " + std::to_string(kMostRunDir) + " bytes");
    return;
  }
  settings.run_dir = std::move(*path);
}

void read_state_dir(ConfigReader& reader, const Setting& setting, Settings& settings) {
  if (auto path = read_path(reader, setting)) settings.state_dir = std::move(*path);
}

void read_key_file(ConfigReader& reader, const Setting& setting, Settings& settings) {
  auto path = read_path(reader, setting);
  if (!path) return;
  if (reader.string(setting)->ends_with('/')) {
    reader.error(setting, "key_file must name a file, not a directory");
    return;
  }
  settings.key_file = std::move(*path);
}

void check_paths(ConfigReader& reader, const Setting& root, const Settings& settings) {
  if (is_inside(settings.key_file, settings.state_dir))
    tell(reader, root, {"key_file", "state_dir"},
         "key_file lies in state_dir: who copies the store would have its key");
  if (is_inside(settings.key_file, settings.run_dir))
    tell(reader, root, {"key_file", "run_dir"}, "key_file lies in run_dir, which is emptied at every start");
  if (is_inside(settings.state_dir, settings.run_dir))
    tell(reader, root, {"state_dir", "run_dir"}, "state_dir lies in run_dir, which is emptied at every start");
  else if (is_inside(settings.run_dir, settings.state_dir))
    tell(reader, root, {"run_dir", "state_dir"}, "run_dir lies in state_dir, where no client may go");
}

}  // namespace pbxcred
