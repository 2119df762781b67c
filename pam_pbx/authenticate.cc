// SPDX-License-Identifier: BSD-2-Clause
// pam_sm_authenticate.
#include <security/pam_modules.h>

#include "base/wiped.h"
#include "client/auth_call.h"
#include "pam_pbx/environment.h"
#include "pam_pbx/module.h"
#include "pam_pbx/results.h"
#include "pam_pbx/subject.h"
#include "pam_pbx/talk.h"

namespace pbxcred {
namespace {

SecretView view_of(const char* text) {
  return {as_bytes(text == nullptr ? std::string_view() : std::string_view(text))};
}

/// Finds the secret: what an earlier module left, or the prompt's answer, which is left for later modules.
/// secret is borrowed from the handle, which wipes it; empty: there is none.
int find_secret(PamHandle& pam, const Options& options, SecretView& secret) {
  secret = {};
  if (options.pass != Pass::kAsk) {
    secret = view_of(pam.item(PAM_AUTHTOK));
    if (options.pass == Pass::kFirst || !secret.bytes.empty()) return PAM_SUCCESS;
  }
  const Answer answer = pam.ask(prompt_text(Prompt::kSecret, options.kind, options.sounds));
  if (!answer) return PAM_SUCCESS;
  if (!pam.set_item(PAM_AUTHTOK, answer.text())) return PAM_BUF_ERR;
  secret = view_of(pam.item(PAM_AUTHTOK));
  return PAM_SUCCESS;
}

/// Remembers what acct_mgmt and chauthtok need of this login; false: no memory.
bool remember(PamHandle& pam, const Options& options, const char* user, const AuthReply& reply) {
  if (reply.change.empty() && !reply.has_grant) return true;
  LoginState* login = pam.make_login();
  if (login == nullptr) return false;
  fill_key(user, options, login->key);
  login->change = reply.change;
  login->has_grant = reply.has_grant;
  login->grant = reply.grant;
  return true;
}

/// The secret was right.
int admit(PamHandle& pam, const Options& options, const char* user, const AuthReply& reply, Speaker& speaker) {
  if (options.strict && !reply.change.empty()) {
    speaker.say(PAM_ERROR_MSG,
                is_numeric(options.kind) ? "This PIN must be changed before it can be used here."
                                         : "This password must be changed before it can be used here.",
                nullptr);
    return PAM_AUTH_ERR;
  }
  if (!set_environment(pam, reply)) return PAM_BUF_ERR;
  if (remember(pam, options, user, reply)) return PAM_SUCCESS;
  clear_environment(pam);
  return PAM_BUF_ERR;
}

int ask_daemon(PamHandle& pam, const Options& options, const char* user, SecretView secret, Speaker& speaker) {
  AuthRequest request;
  request.subject = subject_of(pam, options, user);
  request.secret = secret;
  ReplyBuffer buffer;
  Wiped<AuthReply> reply;
  if (const CallResult call = auth_call(options.run_dir, options.timeout, request, buffer, *reply); !call) {
    log_no_reply(pam, call);
    return no_reply_result(call);
  }
  log_verdict(pam, options, reply->verdict);
  speaker.say_texts(*reply);
  const int result = authenticate_result(*reply, options);
  if (result == PAM_SUCCESS) return admit(pam, options, user, *reply, speaker);
  if (result == PAM_CRED_INSUFFICIENT && !set_reset_environment(pam, *reply)) return PAM_BUF_ERR;
  return result;
}

int attempt(PamHandle& pam, const Options& options, int flags) {
  const char* user = pam.user();
  if (user == nullptr) return PAM_AUTH_ERR;
  SecretView secret;
  if (const int result = find_secret(pam, options, secret); result != PAM_SUCCESS) return result;
  if (secret.bytes.empty() || secret.bytes.size() > kMaxSecret) return PAM_AUTH_ERR;
  if (!is_possible_name(user)) return options.hide_unknown ? PAM_AUTH_ERR : PAM_USER_UNKNOWN;
  Speaker speaker(pam, options, flags);
  return ask_daemon(pam, options, user, secret, speaker);
}

}  // namespace

void forget_login(PamHandle& pam) {
  clear_environment(pam);
  pam.drop_login();
  pam.drop_change();
}

int authenticate(PamHandle& pam, const Options& options, int flags) {
  forget_login(pam);
  const int result = attempt(pam, options, flags);
  const auto delay = std::chrono::duration_cast<std::chrono::microseconds>(options.delay).count();
  if (result != PAM_SUCCESS && delay > 0) pam.fail_delay(static_cast<unsigned>(delay));
  return result;
}

}  // namespace pbxcred
