// SPDX-License-Identifier: BSD-2-Clause
// What went wrong, as one word; every layer and every reply on the wire uses these.
#pragma once

#include <cstdint>

namespace pbxcred {

/// One word for every failure. The order is the wire's: append only.
enum class Code : std::uint8_t {
  kInvalid,      ///< malformed input: packet, name, option, configuration
  kRefused,      ///< wrong secret, broken rule
  kDenied,       ///< the peer may not do this
  kNotFound,
  kConflict,
  kBusy,         ///< queue full; nothing was evaluated or counted
  kUnavailable,  ///< daemon away or degraded
  kCorrupt,      ///< a seal or MAC does not open
  kExhausted,    ///< memory, descriptors, disk
  kInternal,
};
inline constexpr std::uint8_t kCodeEnd = 10;

/// The word itself, for logs and messages.
constexpr const char* name_of(Code code) {
  switch (code) {
    case Code::kInvalid: return "invalid";
    case Code::kRefused: return "refused";
    case Code::kDenied: return "denied";
    case Code::kNotFound: return "not found";
    case Code::kConflict: return "conflict";
    case Code::kBusy: return "busy";
    case Code::kUnavailable: return "unavailable";
    case Code::kCorrupt: return "corrupt";
    case Code::kExhausted: return "exhausted";
    case Code::kInternal: return "internal";
  }
  return "internal";
}

}  // namespace pbxcred
