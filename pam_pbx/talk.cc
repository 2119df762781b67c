// SPDX-License-Identifier: BSD-2-Clause
// Prompts, messages, remarks.
#include "pam_pbx/talk.h"

#include <security/pam_modules.h>
#include <syslog.h>

namespace pbxcred {
namespace {

const char* name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kRefused: return "refused";
    case Verdict::kGranted: return "granted";
    case Verdict::kUnknown: return "unknown";
    case Verdict::kDisabled: return "disabled";
    case Verdict::kRuleBroken: return "rule broken";
    case Verdict::kDenied: return "denied";
    case Verdict::kBusy: return "busy";
    case Verdict::kUnavailable: return "unavailable";
    case Verdict::kInvalid: return "invalid";
    case Verdict::kInternal: return "internal";
  }
  return "?";
}

}  // namespace

const char* prompt_text(Prompt prompt, Kind kind, bool sounds) {
  const bool pin = is_numeric(kind);
  switch (prompt) {
    case Prompt::kSecret: return sounds ? "vm-password" : pin ? "PIN: " : "Password: ";
    case Prompt::kCurrent: return sounds ? "vm-password" : pin ? "Current PIN: " : "Current password: ";
    case Prompt::kNew: return sounds ? "vm-newpassword" : pin ? "New PIN: " : "New password: ";
    case Prompt::kRetype: return sounds ? "vm-reenterpassword" : pin ? "Retype new PIN: " : "Retype new password: ";
  }
  return "Password: ";
}

Speaker::Speaker(PamHandle& pam, const Options& options, int flags)
    : pam_(pam), silent_((static_cast<unsigned>(flags) & PAM_SILENT) != 0), sounds_(options.sounds) {}

void Speaker::say(int style, std::string_view text, const char* sound) {
  if (silent_) return;
  if (!sounds_) {
    pam_.show(style, text);
  } else if (sound != nullptr) {
    pam_.show(style, sound);
  }
}

void Speaker::say_texts(const AuthReply& reply) {
  for (const Text& text : reply.texts) say(text.is_error ? PAM_ERROR_MSG : PAM_TEXT_INFO, text.text, nullptr);
}

void Speaker::say_broken(const AuthReply& reply) {
  if (sounds_ || reply.texts.empty()) return say(PAM_ERROR_MSG, "This is not accepted.", "vm-invalid-password");
  for (const Text& text : reply.texts) say(PAM_ERROR_MSG, text.text, nullptr);
}

void log_no_reply(PamHandle& pam, const CallResult& call) {
  pam.log(LOG_ERR, call.sent ? "asked pbxcredd in vain" : "cannot ask pbxcredd", call.status.what);
}

void log_verdict(PamHandle& pam, const Options& options, Verdict verdict) {
  switch (verdict) {
    case Verdict::kDenied:
      return pam.log(LOG_ERR, "denied", "pbxcredd lets this uid not do this for this kind; its log says what to add");
    case Verdict::kBusy:
    case Verdict::kUnavailable:
    case Verdict::kInvalid:
    case Verdict::kInternal: return pam.log(LOG_ERR, "pbxcredd answers", name_of(verdict));
    default: break;
  }
  if (options.debug) pam.log(LOG_DEBUG, pbxcred::name_of(options.kind), name_of(verdict));
}

}  // namespace pbxcred
