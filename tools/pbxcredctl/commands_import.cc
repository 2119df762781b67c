// SPDX-License-Identifier: BSD-2-Clause
// import csv|asterisk.
#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>

#include "call.h"
#include "catalog.h"
#include "client/row_file.h"
#include "file_error.h"
#include "formats/csv.h"
#include "formats/voicemail_conf.h"
#include "progress.h"
#include "wire/admin.h"
#include "wire/limits.h"

namespace pbxcred::ctl {
namespace {

/// Puts rows into the memory file and tells how many there are.
class RowCollector {
 public:
  RowCollector(Session& session, RowFile& rows) : rows_(rows), line_(session) {}

  Status add(const ImportRow& row) {
    if (rows_.frames() % kShowEvery == 0) line_.show("reading", rows_.frames(), 0);
    SecureBuffer packet;
    encode_packet(packet, row);
    if (packet.size() <= kMaxPacket) return rows_.append(packet.view());
    ImportRow problem;
    problem.file = row.file;
    problem.line = row.line;
    problem.problem = "the line is over 64 KiB";
    return rows_.append_message(problem);
  }

 private:
  static constexpr std::uint64_t kShowEvery = 1000;
  RowFile& rows_;
  ProgressLine line_;
};

/// What both formats share; the formats say how to read.
class ImportCommand : public Command {
 public:
  using Command::Command;

  void declare(Syntax& syntax) override {
    syntax.operand("FILE", path_, "the file, opened as you");
    syntax.option("--mode", "MODE", mode_, "add: accounts that exist already are refused (the default)");
    syntax.option("--weak", "WHAT", weak_, "keep: weak secrets are kept, marked and counted (the default)");
    syntax.flag("--skip-bad", skip_bad_, "leave out lines that are refused; without it one such line stops all");
    syntax.flag("--dry-run", dry_run_, "check everything, change nothing");
  }

  Status prepare() override {
    if (mode_ != "add") return Error{Code::kInvalid, "--mode " + mode_ + ": there is only add"};
    if (weak_ != "keep") return Error{Code::kInvalid, "--weak " + weak_ + ": there is only keep"};
    return {};
  }

  Result<Exit> run(Session& session) override {
    PBXCRED_TRY(RowFile rows, RowFile::create());
    PBXCRED_CHECK(collect(session, rows));
    const ImportRequest request{rows.frames(), dry_run_, skip_bad_};
    PBXCRED_TRY(const Fd sealed, rows.seal());
    PBXCRED_TRY(const Outcome outcome, ask(session, request, sealed.get()));
    return conclude(session, outcome, {"account", "added", "line"}, dry_run_);
  }

 protected:
  /// Reads the file and gives every line to sink.
  virtual Status parse(const std::string& path, const RowSink& sink) const = 0;

 private:
  Status collect(Session& session, RowFile& rows) const {
    RowCollector collector(session, rows);
    return parse(path_, [&](const ImportRow& row) { return collector.add(row); });
  }

  std::string path_;
  std::string mode_ = "add";
  std::string weak_ = "keep";
  bool skip_bad_ = false;
  bool dry_run_ = false;
};

class ImportCsv final : public ImportCommand {
 public:
  ImportCsv() : ImportCommand("import csv", "adds users from a CSV file", "import csv users.csv --dry-run") {}

 protected:
  Status parse(const std::string& path, const RowSink& sink) const override {
    const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (!file) return file_error(path, errno);
    return parse_csv(file.get(), path, sink);
  }
};

class ImportAsterisk final : public ImportCommand {
 public:
  ImportAsterisk()
      : ImportCommand("import asterisk", "adds mailboxes and their PINs from voicemail.conf",
                      "import asterisk /etc/asterisk/voicemail.conf --map default=acme.example --skip-bad") {}

  void declare(Syntax& syntax) override {
    ImportCommand::declare(syntax);
    syntax.option("--map", "CONTEXT=DOMAIN", map_, "domain of a context, if it is called otherwise; repeat for more");
  }

  Status prepare() override {
    PBXCRED_CHECK(ImportCommand::prepare());
    for (const std::string& entry : map_) {
      const std::size_t equals = entry.find('=');
      if (equals == std::string::npos || equals == 0 || equals + 1 == entry.size())
        return Error{Code::kInvalid, entry + ": give --map CONTEXT=DOMAIN"};
      options_.map.emplace_back(entry.substr(0, equals), entry.substr(equals + 1));
    }
    return {};
  }

 protected:
  Status parse(const std::string& path, const RowSink& sink) const override {
    return parse_voicemail_conf(path, options_, sink);
  }

 private:
  Texts map_;
  VoicemailOptions options_;
};

}  // namespace

void add_import_commands(Commands& commands) {
  commands.push_back(std::make_unique<ImportCsv>());
  commands.push_back(std::make_unique<ImportAsterisk>());
}

}  // namespace pbxcred::ctl
