// SPDX-License-Identifier: BSD-2-Clause
// Times, durations, sizes and counts as people and scripts write them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace pbxcred::ctl {

/// RFC 3339 in UTC to the second: "2024-05-01T12:00:00Z".
std::string format_utc(Time time);
/// In the local zone, with it: "2024-05-01 14:00:00 CEST".
std::string format_local(Time time);

/// RFC 3339, or local "YYYY-MM-DD[ HH:MM[:SS]]" (midnight if no time is given; local "T" is accepted too).
/// `invalid` if it is neither or there is no such day.
Result<Time> parse_time(std::string_view text);

/// "90s", "20m", "24h", "90d", "2w": a number and its unit, above zero, at most ten years. `invalid` otherwise.
Result<std::chrono::seconds> parse_duration(std::string_view text);

/// "512 B", "1.5 KiB", "16 GiB".
std::string format_size(std::uint64_t bytes);

/// "1 user", "2 users", "0 users". noun: singular, regular plural.
std::string format_count(std::uint64_t count, std::string_view noun);

}  // namespace pbxcred::ctl
