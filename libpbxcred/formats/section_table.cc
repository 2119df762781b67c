// SPDX-License-Identifier: BSD-2-Clause
// Sections of an Asterisk configuration: their names, templates, inheritance.
#include "formats/section_table.h"

#include "formats/text.h"

namespace pbxcred {

std::optional<std::size_t> SectionTable::add(std::string_view name) {
  if (sections_.size() == kMaxSections) return {};
  const std::size_t index = sections_.size();
  sections_.push_back({name, false, {}});
  named_[lower_ascii(name)].push_back(index);
  return index;
}

std::optional<std::size_t> SectionTable::find(std::string_view name, bool templates_too) const {
  const auto found = named_.find(lower_ascii(name));
  if (found == named_.end()) return {};
  for (const std::size_t index : found->second) {
    if (templates_too || !sections_[index].is_template) return index;
  }
  return {};
}

bool SectionTable::inherit(std::size_t section, std::size_t base) {
  const std::vector<std::uint32_t> lines = sections_[base].lines;  // a copy: it may be the same section
  if (lines.size() > kMaxInherited - inherited_) return false;
  inherited_ += lines.size();
  auto& own = sections_[section].lines;
  own.insert(own.end(), lines.begin(), lines.end());
  return true;
}

std::optional<std::size_t> SectionTable::join_older(bool templates_too) {
  const std::size_t last = sections_.size() - 1;
  const auto older = find(sections_[last].name, templates_too);
  if (!older || *older == last) return {};
  const ConfigSection added = std::move(sections_[last]);
  sections_.pop_back();
  named_[lower_ascii(added.name)].pop_back();
  ConfigSection& target = sections_[*older];
  target.is_template = target.is_template || added.is_template;
  target.lines.insert(target.lines.end(), added.lines.begin(), added.lines.end());
  return older;
}

}  // namespace pbxcred
