// SPDX-License-Identifier: BSD-2-Clause
// pam_chauthtok, second step: sets the new secrets, all or none.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "service/change_begin.h"
#include "service/context.h"
#include "service/new_secret.h"
#include "service/use_case.h"

namespace pbxcred {

/// A new secret as it came in.
struct OfferedSecret {
  Kind kind = Kind::kPassword;
  Secret secret;
};

class ChangeCommit final : public UseCase {
 public:
  ChangeCommit(Context context, Access access, Asked asked, ChangeProof proof, std::vector<OfferedSecret> offered,
               Answer answer);

  Result<std::optional<Lane>> lane(Read& read) override;
  Result<Next> prepare(Read& read, Time now) override;
  Status compute(HashArena& arena) override;
  Result<Settled> settle(Write& write, Time now) override;
  void finish(const Status& outcome) override;

 private:
  /// Proof, state and kinds, as they are now. kGranted: the change may go on.
  Result<Verdict> authorise(Read& read, const Account& account, Time now);
  Result<Next> check_rules(Read& read, const Account& account);
  Status check_unlike_current(HashArena& arena, const NewSecretWork& work);

  Context context_;
  Access access_;
  Asked asked_;
  ChangeProof proof_;
  std::vector<OfferedSecret> offered_;
  Answer answer_;

  SharedRing ring_;
  std::optional<AccountId> account_;
  std::vector<std::optional<Verifier>> current_;  ///< beside work_
  std::vector<NewSecretWork> work_;
  std::vector<std::string> broken_;

  Verdict verdict_ = Verdict::kRefused;
  std::string account_name_;
};

}  // namespace pbxcred
