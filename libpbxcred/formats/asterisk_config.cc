// SPDX-License-Identifier: BSD-2-Clause
// Reads Asterisk's configuration syntax.
#include "formats/asterisk_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "formats/comment_filter.h"
#include "formats/config_files.h"
#include "formats/text.h"

namespace pbxcred {
namespace {

constexpr std::size_t kMaxTotal = 64U << 20U;  // bytes, all files together
constexpr std::size_t kMaxFiles = 4096;
constexpr std::size_t kMaxFaults = 10000;
constexpr std::size_t kMaxDepth = 10;   // as in Asterisk
constexpr std::size_t kMaxLine = 8189;  // bytes; Asterisk skips longer ones

enum class Directive { kInclude, kTryInclude, kExec, kUnknown };

Directive directive_from(std::string_view name) {
  if (equal_ignoring_case(name, "include")) return Directive::kInclude;
  if (equal_ignoring_case(name, "tryinclude")) return Directive::kTryInclude;
  if (equal_ignoring_case(name, "exec")) return Directive::kExec;
  return Directive::kUnknown;
}

/// name, "name" or <name>.
std::string_view unquoted(std::string_view text) {
  if (text.empty() || (text.front() != '"' && text.front() != '<')) return text;
  const char closing = text.front() == '<' ? '>' : '"';
  return text.back() == closing && text.size() > 1 ? text.substr(1, text.size() - 2) : text;
}

}  // namespace

class AsteriskConfigReader {
 public:
  explicit AsteriskConfigReader(AsteriskConfig& config) : config_(config) {}

  Status read_first(const std::string& path);
  Status read_text(std::string_view text, std::string_view file_name);

 private:
  /// A file being read. section: where its lines go; none yet at the start of the first file.
  struct Frame {
    std::size_t file = 0;
    FileIdentity identity;
    std::uint64_t line = 0;
    std::optional<std::size_t> section;
  };

  Status read_lines(Frame& frame, MutableBytes text);
  Status read_line(Frame& frame, CommentFilter& comments, MutableBytes line);
  Status take(Frame& frame, std::string_view text);
  Status take_header(Frame& frame, std::string_view text);
  Status take_modifiers(Frame& frame, std::string_view modifiers);
  Status take_directive(Frame& frame, std::string_view text);
  Status include(Frame& frame, std::string_view name, bool must_exist);
  Status include_file(Frame& frame, const std::string& path, bool must_exist);
  Status take_variable(Frame& frame, std::string_view text);
  Status add_to_variable(Frame& frame, std::uint32_t index, std::string_view more);

  std::optional<std::uint32_t> last_line_named(std::size_t section, std::string_view name) const;

  std::size_t add_file(std::string_view name);
  MutableBytes keep_text(SecureBuffer text);
  Status fault(const Frame& frame, std::string_view what);
  Error error(const Frame& frame, std::string_view what) const;

  AsteriskConfig& config_;
  bool follow_includes_ = true;
  std::string folder_;
  std::vector<FileIdentity> open_;      // the files being read, outermost first
  std::optional<std::size_t> current_;  // the section that an included file starts in
  std::size_t total_ = 0;
};

std::size_t AsteriskConfigReader::add_file(std::string_view name) {
  config_.file_names_.emplace_back(name);
  return config_.file_names_.size() - 1;
}

MutableBytes AsteriskConfigReader::keep_text(SecureBuffer text) {
  SecureBuffer& kept = config_.texts_.emplace_back(std::move(text));
  return {kept.data(), kept.size()};
}

Status AsteriskConfigReader::fault(const Frame& frame, std::string_view what) {
  if (config_.faults_.size() == kMaxFaults) return error(frame, "too many lines that cannot be read");
  config_.faults_.push_back({frame.file, frame.line, std::string(what)});
  return {};
}

Error AsteriskConfigReader::error(const Frame& frame, std::string_view what) const {
  return {Code::kInvalid, fmt::format("{}:{}: {}", config_.file_name(frame.file), frame.line, what)};
}

Status AsteriskConfigReader::read_first(const std::string& path) {
  folder_ = folder_of(path);
  auto loaded = load_file(path, kMaxTotal, FileRule::kAny);
  if (!loaded) return Error{loaded.error().code, fmt::format("{}: {}", path, loaded.error().what)};
  Frame frame;
  frame.file = add_file(path);
  total_ = loaded->text.size();
  open_.push_back(loaded->identity);
  return read_lines(frame, keep_text(std::move(loaded->text)));
}

Status AsteriskConfigReader::read_text(std::string_view text, std::string_view file_name) {
  follow_includes_ = false;
  Frame frame;
  frame.file = add_file(file_name);
  SecureBuffer copy;
  copy.append(as_bytes(text));
  return read_lines(frame, keep_text(std::move(copy)));
}

Status AsteriskConfigReader::read_lines(Frame& frame, MutableBytes text) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  if (as_text(Bytes(text)).starts_with(kMark)) text = text.subspan(kMark.size());
  CommentFilter comments;
  while (!text.empty()) {
    ++frame.line;
    const std::size_t size = std::min(as_text(Bytes(text)).find('\n'), text.size());
    PBXCRED_CHECK(read_line(frame, comments, text.first(size)));
    text = text.subspan(std::min(size + 1, text.size()));
  }
  if (!comments.in_block()) return {};
  frame.line = comments.block_line();
  return fault(frame, "a block comment is opened here and never closed");
}

