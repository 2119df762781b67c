// SPDX-License-Identifier: BSD-2-Clause
// domain add|set|show|list|rename|remove|import|export.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "call.h"
#include "catalog.h"
#include "client/row_file.h"
#include "domain_file.h"
#include "file_error.h"
#include "query.h"
#include "selection.h"
#include "wire/admin.h"

namespace pbxcred::ctl {
namespace {

constexpr const char* kNameHelp = "the domain";
constexpr Wording kAdded = {"domain", "added", "domain"};
constexpr Wording kChanged = {"domain", "changed", "domain"};
constexpr Wording kRenamed = {"domain", "renamed", "domain"};
constexpr Wording kRemoved = {"domain", "removed", "domain"};

Result<PolicyChoice> parse_policy(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) return Error{Code::kInvalid, text + ": give --policy KIND=NAME"};
  PBXCRED_TRY(const Kind kind, parse_kind(text.substr(0, equals)));
  return PolicyChoice{kind, std::string_view(text).substr(equals + 1)};
}

/// domain add, domain set.
class DomainPutCommand final : public Command {
 public:
  DomainPutCommand(PutMode mode, const char* words, const char* summary, const char* example)
      : Command(words, summary, example), mode_(mode) {}

  void declare(Syntax& syntax) override {
    syntax.operand("NAME", name_, kNameHelp);
    syntax.option("--timezone", "ZONE", timezone_, "its time zone, as Europe/Berlin");
    syntax.option("--language", "LANG", language_, "language of its messages, as de");
    syntax.option("--country", "CC", country_, "country by whose rules its telephone numbers are read, as DE");
    syntax.option("--alias", "NAME", aliases_, "another name of the domain; repeat for more; \"\" clears");
    syntax.option("--policy", "KIND=NAME", policies_, "policy of a kind; an empty NAME: the server's default");
    syntax.option("--contact", "TEXT", contact_, "whom users are told to ask");
    syntax.option("--mail-from", "ADDRESS", mail_from_, "sender of its mail");
    syntax.option("--base-url", "URL", base_url_, "address of its portal, for links in mail");
  }

  Status prepare() override {
    if (aliases_) std::erase(*aliases_, "");
    for (const std::string& text : policies_) {
      PBXCRED_TRY(const PolicyChoice choice, parse_policy(text));
      choices_.push_back(choice);
    }
    const bool any =
        timezone_ || language_ || country_ || aliases_ || !choices_.empty() || contact_ || mail_from_ || base_url_;
    if (mode_ == PutMode::kSet && !any) return Error{Code::kInvalid, "nothing to set"};
    return {};
  }

  Result<Exit> run(Session& session) override {
    DomainPut request;
    request.mode = mode_;
    request.name = name_;
    request.timezone = timezone_;
    request.language = language_;
    request.country = country_;
    request.contact = contact_;
    request.mail_from = mail_from_;
    request.base_url = base_url_;
    if (aliases_) request.aliases.emplace(aliases_->begin(), aliases_->end());
    request.policies = choices_;
    PBXCRED_TRY(const Outcome outcome, ask(session, request));
    return conclude(session, outcome, mode_ == PutMode::kAdd ? kAdded : kChanged, false);
  }

 private:
  PutMode mode_;
  std::string name_;
  std::optional<std::string> timezone_, language_, country_, contact_, mail_from_, base_url_;
  std::optional<Texts> aliases_;
  Texts policies_;
  std::vector<PolicyChoice> choices_;
};

class DomainShow final : public Command {
 public:
  DomainShow() : Command("domain show", "shows one domain", "domain show acme.example") {}
  void declare(Syntax& syntax) override { syntax.operand("NAME", name_, kNameHelp); }
  Result<Exit> run(Session& session) override { return show_one<DomainView>(session, DomainQuery{name_}); }

 private:
  std::string name_;
};

class DomainList final : public Command {
 public:
  DomainList() : Command("domain list", "lists all domains", "domain list --json") {}
  void declare(Syntax&) override {}
  Result<Exit> run(Session& session) override {
    return list_rows<DomainView>(
        session, DomainQuery{},
        {{"domain", "aliases", "phase", "users", "disabled", "no_password", "timezone"}, "domain"});
  }
};

class DomainRenameCommand final : public Command {
 public:
  DomainRenameCommand()
      : Command("domain rename", "gives a domain another name; its users keep everything",
                "domain rename acme.example acme.test") {}
  void declare(Syntax& syntax) override {
    syntax.operand("NAME", name_, kNameHelp);
    syntax.operand("NEW", new_name_, "its new name");
  }
  Result<Exit> run(Session& session) override {
    PBXCRED_TRY(const Outcome outcome, ask(session, DomainRename{name_, new_name_}));
    return conclude(session, outcome, kRenamed, false);
  }

