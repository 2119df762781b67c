// SPDX-License-Identifier: BSD-2-Clause
// services, and the users that the configuration names.
#include <pwd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>

#include "config_lexeme.h"
#include "config_sections.h"
#include "model/name.h"

namespace pbxcred {
namespace {

/// The kernel shows uids of other user namespaces as this one, and Debian's nobody has it: it is never one peer.
constexpr uid_t kOverflowUid = 65534;

Result<uid_t> find_uid(const std::string& name) {
  std::vector<char> buffer(4096);
  struct passwd entry = {};
  struct passwd* found = nullptr;
  int problem = 0;
  while ((problem = getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found)) == ERANGE &&
         buffer.size() < (1U << 20))
    buffer.resize(buffer.size() * 2);
  if (found != nullptr) return entry.pw_uid;
  // getpwnam(3): these, too, mean that there is none.
  if (problem == 0 || problem == ENOENT || problem == ESRCH || problem == EBADF || problem == EPERM)
    return Error{Code::kNotFound, "there is no user \"" + shown(name) + "\""};
  return Error{Code::kUnavailable,
               "cannot look up user \"" + shown(name) + "\": " + std::generic_category().message(problem)};
}

/// text: digits.
Result<uid_t> parse_uid(std::string_view text) {
  uid_t uid = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), uid);
  if (text.empty() || problem != std::errc() || end != text.data() + text.size() || uid == static_cast<uid_t>(-1))
    return Error{Code::kInvalid, "\"#" + shown(text) + "\" is no uid"};
  return uid;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// user: a name or "#uid".
Result<uid_t> uid_of(const std::string& user) {
  if (is_number(user)) return Error{Code::kInvalid, "write \"#" + user + "\" for a uid"};
  PBXCRED_TRY(const uid_t uid, user.starts_with('#') ? parse_uid(std::string_view(user).substr(1)) : find_uid(user));
  if (uid == kOverflowUid)
    return Error{Code::kDenied, "uid 65534 (nobody) stands for every uid of other user namespaces and is refused"};
  return uid;
}

struct Draft {
  ServiceEntry entry;
  bool has_uid = false;
};

void read_entry_user(ConfigReader& reader, const Setting& setting, Draft& draft) {
  auto user = reader.string(setting);
  if (!user) return;
  const auto uid = user->empty() ? Result<uid_t>(Error{Code::kInvalid, "must not be empty"}) : uid_of(*user);
  if (!uid) {
    reader.error(setting, "user: " + uid.error().what);
    return;
  }
  draft.entry.user = std::move(*user);
  draft.entry.uid = *uid;
  draft.has_uid = true;
}

void read_entry_kinds(ConfigReader& reader, const Setting& setting, Draft& draft) {
  for (const Setting* element : reader.strings(setting)) {
    const std::string name = element->c_str();
    Kind kind{};
    if (!kind_from_name(name, kind)) {
      reader.error(*element,
                   "there is no kind \"" + shown(name) + "\"; kinds are password voicemail login phone admin");
    } else if (draft.entry.kinds.has(kind)) {
      reader.error(*element, "kind \"" + name + "\" is given twice");
    } else {
      draft.entry.kinds.add(kind);
    }
  }
}

void read_entry_domains(ConfigReader& reader, const Setting& setting, Draft& draft) {
  std::vector<std::string>& domains = draft.entry.domains;
  for (const Setting* element : reader.strings(setting)) {
    auto domain = canonical_domain(element->c_str());
    if (!domain) {
      reader.error(*element, "domains: " + domain.error().what);
    } else if (std::find(domains.begin(), domains.end(), *domain) != domains.end()) {
      reader.error(*element, "domain \"" + *domain + "\" is given twice");
    } else {
      domains.push_back(std::move(*domain));
    }
  }
}

template <bool ServiceEntry::*Member>
void read_flag(ConfigReader& reader, const Setting& setting, Draft& draft) {
  if (const auto value = reader.boolean(setting)) draft.entry.*Member = *value;
}

constexpr ConfigKey<Draft> kEntryKeys[] = {
    {"user", read_entry_user},
    {"kinds", read_entry_kinds},
    {"domains", read_entry_domains},
    {"change", read_flag<&ServiceEntry::change>},
    {"trust_rhost", read_flag<&ServiceEntry::trust_rhost>},
};

void read_entry(ConfigReader& reader, const Setting& group, Settings& settings) {
  if (!reader.is_group(group)) return;
  Draft draft;
  reader.keys<Draft>(group, kEntryKeys, draft);
  for (const char* needed : {"user", "kinds"})
    if (!group.exists(needed)) reader.error(group, std::string("an entry of services needs ") + needed);
  if (!draft.has_uid) return;
  for (const ServiceEntry& other : settings.services) {
    if (other.uid != draft.entry.uid) continue;
    reader.error(group["user"],
                 "user: uid " + std::to_string(other.uid) + " has an entry already, as \"" + other.user + "\"");
    return;
  }
  settings.services.push_back(std::move(draft.entry));
}

}  // namespace

void read_services(ConfigReader& reader, const Setting& list, Settings& settings) {
  if (!list.isList()) {
    reader.error(list, "services must be a list of groups, as ( { user = \"www-data\"; … }, … )");
    return;
  }
  for (const Setting& entry : list) read_entry(reader, entry, settings);
}
std::vector<std::string> services_keys() {
  return keys_of<Draft>(kEntryKeys);
}

void read_user(ConfigReader& reader, const Setting& setting, Settings& settings) {
  auto user = reader.string(setting);
  if (!user) return;
  if (user->starts_with('#') || is_number(*user)) {
    reader.error(setting, "user must be a name, not a uid");
    return;
  }
  // Whether the user exists matters only to a daemon that is started as root, which finds out itself.
  const auto uid = user->empty() ? Result<uid_t>(uid_t{0}) : uid_of(*user);
  if (!uid && uid.error().code != Code::kNotFound) {
    reader.error(setting, "user: " + uid.error().what);
    return;
  }
  settings.user = std::move(*user);
}

}  // namespace pbxcred
