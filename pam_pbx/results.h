// SPDX-License-Identifier: BSD-2-Clause
// From the daemon's verdicts to PAM's result codes: design §4's table as pure functions.
#pragma once

#include "client/auth_call.h"
#include "pam_pbx/options.h"
#include "wire/auth.h"

namespace pbxcred {

/// The notice of a reply that refuses a right PIN in the *reset* phase.
inline constexpr std::string_view kResetMailed = "reset-mailed";

/// pam_authenticate, apart from what `strict` adds.
int authenticate_result(const AuthReply& reply, const Options& options);
/// pam_acct_mgmt. login_change: what the login on this handle said must be changed.
int account_result(const AuthReply& reply, KindSet login_change, const Options& options);
/// pam_chauthtok, first pass. A grant with nothing to change makes no sense.
int begin_result(const AuthReply& reply, const Options& options);
/// pam_chauthtok, second pass; not for kRuleBroken.
int commit_result(const AuthReply& reply, const Options& options);

/// A call that brought no reply, in authenticate and acct_mgmt.
int no_reply_result(const CallResult& call);
int no_reply_to_begin_result(const CallResult& call);
/// Sent without an answer: nobody knows whether the new secrets are stored.
int no_reply_to_commit_result(const CallResult& call);

}  // namespace pbxcred