 private:
  std::string name_, new_name_;
};

class DomainRemoveCommand final : public Command {
 public:
  DomainRemoveCommand() : Command("domain remove", "removes an empty domain", "domain remove acme.example") {}
  void declare(Syntax& syntax) override { syntax.operand("NAME", name_, kNameHelp); }
  Result<Exit> run(Session& session) override {
    PBXCRED_TRY(const Outcome outcome, ask(session, DomainRemove{name_}));
    return conclude(session, outcome, kRemoved, false);
  }

 private:
  std::string name_;
};

class DomainImportCommand final : public Command {
 public:
  DomainImportCommand()
      : Command("domain import", "adds and changes the domains of a file, all or none",
                "domain import domains.conf --dry-run") {}
  void declare(Syntax& syntax) override {
    syntax.operand("FILE", path_, "the file, opened as you");
    syntax.flag("--dry-run", dry_run_, "check everything, change nothing");
  }

  Result<Exit> run(Session& session) override {
    PBXCRED_TRY(RowFile rows, RowFile::create());
    const Status read = read_domain_file(path_, [&](const DomainRow& row) { return rows.append_message(row); });
    if (!read) return refuse(session, read.error());
    PBXCRED_TRY(const Fd sealed, rows.seal());
    PBXCRED_TRY(const Outcome outcome, ask(session, DomainImport{dry_run_}, sealed.get()));
    return conclude(session, outcome, {"domain", "added or changed", "domain"}, dry_run_);
  }

 private:
  /// Each line is an error of its own, with its place.
  static Exit refuse(Session& session, const Error& error) {
    std::string_view rest = error.what;
    while (!rest.empty()) {
      const std::size_t size = std::min(rest.find('\n'), rest.size());
      report(session, session.command, rest.substr(0, size));
      rest.remove_prefix(std::min(size + 1, rest.size()));
    }
    return exit_of(error.code);
  }

  std::string path_;
  bool dry_run_ = false;
};

class DomainExportCommand final : public Command {
 public:
  DomainExportCommand()
      : Command("domain export", "writes all domains to a new file, for import", "domain export domains.conf") {}
  void declare(Syntax& syntax) override { syntax.operand("FILE", path_, "a new file; -: standard output"); }

  Result<Exit> run(Session& session) override {
    std::string text = "# Domains of pbxcred: pbxcredctl domain import FILE\ndomains = (\n";
    std::uint64_t count = 0;
    PBXCRED_TRY(Outcome outcome, ask_rows<DomainRow>(session, DomainExport{}, -1, [&](const DomainRow& row) -> Status {
                  text += (count++ == 0 ? "" : ",\n") + domain_text(row.put);
                  return {};
                }));
    if (!outcome.ok) return conclude_query(session, outcome);
    text += count == 0 ? ");\n" : "\n);\n";
    if (path_ == "-") {
      write_text(session.out, text);
      return Exit::kDone;
    }
    PBXCRED_CHECK(write_file(text));
    return conclude(session, outcome, {"domain", "exported", "domain"}, false);
  }

 private:
  /// Whole, or not there.
  Status write_file(std::string_view text) const {
    const Fd file(open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666));
    if (!file) return file_error(path_, errno);
    while (!text.empty()) {
      const ssize_t written = write(file.get(), text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return give_up();
      text.remove_prefix(static_cast<std::size_t>(written));
    }
    return fsync(file.get()) == 0 ? Status() : give_up();
  }
  Status give_up() const {
    const Error error = file_error(path_, errno);
    unlink(path_.c_str());
    return error;
  }

  std::string path_;
};

}  // namespace

void add_domain_commands(Commands& commands) {
  commands.push_back(
      std::make_unique<DomainPutCommand>(PutMode::kAdd, "domain add", "adds a domain",
                                         "domain add acme.example --timezone Europe/Berlin --country DE --alias acme"));
  commands.push_back(std::make_unique<DomainPutCommand>(PutMode::kSet, "domain set", "changes settings of a domain",
                                                        "domain set acme.example --policy voicemail=pin-standard"));
  commands.push_back(std::make_unique<DomainShow>());
  commands.push_back(std::make_unique<DomainList>());
  commands.push_back(std::make_unique<DomainRenameCommand>());
  commands.push_back(std::make_unique<DomainRemoveCommand>());
  commands.push_back(std::make_unique<DomainImportCommand>());
  commands.push_back(std::make_unique<DomainExportCommand>());
}

}  // namespace pbxcred::ctl
