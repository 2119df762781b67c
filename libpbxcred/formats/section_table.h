// SPDX-License-Identifier: BSD-2-Clause
// Sections of an Asterisk configuration: their names, templates, inheritance. A line is a number here.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pbxcred {

/// A section with its own and inherited lines, in Asterisk's order: inherited ones first.
struct ConfigSection {
  std::string_view name;
  bool is_template = false;
  std::vector<std::uint32_t> lines;
};

/// Sections in the order of their headers; names compare without case and may occur more than once. A section inherits
/// by copying what a base has at that moment, and a base must be there already: so there are no loops.
class SectionTable {
 public:
  static constexpr std::size_t kMaxSections = 65536;
  static constexpr std::size_t kMaxInherited = 1000000;  ///< lines, over all sections: bases of bases double quickly

  /// Adds an empty section, whose name is borrowed. None: there are kMaxSections.
  std::optional<std::size_t> add(std::string_view name);
  /// The first of that name.
  std::optional<std::size_t> find(std::string_view name, bool templates_too) const;
  /// Appends base's lines to those of section. False: beyond kMaxInherited, nothing done.
  [[nodiscard]] bool inherit(std::size_t section, std::size_t base);
  /// Lets the section added last become part of an older one of its name, whose index is returned. None: there is none.
  std::optional<std::size_t> join_older(bool templates_too);

  ConfigSection& operator[](std::size_t index) { return sections_[index]; }
  const std::vector<ConfigSection>& all() const { return sections_; }

 private:
  std::vector<ConfigSection> sections_;
  std::map<std::string, std::vector<std::size_t>> named_;  // by name in lower case
  std::size_t inherited_ = 0;
};

}  // namespace pbxcred
