// SPDX-License-Identifier: BSD-2-Clause
// export csv: a row a user, without secrets; with exported verifiers if asked for (crypto/portable_verifier.h).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "service/admin_task.h"
#include "service/selection.h"

namespace pbxcred {

class ExportTask final : public AdminTask {
 public:
  ExportTask(AdminContext context, SecureBuffer packet, const ExportRequest& request)
      : AdminTask(std::move(context)), packet_(std::move(packet)), request_(request) {}
  void step() override;

 private:
  Status page();
  Status put(Read& read, const Account& account);
  Result<std::string> domain_name(Read& read, const DomainId& id);
  void done(const Status& status);

  SecureBuffer packet_;  ///< what request_ borrows from
  ExportRequest request_;
  std::optional<SelectionScan> scan_;
  std::map<DomainId, std::string> domains_;
  std::uint64_t found_ = 0, disabled_ = 0;
};

}  // namespace pbxcred
