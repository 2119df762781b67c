// SPDX-License-Identifier: BSD-2-Clause
// Times, durations, sizes and counts.
#include "format.h"

#include <ctime>

#include "support/check.h"

using namespace pbxcred;
using namespace pbxcred::ctl;

namespace {

Time at(std::int64_t seconds) {
  return Time(std::chrono::seconds(seconds));
}

void set_zone(const char* zone) {
  setenv("TZ", zone, 1);
  tzset();
}

}  // namespace

CASE(format_writes_utc_to_the_second) {
  assert_string_equal(format_utc(at(1714557600)).c_str(), "2024-05-01T10:00:00Z");
  assert_string_equal(format_utc(Time(std::chrono::milliseconds(1714557600999))).c_str(), "2024-05-01T10:00:00Z");
  assert_string_equal(format_utc(Time(std::chrono::milliseconds(-1))).c_str(), "1969-12-31T23:59:59Z");
}

CASE(format_writes_local_time_with_its_zone) {
  set_zone("XST-5:30");
  assert_string_equal(format_local(at(1714557600)).c_str(), "2024-05-01 15:30:00 XST");
}

CASE(format_reads_times_in_both_forms) {
  set_zone("XST-2");
  struct Row {
    const char* text;
    std::int64_t seconds;
  };
  const Row rows[] = {{"2024-05-01T10:00:00Z", 1714557600},      {"2024-05-01T12:00:00+02:00", 1714557600},
                      {"2024-05-01T04:30:00-05:30", 1714557600}, {"2024-05-01 12:00", 1714557600},
                      {"2024-05-01T12:00:00", 1714557600},       {"2024-05-01", 1714514400},
                      {"2024-05-01T10:00:00.25Z", 1714557600}};
  for (const Row& row : rows) {
    const Result<Time> time = parse_time(row.text);
    assert_true(time.ok());
    assert_true(*time == at(row.seconds));
  }
}

CASE(format_refuses_what_is_no_time) {
  for (const char* text : {"", "today", "2024-02-30", "2023-02-29", "2024-13-01", "2024-05-01 24:00", "2024-05-01 12",
                           "2024-05-01 12:60", "2024-5-1", "2024-05-01x", "2024-05-01 12:00 CET",
                           "2024-05-01T10:00:00+2:00", "2024-05-01T10:00:00Zx", "1714557600", " 2024-05-01"})
    assert_false(parse_time(text).ok());
}

CASE(format_reads_durations_with_units_only) {
  struct Row {
    const char* text;
    std::int64_t seconds;
  };
  for (const Row& row :
       {Row{"90s", 90}, Row{"20m", 1200}, Row{"24h", 86400}, Row{"90d", 7776000}, Row{"2w", 1209600}}) {
    const auto duration = parse_duration(row.text);
    assert_true(duration.ok());
    assert_int_equal(duration->count(), row.seconds);
  }
  for (const char* text : {"", "24", "h", "0h", "-1h", "1.5h", "24hh", "24 h", "4294967296s", "99999999999d", "4000d"})
    assert_false(parse_duration(text).ok());
}

CASE(format_writes_sizes_and_counts) {
  assert_string_equal(format_size(0).c_str(), "0 B");
  assert_string_equal(format_size(1023).c_str(), "1023 B");
  assert_string_equal(format_size(1536).c_str(), "1.5 KiB");
  assert_string_equal(format_size(16ULL << 30).c_str(), "16 GiB");
  assert_string_equal(format_size(~0ULL).c_str(), "16 EiB");
  assert_string_equal(format_count(1, "user").c_str(), "1 user");
  assert_string_equal(format_count(0, "user").c_str(), "0 users");
}

RUN_CASES(cmocka_unit_test(format_writes_utc_to_the_second), cmocka_unit_test(format_writes_local_time_with_its_zone),
          cmocka_unit_test(format_reads_times_in_both_forms), cmocka_unit_test(format_refuses_what_is_no_time),
          cmocka_unit_test(format_reads_durations_with_units_only), cmocka_unit_test(format_writes_sizes_and_counts))
