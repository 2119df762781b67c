// SPDX-License-Identifier: BSD-2-Clause
// pam_chauthtok, first step without a secret: what would be changed, under which rules. (With the current secret it is
// a Login for Purpose::kProof.)
#pragma once

#include <string>
#include <vector>

#include "service/context.h"
#include "service/use_case.h"

namespace pbxcred {

/// What a peer shows to be allowed a change.
struct ChangeProof {
  ChangeRequest::Proof kind = ChangeRequest::Proof::kNone;
  GrantToken grant{};
};

class ChangeBegin final : public UseCase {
 public:
  ChangeBegin(Context context, Access access, Asked asked, ChangeProof proof, Answer answer)
      : context_(std::move(context)),
        access_(std::move(access)),
        asked_(std::move(asked)),
        proof_(proof),
        answer_(std::move(answer)) {}

  Result<Next> prepare(Read& read, Time now) override;
  void finish(const Status& outcome) override;

 private:
  Context context_;
  Access access_;
  Asked asked_;
  ChangeProof proof_;
  Answer answer_;
  Verdict verdict_ = Verdict::kRefused;
  KindSet change_;
  std::string account_name_;
  std::vector<std::string> texts_;
};

/// `denied` unless the entry may change secrets of this kind, and root alone claims privilege.
Status check_change_access(const Access& access, Kind kind, ChangeRequest::Proof proof);

}  // namespace pbxcred
