// SPDX-License-Identifier: BSD-2-Clause
// import csv|asterisk: rows are checked (service/import_check.h), those who are absent are looked for
// (import_absent.h), secrets are made on idle workers (import_secret.h), and all of it is settled whole
// (import_settle.h); with --skip-bad what can be stored is, some rows at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "service/admin_task.h"
#include "service/frame_file.h"
#include "service/import_absent.h"
#include "service/import_check.h"
#include "service/import_report.h"
#include "service/import_settle.h"

namespace pbxcred {

class ImportTask final : public AdminTask {
 public:
  ImportTask(AdminContext context, const ImportRequest& request, Fd file)
      : AdminTask(std::move(context)),
        request_(request),
        file_(std::move(file)),
        checker_(settings(), request_, rows_, domains_),
        settler_(rows_, domains_, request_.skip_bad) {}
  void step() override;

 private:
  enum class Stage { kOpen, kCheck, kAbsent, kHash, kSettle, kDisable };

  Status open();
  Status check_rows();
  Status check_frame(Read& read, std::uint64_t frame, SecureBuffer& bytes);
  void refuse(const std::string& place, const std::string& what);
  void end_of_check();
  void start_absent();
  Status look_for_absent();
  Status name_absent(Read& read);
  void log_disabled(const std::vector<std::string>& accounts);
  void end_of_absent();
  ImportNote noting();
  void hash_some();
  void hashed(const Status& outcome);
  void settle_some();
  void disable_some();
  void submit(std::function<Result<ImportSettled>(Write&, Time)> change, std::function<void()> next, Growth growth);
  Error refusal() const;
  void end_dry_run();
  void done(const Status& status);

  ImportRequest request_;
  Fd file_;
  FrameFile rows_;
  PlannedDomains domains_;
  ImportChecker checker_;
  ImportSettler settler_;
  Stage stage_ = Stage::kOpen;
  std::vector<PlannedUser> users_;
  std::optional<AbsentScan> absent_;
  ImportCounts counts_;
  std::uint64_t read_ = 0, bad_ = 0;
  std::size_t next_to_hash_ = 0, hashing_ = 0, settled_ = 0, disabled_ = 0;
  SharedRing ring_;  ///< what all are hashed with; held until they are settled, so that its key is not retired
  std::optional<Error> failure_;
};

}  // namespace pbxcred
