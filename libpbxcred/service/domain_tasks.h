// SPDX-License-Identifier: BSD-2-Clause
// domain import and export, for hundreds of domains.
#pragma once

#include <vector>

#include "service/admin_task.h"
#include "service/domain_admin.h"
#include "service/frame_file.h"

namespace pbxcred {

/// Reads the rows, then puts all in one transaction or none. A dry run does the same and gives the transaction up.
class DomainImportTask final : public AdminTask {
 public:
  DomainImportTask(AdminContext context, const DomainImport& request, Fd file)
      : AdminTask(std::move(context)), request_(request), file_(std::move(file)) {}
  void step() override;

 private:
  Result<bool> read_some();
  Result<std::uint64_t> put_all(Write& write, Time now);
  void put();
  void told(const Status& outcome);

  DomainImport request_;
  Fd file_;
  FrameFile frames_;
  bool opened_ = false;
  std::vector<SecureBuffer> packets_;  ///< what rows_ borrows from
  std::vector<PlacedDomain> rows_;
  std::size_t bytes_ = 0;
  std::vector<DomainProblem> problems_;
  std::optional<DomainCounts> counts_;
};

class DomainExportTask final : public AdminTask {
 public:
  using AdminTask::AdminTask;
  void step() override;
};

}  // namespace pbxcred
