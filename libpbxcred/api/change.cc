// SPDX-License-Identifier: BSD-2-Clause
// Questions about changes: by which rules, by the current secret, by a grant, by root.
#include <unistd.h>

#include <span>

#include "api/call.h"
#include "api/names.h"
#include "api/reply.h"

namespace pbxcred {
namespace {

using Proof = ChangeRequest::Proof;
using NewSecrets = std::span<const pbxcred_new_secret>;
constexpr std::size_t kMaxSecrets = 4;  ///< ChangeRequest's

/// Which kinds are to be changed; false: the list makes no sense.
bool read_kinds(NewSecrets secrets, KindSet& out) {
  for (const pbxcred_new_secret& one : secrets) {
    Kind kind{};
    if (one.secret == nullptr || !read_kind(one.kind, kind) || out.has(kind)) return false;
    out.add(kind);
  }
  return !out.empty();
}

bool has_room(NewSecrets secrets) {
  for (const pbxcred_new_secret& one : secrets) {
    if (one.size == 0 || one.size > kMaxSecret) return false;
  }
  return true;
}

/// The rule that no policy knows, because nothing longer can even be sent.
pbxcred_result break_size_rule(Call& call) {
  AuthReply own;
  const bool fits = own.texts.push_back({true, "A new secret has 1 to 1024 bytes."});
  if (!fits || !keep_reply(own, call.handle().reply)) return PBXCRED_INTERNAL;
  return PBXCRED_RULE_BROKEN;
}

/// Whether call and secrets can be sent; kinds becomes what is to be changed.
pbxcred_result check(Call& call, const pbxcred_new_secret* secrets, std::size_t count, KindSet& kinds) {
  const bool sane = secrets != nullptr && count <= kMaxSecrets && read_kinds({secrets, count}, kinds);
  if (!sane) return call.fail(PBXCRED_INVALID, "the new secrets are none, too many, of no kind or of one kind twice");
  if (call.fault() != PBXCRED_OK) return call.fault();
  return has_room({secrets, count}) ? PBXCRED_OK : break_size_rule(call);
}

/// Has all secrets stored, or none. secrets have been checked.
pbxcred_result commit(Call& call, Proof proof, const GrantToken& grant, NewSecrets secrets) {
  Wiped<ChangeRequest> request;
  request->step = ChangeRequest::Step::kCommit;
  request->proof = proof;
  request->grant = grant;
  for (const pbxcred_new_secret& one : secrets) {
    Kind kind{};
    const Bytes bytes(static_cast<const std::uint8_t*>(one.secret), one.size);
    if (!read_kind(one.kind, kind) || !request->secrets.push_back({kind, {bytes}})) return PBXCRED_INTERNAL;
  }
  const pbxcred_result result = call.ask(*request, Stage::kCommit);
  if (result == PBXCRED_OK) call.handle().reply.changes = call.told().change;
  return result;
}

/// By the grant that the handle holds: it is spent by a change, and gone if the daemon no longer takes it.
pbxcred_result commit_by_grant(Call& call, NewSecrets secrets) {
  const pbxcred_result result = commit(call, Proof::kGrant, call.handle().grant.token, secrets);
  if (result == PBXCRED_OK || result == PBXCRED_REFUSED) drop_grant(call.handle());
  return result;
}

/// First step: what may be changed with this proof?
pbxcred_result begin(Call& call, Proof proof, SecretView current) {
  ChangeRequest request;
  request.step = ChangeRequest::Step::kBegin;
  request.proof = proof;
  request.current = current;
  const pbxcred_result result = call.ask(request, Stage::kCheck);
  if (result == PBXCRED_OK) call.handle().reply.changes = call.told().change;
  return result;
}

pbxcred_result change(Call& call, SecretView current, const pbxcred_new_secret* secrets, std::size_t count) {
  KindSet kinds;
  if (current.bytes.data() == nullptr) return call.fail(PBXCRED_INVALID, "no current secret is given");
  if (const auto fault = check(call, secrets, count, kinds); fault != PBXCRED_OK) return fault;
  if (current.bytes.empty() || current.bytes.size() > kMaxSecret)
    return call.fail(PBXCRED_REFUSED, "a secret has 1 to 1024 bytes");
  if (const auto refusal = begin(call, Proof::kSecret, current); refusal != PBXCRED_OK) return refusal;
  const AuthReply& told = call.told();
  if (!told.has_grant) return call.fail(PBXCRED_INTERNAL, "the daemon gave no grant to change by");
  hold_grant(call.handle(), call.kind(), call.user(), told.grant);
  if ((kinds.bits & ~told.change.bits) != 0) {
    call.handle().reply.reason = "this secret proves no right to change these kinds";
    return PBXCRED_INVALID;
  }
  return commit_by_grant(call, {secrets, count});
}

pbxcred_result change_by_grant(Call& call, const pbxcred_new_secret* secrets, std::size_t count) {
  KindSet kinds;
  if (const auto fault = check(call, secrets, count, kinds); fault != PBXCRED_OK) return fault;
  if (!holds_grant(call.handle(), call.kind(), call.user()))
    return call.fail(PBXCRED_REFUSED, "the handle holds no grant for this user and kind");
  return commit_by_grant(call, {secrets, count});
}

pbxcred_result set(Call& call, const pbxcred_new_secret* secrets, std::size_t count) {
  KindSet kinds;
  if (const auto fault = check(call, secrets, count, kinds); fault != PBXCRED_OK) return fault;
  // The daemon sees the effective uid only: a set-uid program must not lend root's right to its user.
  if (getuid() != 0 || geteuid() != 0) return call.fail(PBXCRED_DENIED, "real and effective uid are not both root's");
  return commit(call, Proof::kPrivilege, {}, {secrets, count});
}

}  // namespace
}  // namespace pbxcred

pbxcred_result pbxcred_secret_rules(pbxcred_handle* handle, int kind, const char* user) {
  if (handle == nullptr) return PBXCRED_INVALID;
  pbxcred::Call call(*handle, kind, user);
  if (call.fault() != PBXCRED_OK) return call.end(call.fault());
  return call.end(pbxcred::begin(call, pbxcred::Proof::kNone, {}));
}

pbxcred_result pbxcred_secret_change(pbxcred_handle* handle, int kind, const char* user, const void* current,
                                     size_t current_size, const pbxcred_new_secret* secrets, size_t count) {
  if (handle == nullptr) return PBXCRED_INVALID;
  pbxcred::drop_grant(*handle);
  pbxcred::Call call(*handle, kind, user);
  const pbxcred::SecretView view{{static_cast<const std::uint8_t*>(current), current_size}};
  return call.end(pbxcred::change(call, view, secrets, count));
}

pbxcred_result pbxcred_secret_change_by_grant(pbxcred_handle* handle, int kind, const char* user,
                                              const pbxcred_new_secret* secrets, size_t count) {
  if (handle == nullptr) return PBXCRED_INVALID;
  pbxcred::Call call(*handle, kind, user);
  return call.end(pbxcred::change_by_grant(call, secrets, count));
}

pbxcred_result pbxcred_secret_set(pbxcred_handle* handle, int kind, const char* user, const pbxcred_new_secret* secrets,
                                  size_t count) {
  if (handle == nullptr) return PBXCRED_INVALID;
  pbxcred::Call call(*handle, kind, user);
  return call.end(pbxcred::set(call, secrets, count));
}
