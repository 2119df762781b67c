// SPDX-License-Identifier: BSD-2-Clause
#include "rules/limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "model/name.h"

namespace pbxcred {
namespace {

bool in_alphabet(Alphabet alphabet, std::uint8_t byte) {
  const bool digit = byte >= '0' && byte <= '9';
  const bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
  switch (alphabet) {
    case Alphabet::kDigits: return digit;
    case Alphabet::kAlphanumeric: return digit || letter;
    case Alphabet::kAny: return true;
  }
  return false;
}

const char* unit_of(Alphabet alphabet) { return alphabet == Alphabet::kDigits ? "digits" : "characters"; }

}  // namespace

const char* noun_of(Kind kind) { return is_numeric(kind) ? "PIN" : "password"; }

std::vector<BrokenRule> broken_rules(const Policy& policy, Kind kind, SecretView secret) {
  std::vector<BrokenRule> broken;
  const std::size_t length = count_characters(secret.bytes);
  const auto fits = [&](std::uint8_t byte) { return in_alphabet(policy.alphabet, byte); };
  if (!std::all_of(secret.bytes.begin(), secret.bytes.end(), fits))
    broken.push_back({"alphabet", fmt::format("The {} may contain only {}.", noun_of(kind),
                                              policy.alphabet == Alphabet::kDigits ? "digits" : "0-9, a-z and A-Z")});
  if (length < policy.min_length)
    broken.push_back({"too-short", fmt::format("The {} must have at least {} {}.", noun_of(kind), policy.min_length,
                                               unit_of(policy.alphabet))});
  if (length > policy.max_length)
    broken.push_back({"too-long", fmt::format("The {} must have at most {} {}.", noun_of(kind), policy.max_length,
                                              unit_of(policy.alphabet))});
  return broken;
}

std::string describe(const Policy& policy, Kind kind) {
  const char* alphabet = policy.alphabet == Alphabet::kAlphanumeric ? ", only 0-9, a-z and A-Z" : "";
  if (policy.min_length == policy.max_length)
    return fmt::format("The new {} must have exactly {} {}{}.", noun_of(kind), policy.min_length,
                       unit_of(policy.alphabet), alphabet);
  return fmt::format("The new {} must have {} to {} {}{}.", noun_of(kind), policy.min_length, policy.max_length,
                     unit_of(policy.alphabet), alphabet);
}

bool is_sshd_junk(SecretView secret) {
  static constexpr std::string_view kJunk = "\b\n\r\177INCORRECT";
  const std::string_view text = as_text(secret.bytes);
  if (text.empty()) return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] != kJunk[i % kJunk.size()]) return false;
  return true;
}

}  // namespace pbxcred
