// SPDX-License-Identifier: BSD-2-Clause
// SELECTION (design §4): which accounts a command means.
#include "selection.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "client/row_file.h"
#include "file_error.h"
#include "wire/limits.h"

namespace pbxcred::ctl {
namespace {

/// What operands may take of a packet; the rest of the request is small.
constexpr std::size_t kInlineNames = 32768;

Error bad(std::string what) {
  return {Code::kInvalid, std::move(what)};
}

std::size_t bytes_of(const Texts& names) {
  std::size_t total = 0;
  for (const std::string& name : names) total += name.size() + sizeof(std::uint32_t);
  return total;
}

Status append_lines(const std::string& path, RowFile& rows) {
  std::ifstream file(path);
  if (!file) return file_error(path, errno);
  char buffer[4 * kMaxName];  // no line without an end fills the memory
  for (std::size_t number = 1; file.getline(buffer, sizeof buffer) || file.gcount() > 0; ++number) {
    if (file.fail() && !file.eof()) return bad(fmt::format("{}:{}: the name is over 255 bytes", path, number));
    std::string line(buffer, static_cast<std::size_t>(file.gcount()) - (file.eof() ? 0 : 1));  // without its end
    if (number == 1 && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
    line.erase(line.find_last_not_of(" \t\r") + 1);
    line.erase(0, line.find_first_not_of(" \t"));
    if (line.size() > kMaxName) return bad(fmt::format("{}:{}: the name is over 255 bytes", path, number));
    if (!line.empty()) PBXCRED_CHECK(rows.append(as_bytes(line)));
  }
  return file.bad() ? Status(file_error(path, EIO)) : Status();
}

}  // namespace

Result<Kind> parse_kind(const std::string& name) {
  Kind kind{};
  if (kind_from_name(name, kind)) return kind;
  // Not repeated: in place of a kind, people type secrets.
  return bad("no such kind: there are password, voicemail, login, phone and admin");
}

void SelectionOptions::declare(Syntax& syntax, const char* operands, const char* help, bool with_role) {
  syntax.operands(operands, users_, help);
  syntax.option("--domain", "D", domain_, "in this domain");
  syntax.option("--location", "L", location_, "at this location");
  syntax.option("--find", "TEXT", find_, "whose first name, last name or extension begins so");
  syntax.option("--without", "KIND", without_name_, "who have no secret of this kind");
  if (with_role) syntax.option("--role", "R", role_name_, "user (default) or admin");
  syntax.option("--file", "F", file_, "named in this file, one a line");
  syntax.flag("--all", all_, "everyone");
  syntax.flag("--dry-run", dry_run_, "only count who is meant");
}

bool SelectionOptions::has_filter() const {
  return all_ || domain_ || location_ || find_ || without_;
}

/// A filter that is there and says nothing, as from a script's empty variable, must not mean more than is wanted.
Status SelectionOptions::check_filters() const {
  const std::pair<const char*, const std::optional<std::string>*> given[] = {
      {"--domain", &domain_},        {"--location", &location_}, {"--find", &find_},
      {"--without", &without_name_}, {"--role", &role_name_},    {"--file", &file_}};
  for (const auto& [option, value] : given)
    if (*value && (*value)->find_first_not_of(' ') == std::string::npos) return bad(fmt::format("{}: is empty", option));
  return {};
}

Status SelectionOptions::prepare(bool needed) {
  PBXCRED_CHECK(check_filters());
  if (without_name_) {
    PBXCRED_TRY(without_, parse_kind(*without_name_));
  }
  if (role_name_) {
    if (*role_name_ != "user" && *role_name_ != "admin") return bad(*role_name_ + ": a role is user or admin");
    role_ = *role_name_ == "user" ? Role::kUser : Role::kAdmin;
  }
  for (const std::string& user : users_) {
    if (user.empty()) return bad("an empty name");
    if (user.size() > kMaxName) return bad("a name over 255 bytes");
  }
  if (!users_.empty() && has_filter()) return bad("name users or give filters, not both");
  if (users_.empty() && !has_filter() && !file_) {
    if (needed) return bad("nothing selected: name users, or give filters or --all");
    all_ = true;
  }
  return {};
}

std::string SelectionOptions::take_last_operand() {
  if (users_.empty()) return "";
  std::string last = std::move(users_.back());
  users_.pop_back();
  return last;
}

std::string SelectionOptions::only_user() const {
  return users_.size() == 1 && !file_ && !has_filter() ? users_.front() : "";
}

Result<OpenSelection> OpenSelection::open(const SelectionOptions& options) {
  OpenSelection selection(options);
  const bool spill = bytes_of(options.users_) > kInlineNames;
  if (!options.file_ && !spill) return selection;
  PBXCRED_TRY(RowFile rows, RowFile::create());
  if (spill)
    for (const std::string& user : options.users_) PBXCRED_CHECK(rows.append(as_bytes(user)));
  if (options.file_) PBXCRED_CHECK(append_lines(*options.file_, rows));
  PBXCRED_TRY(selection.names_, rows.seal());
  return selection;
}

Selection OpenSelection::message() const {
  Selection selection;
  const bool spilt = names_ && bytes_of(options_->users_) > kInlineNames;
  if (!spilt) selection.users.assign(options_->users_.begin(), options_->users_.end());
  if (options_->domain_) selection.domain = *options_->domain_;
  if (options_->location_) selection.location = *options_->location_;
  if (options_->find_) selection.find = *options_->find_;
  selection.without = options_->without_;
  selection.all = options_->all_;
  selection.has_file = static_cast<bool>(names_);
  return selection;
}

}  // namespace pbxcred::ctl
