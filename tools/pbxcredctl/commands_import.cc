// SPDX-License-Identifier: BSD-2-Clause
// import csv|asterisk.
#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <initializer_list>

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
    syntax.option("--mode", "MODE", mode_,
                  "add: users that exist are refused (the default); update: they get what is given; sync: and those of "
                  "the file's domains that are absent from it are disabled");
    syntax.option("--max-disable", "COUNT", max_disable_,
                  "with sync: refuse to disable more; a number, or a share of the domains' users as 10% (default: 5%)");
    syntax.option("--weak", "FATE", weak_,
                  "keep: weak secrets are marked and counted (the default); must-change: they must be changed, too; refuse: their lines are refused");
    syntax.flag("--skip-bad", skip_bad_, "leave out lines that are refused; without it one such line stops all");
    syntax.flag("--dry-run", dry_run_, "check everything, change nothing");
  }

  Status prepare() override {
    PBXCRED_TRY(request_.mode, choice<ImportMode>("--mode", mode_, {"add", "update", "sync"}));
    PBXCRED_TRY(request_.weak, choice<WeakSecrets>("--weak", weak_, {"keep", "must-change", "refuse"}));
    if (!max_disable_) return {};
    if (request_.mode != ImportMode::kSync) return Error{Code::kInvalid, "--max-disable goes with --mode sync"};
    return read_max_disable(*max_disable_);
  }

  Result<Exit> run(Session& session) override {
    PBXCRED_TRY(RowFile rows, RowFile::create());
    PBXCRED_CHECK(collect(session, rows));
    ImportRequest request = request_;
    request.rows = rows.frames();
    request.dry_run = dry_run_;
    request.skip_bad = skip_bad_;
    PBXCRED_TRY(const Fd sealed, rows.seal());
    PBXCRED_TRY(const Outcome outcome, ask(session, request, sealed.get()));
    return conclude(session, outcome, {"account", done_to_them(), "line"}, dry_run_);
  }

 protected:
  /// Reads the file and gives every line to sink.
  virtual Status parse(const std::string& path, const RowSink& sink) const = 0;

 private:
  /// The enumerator whose word it is; words in their order.
  template <class Enum>
  static Result<Enum> choice(const char* option, const std::string& given, std::initializer_list<const char*> words) {
    std::uint8_t at = 0;
    for (const char* word : words) {
      if (given == word) return static_cast<Enum>(at);
      ++at;
    }
    return Error{Code::kInvalid, fmt::format("{} {}: give {}", option, given, fmt::join(words, ", "))};
  }

  const char* done_to_them() const {
    switch (request_.mode) {
      case ImportMode::kAdd: return "added";
      case ImportMode::kUpdate: return "added or changed";
      case ImportMode::kSync: return "added, changed or disabled";
    }
    return "?";
  }

  Status read_max_disable(std::string_view text) {
    request_.max_disable_is_percent = text.ends_with('%');
    if (request_.max_disable_is_percent) text.remove_suffix(1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), request_.max_disable);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    if (!whole || (request_.max_disable_is_percent && request_.max_disable > 100))
      return Error{Code::kInvalid, "--max-disable is a number, or 0% to 100%"};
    return {};
  }

  Status collect(Session& session, RowFile& rows) const {
    RowCollector collector(session, rows);
    return parse(path_, [&](const ImportRow& row) { return collector.add(row); });
  }

  std::string path_;
  std::string mode_ = "add";
  std::string weak_ = "keep";
  std::optional<std::string> max_disable_;
  ImportRequest request_;
  bool skip_bad_ = false;
  bool dry_run_ = false;
};

class ImportCsv final : public ImportCommand {
 public:
  ImportCsv()
      : ImportCommand("import csv", "adds or updates users from a CSV file", "import csv users.csv --dry-run") {}

  void declare(Syntax& syntax) override {
    ImportCommand::declare(syntax);
    syntax.flag("--clear", csv_.all_clear, "every secret of the file is in clear, also one that looks like a hash");
  }

 protected:
  Status parse(const std::string& path, const RowSink& sink) const override {
    const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (!file) return file_error(path, errno);
    return parse_csv(file.get(), path, sink, csv_);
  }

 private:
  CsvOptions csv_;
};

class ImportAsterisk final : public ImportCommand {
 public:
  ImportAsterisk()
      : ImportCommand("import asterisk", "adds or updates mailboxes and their PINs from voicemail.conf",
                      "import asterisk /etc/asterisk/voicemail.conf --map default=acme.example --skip-bad") {}

  void declare(Syntax& syntax) override {
    ImportCommand::declare(syntax);
    syntax.option("--map", "CONTEXT=DOMAIN", map_, "domain of a context, if it is called otherwise; repeat for more");
    syntax.option("--spool", "DIR", options_.spool,
                  "where the messages are, as /var/spool/asterisk/voicemail: read the PINs that are kept there");
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
    // A box that has no PIN there has that of the file: a directory that is not there would bring back old ones of all.
    if (!options_.spool.empty() && !Fd(open(options_.spool.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)))
      return file_error(options_.spool, errno);
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
