// SPDX-License-Identifier: BSD-2-Clause
// Making the verifiers of one line of an import.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "service/context.h"
#include "service/import_plan.h"
#include "service/use_case.h"

namespace pbxcred {

/// Whether what is stored is what a foreign hash or an exported verifier says already. A foreign one is known by what
/// the verifier was imported as, so also after a good login has replaced it. Cheap. `invalid` as read_portable().
Result<bool> is_stored_already(const KeyRing& ring, const AccountId& account, const PlannedSecret& secret,
                               SecretView text, const std::optional<Verifier>& current);

/// Makes all verifiers of one user on an idle worker. A clear secret that matches the stored one is left alone:
/// checking it costs the hash that making a new one would, and spares a new generation, which would void grants and
/// unlock.
class HashUser final : public UseCase {
 public:
  /// user and rows are borrowed and outlive this.
  HashUser(Context context, SharedRing ring, FrameFile& rows, PlannedUser& user,
           std::function<void(const Status&)> told)
      : context_(std::move(context)), ring_(std::move(ring)), rows_(rows), user_(user), told_(std::move(told)) {}

  Result<Next> prepare(Read& read, Time now) override;
  Status compute(HashArena& arena) override;
  void finish(const Status& outcome) override { told_(outcome); }

 private:
  Status make(HashArena& arena, PlannedSecret& secret, const std::optional<Verifier>& current);
  Status make_from_clear(HashArena& arena, PlannedSecret& secret, SecretView typed,
                         const std::optional<Verifier>& current);
  Status make_from_hash(PlannedSecret& secret, SecretView text, const std::optional<Verifier>& current);

  Context context_;
  SharedRing ring_;
  FrameFile& rows_;
  PlannedUser& user_;
  std::function<void(const Status&)> told_;
  HeldRow held_;
  std::vector<std::optional<Verifier>> current_;  ///< beside user_.secrets
};

}  // namespace pbxcred
