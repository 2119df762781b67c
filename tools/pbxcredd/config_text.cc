// SPDX-License-Identifier: BSD-2-Clause
// Splits a configuration and its includes into tokens.
#include "config_text.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "config_file.h"
#include "config_lexeme.h"

namespace pbxcred {
namespace {

constexpr std::size_t kMostBytes = 4U << 20;  ///< of all files together
constexpr std::size_t kMostTokens = 100000;   ///< libconfig looks for a duplicate key along the whole group
constexpr std::size_t kMostIncludes = 8;      ///< deep
constexpr std::size_t kMostNesting = 16;      ///< of brackets; libconfig recurses
constexpr std::string_view kInclude = "@include";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_word(char c) {
  return is_digit(c) || is_letter(c) || c == '_' || c == '-';
}
bool starts_numeral(char c) {
  return is_digit(c) || c == '+' || c == '-' || c == '.';
}

char closer_of(char opener) {
  return opener == '{' ? '}' : opener == '[' ? ']' : ')';
}

/// path as seen from the file that names it.
std::string beside(const std::string& file, const std::string& path) {
  const auto slash = file.rfind('/');
  if (path.starts_with('/') || slash == std::string::npos) return path;
  return file.substr(0, slash + 1) + path;
}

/// Where the scan of one file stands.
struct Cursor {
  std::string_view rest;
  std::size_t file = 0;
  unsigned line = 1;
  bool line_has_token = false;

  void skip(std::size_t size) {
    for (char c : rest.substr(0, size)) {
      if (c != '\n') continue;
      ++line;
      line_has_token = false;
    }
    rest.remove_prefix(size);
  }
};

/// Every function returns false once an error has ended the scan.
class Scanner {
 public:
  explicit Scanner(ConfigText& out) : out_(out) {}

  void scan(const std::string& path) {
    auto file = load_config_file(path, kMostBytes);
    if (!file) {
      out_.errors.push_back({path, 0, "cannot be read: " + file.error().what});
      return;
    }
    if (scan_file(path, *file) && !open_.empty())
      fail(open_.back().file, open_.back().line, "\"" + open_.back().text + "\" is never closed");
  }

 private:
  bool fail(std::size_t file, unsigned line, std::string what) {
    out_.errors.push_back({out_.files[file], line, std::move(what)});
    return false;
  }
  bool fail(const Cursor& at, std::string what) { return fail(at.file, at.line, std::move(what)); }

  bool scan_file(const std::string& path, const ConfigFile& file) {
    bytes_ += file.text.size();
    chain_.push_back({file.device, file.inode});
    Cursor at;
    at.rest = file.text;
    at.file = out_.files.size();
    out_.files.push_back(path);
    while (skip_blanks(at) && !at.rest.empty())
      if (!scan_token(at)) return false;
    chain_.pop_back();
    return out_.errors.empty();
  }

  bool skip_blanks(Cursor& at) {
    for (;;) {
      at.skip(std::min(at.rest.find_first_not_of(" \t\r\n\f"), at.rest.size()));
      if (at.rest.starts_with('#') || at.rest.starts_with("//")) {
        at.skip(std::min(at.rest.find('\n'), at.rest.size()));
      } else if (at.rest.starts_with("/*")) {
        const auto end = at.rest.find("*/", 2);
        if (end == std::string_view::npos) return fail(at, "the comment that begins here is never closed");
        at.skip(end + 2);
      } else {
        return true;
      }
    }
  }

  bool scan_token(Cursor& at) {
    const char c = at.rest[0];
    if (c == '@') return scan_include(at);
    if (c == '"') return scan_string(at);
    if (std::string_view("=:,;{}[]()").find(c) != std::string_view::npos) return scan_mark(at);
    if (starts_numeral(c)) return scan_numeral(at);
    if (is_letter(c)) return add(at, std::string(at.rest.substr(0, word_size(at.rest))), word_size(at.rest));
    return fail(at, "unexpected character \"" + shown(at.rest, 1) + "\"");
  }

  static std::size_t word_size(std::string_view text) {
    std::size_t size = 0;
    while (size < text.size() && is_word(text[size])) ++size;
    return size;
  }

