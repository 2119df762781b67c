// SPDX-License-Identifier: BSD-2-Clause
// Which word was meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pbxcred::ctl {

/// The candidate nearest to a mistyped word; "": none is near.
std::string nearest_of(const std::vector<std::string>& candidates, std::string_view typed);

/// ", did you mean 'x'?"; "": none is near.
std::string did_you_mean(const std::vector<std::string>& candidates, std::string_view typed);

}  // namespace pbxcred::ctl
