// SPDX-License-Identifier: BSD-2-Clause
// Views as text for people, driven by their fields.
#include "view_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "display.h"

namespace pbxcred::ctl {
namespace {

std::string joined(const std::vector<std::string>& texts, const char* between) {
  return fmt::format("{}", fmt::join(texts, between));
}

std::string kind_text(const KindView& kind) {
  std::vector<std::string> remarks;
  if (kind.locked_permanently || kind.locked_until) remarks.emplace_back("locked");
  if (kind.must_change) remarks.emplace_back("must change");
  if (kind.weak) remarks.emplace_back("weak");
  return remarks.empty() ? kind.kind : fmt::format("{} ({})", kind.kind, joined(remarks, ", "));
}

/// "not set", or since when, and what is the matter with it.
std::string state_text(const KindView& kind) {
  if (!kind.set) return kind.defined ? "cleared" : "not set";
  std::string text = kind.set_at ? "set " + format_local(*kind.set_at) : "set";
  if (kind.locked_permanently) text += ", locked for good";
  if (kind.locked_until) text += ", locked until " + format_local(*kind.locked_until);
  if (kind.must_change && !kind.temporary) text += ", must be changed";
  if (kind.temporary) text += ", temporary";
  if (kind.expires_at) text += ", expires " + format_local(*kind.expires_at);
  if (kind.weak) text += ", weak";
  return text;
}

}  // namespace

Table kinds_table(const std::vector<KindView>& kinds) {
  Table table{{"kind", false, {}}, {"failures", true, {}}, {"state", false, {}}};
  for (const KindView& kind : kinds) {
    table[0].cells.push_back(kind.kind);
    table[1].cells.push_back(std::to_string(kind.failures));
    table[2].cells.push_back(state_text(kind) +
                             (kind.last_success ? ", last used " + format_local(*kind.last_success) : ""));
  }
  return table;
}

std::string label_of(std::string_view field_name) {
  if (field_name == "hash_microseconds") return "hash";
  std::string label(field_name);
  std::replace(label.begin(), label.end(), '_', ' ');
  return label;
}

std::string text_of(const std::vector<std::string>& texts) {
  return joined(texts, ", ");
}

std::string text_of(const std::vector<KindView>& kinds) {
  std::vector<std::string> texts;
  for (const KindView& kind : kinds)
    if (kind.set) texts.push_back(kind_text(kind));
  return joined(texts, ", ");
}

std::string text_of(const std::vector<KindCount>& kinds) {
  std::vector<std::string> texts;
  for (const KindCount& kind : kinds)
    if (kind.set > 0) texts.push_back(fmt::format("{} {}", kind.kind, kind.set));
  return joined(texts, ", ");
}

std::string number_text(std::string_view field_name, std::uint64_t number) {
  if (field_name.ends_with("bytes") || field_name == "store_capacity") return format_size(number);
  if (field_name == "hash_microseconds") return fmt::format("{:.1f} ms", static_cast<double>(number) / 1000.0);
  return std::to_string(number);
}

std::string record_text(const std::vector<FieldText>& fields, std::size_t width) {
  std::vector<std::pair<std::string, std::string>> lines;
  std::size_t label_width = 0;
  std::string tables;
  for (const FieldText& field : fields) {
    // A record's own table is read, not scanned: a long state runs on to the next line rather than being cut.
    if (!field.detail.empty()) tables += "\n" + table_text(field.detail, field.name == "kinds" || field.name == "state" ? 0 : width);
    if (!field.detail.empty() || field.text.empty()) continue;
    lines.emplace_back(label_of(field.name), printable(field.text));
    label_width = std::max(label_width, lines.back().first.size());
  }
  std::string text;
  for (const auto& [label, value] : lines) text += fmt::format("{:<{}}  {}\n", label, label_width, value);
  return text + tables;
}

}  // namespace pbxcred::ctl
