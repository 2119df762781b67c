// SPDX-License-Identifier: BSD-2-Clause
// The last reply of a handle: emptied, filled.
#pragma once

#include "api/handle.h"

namespace pbxcred {

/// Makes it an empty reply without a result; its texts are wiped.
void clear_reply(Reply& reply);

/// Copies what the daemon told. false: it holds a text that no C program can be given; the reply is empty then.
[[nodiscard]] bool keep_reply(const AuthReply& told, Reply& reply);

}  // namespace pbxcred
