// SPDX-License-Identifier: BSD-2-Clause
// From the daemon's verdicts to results of the C interface, as pure functions.
#pragma once

#include "api/pbxcred.h"
#include "client/auth_call.h"

namespace pbxcred {

/// What was asked: an answer that is not certain means something else to one who asked for a change.
enum class Stage : std::uint8_t { kCheck, kCommit };

/// A reply's result; kGranted is PBXCRED_OK.
pbxcred_result result_of(Verdict verdict, Stage stage);

/// A call that brought no reply.
pbxcred_result no_reply_result(const CallResult& call, Stage stage);

}  // namespace pbxcred