  /// Takes size bytes of the text as one token, which libconfig gets as written.
  bool add(Cursor& at, std::string written, std::size_t size) {
    if (out_.tokens.size() == kMostTokens) return fail(at, "too many settings: at most 100000 words and marks");
    out_.tokens.push_back({at.file, at.line, std::move(written)});
    at.skip(size);
    at.line_has_token = true;
    return true;
  }

  bool scan_mark(Cursor& at) {
    const char c = at.rest[0];
    if (c == '}' || c == ']' || c == ')') {
      if (open_.empty() || closer_of(open_.back().text[0]) != c)
        return fail(at, std::string("unexpected \"") + c + "\"");
      open_.pop_back();
    } else if (c == '{' || c == '[' || c == '(') {
      if (open_.size() == kMostNesting) return fail(at, "nested too deeply");
      open_.push_back({at.file, at.line, std::string(1, c)});
    }
    return add(at, std::string(1, c), 1);
  }

  bool scan_numeral(Cursor& at) {
    std::size_t size = 0;
    while (size < at.rest.size() && (is_word(at.rest[size]) || at.rest[size] == '+' || at.rest[size] == '.')) ++size;
    auto numeral = rewrite_numeral(at.rest.substr(0, size));
    if (!numeral) return fail(at, numeral.error().what);
    return add(at, std::move(*numeral), size);
  }

  bool scan_string(Cursor& at) {
    const auto string = read_quoted(at.rest);
    if (!string) return fail(at, string.error().what);
    if (!string_may_follow())
      return fail(at, "unexpected string \"" + shown(string->value) + "\"; a comma or a name is missing before it");
    return add(at, write_quoted(string->value), string->size);
  }

  /// libconfig would join two strings side by side, and leak a string that it does not expect.
  bool string_may_follow() const {
    if (out_.tokens.empty()) return false;
    const std::string& before = out_.tokens.back().text;
    if (before == ",") return !open_.empty() && open_.back().text != "{";
    return before == "=" || before == ":" || before == "[" || before == "(";
  }

  bool scan_include(Cursor& at) {
    if (!at.rest.starts_with(kInclude)) return fail(at, "unexpected character \"@\"");
    if (at.line_has_token) return fail(at, "@include must be the first on its line");
    const Cursor from = at;
    at.skip(kInclude.size());
    at.skip(std::min(at.rest.find_first_not_of(" \t"), at.rest.size()));
    if (!at.rest.starts_with('"')) return fail(at, "@include needs a path in quotes");
    const auto path = read_quoted(at.rest);
    if (!path) return fail(at, path.error().what);
    at.skip(path->size);
    at.skip(std::min(at.rest.find_first_not_of(" \t\r"), at.rest.size()));
    if (!at.rest.empty() && at.rest[0] != '\n' && at.rest[0] != '#' && !at.rest.starts_with("//"))
      return fail(at, "nothing may follow @include on its line");
    return include(from, beside(out_.files[at.file], path->value));
  }

  bool include(const Cursor& from, const std::string& path) {
    const std::string problem = "cannot include " + shown(path, path.size()) + ": ";
    if (chain_.size() > kMostIncludes) return fail(from, problem + "more than 8 files deep");
    const auto file = load_config_file(path, kMostBytes - bytes_);
    if (!file) return fail(from, problem + file.error().what);
    for (const auto& [device, inode] : chain_)
      if (device == file->device && inode == file->inode) return fail(from, problem + "it includes itself");
    return scan_file(path, *file);
  }

  ConfigText& out_;
  std::size_t bytes_ = 0;
  std::vector<std::pair<dev_t, ino_t>> chain_;  ///< the files being read now, outermost first
  std::vector<ConfigToken> open_;               ///< brackets not closed yet
};

}  // namespace

std::string ConfigText::joined() const {
  std::string text;
  for (const ConfigToken& token : tokens) {
    text += token.text;
    text += '\n';
  }
  return text;
}

ConfigText scan_config(const std::string& path) {
  ConfigText text;
  Scanner(text).scan(path);
  return text;
}

}  // namespace pbxcred
