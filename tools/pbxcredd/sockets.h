// SPDX-License-Identifier: BSD-2-Clause
// The daemon's listening sockets, made or taken over from systemd.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/fd.h"
#include "base/result.h"
#include "service/settings.h"

namespace pbxcred {

inline constexpr const char* kAdminGroup = "pbxadmin";

struct Listeners {
  Fd auth, admin;
  bool activated = false;  ///< systemd's: their files are its to remove
};

/// Takes over sockets named auth and admin if systemd passed them, else makes run_dir and both sockets in it, owned by
/// uid: auth.sock for everybody, admin.sock for its owner and group pbxadmin if there is one and we may give it.
/// `conflict` if another daemon answers there.
Result<Listeners> open_listeners(const Settings& settings, uid_t uid, gid_t gid);

/// Removes the socket files that open_listeners made.
void remove_sockets(const Settings& settings, const Listeners& listeners);

/// Who is at the other end of a connection.
struct PeerId {
  uid_t uid = 0;
  gid_t gid = 0;
};
/// `denied`: the kernel does not say, or says 65534, which is everybody in another user namespace.
Result<PeerId> peer_of(int socket);

/// Whether the peer is root, the daemon's own user, or in group pbxadmin.
bool is_administrator(int socket, const PeerId& peer);

}  // namespace pbxcred
