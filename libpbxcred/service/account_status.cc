// SPDX-License-Identifier: BSD-2-Clause
#include "service/account_status.h"

#include <fmt/format.h>

#include "rules/door.h"
#include "service/find_subject.h"
#include "service/secrets.h"
#include "service/views.h"

namespace pbxcred {

Result<UseCase::Next> AccountStatus::prepare(Read& read, Time now) {
  if (!access_.kinds.has(asked_.kind)) return Error{Code::kDenied, "the entry does not have this kind"};
  PBXCRED_TRY(auto account, find_subject(read, context_, access_, asked_));
  if (!account) {
    verdict_ = Verdict::kUnknown;
    return Next::kFinish;
  }
  if (!account->enabled) {
    verdict_ = Verdict::kDisabled;
    return Next::kFinish;
  }
  PBXCRED_TRY(auto domain, domain_of_account(read, *account));
  account_name_ = account_name(*account, domain ? &*domain : nullptr);
  PBXCRED_TRY(Secrets secrets, load_secrets(read, account->id));
  const auto kind = secret_for_door(asked_.kind, account->role, secrets.set());
  if (kind && secrets.due(now).has(*kind)) {
    due_ = only(*kind);
    text_ = fmt::format("Your {} must be changed before you go on.", noun_of(*kind));
  }
  verdict_ = Verdict::kGranted;
  return Next::kFinish;
}

void AccountStatus::finish(const Status& outcome) {
  AuthReply reply = reply_to(asked_);
  reply.verdict = outcome ? verdict_ : verdict_of(outcome.error());
  if (reply.verdict == Verdict::kGranted) {
    reply.account = account_name_;
    reply.phase = kPhase;
    reply.change = due_;
    if (!text_.empty()) reply.texts.push_back({false, text_});
  }
  answer_(reply);
}

}  // namespace pbxcred
