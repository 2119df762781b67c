// SPDX-License-Identifier: BSD-2-Clause
// Text and tables on a terminal: no name drives it, columns line up by what is seen.
#include "print_table.h"

#include "display.h"
#include "support/check.h"
#include "view_text.h"

using namespace pbxcred;
using namespace pbxcred::ctl;

CASE(display_escapes_what_drives_a_terminal) {
  struct Row {
    const char* text;
    const char* shown;
  };
  const Row rows[] = {{"Ada", "Ada"},
                      {"\033[31mred", "\\x1B[31mred"},
                      {"a\nb\tc\rd\x7f", "a\\x0Ab\\x09c\\x0Dd\\x7F"},
                      {"\xC2\x9B"
                       "2J",
                       "\\u{009B}2J"},  // C1 CSI
                      {"\xE2\x80\xAE"
                       "evil",
                       "\\u{202E}evil"},                    // right-to-left override
                      {"\xE2\x80\xA8", "\\u{2028}"},        // line separator
                      {"\xEF\xBB\xBF", "\\u{FEFF}"},        // byte order mark
                      {"bad\xFF\xC3", "bad\\xFF\\xC3"},     // not UTF-8
                      {"\xED\xA0\x80", "\\xED\\xA0\\x80"},  // surrogate
                      {"Zo\xC3\xAB \xE6\x9D\x8E", "Zo\xC3\xAB \xE6\x9D\x8E"}};
  for (const Row& row : rows) assert_string_equal(printable(row.text).c_str(), row.shown);
  assert_string_equal(printable(std::string_view("a\0b", 3)).c_str(), "a\\x00b");
}

CASE(display_counts_columns_and_not_bytes) {
  assert_int_equal(display_width("Zo\xC3\xAB"), 3);
  assert_int_equal(display_width("\xE6\x9D\x8E\xE5\x9B\x9B"), 4);  // wide
  assert_int_equal(display_width("e\xCC\x81"), 1);                 // combining
  assert_string_equal(fit("\xE6\x9D\x8E\xE5\x9B\x9B\xE5\x85\x89", 4).c_str(), "\xE6\x9D\x8E…");
  assert_string_equal(fit("abcd", 4).c_str(), "abcd");
  assert_string_equal(fit("abcde", 4).c_str(), "abc…");
}

CASE(table_lines_up_by_what_is_seen) {
  const Table table = {{"name", false, {"\xE6\x9D\x8E", "Zo\xC3\xAB", "a\nb"}}, {"n", true, {"1", "10", ""}}};
  assert_string_equal(table_text(table, 0).c_str(),
                      "name     n\n"
                      "\xE6\x9D\x8E       1\n"
                      "Zo\xC3\xAB     10\n"
                      "a\\x0Ab\n");
}

CASE(table_shortens_the_widest_column_to_the_width) {
  const Table table = {{"account", false, {"1001@acme.example"}}, {"last", false, {std::string(60, 'x')}}};
  const std::string text = table_text(table, 40);
  assert_string_equal(text.c_str(),
                      ("account            last\n1001@acme.example  " + std::string(20, 'x') + "…\n").c_str());
  assert_int_equal(table_text(table, 0).size(), 24 + 17 + 2 + 60 + 1);
  assert_string_equal(table_text({}, 40).c_str(), "");
}

CASE(view_text_chooses_and_orders_columns) {
  LockView lock;
  lock.account = "1001@acme.example";
  lock.kind = "voicemail";
  lock.failures = 5;
  const Table table = table_of(std::vector{lock}, {"kind", "failures"});
  assert_string_equal(table_text(table, 0).c_str(), "kind       failures\nvoicemail         5\n");
}

CASE(view_text_shows_a_record_with_its_tables) {
  AccountView account;
  account.account = "1001@acme.example";
  account.first = "A\033da";
  account.kinds.resize(2);
  account.kinds[0].kind = "password";
  account.kinds[0].set = true;
  account.kinds[1].kind = "voicemail";
  const std::string text = record_text(fields_of(account), 0);
  assert_non_null(strstr(text.c_str(), "account     1001@acme.example\n"));
  assert_non_null(strstr(text.c_str(), "first       A\\x1Bda\n"));
  assert_null(strstr(text.c_str(), "\nemail"));  // nothing to say
  assert_non_null(strstr(text.c_str(), "\n\nkind       failures  state\n"));
  assert_non_null(strstr(text.c_str(), "\npassword          0  set\n"));
  assert_non_null(strstr(text.c_str(), "\nvoicemail         0  not set\n"));
}

CASE(view_text_sums_up_secrets_in_a_list) {
  std::vector<KindView> kinds(3);
  kinds[0].kind = "password";
  kinds[0].set = true;
  kinds[1].kind = "voicemail";
  kinds[1].set = kinds[1].locked_permanently = kinds[1].weak = true;
  kinds[2].kind = "login";
  assert_string_equal(text_of(kinds).c_str(), "password, voicemail (locked, weak)");
}

RUN_CASES(cmocka_unit_test(display_escapes_what_drives_a_terminal),
          cmocka_unit_test(display_counts_columns_and_not_bytes), cmocka_unit_test(table_lines_up_by_what_is_seen),
          cmocka_unit_test(table_shortens_the_widest_column_to_the_width),
          cmocka_unit_test(view_text_chooses_and_orders_columns),
          cmocka_unit_test(view_text_shows_a_record_with_its_tables),
          cmocka_unit_test(view_text_sums_up_secrets_in_a_list))
