// SPDX-License-Identifier: BSD-2-Clause
// Files of an Asterisk configuration: loading one, and finding those that an #include names.
#include "formats/config_files.h"

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/fd.h"

namespace pbxcred {
namespace {

constexpr std::size_t kFirstRead = 65536;

Error system_error(int number) {
  return {number == ENOENT ? Code::kNotFound : Code::kInternal, std::strerror(number)};
}

class GlobResult {
 public:
  explicit GlobResult(const std::string& pattern) {
    found_ = glob(pattern.c_str(), GLOB_BRACE, nullptr, &result_) == 0;
  }
  ~GlobResult() { globfree(&result_); }
  GlobResult(const GlobResult&) = delete;
  GlobResult& operator=(const GlobResult&) = delete;

  std::vector<std::string> paths() const {
    if (!found_) return {};
    return {result_.gl_pathv, result_.gl_pathv + result_.gl_pathc};
  }

 private:
  glob_t result_{};
  bool found_ = false;
};

/// A folder's name as a pattern that matches only it.
std::string escaped(std::string_view folder) {
  std::string result;
  for (char c : folder) {
    if (std::string_view("*?[]{}\\,~").find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

bool exists(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0;
}

std::vector<std::string> matches(std::string_view name, const std::string& folder) {
  const bool absolute = name.starts_with('/');
  if (name.find_first_of("*?[{") == std::string_view::npos) {
    std::string path = absolute ? std::string(name) : folder + "/" + std::string(name);
    if (!exists(path)) return {};
    return {std::move(path)};
  }
  return GlobResult(absolute ? std::string(name) : escaped(folder) + "/" + std::string(name)).paths();
}

Result<SecureBuffer> read_all(int fd, std::size_t expected, std::size_t max_size) {
  SecureBuffer text;
  std::size_t size = 0;
  for (;;) {
    if (size == text.size()) text.resize(std::max({expected + 1, 2 * size, kFirstRead}));
    const ssize_t got = read(fd, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error(errno);
    size += static_cast<std::size_t>(got);
    if (size > max_size) return Error{Code::kInvalid, "too big"};
    if (got == 0) break;
  }
  text.resize(size);
  return text;
}

}  // namespace

Result<LoadedFile> load_file(const std::string& path, std::size_t max_size, FileRule rule) {
  const int wait = rule == FileRule::kRegular ? O_NONBLOCK : 0;
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | wait));
  if (!fd) return system_error(errno);
  struct stat status {};
  if (fstat(fd.get(), &status) != 0) return system_error(errno);
  if (rule == FileRule::kRegular && !S_ISREG(status.st_mode)) return Error{Code::kInvalid, "not a regular file"};
  const auto expected = static_cast<std::size_t>(std::max<off_t>(status.st_size, 0));
  if (S_ISREG(status.st_mode) && expected > max_size) return Error{Code::kInvalid, "too big"};
  PBXCRED_TRY(SecureBuffer text, read_all(fd.get(), S_ISREG(status.st_mode) ? expected : 0, max_size));
  return LoadedFile{std::move(text), {status.st_dev, status.st_ino}};
}

std::vector<std::string> find_included(std::string_view name, const std::vector<std::string>& folders) {
  for (const std::string& folder : folders) {
    auto found = matches(name, folder);
    if (!found.empty()) return found;
  }
  return {};
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace pbxcred
