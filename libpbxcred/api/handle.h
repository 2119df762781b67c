// SPDX-License-Identifier: BSD-2-Clause
// What is behind a pbxcred_handle: settings, the last reply, a grant. One piece of memory, no pointers to others.
#pragma once

#include <sys/un.h>

#include <chrono>
#include <string_view>

#include "api/pbxcred.h"
#include "client/connect.h"
#include "wire/auth.h"
#include "wire/limits.h"

namespace pbxcred {

inline constexpr std::size_t kLongestRunDir = sizeof(sockaddr_un::sun_path) - kAuthSocket.size() - 2;
inline constexpr std::size_t kMaxTexts = 12;  ///< AuthReply's

/// What the daemon is asked about, besides the arguments of a call.
struct Settings {
  char run_dir[kLongestRunDir + 1];
  char domain[kMaxName + 1];
  char service[kMaxName + 1];
  char rhost[kMaxName + 1];
  std::chrono::milliseconds deadline;
};

/// The last reply, in C's terms. Texts lie in storage; one that was not told is nullptr.
struct Reply {
  pbxcred_result result;
  const char* reason;  ///< a constant
  const char* account;
  const char* method;  ///< a constant
  const char* phase;
  const char* notice;
  std::int32_t days_left;
  KindSet must_change;
  KindSet changes;
  std::size_t text_count;
  const char* texts[kMaxTexts];
  bool is_error[kMaxTexts];
  char storage[kMaxAuthPacket];  ///< long enough: each text has five bytes of tag and size in the packet, here a NUL
};

/// A right to change that the daemon gave, and for whom.
struct HeldGrant {
  bool held;
  Kind kind;
  char user[kMaxName + 1];
  GrantToken token;
};

}  // namespace pbxcred

struct pbxcred_handle {
  pbxcred::Settings settings;
  pbxcred::Reply reply;
  pbxcred::HeldGrant grant;
};

namespace pbxcred {

/// The text up to its NUL, which must come within limit bytes; false: it does not, out untouched.
bool read_text(const char* text, std::size_t limit, std::string_view& out);

/// Copies text and a NUL into field, which is long enough; the rest of it becomes zeros.
void copy_text(std::string_view text, MutableBytes field);

/// Keeps a grant for that user and kind, or has none any more.
void hold_grant(pbxcred_handle& handle, Kind kind, std::string_view user, const GrantToken& token);
void drop_grant(pbxcred_handle& handle);
bool holds_grant(const pbxcred_handle& handle, Kind kind, std::string_view user);

}  // namespace pbxcred
