// SPDX-License-Identifier: BSD-2-Clause
#include "service/explain.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/views.h"
#include "rules/door.h"
#include "rules/due.h"
#include "rules/lockout.h"
#include "rules/verdict.h"
#include "service/account_admin.h"
#include "service/login.h"
#include "service/nobody.h"
#include "service/secrets.h"
#include "service/views.h"
#include "store/names.h"

namespace pbxcred {
namespace {

/// What would happen to someone who knows the secret.
std::string sentence(Outcome outcome, Kind door, Role role) {
  const bool admin = role == Role::kAdmin;
  switch (outcome) {
    case Outcome::kDisabled:
      return admin ? "refused: the account is disabled; `admin enable` enables it"
                   : "refused: the account is disabled; `user enable` enables it";
    case Outcome::kNotSet:
      if (!may_hold(role, door))
        return admin ? "refused: an administrator has only kind admin" : "refused: a user has no secret of kind admin";
      return door == Kind::kPassword
                 ? "refused: no password is set, and in phase closed a PIN opens no password service; `secret set` or "
                   "`secret generate` sets one"
                 : "refused: this secret is not set; `secret set` sets it";
    case Outcome::kLocked: return "refused: locked after wrong guesses; `lock clear` unlocks it";
    case Outcome::kExpired: return "refused: the secret has expired; `secret set` or `secret generate` makes another";
    case Outcome::kMustChange: return "signed in, and must choose another secret before going on";
    case Outcome::kGranted: return "signed in";
    case Outcome::kUnknown:
    case Outcome::kWrong: break;
  }
  return "refused";
}

bool is_listed(const ServiceEntry& entry, const Domain* domain) {
  if (domain == nullptr || entry.domains.empty()) return true;
  const auto listed = [&](const std::string& name) {
    return std::find(entry.domains.begin(), entry.domains.end(), name) != entry.domains.end();
  };
  return listed(domain->name) || std::any_of(domain->aliases.begin(), domain->aliases.end(), listed);
}

/// Whether the entry of that name gets an answer about this user and kind at all.
bool lets_through(const Settings& settings, const ExplainQuery& request, const Domain* domain) {
  for (const ServiceEntry& entry : settings.services)
    if (entry.user == request.service) return entry.kinds.has(request.kind) && is_listed(entry, domain);
  return request.service == "root";
}

/// What the entry of that name may do.
std::string about_service(const Settings& settings, const ExplainQuery& request, const Domain* domain) {
  if (request.service.empty()) return {};
  for (const ServiceEntry& entry : settings.services) {
    if (entry.user != request.service) continue;
    if (!entry.kinds.has(request.kind)) return fmt::format("{} is not let through: its entry lacks this kind", entry.user);
    if (!is_listed(entry, domain)) return fmt::format("{} is told \"unknown user\": its entry lacks this domain", entry.user);
    const std::string source = entry.trust_rhost ? ip_literal(request.rhost) : std::string();
    return fmt::format("{} is let through; {}; the source is {}", entry.user,
                       entry.change ? "it may change secrets" : "it may not change secrets",
                       source.empty() ? "the entry itself" : source);
  }
  if (request.service == "root") return "root is let through; it may change secrets";
  return fmt::format("there is no entry {} in services: it is turned away", request.service);
}

Result<ExplainView> explain(Read& read, const Context& context, const ExplainQuery& request, Time now) {
  const Settings& settings = *context.settings;
  PBXCRED_TRY(auto account, find_account(read, {request.user, {}, settings.default_domain}));
  if (!account) return nobody_answers(read, "user", request.user);
  PBXCRED_TRY(auto domain, domain_of_account(read, *account));
  const Domain* in = domain ? &*domain : nullptr;
  PBXCRED_TRY(Secrets secrets, load_secrets(read, account->id));
  const auto charged = secret_for_door(request.kind, account->role, secrets.set());

  ExplainView view;
  view.account = account_name(*account, in);
  view.door = name_of(request.kind);
  view.phase = kPhase;
  view.service = about_service(settings, request, in);
  const PolicyInForce policy = policy_for(settings, in, charged.value_or(request.kind));
  view.policy = policy.policy.name;
  view.policy_origin = policy.of_domain ? "domain" : "server";
  LoginFacts facts;
  facts.found = true;
  facts.enabled = account->enabled;
  facts.set = charged.has_value();
  if (charged) {
    const Verifier& verifier = *secrets[*charged];
    PBXCRED_TRY(auto ledger, read.ledger(account->id, *charged));
    view.secret = name_of(*charged);
    facts.locked = ledger && is_locked(*ledger, now, settings.lockout);
    facts.expired = is_expired(verifier, now);
    facts.matched = true;
    facts.due = must_change(verifier, now);
    PBXCRED_TRY(view.state, kind_view(read, context, *account, *charged, now));
  }
  view.outcome = sentence(decide(facts), request.kind, account->role);
  if (!request.service.empty() && !lets_through(settings, request, in)) view.outcome = "refused: " + view.service;
  return view;
}

}  // namespace

void ExplainTask::step() {
  auto read = engine().database().read();
  if (!read) return finish(read.error());
  const auto view = explain(*read, context_.services, request_, request_.at.value_or(engine().clock().now()));
  if (!view) return finish(view.error());
  context_.reply->put(*view);
  finish({}, 1);
}

void AuthTryTask::step() {
  waiting_ = true;
  auto self = std::static_pointer_cast<AuthTryTask>(shared_from_this());
  Asked asked;
  asked.kind = request_.kind;
  asked.user = std::string(request_.user);
  asked.rhost = std::string(request_.rhost);
  asked.service = "pbxcredctl";
  const auto told = [self](const AuthReply& reply, Outcome outcome, const Status& status) {
    self->waiting_ = false;
    if (!status) return self->finish(status);
    if (outcome == Outcome::kUnknown)
      return self->finish(Error{Code::kNotFound, "nobody answers to that name, or more than one does"});
    AuthTryView view;
    view.signed_in = reply.verdict == Verdict::kGranted;
    view.account = std::string(reply.account);
    view.method = reply.method == Method::kPin ? "pin" : reply.method == Method::kPassword ? "password" : "";
    for (Kind kind : kAllKinds)
      if (reply.change.has(kind)) view.change.push_back(name_of(kind));
    if (!view.signed_in) view.reason = name_of(outcome);
    self->context_.reply->put(view);
    self->finish({}, view.signed_in ? 1 : 0);
  };
  auto access = access_of(settings(), 0);
  if (!access) return finish(access.error());
  engine().submit(std::make_unique<Login>(context_.services, *access, std::move(asked),
                                          Secret::copy_of(request_.secret), Login::Use::kSignIn, told),
                  share());
}

}  // namespace pbxcred
