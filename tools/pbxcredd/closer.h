// SPDX-License-Identifier: BSD-2-Clause
// Closing what a stranger has filled.
#pragma once

#include "base/fd.h"

namespace pbxcred {

// Whoever may connect can leave descriptors in a socket's queue, and closing the last copy of one can take as long as its
// owner likes (a TCP socket with SO_LINGER and unsent data). So the event loop neither takes descriptors in nor closes a
// socket that may hold some.

/// Has the kernel refuse descriptors on a listener's connections; false: it cannot (before Linux 6.16).
bool refuse_descriptors(int listener);

/// Whether descriptors came with the packet that is first in the queue. Such a packet is not to be received.
bool carries_descriptors(int socket);

/// Closes the socket of a client; on another thread if anything is in its queue.
void close_client(Fd socket);

}  // namespace pbxcred
