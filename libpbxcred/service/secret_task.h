// SPDX-License-Identifier: BSD-2-Clause
// secret set, clear, generate, for one account or a selection.
#pragma once

#include <deque>
#include <optional>

#include "service/admin_task.h"
#include "service/selection.h"

namespace pbxcred {

class SecretTask final : public AdminTask {
 public:
  SecretTask(AdminContext context, SecureBuffer packet, const SecretAct& request, Fd file)
      : AdminTask(std::move(context)), packet_(std::move(packet)), request_(request), file_(std::move(file)) {}
  void step() override;

 private:
  struct Job {
    AccountId account;
    std::string name;
    Policy policy;
  };
  Result<std::vector<Job>> page();
  void start(const Job& job);
  void set(const Job& job);
  void clear(const Job& job);
  void ended(const std::string& name, const Status& outcome);

  SecureBuffer packet_;
  SecretAct request_;
  Fd file_;
  std::optional<SelectionScan> scan_;
  std::size_t running_ = 0;
  std::uint64_t changed_ = 0, failed_ = 0;
  std::optional<Error> last_error_;
  std::optional<Error> broken_;  ///< the selection could not be read on
};

}  // namespace pbxcred
