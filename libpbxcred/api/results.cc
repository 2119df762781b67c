// SPDX-License-Identifier: BSD-2-Clause
// Verdicts to results, and their texts. Every switch names every case, and what falls out refuses.
#include "api/results.h"

namespace pbxcred {

pbxcred_result result_of(Verdict verdict, Stage stage) {
  switch (verdict) {
    case Verdict::kGranted: return PBXCRED_OK;
    case Verdict::kRefused: return PBXCRED_REFUSED;
    case Verdict::kUnknown: return PBXCRED_UNKNOWN;
    case Verdict::kDisabled: return PBXCRED_DISABLED;
    case Verdict::kRuleBroken: return PBXCRED_RULE_BROKEN;
    case Verdict::kDenied: return PBXCRED_DENIED;
    case Verdict::kBusy: return PBXCRED_BUSY;
    // To a commit also: perhaps stored and not recorded.
    case Verdict::kUnavailable: return stage == Stage::kCommit ? PBXCRED_UNSURE : PBXCRED_UNAVAILABLE;
    case Verdict::kInvalid: return PBXCRED_INVALID;
    case Verdict::kInternal: return stage == Stage::kCommit ? PBXCRED_UNSURE : PBXCRED_INTERNAL;
  }
  return PBXCRED_INTERNAL;
}

pbxcred_result no_reply_result(const CallResult& call, Stage stage) {
  if (call.sent && stage == Stage::kCommit) return PBXCRED_UNSURE;
  switch (call.status.code) {
    case Code::kDenied: return PBXCRED_DENIED;
    case Code::kExhausted: return PBXCRED_EXHAUSTED;
    case Code::kInvalid: return PBXCRED_INVALID;
    case Code::kInternal: return PBXCRED_INTERNAL;
    case Code::kRefused:
    case Code::kNotFound:
    case Code::kConflict:
    case Code::kBusy:
    case Code::kUnavailable:
    case Code::kCorrupt: return PBXCRED_UNAVAILABLE;
  }
  return PBXCRED_UNAVAILABLE;
}

}  // namespace pbxcred

const char* pbxcred_result_text(int result) {
  switch (result) {
    case PBXCRED_NONE: return "nothing was asked";
    case PBXCRED_OK: return "yes";
    case PBXCRED_MUST_CHANGE: return "the secret must be changed first";
    case PBXCRED_REFUSED: return "refused";
    case PBXCRED_UNKNOWN: return "no such user";
    case PBXCRED_DISABLED: return "the account is disabled";
    case PBXCRED_RULE_BROKEN: return "the new secret breaks a rule";
    case PBXCRED_DENIED: return "this program may not ask that";
    case PBXCRED_BUSY: return "busy";
    case PBXCRED_UNAVAILABLE: return "the service is not available";
    case PBXCRED_UNSURE: return "it is not known whether the change was made";
    case PBXCRED_INVALID: return "an argument makes no sense";
    case PBXCRED_EXHAUSTED: return "no memory, descriptors or random bytes left";
    case PBXCRED_INTERNAL: return "internal failure";
    default: return "unknown result";
  }
}
