// SPDX-License-Identifier: BSD-2-Clause
// Typed reading, and where in the text each setting stands.
#include "config_reader.h"

#include <algorithm>
#include <utility>

#include "config_lexeme.h"

namespace pbxcred {
namespace {

using Type = Setting::Type;

bool is_element(const Setting& setting) {
  return setting.getName() == nullptr && !setting.isRoot();
}

std::string range(std::uint32_t least, std::uint32_t most) {
  return std::to_string(least) + " to " + std::to_string(most);
}

/// Where and why libconfig stopped. line: in its text, that is the number of the token.
ConfigError syntax_error(const ConfigText& text, std::size_t line, std::string reason) {
  if (text.tokens.empty()) return {text.files.front(), 0, std::move(reason)};
  std::size_t index = std::clamp<std::size_t>(line, 1, text.tokens.size()) - 1;
  const bool mismatched = reason.starts_with("mismatched");
  const auto is_mark = [&] { return text.tokens[index].text == "," || text.tokens[index].text == "]"; };
  if (mismatched && index > 0 && is_mark()) --index;  // a string, told one token late
  const ConfigToken& token = text.tokens[index];
  if (reason.starts_with("duplicate")) {
    reason = "\"" + shown(token.text) + "\" is given twice";
  } else if (mismatched) {
    reason = "the elements of an array must be of one type";
  } else {
    reason = line > text.tokens.size() ? "the text ends in the middle of a setting" : "unexpected " + shown(token.text);
  }
  return {text.files[token.file], token.line, std::move(reason)};
}

}  // namespace

std::string label_of(const Setting& setting) {
  if (setting.getName() != nullptr) return setting.getName();
  return setting.isRoot() ? "the configuration" : label_of(setting.getParent());
}

const Setting* member(const Setting& group, const char* name) {
  return group.isGroup() && group.exists(name) ? &group[name] : nullptr;
}

std::size_t ConfigReader::position(const Setting& setting) const {
  if (setting.isRoot() || text_.tokens.empty()) return 0;
  std::size_t line = setting.getSourceLine();
  // libconfig notes the line of a string in an array or list when it has seen the token after it, a line further on.
  if (is_element(setting) && setting.getType() == Type::TypeString) --line;
  return std::clamp<std::size_t>(line, 1, text_.tokens.size()) - 1;
}

void ConfigReader::error(const Setting& at, std::string what) {
  findings_.push_back({position(at), std::move(what)});
}

std::vector<ConfigError> ConfigReader::take_errors() {
  std::stable_sort(findings_.begin(), findings_.end(),
                   [](const Finding& a, const Finding& b) { return a.position < b.position; });
  std::vector<ConfigError> errors;
  for (Finding& finding : findings_) {
    const ConfigToken& token = text_.tokens.at(finding.position);
    errors.push_back({text_.files[token.file], token.line, std::move(finding.what)});
  }
  findings_.clear();
  return errors;
}

std::optional<std::uint32_t> ConfigReader::number(const Setting& setting, std::uint32_t least, std::uint32_t most) {
  if (setting.getType() == Type::TypeInt64) {  // config_lexeme.h makes these of whatever libconfig would wrap
    error(setting, label_of(setting) + ": the number is over 32 bits; it must be " + range(least, most));
    return std::nullopt;
  }
  if (setting.getType() != Type::TypeInt) {
    error(setting, label_of(setting) + " must be a whole number");
    return std::nullopt;
  }
  const int value = setting;
  if (value < 0 || std::cmp_less(value, least) || std::cmp_greater(value, most)) {
    error(setting, label_of(setting) + " must be " + range(least, most) + ", not " + std::to_string(value));
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(value);
}

std::optional<bool> ConfigReader::boolean(const Setting& setting) {
  if (setting.getType() == Type::TypeBoolean) return static_cast<bool>(setting);
  error(setting, label_of(setting) + " must be true or false");
  return std::nullopt;
}

std::optional<std::string> ConfigReader::string(const Setting& setting) {
  if (setting.getType() == Type::TypeString) return std::string(setting.c_str());
  error(setting, label_of(setting) + " must be a string in quotes");
  return std::nullopt;
}

std::vector<const Setting*> ConfigReader::strings(const Setting& setting) {
  std::vector<const Setting*> elements;
  if (!setting.isArray() && !setting.isList()) {
    error(setting, label_of(setting) + " must be a list of strings, as [ \"one\", \"two\" ]");
    return elements;
  }
  if (setting.getLength() == 0) error(setting, label_of(setting) + " must not be empty");
  for (const Setting& element : setting)
    if (string(element)) elements.push_back(&element);
  return elements;
}

bool ConfigReader::is_group(const Setting& setting) {
  if (setting.isGroup()) return true;
  error(setting, label_of(setting) + " must be a group in braces");
  return false;
}

void ConfigReader::unknown_key(const Setting& setting) {
  const std::string name = shown(setting.getName());
  const Setting& group = setting.getParent();
  error(setting, "unknown key \"" + name + "\"" + (group.isRoot() ? "" : " in " + label_of(group)));
}

bool parse_config(const ConfigText& text, libconfig::Config& config, std::vector<ConfigError>& errors) {
  try {
    config.readString(text.joined());
    return true;
  } catch (const libconfig::ParseException& stop) {
    errors.push_back(syntax_error(text, static_cast<std::size_t>(std::max(stop.getLine(), 0)), stop.getError()));
    return false;
  }
}

}  // namespace pbxcred
