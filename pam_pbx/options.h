// SPDX-License-Identifier: BSD-2-Clause
// The words after pam_pbx.so in a PAM service file (design §4).
#pragma once

#include <chrono>

#include "client/connect.h"
#include "wire/kind.h"

namespace pbxcred {

/// Where authenticate takes the secret from.
enum class Pass : std::uint8_t {
  kAsk,    ///< the prompt
  kTry,    ///< PAM_AUTHTOK if an earlier module left one, else the prompt
  kFirst,  ///< PAM_AUTHTOK only
};

/// What the words say. The texts are borrowed from argv.
struct Options {
  Kind kind = Kind::kPassword;
  const char* run_dir = kDefaultRunDir;
  const char* domain = "";
  bool sounds = false;  ///< prompts are names of sounds, and nothing else is shown
  Pass pass = Pass::kAsk;
  bool strict = false;
  bool hide_unknown = false;
  bool debug = false;
  std::chrono::seconds timeout{5};  ///< 1..60, for each call
  std::chrono::seconds delay{0};    ///< 0..60; 0: none
};

/// The first word that is wrong, and why. Constants and borrowed text.
struct OptionFault {
  const char* word = nullptr;  ///< nullptr: no fault
  const char* why = "";

  explicit operator bool() const { return word != nullptr; }
};

/// Reads the words. out is untouched if one is unknown, malformed, given twice or contradicts another, or if
/// account= is missing.
OptionFault parse_options(int argc, const char* const* argv, Options& out);

}  // namespace pbxcred
