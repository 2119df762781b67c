// SPDX-License-Identifier: BSD-2-Clause
#include "service/change_begin.h"

#include "rules/door.h"
#include "rules/limits.h"
#include "service/find_subject.h"
#include "service/grants.h"
#include "service/secrets.h"

namespace pbxcred {

Status check_change_access(const Access& access, Kind kind, ChangeRequest::Proof proof) {
  const bool root_only = proof == ChangeRequest::Proof::kPrivilege;
  if (!access.change || !access.kinds.has(kind) || (root_only && access.uid != 0))
    return Error{Code::kDenied, "the entry may not change this"};
  return {};
}

Result<UseCase::Next> ChangeBegin::prepare(Read& read, Time now) {
  PBXCRED_CHECK(check_change_access(access_, asked_.kind, proof_.kind));
  PBXCRED_TRY(auto account, find_subject(read, context_, access_, asked_));
  if (!account || !may_hold(account->role, asked_.kind)) {
    verdict_ = Verdict::kUnknown;
    return Next::kFinish;
  }
  if (!account->enabled) {
    verdict_ = Verdict::kDisabled;
    return Next::kFinish;
  }
  PBXCRED_TRY(Secrets secrets, load_secrets(read, account->id));
  // Its user changes what the door takes; root sets what the door is named after.
  change_ = only(asked_.kind);
  if (proof_.kind != ChangeRequest::Proof::kPrivilege)
    change_ = only(secret_for_door(asked_.kind, account->role, secrets.set()).value_or(asked_.kind));
  if (proof_.kind == ChangeRequest::Proof::kGrant) {
    PBXCRED_TRY(auto grant, find_grant(read, proof_.grant, *account, access_.uid, now));
    if (!grant) return Next::kFinish;
    change_ = grant->change;
  }
  PBXCRED_TRY(auto domain, domain_of_account(read, *account));
  const Domain* in = domain ? &*domain : nullptr;
  account_name_ = account_name(*account, in);
  for (Kind kind : kAllKinds)
    if (change_.has(kind)) texts_.push_back(describe(policy_for(*context_.settings, in, kind).policy, kind));
  verdict_ = Verdict::kGranted;
  return Next::kFinish;
}

void ChangeBegin::finish(const Status& outcome) {
  AuthReply reply = reply_to(asked_);
  reply.verdict = outcome ? verdict_ : verdict_of(outcome.error());
  if (reply.verdict == Verdict::kGranted) {
    reply.account = account_name_;
    reply.change = change_;
    for (const std::string& text : texts_) reply.texts.push_back({false, text});
  }
  answer_(reply);
}

}  // namespace pbxcred
