// SPDX-License-Identifier: BSD-2-Clause
// What the module says: prompts and messages to the user, remarks to syslog.
#pragma once

#include "client/auth_call.h"
#include "pam_pbx/handle.h"
#include "pam_pbx/options.h"

namespace pbxcred {

/// The hidden prompts (design §4).
enum class Prompt : std::uint8_t { kSecret, kCurrent, kNew, kRetype };

/// A constant: depends on the prompt, on whether kind is a PIN, and on prompts=.
const char* prompt_text(Prompt prompt, Kind kind, bool sounds);

/// Shows messages, one a conversation call. With PAM_SILENT nothing; with prompts=sounds only names of sounds.
class Speaker {
 public:
  Speaker(PamHandle& pam, const Options& options, int flags);

  /// Everything the daemon wants said, in order.
  void say_texts(const AuthReply& reply);
  /// The rules that a new secret breaks, each as an error.
  void say_broken(const AuthReply& reply);
  /// text for people; sound (nullptr: none) for prompts=sounds.
  void say(int style, std::string_view text, const char* sound);

 private:
  PamHandle& pam_;
  bool silent_;
  bool sounds_;
};

/// Why there was no reply, for syslog.
void log_no_reply(PamHandle& pam, const CallResult& call);
/// What an administrator must know of the verdict; with `debug`, every verdict.
void log_verdict(PamHandle& pam, const Options& options, Verdict verdict);

}  // namespace pbxcred
