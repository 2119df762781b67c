// SPDX-License-Identifier: BSD-2-Clause
#include "service/change_commit.h"

#include <fmt/format.h>

#include "crypto/hasher.h"
#include "rules/door.h"
#include "service/find_subject.h"
#include "service/grants.h"

namespace pbxcred {
namespace {

/// Every kind once, at least one, and only kinds the account may have.
bool are_kinds_valid(const std::vector<OfferedSecret>& offered, const Account& account) {
  KindSet seen;
  for (const OfferedSecret& one : offered) {
    if (seen.has(one.kind) || !may_hold(account.role, one.kind)) return false;
    seen.add(one.kind);
  }
  return !offered.empty();
}

}  // namespace

ChangeCommit::ChangeCommit(Context context, Access access, Asked asked, ChangeProof proof,
                           std::vector<OfferedSecret> offered, Answer answer)
    : context_(std::move(context)),
      access_(std::move(access)),
      asked_(std::move(asked)),
      proof_(proof),
      offered_(std::move(offered)),
      answer_(std::move(answer)) {}

Result<std::optional<Lane>> ChangeCommit::lane(Read& read) {
  PBXCRED_TRY(auto account, find_subject(read, context_, access_, asked_));
  return account ? std::optional<Lane>(account->id.raw) : std::optional<Lane>();
}

Result<Verdict> ChangeCommit::authorise(Read& read, const Account& account, Time now) {
  if (!account.enabled) return Verdict::kDisabled;
  if (!are_kinds_valid(offered_, account)) return Verdict::kInvalid;
  if (proof_.kind == ChangeRequest::Proof::kPrivilege) {
    for (const OfferedSecret& one : offered_)
      if (!access_.kinds.has(one.kind)) return Verdict::kDenied;
    return Verdict::kGranted;
  }
  if (proof_.kind != ChangeRequest::Proof::kGrant) return Verdict::kRefused;
  PBXCRED_TRY(auto grant, find_grant(read, proof_.grant, account, access_.uid, now));
  if (!grant) return Verdict::kRefused;
  for (const OfferedSecret& one : offered_)
    if (!grant->change.has(one.kind)) return Verdict::kRefused;
  return Verdict::kGranted;
}

Result<UseCase::Next> ChangeCommit::prepare(Read& read, Time now) {
  PBXCRED_CHECK(check_change_access(access_, asked_.kind, proof_.kind));
  ring_ = read.shared_ring();
  PBXCRED_TRY(auto account, find_subject(read, context_, access_, asked_));
  if (!account) {
    verdict_ = Verdict::kUnknown;
    return Next::kFinish;
  }
  account_ = account->id;
  PBXCRED_TRY(verdict_, authorise(read, *account, now));
  if (verdict_ != Verdict::kGranted) return Next::kFinish;
  verdict_ = Verdict::kRefused;
  return check_rules(read, *account);
}

Result<UseCase::Next> ChangeCommit::check_rules(Read& read, const Account& account) {
  PBXCRED_TRY(auto domain, domain_of_account(read, account));
  PBXCRED_TRY(Secrets secrets, load_secrets(read, account.id));
  broken_.clear();
  work_.clear();
  current_.clear();
  for (const OfferedSecret& one : offered_) {
    const Policy policy = policy_for(*context_.settings, domain ? &*domain : nullptr, one.kind).policy;
    NewSecretWork work;
    work.kind = one.kind;
    work.generation = next_generation(secrets[one.kind]);
    for (BrokenRule& rule : check_new_secret(policy, one.kind, one.secret.view(), work.clear))
      broken_.push_back(std::move(rule.text));
    current_.push_back(secrets[one.kind]);
    work_.push_back(std::move(work));
  }
  return broken_.empty() ? Next::kCompute : Next::kSettle;
}

/// A change that someone else demanded, or that its owner wants, must change something (R67, R82, R84).
Status ChangeCommit::check_unlike_current(HashArena& arena, const NewSecretWork& work) {
  const auto index = static_cast<std::size_t>(&work - work_.data());
  const auto& current = current_[index];
  if (proof_.kind == ChangeRequest::Proof::kPrivilege || !current || !current->hash) return {};
  PBXCRED_TRY(const bool same, check_hash(arena, *ring_, context_.settings->hash, work.clear.view(), *current->hash,
                                          {*account_, current->kind, current->generation}));
  if (same) broken_.push_back(fmt::format("The new {} must differ from the current one.", noun_of(work.kind)));
  return {};
}

Status ChangeCommit::compute(HashArena& arena) {
  for (const NewSecretWork& work : work_) PBXCRED_CHECK(check_unlike_current(arena, work));
  if (!broken_.empty()) return {};
  for (NewSecretWork& work : work_)
    PBXCRED_CHECK(hash_new_secret(arena, *ring_, context_.settings->hash, *account_, work));
  return {};
}

Result<UseCase::Settled> ChangeCommit::settle(Write& write, Time now) {
  verdict_ = Verdict::kRefused;
  PBXCRED_TRY(auto account, write.account(*account_));
  if (!account) return Settled::kDone;
  PBXCRED_TRY(const Verdict allowed, authorise(write, *account, now));
  if (allowed != Verdict::kGranted) {
    verdict_ = allowed;
    return Settled::kDone;
  }
  const bool by_grant = proof_.kind == ChangeRequest::Proof::kGrant;
  if (!broken_.empty()) {
    verdict_ = Verdict::kRuleBroken;
    if (!by_grant) return Settled::kDone;
    PBXCRED_TRY(auto grant, find_grant(write, proof_.grant, *account, access_.uid, now));
    if (grant) spend_try(write, proof_.grant, *grant);
    return Settled::kDone;
  }
  for (const NewSecretWork& work : work_) {
    PBXCRED_TRY(auto current, write.verifier(account->id, work.kind));
    if (next_generation(current) != work.generation) return Settled::kAgain;
  }
  PBXCRED_TRY(auto domain, domain_of_account(write, *account));
  for (const NewSecretWork& work : work_) PBXCRED_CHECK(store_new_secret(write, *account, work, {}, now));
  ++account->generation;
  PBXCRED_CHECK(write.put_account(*account));
  if (by_grant) erase_grant(write, proof_.grant);
  account_name_ = account_name(*account, domain ? &*domain : nullptr);
  verdict_ = Verdict::kGranted;
  return Settled::kDone;
}

void ChangeCommit::finish(const Status& outcome) {
  AuthReply reply = reply_to(asked_);
  reply.verdict = outcome ? verdict_ : verdict_of(outcome.error());
  if (reply.verdict == Verdict::kGranted) {
    reply.account = account_name_;
    for (const NewSecretWork& work : work_) reply.change.add(work.kind);
  }
  if (reply.verdict == Verdict::kRuleBroken)
    for (const std::string& text : broken_) reply.texts.push_back({true, text});
  context_.log->write(LogLevel::kNotice,
                      fmt::format("change account={} kind={} entry={} proof={} result={}",
                                  account_name_.empty() ? "-" : quoted(account_name_), name_of(asked_.kind),
                                  quoted(access_.entry),
                                  proof_.kind == ChangeRequest::Proof::kPrivilege ? "privilege" : "grant",
                                  reply.verdict == Verdict::kGranted ? "changed" : "refused"));
  answer_(reply);
}

}  // namespace pbxcred
