// SPDX-License-Identifier: BSD-2-Clause
// Mailboxes and their PINs from Asterisk's voicemail.conf.
#include "formats/voicemail_conf.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "formats/asterisk_config.h"
#include "formats/config_files.h"
#include "formats/text.h"

namespace pbxcred {
namespace {

constexpr std::string_view kInSpool =
    "the PIN is in the spool directory (passwordlocation), which --spool names; the mailbox comes in without one";
constexpr std::size_t kMaxSecretConf = 4096;  ///< bytes; Asterisk writes two lines

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
  std::string_view pin, name, email, language, zone;
  bool in_spool = false;
};

void take_options(std::string_view options, Mailbox& box) {
  while (!options.empty()) {
    std::string_view value = next_part(options, '|');
    const std::string_view name = strip(next_part(value, '='));
    if (equal_ignoring_case(name, "language")) box.language = strip(value);
    if (equal_ignoring_case(name, "tz")) box.zone = strip(value);
    if (equal_ignoring_case(name, "passwordlocation")) box.in_spool = is_spooldir(strip(value));
  }
}

/// A PIN as it is typed: the - before it forbids its user to change it, and is no part of it.
std::string_view typed_pin(std::string_view pin) {
  if (pin.starts_with('-')) pin.remove_prefix(1);
  return pin;
}

/// given: as a mailbox without options has it.
Mailbox read_mailbox(std::string_view value, const Mailbox& given) {
  Mailbox box = given;
  box.pin = typed_pin(strip(next_part(value, ',')));
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

/// Whether a context or mailbox can be the name of a folder, and of no other place.
bool is_folder_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos;
}

/// The value of an option in [general], the first, as in Asterisk.
std::string_view option_in_general(const AsteriskConfig& config, std::string_view name) {
  for (const ConfigSection& section : config.sections()) {
    if (section.is_template || !equal_ignoring_case(section.name, "general")) continue;
    for (const std::uint32_t index : section.lines) {
      if (equal_ignoring_case(config.line(index).name, name)) return config.line(index).value;
    }
  }
  return {};
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
    aliases_ = option_in_general(config_, "aliasescontext");
    given_.in_spool = is_spooldir(option_in_general(config_, "passwordlocation"));
    given_.zone = option_in_general(config_, "tz");
    read_zones();
    for (const ConfigSection& section : config_.sections()) {
      if (!is_context(section)) continue;
      for (const std::uint32_t index : section.lines) PBXCRED_CHECK(send(section.name, config_.line(index)));
    }
    return {};
  }

 private:
  Status check_map() const;
  void read_zones();
  bool is_context(const ConfigSection& section) const;
  std::string_view domain_of(std::string_view context) const;
  std::string problem_of(std::string_view context, const ConfigLine& line, const Mailbox& box);
  std::string read_spool(std::string_view context, std::string_view mailbox, Secret& pin) const;
  Status send(std::string_view context, const ConfigLine& line);

  const AsteriskConfig& config_;
  const VoicemailOptions& options_;
  const RowSink& sink_;
  std::string_view aliases_;
  Mailbox given_;                                                    // what [general] says of all
  std::map<std::string_view, std::string_view> zones_;               // [zonemessages]: name to time zone
  std::map<std::pair<std::string, std::string>, std::string> seen_;  // {context, box}: where
};

/// A context that is not there is a slip that would make a domain of the one that was meant.
Status MailboxRows::check_map() const {
  std::set<std::string> mapped;
  for (const auto& entry : options_.map) {
    if (!mapped.insert(lower_ascii(entry.first)).second)
      return Error{Code::kInvalid,
                   fmt::format("--map {}={}: the context is mapped already", entry.first, entry.second)};
    const auto named = [&](const ConfigSection& section) { return equal_ignoring_case(section.name, entry.first); };
    if (std::none_of(config_.sections().begin(), config_.sections().end(), named))
      return Error{Code::kInvalid, fmt::format("--map {}={}: the file has no such context", entry.first, entry.second)};
  }
  return {};
}

/// NAME=TIMEZONE|what to say
void MailboxRows::read_zones() {
  for (const ConfigSection& section : config_.sections()) {
    if (section.is_template || !equal_ignoring_case(section.name, "zonemessages")) continue;
    for (const std::uint32_t index : section.lines) {
      std::string_view value = config_.line(index).value;
      zones_.try_emplace(config_.line(index).name, strip(next_part(value, '|')));
    }
  }
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
  return {};
}

/// SPOOL/CONTEXT/MAILBOX/secret.conf, `password` in its [general]. Leaves pin alone if there is no such file: Asterisk
/// then takes what voicemail.conf says. Returns the problem, or nothing.
std::string MailboxRows::read_spool(std::string_view context, std::string_view mailbox, Secret& pin) const {
  if (!is_folder_name(context) || !is_folder_name(mailbox)) return "the context or mailbox is no name of a folder";
  const std::string path = fmt::format("{}/{}/{}/secret.conf", options_.spool, context, mailbox);
  const auto file = load_file(path, kMaxSecretConf, FileRule::kRegular);
  if (!file) {
    if (file.error().code == Code::kNotFound) return {};
    return fmt::format("secret.conf of the spool directory: {}", file.error().what);
  }
  const auto config = AsteriskConfig::read_text(as_text(file->text.view()), "secret.conf");
  if (!config) return "secret.conf of the spool directory cannot be understood";
  const std::string_view password = option_in_general(*config, "password");
  if (!password.empty()) pin = Secret(as_bytes(typed_pin(password)));
  return {};
}

Status MailboxRows::send(std::string_view context, const ConfigLine& line) {
  if (is_option(line) || is_alias(line)) return {};
  const std::string_view file = config_.file_name(line.file);
  const Mailbox box = read_mailbox(line.value, given_);
  std::string problem = problem_of(context, line, box);
  Secret pin(as_bytes(box.pin));
  const bool hidden = box.in_spool && options_.spool.empty();
  if (hidden) pin = Secret();
  else if (box.in_spool && problem.empty()) problem = read_spool(context, line.name, pin);
  if (!problem.empty()) return send_problem(sink_, file, line.line, problem);
  ImportRow row;
  row.file = file;
  row.line = line.line;
  row.domain = domain_of(context);
  row.extension = line.name;
  put_name(box.name, row.data);
  if (!box.email.empty()) row.data.email = box.email;
  if (!box.language.empty()) row.data.language = box.language;
  if (const auto zone = zones_.find(box.zone); zone != zones_.end() && is_utf8(zone->second))
    row.timezone = zone->second;
  if (hidden) row.remark = kInSpool;
  if (!pin.empty()) (void)row.secrets.push_back({Kind::kVoicemail, pin.view()});
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
