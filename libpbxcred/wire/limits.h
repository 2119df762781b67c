// SPDX-License-Identifier: BSD-2-Clause
// Sizes that both ends of a socket agree on.
#pragma once

#include <cstddef>

namespace pbxcred {

inline constexpr std::size_t kMaxPacket = 65536;      ///< bytes, any socket
inline constexpr std::size_t kMaxAuthPacket = 16384;  ///< bytes, auth.sock both ways; fits on the module's stack
inline constexpr std::size_t kMaxName = 255;          ///< bytes of a name, before and after normalisation
inline constexpr std::size_t kMaxSecret = 1024;       ///< bytes of a secret, before and after normalisation

}  // namespace pbxcred
