// SPDX-License-Identifier: BSD-2-Clause
// secret set|clear|generate.
#include <fmt/format.h>

#include "call.h"
#include "catalog.h"
#include "format.h"
#include "generated.h"
#include "secret_input.h"
#include "selection.h"
#include "wire/admin.h"

namespace pbxcred::ctl {
namespace {

using Action = SecretAct::Action;

/// What the three share: SELECTION KIND, and the options of a new secret.
class SecretCommand : public Command {
 public:
  SecretCommand(Action action, const char* words, const char* summary, const char* example)
      : Command(words, summary, example), action_(action) {}

  void declare(Syntax& syntax) override {
    selection_.declare(syntax, "SELECTION KIND",
                       "users (none with filters), then password, voicemail, login, phone or admin", true);
    if (action_ == Action::kClear) return;
    syntax.flag("--temporary", temporary_, "must be changed at the next sign-in, and expires");
    syntax.flag("--must-change", must_change_, "must be changed at the next sign-in");
    syntax.option("--expires", "TIME", expires_text_, "stops working after this time, as 24h (default if --temporary)");
  }

  Status prepare() override {
    const std::string kind = selection_.take_last_operand();
    if (kind.empty()) return Error{Code::kInvalid, "the kind is missing"};
    PBXCRED_TRY(kind_, parse_kind(kind));
    PBXCRED_CHECK(selection_.prepare(true));
    // The kind says whose secrets are meant: `admin` is the administrators' only one.
    if (selection_.role() && (*selection_.role() == Role::kAdmin) != (kind_ == Kind::kAdmin))
      return Error{Code::kInvalid, "administrators have the kind admin and no other"};
    if (!expires_text_.empty()) {
      PBXCRED_TRY(expires_, parse_duration(expires_text_));
    }
    return {};
  }

 protected:
  Kind kind() const { return kind_; }
  const SelectionOptions& selection() const { return selection_; }

  SecretAct message(const OpenSelection& open) const {
    SecretAct request;
    request.selection = open.message();
    request.kind = kind_;
    request.action = action_;
    request.temporary = temporary_;
    request.must_change = must_change_;
    request.expires = expires_;
    request.dry_run = selection_.dry_run();
    return request;
  }

 private:
  Action action_;
  SelectionOptions selection_;
  Kind kind_ = Kind::kPassword;
  bool temporary_ = false;
  bool must_change_ = false;
  std::string expires_text_;
  std::optional<std::chrono::seconds> expires_;
};

class SecretSet final : public SecretCommand {
 public:
  SecretSet()
      : SecretCommand(Action::kSet, "secret set", "sets a secret, asked for or read from standard input",
                      "secret set 1001@acme.example voicemail --temporary") {}
  Result<Exit> run(Session& session) override {
    PBXCRED_TRY(const OpenSelection open, OpenSelection::open(selection()));
    SecretAct request = message(open);
    Secret secret;
    if (!request.dry_run) {  // a dry run counts who is meant
      PBXCRED_TRY(secret, read_secret(session, fmt::format("New {}", word_for(kind())), true));
    }
    request.secret = secret.view();
    PBXCRED_TRY(const Outcome outcome, ask(session, request, open.attachment()));
    return conclude(session, outcome, {"secret", "set", "secret"}, request.dry_run);
  }
};

class SecretClear final : public SecretCommand {
 public:
  SecretClear()
      : SecretCommand(Action::kClear, "secret clear", "takes a secret away: not set",
                      "secret clear 1001@acme.example login") {}
  Result<Exit> run(Session& session) override {
    PBXCRED_TRY(const OpenSelection open, OpenSelection::open(selection()));
    const SecretAct request = message(open);
    PBXCRED_TRY(const Outcome outcome, ask(session, request, open.attachment()));
    return conclude(session, outcome, {"secret", "cleared", "secret"}, request.dry_run);
  }
};

class SecretGenerate final : public SecretCommand {
 public:
  SecretGenerate()
      : SecretCommand(Action::kGenerate, "secret generate", "makes random secrets and shows each once",
                      "secret generate --domain acme.example --without password password --csv new.csv --temporary") {}

  void declare(Syntax& syntax) override {
    SecretCommand::declare(syntax);
    syntax.option("--csv", "FILE", csv_, "write account,kind,secret to this new file, which only you can read");
  }

  Result<Exit> run(Session& session) override {
    PBXCRED_TRY(const OpenSelection open, OpenSelection::open(selection()));
    const SecretAct request = message(open);
    if (request.dry_run) {
      PBXCRED_TRY(const Outcome counted, ask(session, request, open.attachment()));
      return conclude(session, counted, kWording, true);
    }
    PBXCRED_TRY(GeneratedOutput output, open_output(session));
    auto outcome = ask_rows<GeneratedRow>(session, request, open.attachment(),
                                          [&](const GeneratedRow& row) { return output.add(row); });
    PBXCRED_CHECK(finish(output, outcome));
    return csv_.empty() ? conclude_query(session, *outcome) : conclude(session, *outcome, kWording, false);
  }

 private:
  static constexpr Wording kWording = {"secret", "generated", "secret"};

  Result<GeneratedOutput> open_output(Session& session) const {
    if (!csv_.empty()) return GeneratedOutput::to_file(session, csv_);
    return GeneratedOutput::to_stream(session, selection().only_user().empty());
  }
  /// Ends the document in any case; the conversation's error comes first.
  static Status finish(GeneratedOutput& output, const Result<Outcome>& outcome) {
    Status finished = output.finish();
    return outcome ? finished : Status(outcome.error());
  }

  std::string csv_;
};

}  // namespace

void add_secret_commands(Commands& commands) {
  commands.push_back(std::make_unique<SecretSet>());
  commands.push_back(std::make_unique<SecretClear>());
  commands.push_back(std::make_unique<SecretGenerate>());
}

}  // namespace pbxcred::ctl
