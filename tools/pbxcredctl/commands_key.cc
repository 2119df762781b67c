// SPDX-License-Identifier: BSD-2-Clause
// key list, key rotate, key retire, key backup.
#include <charconv>

#include "backup_file.h"
#include "call.h"
#include "catalog.h"
#include "query.h"
#include "report.h"
#include "secret_input.h"
#include "wire/admin.h"

namespace pbxcred::ctl {
namespace {

class KeyList final : public Command {
 public:
  KeyList() : Command("key list", "lists the ids of the key ring, never the keys, and who needs them", "key list") {}
  void declare(Syntax&) override {}
  Result<Exit> run(Session& session) override { return list_rows<KeyView>(session, KeyQuery{}, {{}, "key"}); }
};

class KeyRotateCommand final : public Command {
 public:
  KeyRotateCommand() : Command("key rotate", "adds a key, under which all records are brought", "key rotate") {}
  void declare(Syntax&) override {}
  Result<Exit> run(Session& session) override {
    PBXCRED_TRY(const Outcome outcome, ask(session, KeyRotate{}));
    return conclude(session, outcome, {"key", "added", "key"}, false);
  }
};

class KeyRetireCommand final : public Command {
 public:
  KeyRetireCommand() : Command("key retire", "takes a key that no record needs out of the ring", "key retire 1") {}
  void declare(Syntax& syntax) override { syntax.operand("ID", text_, "as key list shows it"); }
  Status prepare() override {
    const char* end = text_.data() + text_.size();
    const auto read = std::from_chars(text_.data(), end, id_);
    if (read.ec == std::errc() && read.ptr == end && id_ > 0) return {};
    return Error{Code::kInvalid, text_ + ": an id is a number from 1 on"};
  }
  Result<Exit> run(Session& session) override {
    KeyRetire request;
    request.id = id_;
    PBXCRED_TRY(const Outcome outcome, ask(session, request));
    return conclude(session, outcome, {"key", "retired", "key"}, false);
  }

 private:
  std::string text_;
  std::uint32_t id_ = 0;
};

class KeyBackupCommand final : public Command {
 public:
  KeyBackupCommand()
      : Command("key backup", "writes the key ring under a passphrase; for root", "key backup /media/stick/pbxcred-keys") {}
  void declare(Syntax& syntax) override {
    syntax.operand("FILE", path_, "made 0600, as you, and only when it is whole");
    syntax.flag("--force", force_, "replace FILE");
  }
  Result<Exit> run(Session& session) override {
    PBXCRED_TRY(BackupFile file, BackupFile::create(path_, force_));
    PBXCRED_TRY(const Secret passphrase, read_secret(session, "Passphrase, at least 12 characters", true));
    KeyBackup request;
    request.passphrase = passphrase.view();
    PBXCRED_TRY(const Outcome outcome, ask(session, request, file.fd()));
    if (outcome.ok) PBXCRED_CHECK(file.publish());
    return conclude(session, outcome, {"key ring", "backed up", "key ring"}, false);
  }

 private:
  std::string path_;
  bool force_ = false;
};

}  // namespace

void add_key_commands(Commands& commands) {
  commands.push_back(std::make_unique<KeyList>());
  commands.push_back(std::make_unique<KeyRotateCommand>());
  commands.push_back(std::make_unique<KeyRetireCommand>());
  commands.push_back(std::make_unique<KeyBackupCommand>());
}

}  // namespace pbxcred::ctl
