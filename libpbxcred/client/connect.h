// SPDX-License-Identifier: BSD-2-Clause
// Connects to one of the daemon's sockets and checks who answers.
#pragma once

#include <string_view>

#include "base/fd.h"
#include "client/deadline.h"
#include "wire/packet.h"

namespace pbxcred {

inline constexpr const char* kDefaultRunDir = "/run/pbxcred";
inline constexpr std::string_view kAuthSocket = "auth.sock";
inline constexpr std::string_view kAdminSocket = "admin.sock";

/// Connects to run_dir/socket_name. connection: a non-blocking, close-on-exec descriptor above 2; untouched on failure.
/// run_dir must be a directory that nobody but its owner may write, and the answering uid 0 or that owner; 65534 is
/// neither (inside a user namespace every foreign uid looks like it). A full backlog is waited for.
/// Fails with `unavailable` (nobody there, not ours, deadline), `denied` (this uid may not use the socket), `invalid`
/// (path too long for a socket) or `exhausted`. No heap.
IoStatus connect_to_daemon(std::string_view run_dir, std::string_view socket_name, const Deadline& deadline,
                           Fd& connection);

}  // namespace pbxcred
