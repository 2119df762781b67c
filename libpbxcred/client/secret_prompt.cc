// SPDX-License-Identifier: BSD-2-Clause
// Secrets from the terminal or from a descriptor.
#include "client/secret_prompt.h"

#include <bsd/readpassphrase.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstring>

#include "wire/limits.h"

namespace pbxcred {
namespace {

Error bad(std::string what) {
  return {Code::kInvalid, std::move(what)};
}

Result<Secret> checked(Bytes bytes) {
  if (bytes.empty()) return bad("an empty secret is refused");
  if (bytes.size() > kMaxSecret) return bad("a secret over 1024 bytes is refused");
  return Secret(bytes);
}

Result<Secret> from_terminal(const std::string& prompt) {
  // One byte more than the longest secret, so that a longer one is seen and not cut.
  SecureBuffer line;
  line.resize(kMaxSecret + 2);
  char* text = reinterpret_cast<char*>(line.data());
  if (readpassphrase(prompt.c_str(), text, line.size(), RPP_ECHO_OFF | RPP_REQUIRE_TTY) == nullptr)
    return bad("no answer from the terminal");
  return checked(line.view().first(strnlen(text, line.size())));
}

/// Byte by byte: what follows the line belongs to the next reader of the descriptor.
Result<Secret> from_line(int fd) {
  SecureBuffer line;
  std::uint8_t byte = 0;
  bool ended = false;
  while (!ended && line.size() <= kMaxSecret + 1) {
    const ssize_t got = read(fd, &byte, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return bad(std::string("standard input: ") + std::strerror(errno));
    if (got == 0 && line.empty()) return bad("no secret on standard input");
    ended = got == 0 || byte == '\n';
    if (!ended) line.append(Bytes(&byte, 1));
  }
  wipe(&byte, 1);
  Bytes bytes = line.view();
  if (ended && !bytes.empty() && bytes.back() == '\r') bytes = bytes.first(bytes.size() - 1);
  return checked(bytes);
}

std::string retype_of(std::string prompt) {
  prompt[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(prompt[0])));
  return "Retype " + prompt;
}

}  // namespace

Result<Secret> prompt_for_secret(int fd, const std::string& prompt, bool twice) {
  if (isatty(fd) == 0) return from_line(fd);
  PBXCRED_TRY(Secret secret, from_terminal(prompt + ": "));
  if (twice) {
    PBXCRED_TRY(const Secret again, from_terminal(retype_of(prompt) + ": "));
    if (!secret.equals(again)) return bad("the two entries differ");
  }
  return secret;
}

}  // namespace pbxcred
