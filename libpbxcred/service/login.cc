// SPDX-License-Identifier: BSD-2-Clause
#include "service/login.h"

#include <fmt/format.h>

#include "crypto/hasher.h"
#include "model/name.h"
#include "rules/door.h"
#include "rules/due.h"
#include "rules/lockout.h"
#include "service/find_subject.h"
#include "service/grants.h"
#include "service/views.h"
#include "store/names.h"

namespace pbxcred {
namespace {

Method method_of(Kind charged) { return is_numeric(charged) ? Method::kPin : Method::kPassword; }

/// Services learn that a user is unknown (stacks branch on it); every other reason looks alike.
Verdict verdict_of(Outcome outcome) {
  if (is_granted(outcome)) return Verdict::kGranted;
  return outcome == Outcome::kUnknown ? Verdict::kUnknown : Verdict::kRefused;
}

bool is_zero(const Hash16& hash) { return hash == Hash16{}; }

}  // namespace

Login::Login(Context context, Access access, Asked asked, Secret secret, Use use, Told told)
    : context_(std::move(context)),
      access_(std::move(access)),
      asked_(std::move(asked)),
      secret_(std::move(secret)),
      use_(use),
      told_(std::move(told)),
      source_(source_of(access_, asked_.rhost)) {}

Result<std::optional<Lane>> Login::lane(Read& read) {
  PBXCRED_TRY(auto account, find_subject(read, context_, access_, asked_));
  looked_up_ = true;
  account_ = account ? std::optional(account->id) : std::nullopt;
  // Unknown names queue as known ones do.
  stray_ = hash_name(read.ring(), asked_.user);
  return std::optional<Lane>(account ? account->id.raw : stray_);
}

Result<UseCase::Next> Login::prepare(Read& read, Time now) {
  if (!access_.kinds.has(asked_.kind) || (use_ == Use::kProof && !access_.change))
    return Error{Code::kDenied, fmt::format("its services entry lacks kind {}{}", name_of(asked_.kind),
                                            use_ == Use::kProof ? " or change" : "")};
  ring_ = read.shared_ring();
  verifier_.reset();
  blameless_ = true;
  if (!looked_up_) PBXCRED_CHECK(lane(read));
  looked_up_ = false;  // another attempt looks again
  if (!account_) return Next::kCompute;
  PBXCRED_TRY(auto account, read.account(*account_));
  if (!account) {
    account_.reset();
    return Next::kCompute;
  }
  PBXCRED_TRY(Secrets secrets, load_secrets(read, account->id));
  const auto kind = secret_for_door(asked_.kind, account->role, secrets.set());
  if (!kind) return Next::kCompute;
  verifier_ = secrets[*kind];
  PBXCRED_TRY(auto ledger, read.ledger(account->id, *kind));
  may_open_ = account->enabled && !is_expired(*verifier_, now) &&
              !(ledger && is_locked(*ledger, now, context_.settings->lockout));
  blameless_ = may_open_ && !ledger;
  return Next::kCompute;
}

Status Login::compute(HashArena& arena) {
  matched_ = false;
  upgraded_.reset();
  junk_ = is_sshd_junk(secret_.view());
  const Secret offered = secret_to_check(secret_.view());
  const HashParams& cost = context_.settings->hash;
  if (!account_ || !verifier_ || offered.empty()) return burn_hash(arena, cost, offered.view());
  guess_ =
      keyed_hash(ring_->subkey(Purpose::kGuess), {account_->bytes(), as_bytes(name_of(verifier_->kind)),
                                                  as_bytes(access_.entry), as_bytes(source_), offered.view().bytes});
  const SealBinding binding{*account_, verifier_->kind, verifier_->generation};
  PBXCRED_TRY(matched_, check_hash(arena, *ring_, cost, offered.view(), *verifier_->hash, binding));
  // Where no secret opens, a second hash would tell by its time which one is right.
  if (!matched_ || !may_open_ || is_current(*verifier_->hash, cost)) return {};
  const SealBinding next{*account_, verifier_->kind, verifier_->generation + 1};
  PBXCRED_TRY(upgraded_, make_hash(arena, *ring_, cost, offered.view(), next));
  return {};
}

Result<UseCase::Settled> Login::refuse_stray(Write& write) {
  const std::string key = make_key(Table::kStray);
  PBXCRED_TRY(auto found, write.get<StrayCount>(key));
  StrayCount count = found.value_or(StrayCount{});
  ++count.refusals;
  write.put(key, count);
  return Settled::kDone;
}

Result<UseCase::Settled> Login::settle(Write& write, Time now) {
  at_ = now;
  outcome_ = Outcome::kUnknown;
  charged_.reset();
  if (!account_) return refuse_stray(write);
  PBXCRED_TRY(auto account, write.account(*account_));
  if (!account) return refuse_stray(write);
  PBXCRED_TRY(auto domain, domain_of_account(write, *account));
  account_name_ = account_name(*account, domain ? &*domain : nullptr);
  PBXCRED_TRY(Secrets secrets, load_secrets(write, account->id));
  charged_ = secret_for_door(asked_.kind, account->role, secrets.set());

  LoginFacts facts;
  facts.found = true;
  facts.enabled = account->enabled;
  facts.set = charged_.has_value();
  if (!charged_) {
    if (verifier_) return Settled::kAgain;
    outcome_ = decide(facts);
    return refuse_stray(write);
  }
  const Verifier& verifier = *secrets[*charged_];
  if (!verifier_ || verifier_->kind != *charged_ || verifier_->generation != verifier.generation)
    return Settled::kAgain;
  PBXCRED_TRY(auto ledger, write.ledger(account->id, *charged_));
  facts.locked = ledger && is_locked(*ledger, now, context_.settings->lockout);
  facts.expired = is_expired(verifier, now);
  facts.matched = matched_;
  facts.due = must_change(verifier, now);
  outcome_ = decide(facts);
  if (is_granted(outcome_)) {
    rules_ = describe(policy_for(*context_.settings, domain ? &*domain : nullptr, verifier.kind).policy, verifier.kind);
    PBXCRED_CHECK(record_success(write, *account, verifier, ledger.has_value(), now));
    return Settled::kDone;
  }
  if (outcome_ != Outcome::kWrong || junk_) return refuse_stray(write);
  PBXCRED_CHECK(record_failure(write, *account, ledger.value_or(Ledger{}), now));
  return Settled::kDone;
}

Status Login::record_success(Write& write, const Account& account, const Verifier& verifier, bool had_ledger,
                             Time now) {
  if (had_ledger) write.erase_ledger(account.id, verifier.kind);
  if (upgraded_) {
    Verifier raised = verifier;
    raised.hash = upgraded_;
    ++raised.generation;
    // Its counts do not change: it was set and stays set.
    write.put(secret_key(Table::kVerifier, account.id, verifier.kind), raised);
  }
  due_ = outcome_ == Outcome::kMustChange ? only(verifier.kind) : KindSet{};
  const bool change = use_ == Use::kProof || (!due_.empty() && access_.change);
  grant_.reset();
  if (!change) return {};
  PBXCRED_TRY(grant_,
              give_change_grant(write, account, only(verifier.kind), method_of(verifier.kind), access_.uid, now));
  return {};
}

Status Login::record_failure(Write& write, const Account& account, Ledger ledger, Time now) {
  count_failure(ledger, guess_, now, context_.settings->lockout);
  write.put_ledger(account.id, *charged_, ledger);
  return {};
}

void Login::finish(const Status& outcome) {
  AuthReply reply = reply_to(asked_);
  reply.verdict = outcome ? verdict_of(outcome_) : pbxcred::verdict_of(outcome.error());
  // Whatever the secret: a disabled account counts no guess, so the answer must not tell right from wrong.
  if (outcome && use_ == Use::kProof && outcome_ == Outcome::kDisabled) reply.verdict = Verdict::kDisabled;
  const bool granted = outcome && is_granted(outcome_);
  if (granted) {
    reply.account = account_name_;
    reply.method = method_of(*charged_);
    reply.phase = kPhase;
    reply.change = use_ == Use::kProof ? only(*charged_) : due_;
    if (grant_) {
      reply.has_grant = true;
      reply.grant = *grant_;
    }
    (*context_.successes)[{*account_, *charged_}] = at_;
    ++context_.tally->granted;
  } else {
    ++context_.tally->refused;
  }
  if (granted && use_ == Use::kProof) reply.texts.push_back({false, rules_});
  log(outcome, reply.verdict);
  told_(reply, outcome ? outcome_ : Outcome::kUnknown, outcome);
}

void Login::log(const Status& outcome, Verdict verdict) const {
  const bool granted = verdict == Verdict::kGranted;
  // People type passwords where names belong: a name that leads nowhere is logged as its keyed hash.
  std::string who = quoted(account_name_);
  if (account_name_.empty()) who = is_zero(stray_) ? "-" : "unknown:" + to_hex(Bytes(stray_));
  const std::string why = outcome ? name_of(outcome_) : outcome.error().what;
  context_.log->write(granted ? LogLevel::kInfo : LogLevel::kNotice,
                      fmt::format("{} account={} kind={} entry={} service={} source={} result={} reason={}",
                                  use_ == Use::kProof ? "proof" : "login", who, name_of(asked_.kind),
                                  quoted(access_.entry), quoted(asked_.service), source_.empty() ? "-" : source_,
                                  granted ? "granted" : "refused", quoted(why)));
}

}  // namespace pbxcred
