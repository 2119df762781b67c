// SPDX-License-Identifier: BSD-2-Clause
#include "service/context.h"

#include <fmt/format.h>

namespace pbxcred {

Asked copy_of(const Nonce& nonce, const Subject& subject) {
  return {nonce, subject.kind, std::string(subject.user), std::string(subject.domain), std::string(subject.service),
          std::string(subject.rhost)};
}

AuthReply reply_to(const Asked& asked) {
  AuthReply reply;
  reply.nonce = asked.nonce;
  reply.kind = asked.kind;
  return reply;
}

Verdict verdict_of(const Error& error) {
  switch (error.code) {
    case Code::kBusy: return Verdict::kBusy;
    case Code::kUnavailable:
    case Code::kExhausted: return Verdict::kUnavailable;
    case Code::kDenied: return Verdict::kDenied;
    case Code::kInvalid: return Verdict::kInvalid;
    case Code::kRefused: return Verdict::kRefused;
    case Code::kNotFound: return Verdict::kUnknown;
    case Code::kConflict:
    case Code::kCorrupt:
    case Code::kInternal: return Verdict::kInternal;
  }
  return Verdict::kInternal;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte > 0x7e) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace pbxcred
