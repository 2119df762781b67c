// SPDX-License-Identifier: BSD-2-Clause
// One sign-in: is this the secret that this door takes?
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/secret.h"
#include "rules/verdict.h"
#include "service/context.h"
#include "service/secrets.h"
#include "service/use_case.h"

namespace pbxcred {

class Login final : public UseCase {
 public:
  /// kSignIn: pam_authenticate. kProof: the current secret before a change; success brings a grant for the change.
  enum class Use { kSignIn, kProof };
  /// Told the reply, and why (for administrators only).
  using Told = std::function<void(const AuthReply&, Outcome, const Status&)>;

  Login(Context context, Access access, Asked asked, Secret secret, Use use, Told told);

  Result<std::optional<Lane>> lane(Read& read) override;
  Result<Next> prepare(Read& read, Time now) override;
  Status compute(HashArena& arena) override;
  Result<Settled> settle(Write& write, Time now) override;
  /// Decided before the secret is looked at: the way an answer takes must not tell what the answer does not.
  bool is_likely_quiet() const override { return blameless_ && use_ == Use::kSignIn; }
  void finish(const Status& outcome) override;

 private:
  Result<Settled> refuse_stray(Write& write);
  Status record_success(Write& write, const Account& account, const Verifier& verifier, bool had_ledger, Time now);
  Status record_failure(Write& write, const Account& account, Ledger ledger, Time now);
  void log(const Status& outcome, Verdict verdict) const;

  Context context_;
  Access access_;
  Asked asked_;
  Secret secret_;
  Use use_;
  Told told_;
  std::string source_;

  // lane → prepare
  bool looked_up_ = false;
  std::optional<AccountId> account_;
  // prepare → compute
  SharedRing ring_;
  std::optional<Verifier> verifier_;
  bool may_open_ = false;   ///< the right secret opens: neither disabled nor locked nor expired
  bool blameless_ = false;  ///< no failure that a success would take back
  // compute → settle
  bool matched_ = false;
  bool junk_ = false;
  Hash16 guess_{};
  std::optional<SealedHash> upgraded_;
  // settle → finish
  Outcome outcome_ = Outcome::kUnknown;
  std::optional<Kind> charged_;  ///< the kind whose secret was tried
  std::string account_name_;
  Hash16 stray_{};
  KindSet due_;
  std::optional<GrantToken> grant_;
  std::string rules_;
  Time at_{};
};

}  // namespace pbxcred
