// SPDX-License-Identifier: BSD-2-Clause
// Times, durations, sizes and counts as people and scripts write them.
#include "format.h"

#include <fmt/format.h>

#include <charconv>
#include <ctime>
#include <optional>

namespace pbxcred::ctl {
namespace {

using std::chrono::seconds;

std::time_t whole_seconds(Time time) {
  return std::chrono::floor<seconds>(time).time_since_epoch().count();
}

Time from_seconds(std::time_t count) {
  return Time(seconds(count));
}

std::string format_tm(const char* format, const std::tm& parts) {
  char text[80];
  return std::string(text, std::strftime(text, sizeof text, format, &parts));
}

/// Takes exactly `digits` digits from the front; -1: they are not there.
int take_number(std::string_view& rest, std::size_t digits) {
  int value = 0;
  if (rest.size() < digits) return -1;
  for (std::size_t i = 0; i < digits; ++i) {
    if (rest[i] < '0' || rest[i] > '9') return -1;
    value = value * 10 + (rest[i] - '0');
  }
  rest.remove_prefix(digits);
  return value;
}

bool take(std::string_view& rest, std::string_view any_of) {
  if (rest.empty() || any_of.find(rest.front()) == std::string_view::npos) return false;
  rest.remove_prefix(1);
  return true;
}

bool take_date(std::string_view& rest, std::tm& parts) {
  const int year = take_number(rest, 4);
  const bool dash = take(rest, "-");
  const int month = take_number(rest, 2);
  const bool second_dash = take(rest, "-");
  const int day = take_number(rest, 2);
  parts.tm_year = year - 1900;
  parts.tm_mon = month - 1;
  parts.tm_mday = day;
  return year >= 1970 && dash && second_dash && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

bool take_clock(std::string_view& rest, std::tm& parts) {
  parts.tm_hour = take_number(rest, 2);
  const bool colon = take(rest, ":");
  parts.tm_min = take_number(rest, 2);
  if (take(rest, ":")) parts.tm_sec = take_number(rest, 2);
  if (take(rest, "."))
    while (take(rest, "0123456789")) continue;
  return colon && parts.tm_hour >= 0 && parts.tm_hour < 24 && parts.tm_min >= 0 && parts.tm_min < 60 &&
         parts.tm_sec >= 0 && parts.tm_sec <= 60;
}

/// "Z" or "+02:00": seconds east of UTC; empty: neither.
std::optional<long> take_offset(std::string_view& rest) {
  if (take(rest, "Zz")) return 0;
  const bool west = !rest.empty() && rest.front() == '-';
  if (!take(rest, "+-")) return std::nullopt;
  const int hours = take_number(rest, 2);
  const bool colon = take(rest, ":");
  const int minutes = take_number(rest, 2);
  if (hours < 0 || hours > 23 || !colon || minutes < 0 || minutes > 59) return std::nullopt;
  const long east = hours * 3600L + minutes * 60L;
  return west ? -east : east;
}

/// Whether the day exists: the library turns 31 April into 1 May.
bool same_day(const std::tm& asked, const std::tm& got) {
  return asked.tm_year == got.tm_year && asked.tm_mon == got.tm_mon && asked.tm_mday == got.tm_mday;
}

Error bad_time(std::string_view text) {
  return {Code::kInvalid, fmt::format("{}: neither YYYY-MM-DD[ HH:MM] nor RFC 3339", text)};
}

}  // namespace

std::string format_utc(Time time) {
  const std::time_t count = whole_seconds(time);
  std::tm parts{};
  gmtime_r(&count, &parts);
  return format_tm("%Y-%m-%dT%H:%M:%SZ", parts);
}

std::string format_local(Time time) {
  const std::time_t count = whole_seconds(time);
  std::tm parts{};
  localtime_r(&count, &parts);
  return format_tm("%Y-%m-%d %H:%M:%S %Z", parts);
}

Result<Time> parse_time(std::string_view text) {
  std::string_view rest = text;
  std::tm asked{};
  if (!take_date(rest, asked)) return bad_time(text);
  std::optional<long> offset;
  if (!rest.empty()) {
    if (!take(rest, "T t") || !take_clock(rest, asked)) return bad_time(text);
    if (!rest.empty() && !(offset = take_offset(rest))) return bad_time(text);
  }
  asked.tm_isdst = -1;
  std::tm got = asked;
  const std::time_t count = offset ? timegm(&got) : mktime(&got);
  if (!rest.empty() || !same_day(asked, got)) return bad_time(text);
  return from_seconds(count - offset.value_or(0));
}

Result<seconds> parse_duration(std::string_view text) {
  std::uint32_t count = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, count);
  std::int64_t unit = 0;
  if (error == std::errc() && end - rest == 1) {
    constexpr std::string_view kUnits = "smhdw";
    constexpr std::int64_t kSeconds[] = {1, 60, 3600, 86400, 604800};
    if (const std::size_t which = kUnits.find(*rest); which != std::string_view::npos) unit = kSeconds[which];
  }
  const std::int64_t total = unit * count;
  if (total <= 0 || total > 3653 * std::int64_t{86400})
    return Error{Code::kInvalid, fmt::format("{}: not a duration such as 20m, 24h or 90d", text)};
  return seconds(total);
}

std::string format_size(std::uint64_t bytes) {
  constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  auto amount = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; amount >= 1024 && unit + 1 < std::size(kUnits); ++unit) amount /= 1024;
  const std::string text = fmt::format("{:.1f}", amount);
  return (text.ends_with(".0") ? text.substr(0, text.size() - 2) : text) + " " + kUnits[unit];
}

std::string format_count(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace pbxcred::ctl
