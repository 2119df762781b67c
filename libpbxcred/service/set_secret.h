// SPDX-License-Identifier: BSD-2-Clause
// An administrator sets one secret of one account.
#pragma once

#include <functional>
#include <optional>

#include "service/context.h"
#include "service/new_secret.h"
#include "service/use_case.h"

namespace pbxcred {

class SetSecret final : public UseCase {
 public:
  /// broken: the rules in the way, then outcome is `refused`.
  using Told = std::function<void(const Status& outcome)>;
  struct Options {
    bool temporary = false;
    bool must_change = false;
    std::optional<std::chrono::seconds> expires;
  };

  /// secret: as typed; its rules are checked against the policy in force.
  SetSecret(Context context, AccountId account, Kind kind, Secret secret, Options options, Told told)
      : context_(std::move(context)),
        account_(account),
        secret_(std::move(secret)),
        options_(options),
        told_(std::move(told)) {
    work_.kind = kind;
  }

  Result<std::optional<Lane>> lane(Read&) override { return std::optional<Lane>(account_.raw); }
  Result<Next> prepare(Read& read, Time now) override;
  Status compute(HashArena& arena) override;
  Result<Settled> settle(Write& write, Time now) override;
  void finish(const Status& outcome) override { told_(outcome); }

 private:
  Context context_;
  AccountId account_;
  Secret secret_;
  Options options_;
  Told told_;
  SharedRing ring_;
  NewSecretWork work_;
};

}  // namespace pbxcred
