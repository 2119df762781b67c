// SPDX-License-Identifier: BSD-2-Clause
// pam_sm_chauthtok, first pass: who may change it?
#include <security/pam_modules.h>

#include "base/wiped.h"
#include "client/auth_call.h"
#include "pam_pbx/module.h"
#include "pam_pbx/results.h"
#include "pam_pbx/subject.h"
#include "pam_pbx/talk.h"

namespace pbxcred {
namespace {

using Proof = ChangeRequest::Proof;

/// The grant that the login on this handle brought for this user; nullptr: none.
LoginState* held_grant(PamHandle& pam, const char* user, const Options& options) {
  LoginState* login = pam.login();
  return login != nullptr && login->has_grant && is_key_of(login->key, user, options) ? login : nullptr;
}

/// Keeps what the second pass needs; PAM_SUCCESS, or why it cannot.
int keep(PamHandle& pam, const Options& options, const char* user, const ChangeRequest& request, const AuthReply& reply,
         Bytes packet) {
  const bool privileged = request.proof == Proof::kPrivilege;
  if (request.proof == Proof::kSecret && !reply.has_grant) return PAM_TRY_AGAIN;  // nothing to commit with
  ChangeState* state = pam.make_change();
  if (state == nullptr) return PAM_BUF_ERR;
  fill_key(user, options, state->key);
  state->proof = privileged ? Proof::kPrivilege : Proof::kGrant;
  if (!privileged) state->grant = reply.has_grant ? reply.grant : request.grant;
  state->reply_size = packet.size();
  std::memcpy(state->reply, packet.data(), packet.size());
  return PAM_SUCCESS;
}

/// Asks the daemon with the proof that request holds.
int offer(PamHandle& pam, const Options& options, const char* user, ChangeRequest& request, int flags) {
  ReplyBuffer buffer;
  Wiped<AuthReply> reply;
  if (const CallResult call = auth_call(options.run_dir, options.timeout, request, buffer, *reply); !call) {
    log_no_reply(pam, call);
    return no_reply_to_begin_result(call);
  }
  log_verdict(pam, options, reply->verdict);
  const int result = begin_result(*reply, options);
  if (result == PAM_SUCCESS) return keep(pam, options, user, request, *reply, buffer.packet());
  Speaker(pam, options, flags).say_texts(*reply);
  return result;
}

int offer_current(PamHandle& pam, const Options& options, const char* user, ChangeRequest& request, int flags) {
  const Answer current = pam.ask(prompt_text(Prompt::kCurrent, options.kind, options.sounds));
  if (!current) return PAM_AUTHTOK_ERR;
  if (current.size() == 0 || current.size() > kMaxSecret) return PAM_AUTH_ERR;
  request.proof = Proof::kSecret;
  request.current = current.secret();
  const int result = offer(pam, options, user, request, flags);
  request.current = {};
  return result;
}

int begin(PamHandle& pam, const Options& options, int flags) {
  const char* user = pam.user();
  if (user == nullptr || !is_possible_name(user)) return options.hide_unknown ? PAM_AUTH_ERR : PAM_USER_UNKNOWN;
  Wiped<ChangeRequest> request;
  request->subject = subject_of(pam, options, user);
  request->step = ChangeRequest::Step::kBegin;
  if (LoginState* login = held_grant(pam, user, options)) {
    request->proof = Proof::kGrant;
    request->grant = login->grant;
    const int result = offer(pam, options, user, *request, flags);
    if (result != PAM_AUTH_ERR) return result;
    login->has_grant = false;  // it has expired or is spent: prove it the ordinary way
    wipe(login->grant);
    request->grant = {};
  }
  const bool demanded = (static_cast<unsigned>(flags) & PAM_CHANGE_EXPIRED_AUTHTOK) != 0;
  if (demanded || !pam.is_root()) return offer_current(pam, options, user, *request, flags);
  request->proof = Proof::kPrivilege;
  return offer(pam, options, user, *request, flags);
}

}  // namespace

int begin_change(PamHandle& pam, const Options& options, int flags) {
  pam.drop_change();
  const int result = begin(pam, options, flags);
  const auto delay = std::chrono::duration_cast<std::chrono::microseconds>(options.delay).count();
  if (result != PAM_SUCCESS && delay > 0) pam.fail_delay(static_cast<unsigned>(delay));
  return result;
}

}  // namespace pbxcred
