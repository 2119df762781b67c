// SPDX-License-Identifier: BSD-2-Clause
// How the configuration and the command line write durations and sizes.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace pbxcred {

/// Reads a whole number and one of s m h d: "30s", "20m", "24h", "90d". No sign, blank or fraction; at most 100 years
/// (36525 days). `invalid` says which of these is wrong.
Result<std::chrono::seconds> parse_duration(std::string_view text);

/// Reads a whole number and one of K M G T, powers of 1024: "512K", "64M". Returns bytes, at most 8T (2^43).
Result<std::uint64_t> parse_size(std::string_view text);

}  // namespace pbxcred
