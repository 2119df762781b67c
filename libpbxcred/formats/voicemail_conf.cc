// SPDX-License-Identifier: BSD-2-Clause
// Mailboxes and their PINs from Asterisk's voicemail.conf.
#include "formats/voicemail_conf.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "formats/asterisk_config.h"
#include "formats/text.h"

namespace pbxcred {
namespace {

constexpr std::string_view kInSpool = "the PIN is in the spool directory (passwordlocation); a later version reads it";

/// Options that people write into a context, where Asterisk has them in [general] or in a mailbox's options.
constexpr std::string_view kOptionNames[] = {
    "attach",       "attachfmt",      "backupdeleted",    "callback",    "charset",        "delete",
    "dialout",      "directoryintro", "envelope",         "exitcontext", "forcegreetings", "forcename",
    "format",       "fromstring",     "hidefromdir",      "language",    "leaveurgent",    "locale",
    "maxmsg",       "maxsecs",        "messagewrap",      "minpassword", "minsecs",        "moveheard",
    "nextaftercmd", "operator",       "passwordlocation", "review",      "saycid",         "sayduration",
    "saydurationm", "searchcontexts", "sendvoicemail",    "serveremail", "tempgreetwarn",  "tz",
    "volgain"};

bool is_option(const ConfigLine& line) {
  const bool one_value = !line.has_arrow && line.value.find(',') == std::string_view::npos;
  return one_value && std::any_of(std::begin(kOptionNames), std::end(kOptionNames),
                                  [&](auto name) { return equal_ignoring_case(name, line.name); });
}

bool is_alias(const ConfigLine& line) {
  const auto has = [](std::string_view text, char c) { return text.find(c) != std::string_view::npos; };
  return has(line.name, '@') && has(line.value, '@') && !has(line.value, ',');
}

bool is_spooldir(std::string_view location) {
  return equal_ignoring_case(location, "spooldir");
}

/// The comma-separated value of a mailbox.
struct Mailbox {
  std::string_view pin, name, email, language;
  bool in_spool = false;
};

void take_options(std::string_view options, Mailbox& box) {
  while (!options.empty()) {
    std::string_view value = next_part(options, '|');
    const std::string_view name = strip(next_part(value, '='));
    if (equal_ignoring_case(name, "language")) box.language = strip(value);
    if (equal_ignoring_case(name, "passwordlocation")) box.in_spool = is_spooldir(strip(value));
  }
}

Mailbox read_mailbox(std::string_view value, bool in_spool) {
  Mailbox box;
  box.in_spool = in_spool;
  box.pin = strip(next_part(value, ','));
  if (box.pin.starts_with('-')) box.pin.remove_prefix(1);
  box.name = strip(next_part(value, ','));
  std::string_view emails = next_part(value, ',');
  box.email = strip(next_part(emails, '|'));
  next_part(value, ',');  // the pager's address
  take_options(next_part(value, ','), box);
  return box;
}

void put_name(std::string_view name, AccountFields& data) {
  const std::size_t blank = name.find_last_of(" \t");
  if (blank == std::string_view::npos) {
    if (!name.empty()) data.first = name;
    return;
  }
  data.first = strip(name.substr(0, blank));
  data.last = name.substr(blank + 1);
}

class MailboxRows {
 public:
  MailboxRows(const AsteriskConfig& config, const VoicemailOptions& options, const RowSink& sink)
      : config_(config), options_(options), sink_(sink) {}

  Status send_all() {
    PBXCRED_CHECK(check_map());
    for (const ConfigFault& fault : config_.faults()) {
      PBXCRED_CHECK(send_problem(sink_, config_.file_name(fault.file), fault.line, fault.what));
    }
    aliases_ = general("aliasescontext");
    in_spool_ = is_spooldir(general("passwordlocation"));
    for (const ConfigSection& section : config_.sections()) {
      if (!is_context(section)) continue;
      for (const std::uint32_t index : section.lines) PBXCRED_CHECK(send(section.name, config_.line(index)));
    }
    return {};
  }

 private:
  Status check_map() const;
  std::string_view general(std::string_view name) const;
  bool is_context(const ConfigSection& section) const;
  std::string_view domain_of(std::string_view context) const;
  std::string problem_of(std::string_view context, const ConfigLine& line, const Mailbox& box);
  Status send(std::string_view context, const ConfigLine& line);

