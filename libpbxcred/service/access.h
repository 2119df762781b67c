// SPDX-License-Identifier: BSD-2-Clause
// What a peer uid may do on auth.sock.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "service/settings.h"
#include "wire/auth.h"

namespace pbxcred {

/// A peer's rights: its `services` entry, or uid 0's own.
struct Access {
  uid_t uid = 0;
  std::string entry;  ///< the entry's user, as written; "root" for uid 0 without one
  KindSet kinds;
  std::vector<std::string> domains;  ///< canonical; empty: all
  bool change = false;
  bool trust_rhost = false;
};

/// The rights of uid; `denied`: none, its connection is closed at accept.
Result<Access> access_of(const Settings& settings, uid_t uid);

/// Where a request comes from: a remote address if the entry is trusted with it and it is an IP literal (IPv4-mapped
/// unfolded), else empty: the entry itself.
std::string source_of(const Access& access, std::string_view rhost);

/// An IP literal in its usual form, IPv4-mapped IPv6 unfolded; empty if it is none.
std::string ip_literal(std::string_view text);

}  // namespace pbxcred
