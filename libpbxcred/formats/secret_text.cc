// SPDX-License-Identifier: BSD-2-Clause
#include "formats/secret_text.h"

#include <algorithm>

namespace pbxcred {
namespace {

/// What the hashes that are taken start with (crypt(5), PHC strings, our own export).
constexpr std::string_view kTaken[] = {"$argon2id$", "$2a$", "$2b$", "$2y$", "$5$", "$6$", "$y$", "$pbxcred$"};

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_crypt(char c) { return is_upper(c) || is_lower(c) || is_digit(c) || c == '.' || c == '/'; }
bool is_of_name(char c) { return is_upper(c) || is_lower(c) || is_digit(c) || c == '-' || c == '_'; }
bool is_of_ldap_name(char c) { return is_upper(c) || is_digit(c) || c == '-'; }

/// opening, a word of those characters, closing.
template <class Is>
bool has_tag(std::string_view text, char opening, char closing, Is is_of_word) {
  if (!text.starts_with(opening)) return false;
  const std::string_view word = text.substr(1, text.find(closing, 1) - 1);
  return !word.empty() && word.size() <= 32 && word.size() + 2 <= text.size() &&
         std::all_of(word.begin(), word.end(), is_of_word);
}

bool is_des(std::string_view text) {
  return text.size() == 13 && std::all_of(text.begin(), text.end(), is_crypt) &&
         std::any_of(text.begin(), text.end(), is_upper) && std::any_of(text.begin(), text.end(), is_lower);
}

bool is_bsdi(std::string_view text) {
  return text.size() == 20 && text.front() == '_' && std::all_of(text.begin() + 1, text.end(), is_crypt);
}

}  // namespace

SecretText look_at_secret(std::string_view text) {
  if (std::any_of(std::begin(kTaken), std::end(kTaken), [&](auto prefix) { return text.starts_with(prefix); }))
    return SecretText::kHash;
  const bool unknown = has_tag(text, '$', '$', is_of_name) || has_tag(text, '{', '}', is_of_ldap_name) ||
                       is_des(text) || is_bsdi(text);
  return unknown ? SecretText::kUnknown : SecretText::kClear;
}

}  // namespace pbxcred
