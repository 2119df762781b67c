// SPDX-License-Identifier: BSD-2-Clause
#include "service/set_secret.h"

#include "rules/door.h"

namespace pbxcred {

Result<UseCase::Next> SetSecret::prepare(Read& read, Time) {
  ring_ = read.shared_ring();
  PBXCRED_TRY(auto account, read.account(account_));
  if (!account) return Error{Code::kNotFound, "the account is gone"};
  if (!may_hold(account->role, work_.kind))
    return Error{Code::kInvalid, account->role == Role::kAdmin ? "an administrator has only kind admin"
                                                               : "a user has no secret of kind admin"};
  PBXCRED_TRY(auto domain, domain_of_account(read, *account));
  const Policy policy = policy_for(*context_.settings, domain ? &*domain : nullptr, work_.kind).policy;
  std::string sentences;
  for (const BrokenRule& rule : check_new_secret(policy, work_.kind, secret_.view(), work_.clear))
    sentences += (sentences.empty() ? "" : " ") + rule.text;
  if (!sentences.empty()) return Error{Code::kRefused, sentences};
  PBXCRED_TRY(auto current, read.verifier(account_, work_.kind));
  work_.generation = next_generation(current);
  return Next::kCompute;
}

Status SetSecret::compute(HashArena& arena) {
  return hash_new_secret(arena, *ring_, context_.settings->hash, account_, work_);
}

Result<UseCase::Settled> SetSecret::settle(Write& write, Time now) {
  PBXCRED_TRY(auto account, write.account(account_));
  if (!account) return Error{Code::kNotFound, "the account is gone"};
  PBXCRED_TRY(auto current, write.verifier(account_, work_.kind));
  if (next_generation(current) != work_.generation) return Settled::kAgain;
  SecretOptions keep;
  keep.temporary = options_.temporary;
  keep.must_change = options_.must_change;
  if (options_.expires) keep.expires_at = now + *options_.expires;
  PBXCRED_CHECK(store_new_secret(write, *account, work_, keep, now));
  ++account->generation;
  PBXCRED_CHECK(write.put_account(*account));
  return Settled::kDone;
}

}  // namespace pbxcred
