// SPDX-License-Identifier: BSD-2-Clause
// Telephone numbers as people write them, compared as E.164.
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "rules/phone_number.h"
#include "support/check.h"

using namespace pbxcred;

namespace {

struct Row {
  const char* country;
  const char* typed;
  const char* e164;  ///< empty: cannot be told
};

void expect(const Row& row) {
  const std::string got = to_e164(row.typed, row.country).value_or("");
  if (got != row.e164) fail_msg("%s in %s: \"%s\", not \"%s\"", row.typed, row.country, got.c_str(), row.e164);
}

CASE(phone_number_is_read_as_its_country_writes_it) {
  const Row rows[] = {
      // Germany: trunk 0.
      {"DE", "+49 30 123456", "+4930123456"},
      {"DE", "030 123456", "+4930123456"},
      {"DE", "030/12 34-56", "+4930123456"},
      {"DE", "(030) 123456", "+4930123456"},
      {"DE", "+49 (0)30 123456", "+4930123456"},
      {"GB", "+44(0)20 7946 0123", "+442079460123"},
      {"JE", "01534 123456", "+441534123456"},
      {"FK", "27500", "+50027500"},
      {"DE", "0049 30 123456", "+4930123456"},
      {"DE", "123456", "+49123456"},
      // North America: the country code stands where others have a trunk prefix.
      {"US", "+1 212 555 1234", "+12125551234"},
      {"US", "1 (212) 555-1234", "+12125551234"},
      {"US", "(212) 555-1234", "+12125551234"},
      {"US", "212.555.1234", "+12125551234"},
      {"US", "011 49 30 123456", "+4930123456"},
      {"CA", "416 555 1234", "+14165551234"},
      // Italy: the zero belongs to the number.
      {"IT", "06 1234567", "+39061234567"},
      {"IT", "+39 06 1234567", "+39061234567"},
      {"IT", "0039 06 1234567", "+39061234567"},
      {"IT", "333 1234567", "+393331234567"},
      // Great Britain, France: trunk 0.
      {"GB", "020 7946 0958", "+442079460958"},
      {"GB", "+44 20 7946 0958", "+442079460958"},
      {"GB", "00 44 20 7946 0958", "+442079460958"},
      {"FR", "01 23 45 67 89", "+33123456789"},
      {"FR", "+33.1.23.45.67.89", "+33123456789"},
      // Hungary: trunk 06.
      {"HU", "06 1 234 5678", "+3612345678"},
      {"HU", "06-1-234-5678", "+3612345678"},
      {"HU", "+36 1 234 5678", "+3612345678"},
      {"HU", "0036 1 234 5678", "+3612345678"},
      {"HU", "1 234 5678", "+3612345678"},
      // A plus or an international prefix outrules the country.
      {"US", "+44 20 7946 0958", "+442079460958"},
      {"DE", "001 212 555 1234", "+12125551234"},
      {"de", "030 123456", "+4930123456"},
  };
  for (const Row& row : rows) expect(row);
}

CASE(phone_number_without_a_country_needs_a_plus) {
  expect({"", "+49 30 123456", "+4930123456"});
  expect({"", "030 123456", ""});
  expect({"", "0049 30 123456", ""});
  expect({"XX", "030 123456", ""});
  expect({"XX", "+49 30 123456", "+4930123456"});
}

CASE(phone_number_is_no_extension) {
  const Row rows[] = {
      {"DE", "100", ""}, {"DE", "0100", ""}, {"DE", "12", ""}, {"DE", "0", ""},    {"US", "100", ""},
      {"US", "1100", ""}, {"IT", "100", ""}, {"HU", "06100", ""}, {"GB", "0999", ""}, {"FR", "999", ""},
  };
  for (const Row& row : rows) expect(row);
}

CASE(phone_number_has_4_to_15_digits) {
  expect({"", "+123", ""});
  expect({"", "+1234", "+1234"});
  expect({"", "+123456789012345", "+123456789012345"});
  expect({"", "+1234567890123456", ""});
  expect({"DE", "01234567890123", "+491234567890123"});
  expect({"DE", "012345678901234", ""});
  expect({"", "+01234567", ""});  // no country code begins with 0
  expect({"DE", "00 0123456", ""});
}

CASE(phone_number_refuses_garbage) {
  for (const char* garbage : {"", " ", "+", "00", "0", "()", "abc", "alice", "030 12x456", "030,123456", "030;1", "#31#030123456",
                              "*97", "++49301234", "49+301234", "\xd9\xa1\xd9\xa2\xd9\xa3\xd9\xa4", "030\n123456", "1001@a.example",
                              "4845880834_310"}) {
    expect({"DE", garbage, ""});
    expect({"US", garbage, ""});
    expect({"", garbage, ""});
  }
}

CASE(phone_number_is_the_same_however_often_it_is_read) {
  for (const char* number : {"+4930123456", "+39061234567", "+12125551234", "+3612345678"})
    for (const char* country : {"DE", "US", "IT", "GB", "FR", "HU", ""}) expect({country, number, number});
}

CASE(countries_are_known_by_two_letters) {
  for (const char* country : {"DE", "US", "IT", "GB", "FR", "HU", "AD", "ZW", "de", "Us", "XK"})
    assert_true(is_known_country(country));
  for (const char* none : {"", "D", "DEU", "XX", "49", "  ", "EU", "UK", "ZZ"}) assert_false(is_known_country(none));
}

/// The table is searched by halves: whoever stands in the wrong place is not found.
CASE(countries_are_all_found_that_the_table_has) {
  const char* root = getenv("srcdir");
  std::ifstream in(std::string(root != nullptr ? root : ".") + "/libpbxcred/rules/phone_number.cc");
  const std::string source{std::istreambuf_iterator<char>(in), {}};
  int rows = 0;
  for (std::size_t at = source.find("{\""); at != std::string::npos; at = source.find("{\"", at + 1)) {
    const std::string country = source.substr(at + 2, 2);
    ++rows;
    if (!is_known_country(country)) fail_msg("%s is in the table and not found", country.c_str());
  }
  assert_true(rows >= 220);
}

}  // namespace

RUN_CASES(cmocka_unit_test(phone_number_is_read_as_its_country_writes_it),
          cmocka_unit_test(phone_number_without_a_country_needs_a_plus),
          cmocka_unit_test(phone_number_is_no_extension), cmocka_unit_test(phone_number_has_4_to_15_digits),
          cmocka_unit_test(phone_number_refuses_garbage),
          cmocka_unit_test(phone_number_is_the_same_however_often_it_is_read),
          cmocka_unit_test(countries_are_known_by_two_letters),
          cmocka_unit_test(countries_are_all_found_that_the_table_has))