Status AsteriskConfigReader::read_line(Frame& frame, CommentFilter& comments, MutableBytes line) {
  if (line.size() > kMaxLine) {
    if (comments.in_block() || strip(as_text(Bytes(line))).starts_with(';')) return {};
    return fault(frame, "longer than 8189 bytes");
  }
  const std::string_view text = strip(comments.keep(line, frame.line));
  if (text.empty()) return {};
  if (text.find('\0') != std::string_view::npos) return fault(frame, "has a NUL byte");
  return take(frame, text);
}

Status AsteriskConfigReader::take(Frame& frame, std::string_view text) {
  if (text.front() == '[') return take_header(frame, text);
  if (text.front() == '#') return take_directive(frame, text);
  return take_variable(frame, text);
}

Status AsteriskConfigReader::take_header(Frame& frame, std::string_view text) {
  const std::size_t end = text.find(']');
  if (end == std::string_view::npos) return fault(frame, "a section's name is not closed by ]");
  const auto section = config_.sections_.add(text.substr(1, end - 1));
  if (!section) return error(frame, "more than 65536 sections");
  frame.section = current_ = *section;
  const std::string_view rest = text.substr(end + 1);
  if (!rest.starts_with('(')) return {};
  const std::size_t closing = rest.find(')');
  if (closing == std::string_view::npos) return fault(frame, "a section's options are not closed by )");
  return take_modifiers(frame, rest.substr(1, closing - 1));
}

/// `!`, `+` and names of sections to inherit from.
Status AsteriskConfigReader::take_modifiers(Frame& frame, std::string_view modifiers) {
  SectionTable& sections = config_.sections_;
  const std::size_t added = *frame.section;
  while (!modifiers.empty()) {
    const std::string_view modifier = next_part(modifiers, ',');
    if (modifier == "!") {
      sections[*frame.section].is_template = true;
    } else if (modifier.starts_with('+')) {
      const bool templates_too = equal_ignoring_case(modifier, "+TEMPLATES=include");
      const auto older = *frame.section == added ? sections.join_older(templates_too) : std::nullopt;
      if (!older) return fault(frame, "no such section further up to add to");
      frame.section = current_ = *older;
    } else if (const auto base = sections.find(modifier, true); base && *base != *frame.section) {
      if (!sections.inherit(*frame.section, *base)) return error(frame, "sections inherit more than 1000000 lines");
    } else {
      PBXCRED_CHECK(fault(frame, "no section of that name further up to inherit from"));
    }
  }
  return {};
}

Status AsteriskConfigReader::take_directive(Frame& frame, std::string_view text) {
  const std::size_t end = std::min(text.find_first_of(" \t"), text.size());
  const Directive directive = directive_from(text.substr(1, end - 1));
  if (directive == Directive::kExec) return error(frame, "#exec is refused; run it and import what it prints");
  if (directive == Directive::kUnknown) return fault(frame, "unknown directive");
  const std::string_view name = unquoted(strip(text.substr(end)));
  if (name.empty()) return fault(frame, "names no file");
  if (!follow_includes_) return fault(frame, "files cannot be included here");
  return include(frame, name, directive == Directive::kInclude);
}

