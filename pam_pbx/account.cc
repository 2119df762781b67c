// SPDX-License-Identifier: BSD-2-Clause
// pam_sm_acct_mgmt.
#include <security/pam_modules.h>

#include "client/auth_call.h"
#include "pam_pbx/environment.h"
#include "pam_pbx/module.h"
#include "pam_pbx/results.h"
#include "pam_pbx/subject.h"
#include "pam_pbx/talk.h"

namespace pbxcred {
namespace {

/// What the login just made on this handle said must be changed; the daemon cannot know how this user signed in.
KindSet change_of_login(PamHandle& pam, const char* user, const Options& options) {
  const LoginState* login = pam.login();
  return login != nullptr && is_key_of(login->key, user, options) ? login->change : KindSet{};
}

}  // namespace

int check_account(PamHandle& pam, const Options& options, int flags) {
  const char* user = pam.user();
  if (user == nullptr || !is_possible_name(user)) return options.hide_unknown ? PAM_AUTH_ERR : PAM_USER_UNKNOWN;
  StatusRequest request;
  request.subject = subject_of(pam, options, user);
  ReplyBuffer buffer;
  AuthReply reply;
  if (const CallResult call = auth_call(options.run_dir, options.timeout, request, buffer, reply); !call) {
    log_no_reply(pam, call);
    return no_reply_result(call);
  }
  log_verdict(pam, options, reply.verdict);
  Speaker(pam, options, flags).say_texts(reply);
  KindSet change = change_of_login(pam, user, options);
  const int result = account_result(reply, change, options);
  change.bits = static_cast<std::uint8_t>(change.bits | reply.change.bits);
  if (result == PAM_NEW_AUTHTOK_REQD && !set_change_environment(pam, change)) return PAM_BUF_ERR;
  return result;
}

}  // namespace pbxcred
