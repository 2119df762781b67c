// SPDX-License-Identifier: BSD-2-Clause
// Durations and sizes: digits and one letter.
#include "units.h"

#include <optional>
#include <span>
#include <string>

namespace pbxcred {
namespace {

struct Unit {
  char letter;
  std::uint64_t factor;
};

constexpr Unit kTimeUnits[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
constexpr Unit kSizeUnits[] = {{'K', 1ULL << 10}, {'M', 1ULL << 20}, {'G', 1ULL << 30}, {'T', 1ULL << 40}};
constexpr std::uint64_t kMostSeconds = 36525ULL * 86400;
constexpr std::uint64_t kMostBytes = 1ULL << 43;

std::optional<std::uint64_t> factor_of(char letter, std::span<const Unit> units) {
  for (const Unit& unit : units)
    if (unit.letter == letter) return unit.factor;
  return std::nullopt;
}

/// The number times its unit's factor. None: more than most, or not digits.
std::optional<std::uint64_t> multiply(std::string_view digits, std::uint64_t factor, std::uint64_t most) {
  std::uint64_t value = 0;
  for (char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
    if (value > most / factor) return std::nullopt;
  }
  return value * factor;
}

struct Form {
  std::span<const Unit> units;
  std::uint64_t most;
  const char* looks;  ///< what a right one looks like
  const char* limit;
};

Result<std::uint64_t> parse(std::string_view text, const Form& form) {
  const Error malformed{Code::kInvalid, form.looks};
  if (text.size() < 2) return malformed;
  const auto factor = factor_of(text.back(), form.units);
  const std::string_view digits = text.substr(0, text.size() - 1);
  if (!factor || digits.find_first_not_of("0123456789") != std::string_view::npos) return malformed;
  const auto value = multiply(digits, *factor, form.most);
  if (!value) return Error{Code::kInvalid, form.limit};
  return *value;
}

}  // namespace

Result<std::chrono::seconds> parse_duration(std::string_view text) {
  PBXCRED_TRY(const std::uint64_t seconds,
              parse(text, {kTimeUnits, kMostSeconds, "a duration is a whole number and one of s m h d, as \"20m\"",
                           "a duration is at most 100 years (\"36525d\")"}));
  return std::chrono::seconds(static_cast<std::int64_t>(seconds));
}

Result<std::uint64_t> parse_size(std::string_view text) {
  return parse(text, {kSizeUnits, kMostBytes, "a size is a whole number and one of K M G T, as \"64M\"",
                      "a size is at most \"8T\""});
}

}  // namespace pbxcred
