// SPDX-License-Identifier: BSD-2-Clause
// Typed reading of libconfig's tree: every value through here, every problem into one list.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <libconfig.h++>

#include "config_text.h"

namespace pbxcred {

using libconfig::Setting;

class ConfigReader;

/// One key of a group and who reads it. keys: the keys within, if it is a group ("passes"), a list or named groups
/// ("NAME.alphabet"), for config_keys(); else null.
template <class Target>
struct ConfigKey {
  const char* name;
  void (*read)(ConfigReader&, const Setting&, Target&);
  std::vector<std::string> (*keys)() = nullptr;
};

/// Reads values and collects errors. A reading function returns none after it has told an error; out values of keys
/// that were wrong keep their defaults.
class ConfigReader {
 public:
  explicit ConfigReader(const ConfigText& text) : text_(text) {}

  void error(const Setting& at, std::string what);

  std::optional<std::uint32_t> number(const Setting& setting, std::uint32_t least, std::uint32_t most);
  std::optional<bool> boolean(const Setting& setting);
  std::optional<std::string> string(const Setting& setting);
  /// The elements of an array or list of strings, at least one; elements that are no strings are told and left out.
  std::vector<const Setting*> strings(const Setting& setting);
  bool is_group(const Setting& setting);

  /// Reads each key of the group with its own function, in the order of the text; tells unknown ones.
  template <class Target>
  void keys(const Setting& group, std::span<const ConfigKey<Target>> known, Target& target) {
    if (!is_group(group)) return;
    for (const Setting& setting : group) {
      const ConfigKey<Target>* key = find(known, setting.getName());
      if (key != nullptr) {
        key->read(*this, setting, target);
      } else {
        unknown_key(setting);
      }
    }
  }

  /// Where the setting stands, as a number that grows along the text.
  std::size_t position(const Setting& setting) const;
  unsigned line(const Setting& setting) const { return text_.tokens[position(setting)].line; }

  /// What was wrong, in the order of the text.
  std::vector<ConfigError> take_errors();

 private:
  template <class Target>
  static const ConfigKey<Target>* find(std::span<const ConfigKey<Target>> known, const std::string& name) {
    for (const ConfigKey<Target>& key : known)
      if (name == key.name) return &key;
    return nullptr;
  }
  void unknown_key(const Setting& setting);

  struct Finding {
    std::size_t position;
    std::string what;
  };
  const ConfigText& text_;
  std::vector<Finding> findings_;
};

/// What to call the setting in a message: its own name, or for an element the name of what it is in.
std::string label_of(const Setting& setting);

/// The member of that name; nullptr: group is no group or has none.
const Setting* member(const Setting& group, const char* name);

/// All keys of a table with those within them, for config_keys(): "hash", "hash.passes".
template <class Target>
std::vector<std::string> keys_of(std::span<const ConfigKey<Target>> known) {
  std::vector<std::string> names;
  for (const ConfigKey<Target>& key : known) {
    if (key.keys == nullptr) {
      names.emplace_back(key.name);
      continue;
    }
    for (const std::string& inner : key.keys()) names.push_back(std::string(key.name) + "." + inner);
  }
  return names;
}

/// Hands the text to libconfig. Returns whether it could be parsed; else errors has the one reason.
bool parse_config(const ConfigText& text, libconfig::Config& config, std::vector<ConfigError>& errors);

}  // namespace pbxcred
