// SPDX-License-Identifier: BSD-2-Clause
// Durations and sizes, by tables.
#include "units.h"

#include <cstdint>
#include <string_view>

#include "support/check.h"

using namespace pbxcred;

namespace {

struct Row {
  std::string_view text;
  std::uint64_t value;
};

constexpr Row kDurations[] = {
    {"0s", 0},        {"1s", 1},     {"30s", 30},           {"20m", 1200},          {"24h", 86400},
    {"90d", 7776000}, {"007m", 420}, {"1000000s", 1000000}, {"36525d", 3155760000}, {"3155760000s", 3155760000},
};
constexpr std::string_view kBadDurations[] = {
    "",
    "m",
    "20",
    "20 m",
    " 20m",
    "20m ",
    "+20m",
    "-20m",
    "1.5h",
    "20M",
    "20min",
    "1h30m",
    "20mm",
    "1w",
    "1y",
    "0x10s",
    "36526d",
    "3155760001s",
    "99999999999999999999s",
    "18446744073709551617s",
    "\t1s",
    "s1",
    "1\ns",
    "²s",
};
constexpr Row kSizes[] = {
    {"0K", 0}, {"1K", 1024}, {"64M", 64ULL << 20}, {"16G", 16ULL << 30}, {"8T", 8ULL << 40}, {"8192G", 8ULL << 40},
};
constexpr std::string_view kBadSizes[] = {
    "",
    "G",
    "64",
    "64MB",
    "64MiB",
    "64m",
    "1.5G",
    "-1G",
    "+1G",
    "1 G",
    "1P",
    "8193G",
    "9T",
    "18446744073709551617K",
    "16384000000000000T",
};

}  // namespace

CASE(units_reads_durations_that_are_well_formed) {
  for (const Row& row : kDurations) {
    const auto value = parse_duration(row.text);
    if (!value) print_error("%s: %s\n", row.text.data(), value.error().what.c_str());
    assert_true(value.ok());
    assert_int_equal(value->count(), row.value);
  }
}

CASE(units_refuses_durations_that_are_not) {
  for (std::string_view text : kBadDurations) {
    if (parse_duration(text)) print_error("accepted \"%s\"\n", text.data());
    assert_false(parse_duration(text).ok());
  }
}

CASE(units_reads_sizes_that_are_well_formed) {
  for (const Row& row : kSizes) {
    const auto value = parse_size(row.text);
    assert_true(value.ok());
    assert_int_equal(*value, row.value);
  }
}

CASE(units_refuses_sizes_that_are_not) {
  for (std::string_view text : kBadSizes) {
    if (parse_size(text)) print_error("accepted \"%s\"\n", text.data());
    assert_false(parse_size(text).ok());
  }
}

RUN_CASES(cmocka_unit_test(units_reads_durations_that_are_well_formed),
          cmocka_unit_test(units_refuses_durations_that_are_not),
          cmocka_unit_test(units_reads_sizes_that_are_well_formed), cmocka_unit_test(units_refuses_sizes_that_are_not))
