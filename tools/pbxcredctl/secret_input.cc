// SPDX-License-Identifier: BSD-2-Clause
// Secrets from the terminal or from standard input.
#include "secret_input.h"

#include "client/secret_prompt.h"

namespace pbxcred::ctl {

const char* word_for(Kind kind) {
  return is_numeric(kind) ? "PIN" : "password";
}

Result<Secret> read_secret(const Session& session, const std::string& prompt, bool twice) {
  return prompt_for_secret(session.secret_fd, prompt, twice);
}

}  // namespace pbxcred::ctl
