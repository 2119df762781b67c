// SPDX-License-Identifier: BSD-2-Clause
// The file of `domain import` and `domain export`.
#include "domain_file.h"

#include <fmt/format.h>

#include <array>
#include <deque>
#include <optional>
#include <vector>

#include "../pbxcredd/config_lexeme.h"
#include "../pbxcredd/config_reader.h"

namespace pbxcred::ctl {
namespace {

/// A domain as read; owns its texts.
struct Draft {
  std::size_t file = 0;
  unsigned line = 0;
  std::optional<std::string> name, timezone, language, country, contact, mail_from, base_url;
  std::optional<std::vector<std::string>> aliases;
  /// By kind; empty: the server's default. None at all: as they are.
  std::optional<std::array<std::string, std::size(kAllKinds)>> policies;
};

template <std::optional<std::string> Draft::*Member>
void read_text(ConfigReader& reader, const Setting& setting, Draft& draft) {
  draft.*Member = reader.string(setting);
}

void read_aliases(ConfigReader& reader, const Setting& setting, Draft& draft) {
  draft.aliases.emplace();
  if ((setting.isArray() || setting.isList()) && setting.getLength() == 0) return;  // none
  for (const Setting* element : reader.strings(setting)) draft.aliases->emplace_back(element->c_str());
}

void read_policies(ConfigReader& reader, const Setting& setting, Draft& draft) {
  draft.policies.emplace();
  if (!reader.is_group(setting)) return;
  for (const Setting& choice : setting) {
    Kind kind{};
    const std::string name = choice.getName();
    if (!kind_from_name(name, kind)) {
      reader.error(choice, "there is no kind \"" + shown(name) + "\"; kinds are password voicemail login phone");
    } else if (const auto policy = reader.string(choice)) {
      (*draft.policies)[static_cast<std::size_t>(kind)] = *policy;
    }
  }
}

constexpr ConfigKey<Draft> kKeys[] = {
    {"name", read_text<&Draft::name>},           {"timezone", read_text<&Draft::timezone>},
    {"language", read_text<&Draft::language>},   {"country", read_text<&Draft::country>},
    {"aliases", read_aliases},                   {"contact", read_text<&Draft::contact>},
    {"mail_from", read_text<&Draft::mail_from>}, {"base_url", read_text<&Draft::base_url>},
    {"policies", read_policies},
};

struct Drafts {
  const ConfigText& text;
  std::vector<Draft> all{};
};

void read_domains(ConfigReader& reader, const Setting& list, Drafts& drafts) {
  if (!list.isList()) {
    reader.error(list, "domains must be a list of groups, as ( { name = \"acme.example\"; … }, … )");
    return;
  }
  for (const Setting& group : list) {
    if (!reader.is_group(group)) continue;
    const ConfigToken& token = drafts.text.tokens.at(reader.position(group));
    Draft draft;
    draft.file = token.file;
    draft.line = token.line;
    reader.keys<Draft>(group, kKeys, draft);
    if (!group.exists("name")) reader.error(group, "a domain needs a name");
    drafts.all.push_back(std::move(draft));
  }
}

constexpr ConfigKey<Drafts> kRoot[] = {{"domains", read_domains}};

DomainRow row_of(const Draft& draft, const std::vector<std::string>& files) {
  DomainRow row;
  row.file = files[draft.file];
  row.line = draft.line;
  DomainPut& put = row.put;
  put.name = *draft.name;
  put.timezone = draft.timezone;
  put.language = draft.language;
  put.country = draft.country;
  put.contact = draft.contact;
  put.mail_from = draft.mail_from;
  put.base_url = draft.base_url;
  if (draft.aliases) put.aliases.emplace(draft.aliases->begin(), draft.aliases->end());
  if (draft.policies)
    for (const Kind kind : kAllKinds) put.policies.push_back({kind, (*draft.policies)[static_cast<std::size_t>(kind)]});
  return row;
}

Status refuse(const std::vector<ConfigError>& errors) {
  std::string all;
  for (const ConfigError& error : errors) all += (all.empty() ? "" : "\n") + to_text(error);
  return Error{Code::kInvalid, all};
}

Status read(const std::string& path, const std::function<Status(const DomainRow&)>& on_row) {
  const ConfigText text = scan_config(path);
  if (!text.errors.empty()) return refuse(text.errors);
  libconfig::Config config;
  std::vector<ConfigError> errors;
  if (!parse_config(text, config, errors)) return refuse(errors);
  ConfigReader reader(text);
  Drafts drafts{text};
  reader.keys<Drafts>(config.getRoot(), kRoot, drafts);
  errors = reader.take_errors();
  if (errors.empty() && !config.getRoot().exists("domains"))
    errors.push_back({path, 0, "there is no list of domains in it"});
  if (!errors.empty()) return refuse(errors);
  for (const Draft& draft : drafts.all) PBXCRED_CHECK(on_row(row_of(draft, text.files)));
  return {};
}

std::string line_of(const char* key, const std::optional<std::string_view>& value) {
  return fmt::format("    {} = {};\n", key, write_quoted(value.value_or("")));
}

}  // namespace

Status read_domain_file(const std::string& path, const std::function<Status(const DomainRow&)>& on_row) {
  try {
    return read(path, on_row);
  } catch (const std::exception& escaped) {
    return Error{Code::kInvalid, path + ": " + escaped.what()};
  }
}

std::string domain_text(const DomainPut& domain) {
  std::string text = "  {\n" + line_of("name", domain.name) + line_of("timezone", domain.timezone) +
                     line_of("language", domain.language) + line_of("country", domain.country);
  std::string aliases;
  if (domain.aliases)
    for (std::string_view alias : *domain.aliases) aliases += (aliases.empty() ? "" : ", ") + write_quoted(alias);
  text += fmt::format("    aliases = [{}];\n", aliases.empty() ? "" : " " + aliases + " ");
  text += line_of("contact", domain.contact) + line_of("mail_from", domain.mail_from) +
          line_of("base_url", domain.base_url);
  std::string policies;
  for (const PolicyChoice& choice : domain.policies)
    policies += fmt::format(" {} = {};", name_of(choice.kind), write_quoted(choice.policy));
  return text + fmt::format("    policies = {{{} }};\n  }}", policies);
}

}  // namespace pbxcred::ctl
