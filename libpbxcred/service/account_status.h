// SPDX-License-Identifier: BSD-2-Clause
// pam_acct_mgmt: may this account be used, and must its secret be changed? Evaluates no secret.
#pragma once

#include <string>

#include "service/context.h"
#include "service/use_case.h"

namespace pbxcred {

class AccountStatus final : public UseCase {
 public:
  AccountStatus(Context context, Access access, Asked asked, Answer answer)
      : context_(std::move(context)), access_(std::move(access)), asked_(std::move(asked)), answer_(std::move(answer)) {}

  Result<Next> prepare(Read& read, Time now) override;
  void finish(const Status& outcome) override;

 private:
  Context context_;
  Access access_;
  Asked asked_;
  Answer answer_;
  Verdict verdict_ = Verdict::kRefused;
  KindSet due_;
  std::string account_name_, text_;
};

}  // namespace pbxcred
