// SPDX-License-Identifier: BSD-2-Clause
// export csv.
#include "call.h"
#include "catalog.h"
#include "export_file.h"
#include "formats/csv_writer.h"
#include "wire/admin.h"

namespace pbxcred::ctl {
namespace {

class ExportCsv final : public Command {
 public:
  ExportCsv()
      : Command("export csv", "writes users to a CSV file, without secrets",
                "export csv users.csv --domain acme.example") {}

  void declare(Syntax& syntax) override {
    syntax.operand("FILE", path_, "the file, made as you; - is standard output");
    syntax.option("--domain", "NAME", domain_, "of this domain only; without it, of all");
    syntax.flag("--with-verifiers", with_verifiers_,
                "and their secrets, sealed: only a daemon with the same key ring can "
                "import them");
    syntax.flag("--force", force_, "replace the file if it exists");
  }

  Status prepare() override {
    return force_ && path_ == "-" ? Status(Error{Code::kInvalid, "--force replaces a file"}) : Status();
  }

  Result<Exit> run(Session& session) override {
    if (path_ == "-" && session.json) return report_usage(session, "--json has its own use for standard output");
    PBXCRED_TRY(ExportFile file, ExportFile::open(session, path_, force_));
    ExportRequest request;
    request.with_verifiers = with_verifiers_;
    request.selection.domain = domain_;
    request.selection.all = domain_.empty();
    PBXCRED_CHECK(file.append(as_bytes(csv_header())));
    Session told = session;
    if (path_ == "-") told.out = session.err;  // remarks are no rows
    PBXCRED_TRY(const Outcome outcome, ask_rows<ImportRow>(told, request, -1, [&](const ImportRow& row) -> Status {
                  SecureBuffer line;
                  append_csv_line(line, row);
                  return file.append(line.view());
                }));
    if (outcome.ok) PBXCRED_CHECK(file.finish());
    if (path_ == "-") return conclude_query(session, outcome);  // the rows alone
    return conclude(session, outcome, {"user", "exported", "user"}, false);
  }

 private:
  std::string path_, domain_;
  bool with_verifiers_ = false;
  bool force_ = false;
};

}  // namespace

void add_export_commands(Commands& commands) {
  commands.push_back(std::make_unique<ExportCsv>());
}

}  // namespace pbxcred::ctl
