// SPDX-License-Identifier: BSD-2-Clause
// Exit statuses of pbxcredctl (design §4) and how failures map to them.
#pragma once

#include "base/code.h"

namespace pbxcred::ctl {

/// What scripts rely on; the numbers stay.
enum class Exit : int {
  kDone = 0,
  kRefused = 1,  ///< wrong secret, broken rule
  kUsage = 2,
  kUnavailable = 3,  ///< daemon not reachable, busy or degraded
  kDenied = 4,
  kNotFound = 5,
  kConflict = 6,
  kBadInput = 7,
  kFailed = 8,  ///< disk, corrupt, internal
  kPartly = 9,
  kMustChange = 10,  ///< `auth`: signed in, but must change
};

/// The one table from failures to statuses.
constexpr Exit exit_of(Code code) {
  switch (code) {
    case Code::kInvalid: return Exit::kBadInput;
    case Code::kRefused: return Exit::kRefused;
    case Code::kDenied: return Exit::kDenied;
    case Code::kNotFound: return Exit::kNotFound;
    case Code::kConflict: return Exit::kConflict;
    case Code::kBusy: return Exit::kUnavailable;
    case Code::kUnavailable: return Exit::kUnavailable;
    case Code::kCorrupt: return Exit::kFailed;
    case Code::kExhausted: return Exit::kFailed;
    case Code::kInternal: return Exit::kFailed;
  }
  return Exit::kFailed;
}

}  // namespace pbxcred::ctl
