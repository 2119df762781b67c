// SPDX-License-Identifier: BSD-2-Clause
// pam_sm_chauthtok, second pass: asks for the new secrets and has all of them stored, or none.
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

constexpr int kRounds = 3;
/// Another round, if there is one left; no PAM result is negative.
constexpr int kAskAgain = -1;

/// The new secrets of one round, in the order in which they were asked for.
struct Typed {
  Kind kinds[std::size(kChangeOrder)] = {};
  Answer answers[std::size(kChangeOrder)];
  std::size_t count = 0;
};

/// Asks twice for one new secret. PAM_SUCCESS, PAM_AUTHTOK_ERR (no answer) or kAskAgain.
int ask_new(PamHandle& pam, const Options& options, Kind kind, Answer& out, Speaker& speaker) {
  Answer typed = pam.ask(prompt_text(Prompt::kNew, kind, options.sounds));
  if (!typed || typed.size() == 0) return PAM_AUTHTOK_ERR;
  if (typed.size() > kMaxSecret) {
    speaker.say(PAM_ERROR_MSG, "This is longer than 1024 bytes.", "vm-invalid-password");
    return kAskAgain;
  }
  const Answer again = pam.ask(prompt_text(Prompt::kRetype, kind, options.sounds));
  if (!again) return PAM_AUTHTOK_ERR;
  if (!equal_constant_time(typed.secret().bytes, again.secret().bytes)) {
    speaker.say(PAM_ERROR_MSG, "The two entries do not match.", "vm-mismatch");
    return kAskAgain;
  }
  out = static_cast<Answer&&>(typed);
  return PAM_SUCCESS;
}

int ask_all(PamHandle& pam, const Options& options, KindSet change, Typed& typed, Speaker& speaker) {
  for (const Kind kind : kChangeOrder) {
    if (!change.has(kind)) continue;
    if (const int result = ask_new(pam, options, kind, typed.answers[typed.count], speaker); result != PAM_SUCCESS) {
      return result;
    }
    typed.kinds[typed.count++] = kind;
  }
  return PAM_SUCCESS;
}

/// What later modules find as PAM_AUTHTOK: the new secret of this door.
const Answer& main_secret(const Typed& typed, Kind kind) {
  for (std::size_t i = 0; i < typed.count; ++i) {
    if (typed.kinds[i] == kind) return typed.answers[i];
  }
  return typed.answers[0];
}

/// Everything is stored: nothing more is demanded, and the grant is spent.
int finish(PamHandle& pam, const Options& options, const Typed& typed, const AuthReply& reply, Speaker& speaker) {
  pam.drop_login();
  set_change_environment(pam, {});
  speaker.say_texts(reply);
  if (options.sounds) speaker.say(PAM_TEXT_INFO, "", "vm-passchanged");
  pam.set_item(PAM_AUTHTOK, main_secret(typed, options.kind).text());  // the change stands even without it
  return PAM_SUCCESS;
}

int no_reply(PamHandle& pam, const CallResult& call, Speaker& speaker) {
  log_no_reply(pam, call);
  if (call.sent) speaker.say(PAM_ERROR_MSG, "It is not known whether the change was made.", "vm-invalid-password");
  return no_reply_to_commit_result(call);
}

/// Sends one commit with all that was typed.
int store(PamHandle& pam, const Options& options, const char* user, const ChangeState& state, const Typed& typed,
          Speaker& speaker) {
  Wiped<ChangeRequest> request;
  request->subject = subject_of(pam, options, user);
  request->step = ChangeRequest::Step::kCommit;
  request->proof = state.proof;
  request->grant = state.grant;
  for (std::size_t i = 0; i < typed.count; ++i) {
    if (!request->secrets.push_back({typed.kinds[i], typed.answers[i].secret()})) return PAM_SYSTEM_ERR;
  }
  ReplyBuffer buffer;
  Wiped<AuthReply> reply;
  const CallResult call = auth_call(options.run_dir, options.timeout, *request, buffer, *reply);
  if (!call) return no_reply(pam, call, speaker);
  log_verdict(pam, options, reply->verdict);
  if (reply->verdict == Verdict::kGranted) return finish(pam, options, typed, *reply, speaker);
  if (reply->verdict == Verdict::kRuleBroken) {
    speaker.say_broken(*reply);
    return kAskAgain;
  }
  speaker.say_texts(*reply);
  return commit_result(*reply, options);
}

int run_rounds(PamHandle& pam, const Options& options, const char* user, const ChangeState& state, Speaker& speaker) {
  Wiped<AuthReply> begun;
  if (!decode_packet(Bytes(state.reply, state.reply_size), *begun)) return PAM_SYSTEM_ERR;
  speaker.say_texts(*begun);
  for (int round = 0; round < kRounds; ++round) {
    Typed typed;
    int result = ask_all(pam, options, begun->change, typed, speaker);
    if (result == PAM_SUCCESS) result = store(pam, options, user, state, typed, speaker);
    if (result != kAskAgain) return result;
  }
  return PAM_AUTHTOK_ERR;
}

}  // namespace

int commit_change(PamHandle& pam, const Options& options, int flags) {
  const char* user = pam.user();
  const ChangeState* state = pam.change();
  int result = PAM_AUTHTOK_ERR;
  if (user != nullptr && state != nullptr && is_key_of(state->key, user, options)) {
    Speaker speaker(pam, options, flags);
    result = run_rounds(pam, options, user, *state, speaker);
  }
  pam.drop_change();
  return result;
}

}  // namespace pbxcred
