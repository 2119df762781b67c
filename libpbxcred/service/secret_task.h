// SPDX-License-Identifier: BSD-2-Clause
// secret set, clear, generate, for one account or a selection.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/secret.h"
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
    std::uint64_t number = 0;  ///< in the order of the selection
  };
  struct Generated {
    std::string name;
    std::shared_ptr<Secret> secret;  ///< none: it was not stored
  };
  Result<std::vector<Job>> page();
  void start(const Job& job);
  void set(const Job& job);
  void clear(const Job& job);
  void ended(const std::string& name, const Status& outcome);
  void tell(std::uint64_t number, Generated generated);

  SecureBuffer packet_;
  SecretAct request_;
  Fd file_;
  std::optional<SelectionScan> scan_;
  std::size_t running_ = 0;
  std::uint64_t changed_ = 0, failed_ = 0;
  std::uint64_t started_ = 0, told_ = 0;
  std::map<std::uint64_t, Generated> to_tell_;  ///< those that an earlier one holds up
  std::optional<Error> last_error_;
  std::optional<Error> broken_;  ///< the selection could not be read on
};

}  // namespace pbxcred
