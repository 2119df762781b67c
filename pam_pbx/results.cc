// SPDX-License-Identifier: BSD-2-Clause
// Verdicts to PAM results. Every switch names every verdict, and what falls out refuses.
#include "pam_pbx/results.h"

#include <security/pam_modules.h>

#include <bit>

namespace pbxcred {
namespace {

int unknown_result(const Options& options) {
  return options.hide_unknown ? PAM_AUTH_ERR : PAM_USER_UNKNOWN;
}

/// Whether a ChangeRequest has room for that many new secrets.
bool can_be_committed(KindSet change) {
  const int kinds = std::popcount(change.bits);
  return kinds >= 1 && kinds <= 4;
}

/// The request could not even be made: that is not the daemon's absence.
bool is_own_failure(const CallResult& call) {
  const Code code = call.status.code;
  return code == Code::kExhausted || code == Code::kInvalid || code == Code::kInternal;
}

}  // namespace

int authenticate_result(const AuthReply& reply, const Options& options) {
  switch (reply.verdict) {
    case Verdict::kGranted: return PAM_SUCCESS;
    case Verdict::kRefused: return reply.notice == kResetMailed ? PAM_CRED_INSUFFICIENT : PAM_AUTH_ERR;
    case Verdict::kDisabled:
    case Verdict::kRuleBroken: return PAM_AUTH_ERR;
    case Verdict::kUnknown: return unknown_result(options);
    case Verdict::kDenied:
    case Verdict::kInvalid: return PAM_SYSTEM_ERR;
    case Verdict::kBusy:
    case Verdict::kUnavailable:
    case Verdict::kInternal: return PAM_AUTHINFO_UNAVAIL;
  }
  return PAM_SYSTEM_ERR;
}

int account_result(const AuthReply& reply, KindSet login_change, const Options& options) {
  switch (reply.verdict) {
    case Verdict::kGranted: return reply.change.empty() && login_change.empty() ? PAM_SUCCESS : PAM_NEW_AUTHTOK_REQD;
    case Verdict::kDisabled: return PAM_ACCT_EXPIRED;
    case Verdict::kRefused:
    case Verdict::kRuleBroken: return PAM_AUTH_ERR;
    case Verdict::kUnknown: return unknown_result(options);
    case Verdict::kDenied:
    case Verdict::kInvalid: return PAM_SYSTEM_ERR;
    case Verdict::kBusy:
    case Verdict::kUnavailable:
    case Verdict::kInternal: return PAM_AUTHINFO_UNAVAIL;
  }
  return PAM_SYSTEM_ERR;
}

int begin_result(const AuthReply& reply, const Options& options) {
  switch (reply.verdict) {
    case Verdict::kGranted: return can_be_committed(reply.change) ? PAM_SUCCESS : PAM_TRY_AGAIN;
    case Verdict::kRefused: return PAM_AUTH_ERR;
    case Verdict::kUnknown: return unknown_result(options);
    case Verdict::kDisabled:
    case Verdict::kDenied: return PAM_PERM_DENIED;
    case Verdict::kRuleBroken: return PAM_AUTHTOK_ERR;
    case Verdict::kInvalid: return PAM_SYSTEM_ERR;
    case Verdict::kBusy:
    case Verdict::kUnavailable:
    case Verdict::kInternal: return PAM_TRY_AGAIN;
  }
  return PAM_SYSTEM_ERR;
}

int commit_result(const AuthReply& reply, const Options& options) {
  switch (reply.verdict) {
    case Verdict::kGranted: return PAM_SUCCESS;
    case Verdict::kUnknown: return unknown_result(options);
    case Verdict::kDisabled:
    case Verdict::kDenied: return PAM_PERM_DENIED;
    case Verdict::kBusy: return PAM_AUTHINFO_UNAVAIL;
    case Verdict::kRefused:  // the grant is spent or has expired
    case Verdict::kRuleBroken:
    case Verdict::kUnavailable:  // perhaps stored and not recorded
    case Verdict::kInternal: return PAM_AUTHTOK_ERR;
    case Verdict::kInvalid: return PAM_SYSTEM_ERR;
  }
  return PAM_SYSTEM_ERR;
}

int no_reply_result(const CallResult& call) {
  return is_own_failure(call) || call.status.code == Code::kDenied ? PAM_SYSTEM_ERR : PAM_AUTHINFO_UNAVAIL;
}

int no_reply_to_begin_result(const CallResult& call) {
  if (call.status.code == Code::kDenied) return PAM_PERM_DENIED;
  return is_own_failure(call) ? PAM_SYSTEM_ERR : PAM_TRY_AGAIN;
}

int no_reply_to_commit_result(const CallResult& call) {
  if (call.sent) return PAM_AUTHTOK_ERR;
  if (call.status.code == Code::kDenied) return PAM_PERM_DENIED;
  return is_own_failure(call) ? PAM_SYSTEM_ERR : PAM_AUTHINFO_UNAVAIL;
}

}  // namespace pbxcred