  const AsteriskConfig& config_;
  const VoicemailOptions& options_;
  const RowSink& sink_;
  std::string_view aliases_;
  bool in_spool_ = false;
  std::map<std::pair<std::string, std::string>, std::string> seen_;  // {context, box}: where
};

/// A context that is not there is a slip that would make a domain of the one that was meant.
Status MailboxRows::check_map() const {
  std::set<std::string> mapped;
  for (const auto& entry : options_.map) {
    if (!mapped.insert(lower_ascii(entry.first)).second)
      return Error{Code::kInvalid, fmt::format("--map {}={}: the context is mapped already", entry.first, entry.second)};
    const auto named = [&](const ConfigSection& section) { return equal_ignoring_case(section.name, entry.first); };
    if (std::none_of(config_.sections().begin(), config_.sections().end(), named))
      return Error{Code::kInvalid, fmt::format("--map {}={}: the file has no such context", entry.first, entry.second)};
  }
  return {};
}

/// The first value of an option in [general], as in Asterisk.
std::string_view MailboxRows::general(std::string_view name) const {
  for (const ConfigSection& section : config_.sections()) {
    if (section.is_template || !equal_ignoring_case(section.name, "general")) continue;
    for (const std::uint32_t index : section.lines) {
      if (equal_ignoring_case(config_.line(index).name, name)) return config_.line(index).value;
    }
  }
  return {};
}

bool MailboxRows::is_context(const ConfigSection& section) const {
  return !section.is_template && !equal_ignoring_case(section.name, "general") &&
         !equal_ignoring_case(section.name, "zonemessages") &&
         (aliases_.empty() || !equal_ignoring_case(section.name, aliases_));
}

std::string_view MailboxRows::domain_of(std::string_view context) const {
  for (const auto& [from, domain] : options_.map) {
    if (equal_ignoring_case(from, context)) return domain;
  }
  return context;
}

std::string MailboxRows::problem_of(std::string_view context, const ConfigLine& line, const Mailbox& box) {
  if (context.empty()) return "stands in a section without a name";
  for (const std::string_view text : {context, line.name, box.name, box.email, box.language}) {
    if (!is_utf8(text)) return "context, mailbox, name, e-mail or language is not UTF-8";
  }
  const std::string here = fmt::format("{}:{}", config_.file_name(line.file), line.line);
  const auto [first, is_new] = seen_.try_emplace({lower_ascii(context), lower_ascii(line.name)}, here);
  if (!is_new) return fmt::format("the context has this mailbox already, from {}", first->second);
  return box.in_spool ? std::string(kInSpool) : std::string();
}

Status MailboxRows::send(std::string_view context, const ConfigLine& line) {
  if (is_option(line) || is_alias(line)) return {};
  const std::string_view file = config_.file_name(line.file);
  const Mailbox box = read_mailbox(line.value, in_spool_);
  const std::string problem = problem_of(context, line, box);
  if (!problem.empty()) return send_problem(sink_, file, line.line, problem);
  ImportRow row;
  row.file = file;
  row.line = line.line;
  row.domain = domain_of(context);
  row.extension = line.name;
  put_name(box.name, row.data);
  if (!box.email.empty()) row.data.email = box.email;
  if (!box.language.empty()) row.data.language = box.language;
  if (!box.pin.empty()) (void)row.secrets.push_back({Kind::kVoicemail, {as_bytes(box.pin)}});
  return sink_(row);
}

}  // namespace

Status parse_voicemail_conf(const std::string& path, const VoicemailOptions& options, const RowSink& sink) {
  PBXCRED_TRY(const AsteriskConfig config, AsteriskConfig::read(path));
  return MailboxRows(config, options, sink).send_all();
}

Status parse_voicemail_conf_text(std::string_view text, std::string_view file_name, const VoicemailOptions& options,
                                 const RowSink& sink) {
  PBXCRED_TRY(const AsteriskConfig config, AsteriskConfig::read_text(text, file_name));
  return MailboxRows(config, options, sink).send_all();
}

}  // namespace pbxcred
