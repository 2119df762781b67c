// SPDX-License-Identifier: BSD-2-Clause
// One canonical form for every path: names are compared NFC, case-folded, NFC again; secrets NFC only.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace pbxcred {

/// The form in which a name is kept and shown: NFC. `invalid`: empty, over kMaxName bytes before or after, not UTF-8,
/// control characters, or blanks at an end.
Result<std::string> display_name(std::string_view typed);

/// The form in which names are compared and indexed: NFC, case-folded, NFC. Same errors.
Result<std::string> canonical_name(std::string_view typed);

/// Text in the form in which it is searched: as names are compared, without blanks at its ends. Empty: nothing to
/// search, or no text.
std::string search_text(std::string_view typed);

/// An extension in the form in which it is compared (lower case). 1-64 of 0-9 A-Za-z . - _ ; else `invalid`.
Result<std::string> canonical_extension(std::string_view typed);

/// A domain's name, lower case. 1-253 of 0-9 A-Za-z . - _ ; else `invalid`.
Result<std::string> canonical_domain(std::string_view typed);

/// A free text field (a person's name, a location): NFC, at most kMaxName bytes, may be empty, no control characters.
Result<std::string> display_text(std::string_view typed);

/// An e-mail address as mail servers take it: one @, no blanks, quotes, brackets, commas or control characters, at most
/// 254 bytes. Empty is allowed and means none.
Result<std::string> mail_address(std::string_view typed);

/// A secret about to be set: NFC. `invalid`: empty, over kMaxSecret before or after, not UTF-8, control characters.
Result<Secret> secret_to_set(SecretView typed);

/// A secret about to be checked: NFC if it is UTF-8, else the bytes as they are. Empty result: cannot match anything
/// (empty or over kMaxSecret).
Secret secret_to_check(SecretView typed);

/// Number of characters (code points) of UTF-8 text.
std::size_t count_characters(Bytes text);

}  // namespace pbxcred
