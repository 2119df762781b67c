// SPDX-License-Identifier: BSD-2-Clause
// Requests of auth.sock, put to a World and answered.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "service/access.h"
#include "service/account_status.h"
#include "service/change_begin.h"
#include "service/change_commit.h"
#include "service/grants.h"
#include "service/login.h"
#include "service/world.h"

namespace pbxcred {

/// A reply, owned.
struct Told {
  bool answered = false;
  Nonce nonce{};
  Kind kind = Kind::kPassword;
  Verdict verdict = Verdict::kRefused;
  std::string account, phase;
  Method method = Method::kNone;
  KindSet change;
  std::optional<GrantToken> grant;
  std::vector<std::string> texts;
  bool has_errors = false;  ///< among the texts
  Outcome outcome = Outcome::kUnknown;  ///< of a login
  std::optional<Code> failure;          ///< of a login

  void take(const AuthReply& reply) {
    answered = true;
    nonce = reply.nonce;
    kind = reply.kind;
    verdict = reply.verdict;
    account = std::string(reply.account);
    phase = std::string(reply.phase);
    method = reply.method;
    change = reply.change;
    if (reply.has_grant) grant = reply.grant;
    for (const Text& text : reply.texts) {
      texts.emplace_back(text.text);
      has_errors |= text.is_error;
    }
  }
};

inline Access root() {
  static const Settings nobody;
  return ok(access_of(nobody, 0));
}
/// An unprivileged service of uid 33 with these kinds.
inline Access service(std::initializer_list<Kind> kinds, bool change = false) {
  Access access;
  access.uid = 33;
  access.entry = "www-data";
  for (Kind kind : kinds) access.kinds.add(kind);
  access.change = change;
  return access;
}

inline Asked ask(const std::string& user, Kind kind) {
  Asked asked;
  asked.nonce.fill(0x5a);
  asked.kind = kind;
  asked.user = user;
  asked.service = "test";
  return asked;
}

/// Begins a login; the answer comes with pump_idle().
inline std::shared_ptr<Told> begin_login(World& world, Asked asked, std::string_view secret,
                                         const Access& access = root(), Login::Use use = Login::Use::kSignIn) {
  auto told = std::make_shared<Told>();
  const Share share{access.uid, source_of(access, asked.rhost), false};
  world.engine->submit(
      std::make_unique<Login>(world.context(), access, std::move(asked), Secret(as_bytes(secret)), use,
                              [told](const AuthReply& reply, Outcome outcome, const Status& status) {
                                told->take(reply);
                                told->outcome = outcome;
                                if (!status) told->failure = status.error().code;
                              }),
      share);
  return told;
}
inline Told login(World& world, Asked asked, std::string_view secret, const Access& access = root(),
                  Login::Use use = Login::Use::kSignIn) {
  const auto told = begin_login(world, std::move(asked), secret, access, use);
  world.pump_idle();
  return *told;
}
inline Told login(World& world, const std::string& user, Kind kind, std::string_view secret,
                  const Access& access = root()) {
  return login(world, ask(user, kind), secret, access);
}
/// The current secret, shown for a grant to change it.
inline Told prove(World& world, const std::string& user, Kind kind, std::string_view secret,
                  const Access& access = root()) {
  return login(world, ask(user, kind), secret, access, Login::Use::kProof);
}

inline Told account_status(World& world, const std::string& user, Kind kind, const Access& access = root()) {
  auto told = std::make_shared<Told>();
  world.engine->submit(std::make_unique<AccountStatus>(world.context(), access, ask(user, kind),
                                                       [told](const AuthReply& reply) { told->take(reply); }),
                       {access.uid, "", false});
  world.pump_idle();
  return *told;
}

inline ChangeProof by_grant(const std::optional<GrantToken>& grant) {
  return {ChangeRequest::Proof::kGrant, grant.value_or(GrantToken{})};
}
inline ChangeProof by_privilege() { return {ChangeRequest::Proof::kPrivilege, {}}; }

inline Told begin_change(World& world, const std::string& user, Kind kind, const ChangeProof& proof,
                         const Access& access = root()) {
  auto told = std::make_shared<Told>();
  world.engine->submit(std::make_unique<ChangeBegin>(world.context(), access, ask(user, kind), proof,
                                                     [told](const AuthReply& reply) { told->take(reply); }),
                       {access.uid, "", false});
  world.pump_idle();
  return *told;
}

using NewSecrets = std::vector<std::pair<Kind, std::string>>;

/// kind: the door the request is made at.
inline std::shared_ptr<Told> begin_commit(World& world, const std::string& user, Kind kind, const ChangeProof& proof,
                                          const NewSecrets& secrets, const Access& access = root()) {
  std::vector<OfferedSecret> offered;
  for (const auto& [one, text] : secrets) offered.push_back({one, Secret(as_bytes(text))});
  auto told = std::make_shared<Told>();
  world.engine->submit(
      std::make_unique<ChangeCommit>(world.context(), access, ask(user, kind), proof, std::move(offered),
                                     [told](const AuthReply& reply) { told->take(reply); }),
      {access.uid, "", false});
  return told;
}
inline Told commit_change(World& world, const std::string& user, Kind kind, const ChangeProof& proof,
                          const NewSecrets& secrets, const Access& access = root()) {
  const auto told = begin_commit(world, user, kind, proof, secrets, access);
  world.pump_idle();
  return *told;
}

inline const char* name_of(Verdict verdict) {
  static constexpr const char* kNames[] = {"refused", "granted", "unknown",     "disabled", "rule broken",
                                           "denied",  "busy",    "unavailable", "invalid",  "internal"};
  return kNames[static_cast<std::size_t>(verdict)];
}
inline void expect_verdict(const Told& told, Verdict wanted) {
  if (!told.answered) fail_msg("%s", "there was no answer");
  if (told.verdict != wanted)
    fail_msg("%s (%s), not %s", name_of(told.verdict), pbxcred::name_of(told.outcome), name_of(wanted));
}
inline void expect_outcome(const Told& told, Outcome wanted) {
  if (!told.answered || told.failure) fail_msg("%s", "the login was not decided");
  if (told.outcome != wanted) fail_msg("%s, not %s", pbxcred::name_of(told.outcome), pbxcred::name_of(wanted));
  expect_verdict(told, is_granted(wanted)                ? Verdict::kGranted
                       : wanted == Outcome::kUnknown ? Verdict::kUnknown
                                                     : Verdict::kRefused);
}

}  // namespace pbxcred