Status AsteriskConfigReader::include(Frame& frame, std::string_view name, bool must_exist) {
  if (open_.size() == kMaxDepth) return error(frame, "files include each other deeper than 10");
  const auto paths = find_included(name, {folder_, folder_of(config_.file_name(frame.file))});
  if (paths.empty() && must_exist) return fault(frame, "the file to include does not exist");
  for (const std::string& path : paths) PBXCRED_CHECK(include_file(frame, path, must_exist));
  return {};
}

Status AsteriskConfigReader::include_file(Frame& frame, const std::string& path, bool must_exist) {
  if (config_.file_names_.size() == kMaxFiles) return error(frame, "more than 4096 files");
  auto loaded = load_file(path, kMaxTotal - total_, FileRule::kRegular);
  if (!loaded) {
    const bool missing = loaded.error().code == Code::kNotFound;
    if (missing && !must_exist) return {};
    return fault(frame, fmt::format("the file to include: {}", loaded.error().what));
  }
  if (std::find(open_.begin(), open_.end(), loaded->identity) != open_.end()) {
    return error(frame, "the file includes itself");
  }
  total_ += loaded->text.size();
  Frame inner;
  inner.file = add_file(path);
  inner.section = current_;
  open_.push_back(loaded->identity);
  PBXCRED_CHECK(read_lines(inner, keep_text(std::move(loaded->text))));
  open_.pop_back();
  return {};
}

Status AsteriskConfigReader::take_variable(Frame& frame, std::string_view text) {
  if (!frame.section) return fault(frame, "stands before the first section");
  const bool escaped = text.front() == '\\';
  if (escaped) text.remove_prefix(1);
  if (escaped && (text.empty() || text.front() <= ' ')) return fault(frame, "a backslash escapes nothing");
  const std::size_t equals = text.find('=', escaped ? 1 : 0);
  if (equals == std::string_view::npos) return fault(frame, "has no =");
  const bool joins = equals > (escaped ? 1U : 0U) && text[equals - 1] == '+';
  const std::string_view name = strip(text.substr(0, joins ? equals - 1 : equals));
  std::string_view value = text.substr(equals + 1);
  if (name.empty()) return fault(frame, "has no name before the =");
  if (const auto old = joins ? last_line_named(*frame.section, name) : std::nullopt) {
    return add_to_variable(frame, *old, value);
  }
  const bool has_arrow = !joins && value.starts_with('>');
  if (has_arrow) value.remove_prefix(1);
  config_.lines_.push_back({name, strip(value), has_arrow, frame.file, frame.line});
  config_.sections_[*frame.section].lines.push_back(static_cast<std::uint32_t>(config_.lines_.size() - 1));
  return {};
}

std::optional<std::uint32_t> AsteriskConfigReader::last_line_named(std::size_t section, std::string_view name) const {
  const auto& lines = config_.sections()[section].lines;
  const auto found = std::find_if(lines.rbegin(), lines.rend(), [&](auto i) { return config_.line(i).name == name; });
  if (found == lines.rend()) return {};
  return *found;
}

/// The section gets a line of its own: the old one may be a template's.
Status AsteriskConfigReader::add_to_variable(Frame& frame, std::uint32_t index, std::string_view more) {
  ConfigLine joined = config_.line(index);
  total_ += joined.value.size() + more.size();
  if (total_ > kMaxTotal) return error(frame, "more than 64 MiB");
  SecureBuffer text;
  text.append(as_bytes(joined.value));
  text.append(as_bytes(more));
  joined.value = strip(as_text(Bytes(keep_text(std::move(text)))));
  config_.lines_.push_back(joined);
  auto& lines = config_.sections_[*frame.section].lines;
  std::replace(lines.begin(), lines.end(), index, static_cast<std::uint32_t>(config_.lines_.size() - 1));
  return {};
}

Result<AsteriskConfig> AsteriskConfig::read(const std::string& path) {
  AsteriskConfig config;
  PBXCRED_CHECK(AsteriskConfigReader(config).read_first(path));
  return config;
}

Result<AsteriskConfig> AsteriskConfig::read_text(std::string_view text, std::string_view file_name) {
  AsteriskConfig config;
  PBXCRED_CHECK(AsteriskConfigReader(config).read_text(text, file_name));
  return config;
}

}  // namespace pbxcred
