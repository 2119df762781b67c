// SPDX-License-Identifier: BSD-2-Clause
// PBXCRED_* in the PAM environment.
#include "pam_pbx/environment.h"

namespace pbxcred {
namespace {

constexpr const char* kNames[] = {"PBXCRED_ACCOUNT",   "PBXCRED_METHOD", "PBXCRED_PHASE", "PBXCRED_NOTICE",
                                  "PBXCRED_DAYS_LEFT", "PBXCRED_CHANGE", "PBXCRED_GRANT"};
constexpr std::size_t kLongestEntry = 1024;

/// These end up in other programs' environments (sshd: the user's shell).
bool is_plain(std::string_view value) {
  for (const char c : value) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return false;
  }
  return true;
}

/// Sets NAME=VALUE; an empty value is left out.
bool put(PamHandle& pam, std::string_view name, std::string_view value) {
  if (value.empty()) return true;
  std::uint8_t entry[kLongestEntry];
  ByteWriter writer(entry);
  writer.append(as_bytes(name));
  writer.append(as_bytes("="));
  writer.append(as_bytes(value));
  writer.append(as_bytes({"", 1}));
  return writer.ok() && is_plain(value) && pam.put_env(reinterpret_cast<const char*>(entry));
}

std::string_view method_text(Method method) {
  switch (method) {
    case Method::kNone: return "";
    case Method::kPassword: return "password";
    case Method::kPin: return "pin";
  }
  return "";
}

/// A number that is not negative, in decimal; space must hold 10 digits.
std::string_view decimal(std::int32_t number, char (&space)[10]) {
  std::size_t at = sizeof space;
  auto left = static_cast<std::uint32_t>(number);
  do {
    space[--at] = static_cast<char>('0' + left % 10);
    left /= 10;
  } while (left > 0);
  return {space + at, sizeof space - at};
}

bool put_days_left(PamHandle& pam, std::int32_t days) {
  char space[10];
  return days < 0 || put(pam, "PBXCRED_DAYS_LEFT", decimal(days, space));
}

bool put_change(PamHandle& pam, KindSet change) {
  std::uint8_t list[64];
  ByteWriter writer(list);
  for (const Kind kind : kChangeOrder) {
    if (!change.has(kind)) continue;
    if (writer.size() > 0) writer.append(as_bytes(","));
    writer.append(as_bytes(name_of(kind)));
  }
  return put(pam, "PBXCRED_CHANGE", as_text(writer.written()));
}

}  // namespace

void clear_environment(PamHandle& pam) {
  for (const char* name : kNames) pam.unset_env(name);
}

bool set_environment(PamHandle& pam, const AuthReply& reply) {
  const bool done = put(pam, "PBXCRED_ACCOUNT", reply.account) &&
                    put(pam, "PBXCRED_METHOD", method_text(reply.method)) && put(pam, "PBXCRED_PHASE", reply.phase) &&
                    put(pam, "PBXCRED_NOTICE", reply.notice) && put_days_left(pam, reply.days_left) &&
                    put_change(pam, reply.change);
  if (!done) clear_environment(pam);
  return done;
}

bool set_reset_environment(PamHandle& pam, const AuthReply& reply) {
  const bool done = put(pam, "PBXCRED_PHASE", reply.phase) && put(pam, "PBXCRED_NOTICE", reply.notice);
  if (!done) clear_environment(pam);
  return done;
}

bool set_change_environment(PamHandle& pam, KindSet change) {
  pam.unset_env("PBXCRED_CHANGE");
  return put_change(pam, change);
}

}  // namespace pbxcred
