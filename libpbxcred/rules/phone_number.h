// SPDX-License-Identifier: BSD-2-Clause
// Telephone numbers compared as E.164.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pbxcred {

/// number as a person writes it ("+49 30 1234-5", "030/12345", "00493012345"); country: ISO 3166-1 alpha-2 of the
/// domain, may be empty. Returns + and 4 to 15 digits (ITU-T E.164 §6), or none if that cannot be told.
std::optional<std::string> to_e164(std::string_view number, std::string_view country);

/// Whether the country is one whose numbers we can read.
bool is_known_country(std::string_view country);

}  // namespace pbxcred
