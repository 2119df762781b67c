// SPDX-License-Identifier: BSD-2-Clause
// One canonical form for every path (R20, design §3): names, extensions, domains, texts, addresses, secrets.
#include <string>
#include <string_view>

#include "model/id.h"
#include "model/name.h"
#include "support/check.h"
#include "wire/limits.h"

using namespace pbxcred;

namespace {

using Form = Result<std::string> (*)(std::string_view);

std::string shown(const Result<std::string>& result) {
  if (result) return *result;
  return std::string("!") + name_of(result.error().code);
}

void expect(Form form, std::string_view typed, std::string_view wanted) {
  const std::string got = shown(form(typed));
  if (got != wanted)
    fail_msg("\"%.*s\" became \"%s\", not \"%.*s\"", static_cast<int>(typed.size()), typed.data(), got.c_str(),
             static_cast<int>(wanted.size()), wanted.data());
}

constexpr std::string_view kRefused = "!invalid";

std::string repeat(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

// U+00E4 in one and in two code points.
constexpr std::string_view kComposed = "\xc3\xa4";
constexpr std::string_view kDecomposed = "a\xcc\x88";
// MUSICAL SYMBOL SIXTEENTH NOTE: 4 bytes, 12 in NFC (it is excluded from composition).
constexpr std::string_view kNote = "\xf0\x9d\x85\xa1";
constexpr std::string_view kHalfNote = "\xf0\x9d\x85\x9e";  // U+1D15E: 4 bytes, 8 in NFC

CASE(name_forms_agree_for_composed_and_decomposed) {
  expect(display_name, kComposed, kComposed);
  expect(display_name, kDecomposed, kComposed);
  expect(canonical_name, kDecomposed, kComposed);
  expect(canonical_name, "A\xcc\x88", kComposed);
  expect(canonical_name, "\xc3\x84", kComposed);
  expect(display_name, "\xc3\x84", "\xc3\x84");
  expect(display_text, kDecomposed, kComposed);
  expect(canonical_name, "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", "\xed\x95\x9c");  // Hangul jamo
}

CASE(canonical_name_folds_case) {
  const struct {
    std::string_view typed, wanted;
  } rows[] = {
      {"Mueller", "mueller"},
      {"11635-05", "11635-05"},             // R20
      {"4845880834.310", "4845880834.310"}, // R20
      {"ALICE@Example.COM", "alice@example.com"},
      {"Stra\xc3\x9f" "e", "strasse"},
      {"STRASSE", "strasse"},
      {"STRA\xe1\xba\x9e" "E", "strasse"},             // U+1E9E
      {"\xc4\xb0", "i\xcc\x87"},                       // İ: two code points
      {"\xc4\xb1", "\xc4\xb1"},                        // ı stays
      {"\xce\xa3\xce\xaf\xcf\x82", "\xcf\x83\xce\xaf\xcf\x83"},  // Σίς
      {"\xef\xac\x81", "fi"},                          // the ligature
      {"\xe2\x84\xaa", "k"},                           // the Kelvin sign
      {"\xd0\x98\xd0\x92\xd0\x90\xd0\x9d", "\xd0\xb8\xd0\xb2\xd0\xb0\xd0\xbd"},
  };
  for (const auto& row : rows) {
    expect(canonical_name, row.typed, row.wanted);
    expect(canonical_name, row.wanted, row.wanted);  // folding twice changes nothing
  }
}

CASE(display_name_keeps_case) {
  expect(display_name, "McDonald", "McDonald");
  expect(display_name, "Stra\xc3\x9f" "e", "Stra\xc3\x9f" "e");
}

CASE(name_has_at_most_255_bytes_before_and_after) {
  expect(canonical_name, std::string(255, 'a'), std::string(255, 'a'));
  expect(canonical_name, std::string(256, 'a'), kRefused);
  expect(display_name, std::string(256, 'a'), kRefused);
  expect(canonical_name, "", kRefused);
  expect(display_name, "", kRefused);
  // 21 notes: 84 bytes become 252. 22: 88 become 264.
  assert_int_equal(shown(display_name(repeat(kNote, 21))).size(), 252);
  expect(display_name, repeat(kNote, 22), kRefused);
  expect(canonical_name, repeat(kNote, 22), kRefused);
  expect(display_text, repeat(kNote, 22), kRefused);
  expect(display_text, std::string(256, 'a'), kRefused);
  expect(display_name, repeat(kNote, 63), kRefused);  // 252 bytes typed
  // Shorter after than before still counts before.
  expect(display_name, repeat(kDecomposed, 86), kRefused);
  assert_int_equal(shown(display_name(repeat(kDecomposed, 85))).size(), 170);
  // Folding may lengthen: İ has 2 bytes, folded 3.
  assert_int_equal(shown(canonical_name(repeat("\xc4\xb0", 85))).size(), 255);
  expect(canonical_name, repeat("\xc4\xb0", 86), kRefused);
  assert_int_equal(shown(display_name(repeat("\xc4\xb0", 86))).size(), 172);
}

CASE(name_refuses_control_characters) {
  for (int c = 0; c < 0x20; ++c) {
    const std::string name = std::string("a") + static_cast<char>(c) + "b";
    expect(canonical_name, name, kRefused);
    expect(display_name, name, kRefused);
    expect(display_text, name, kRefused);
    expect(canonical_name, name + std::string(kComposed), kRefused);
  }
  expect(canonical_name, "a\x7f", kRefused);
  expect(canonical_name, std::string(kComposed) + "\x7f", kRefused);
  expect(canonical_name, "a\xc2\x85", kRefused);  // U+0085, next line
  expect(canonical_name, "a\xc2\x9f", kRefused);
  expect(canonical_name, "a\xc2\xa1", "a\xc2\xa1");
}

CASE(name_refuses_what_is_not_utf8) {
  for (const std::string_view bytes : {"\xff", "a\x80", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80",
                                       "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "a\xc3(", "\xe2\x82"}) {
    expect(canonical_name, bytes, kRefused);
    expect(display_name, bytes, kRefused);
    expect(display_text, bytes, kRefused);
  }
}

CASE(name_refuses_a_blank_at_an_end) {
  expect(canonical_name, " a", kRefused);
  expect(canonical_name, "a ", kRefused);
  expect(canonical_name, " ", kRefused);
  expect(display_name, std::string(kComposed) + " ", kRefused);
  expect(display_name, "Anna Maria", "Anna Maria");
}

CASE(canonical_extension_takes_what_the_design_allows) {
  expect(canonical_extension, "1001", "1001");
  expect(canonical_extension, "11635-05", "11635-05");
  expect(canonical_extension, "4845880834.310", "4845880834.310");
  expect(canonical_extension, "Lobby_A", "lobby_a");
  expect(canonical_extension, std::string(64, '9'), std::string(64, '9'));
  expect(canonical_extension, std::string(65, '9'), kRefused);
  for (const std::string_view bad : {"", " ", "10 01", "10@01", "1001@a", "*97", "#", "+49", "a/b", "\xc3\xa4",
                                     "\xd9\xa1", "1\n", "\"", "a'b", "1,2"})
    expect(canonical_extension, bad, kRefused);
  expect(canonical_extension, std::string_view("1\0", 2), kRefused);
  expect(canonical_extension, "\xe2\x84\xaa", kRefused);  // Kelvin: folded it would be k
}

CASE(canonical_domain_takes_what_the_design_allows) {
  expect(canonical_domain, "Example.COM", "example.com");
  expect(canonical_domain, "default", "default");
  expect(canonical_domain, "a-b_c.9", "a-b_c.9");
  expect(canonical_domain, std::string(253, 'd'), std::string(253, 'd'));
  expect(canonical_domain, std::string(254, 'd'), kRefused);
  for (const std::string_view bad : {"", "a b", "a@b", "a/b", "\xc3\xa4.example", "[::1]", "a:5060", "a\n"})
    expect(canonical_domain, bad, kRefused);
}

CASE(display_text_may_be_empty) {
  expect(display_text, "", "");
  expect(display_text, "Ground floor, left", "Ground floor, left");
  expect(display_text, std::string(255, 'x'), std::string(255, 'x'));
}

CASE(mail_address_takes_one_plain_address) {
  expect(mail_address, "", "");
  expect(mail_address, "Alice.Smith+pbx@Example.com", "Alice.Smith+pbx@Example.com");
  expect(mail_address, "o'brien@example.com", "o'brien@example.com");
  expect(mail_address, std::string(kDecomposed) + "@example.com", std::string(kComposed) + "@example.com");
  expect(mail_address, std::string(242, 'a') + "@example.com", std::string(242, 'a') + "@example.com");
  expect(mail_address, std::string(243, 'a') + "@example.com", kRefused);
  for (const std::string_view bad :
       {"alice", "@example.com", "alice@", "@", "a@b@c", "a b@c", "a@b c", "a@b\t", "<a@b>", "a@b>", "\"a\"@b", "a@b,c@d",
        "a@b;c", "a@[1.2.3.4]", "a(x)@b", "a:b@c", "a\\b@c", "a@b\n", "a@b\r\nBcc: x", "a@\xff", " a@b", "a@b "})
    expect(mail_address, bad, kRefused);
  expect(mail_address, std::string_view("a@b\0", 4), kRefused);
}

// ---- secrets

std::string set(std::string_view typed) {
  const auto secret = secret_to_set({as_bytes(typed)});
  return secret ? std::string(as_text(secret->view().bytes)) : std::string("!") + name_of(secret.error().code);
}
std::string checked(std::string_view typed) {
  const Secret secret = secret_to_check({as_bytes(typed)});
  return std::string(as_text(secret.view().bytes));
}
void expect_text(const std::string& got, std::string_view wanted) {
  if (got != wanted) fail_msg("\"%s\", not \"%.*s\"", got.c_str(), static_cast<int>(wanted.size()), wanted.data());
}

CASE(secret_is_the_same_composed_and_decomposed) {
  expect_text(set(kDecomposed), kComposed);
  expect_text(checked(kDecomposed), kComposed);
  expect_text(set(kComposed), kComposed);
  expect_text(checked(kComposed), kComposed);
}

CASE(secret_keeps_its_case_and_blanks) {
  expect_text(set(" Correct Horse "), " Correct Horse ");
  expect_text(checked(" Correct Horse "), " Correct Horse ");
  expect_text(set("Stra\xc3\x9f" "e"), "Stra\xc3\x9f" "e");
  expect_text(set("\xc4\xb0"), "\xc4\xb0");
  expect_text(set("\xef\xac\x81"), "\xef\xac\x81");  // NFC, not NFKC
}

CASE(secret_has_1_to_1024_bytes) {
  expect_text(set(""), kRefused);
  expect_text(checked(""), "");
  expect_text(set(std::string(1024, 'x')), std::string(1024, 'x'));
  expect_text(checked(std::string(1024, 'x')), std::string(1024, 'x'));
  expect_text(set(std::string(1025, 'x')), kRefused);
  expect_text(checked(std::string(1025, 'x')), "");
}

CASE(secret_limits_hold_after_normalising) {
  assert_int_equal(set(repeat(kHalfNote, 128)).size(), 1024);
  assert_int_equal(checked(repeat(kHalfNote, 128)).size(), 1024);
  expect_text(set(repeat(kHalfNote, 129)), kRefused);
  expect_text(checked(repeat(kHalfNote, 129)), "");
  expect_text(set(repeat(kNote, 256)), kRefused);  // 1024 bytes become 3072
  expect_text(checked(repeat(kNote, 256)), "");
  // Too long before, short enough after: refused all the same.
  expect_text(set(repeat(kDecomposed, 342)), kRefused);
  expect_text(checked(repeat(kDecomposed, 342)), "");
}

CASE(secret_is_refused_when_set_and_compared_as_bytes_when_checked_if_not_utf8) {
  for (const std::string_view bytes : {"\xff\xfe", "pass\x80", "\xc3", "\xed\xa0\x80", "abc\xc0\xaf"}) {
    expect_text(set(bytes), kRefused);
    expect_text(checked(bytes), bytes);
  }
  // Latin-1 bytes are not taken for the UTF-8 secret they look like.
  assert_false(checked("\xe4") == set(kComposed));
}

CASE(secret_with_control_characters_cannot_be_set) {
  for (int c = 0; c < 0x20; ++c) expect_text(set(std::string("abc") + static_cast<char>(c)), kRefused);
  expect_text(set("abc\x7f"), kRefused);
  expect_text(set(std::string(kComposed) + "\n"), kRefused);
  expect_text(set("abc\xc2\x85"), kRefused);
  // Checked, they are only what they are: they match nothing that could be set.
  expect_text(checked("abc\n"), "abc\n");
}

CASE(secret_checked_equals_secret_set_for_whatever_can_be_set) {
  for (const std::string_view typed :
       {"4711", "Tr0ub4dor&3", "\xc3\xa4\xc3\xb6\xc3\xbc", "a\xcc\x88o\xcc\x88", "\xe1\x84\x92\xe1\x85\xa1",
        "\xf0\x9f\x94\x91 key", "q\xcc\xa3\xcc\x87", "q\xcc\x87\xcc\xa3"})
    expect_text(checked(typed), set(typed));
  assert_true(set("q\xcc\xa3\xcc\x87") == set("q\xcc\x87\xcc\xa3"));  // order of marks
}

CASE(count_characters_counts_code_points) {
  const auto count = [](std::string_view text) { return count_characters(as_bytes(text)); };
  assert_int_equal(count(""), 0);
  assert_int_equal(count("1234"), 4);
  assert_int_equal(count(kComposed), 1);
  assert_int_equal(count("\xf0\x9f\x94\x91\xf0\x9f\x94\x91"), 2);
}

CASE(id_shows_as_lower_case_hexadecimal) {
  AccountId id;
  for (std::size_t i = 0; i < id.size(); ++i) id.raw[i] = static_cast<std::uint8_t>(i * 17);
  assert_string_equal(to_hex(id.bytes()).c_str(), "00112233445566778899aabbccddeeff");
  assert_string_equal(to_hex({}).c_str(), "");
  AccountId other = id;
  assert_true(id == other);
  other.raw[15] ^= 1;
  assert_true(id != other && (id < other) != (other < id));
}

}  // namespace

RUN_CASES(cmocka_unit_test(name_forms_agree_for_composed_and_decomposed), cmocka_unit_test(canonical_name_folds_case),
          cmocka_unit_test(display_name_keeps_case), cmocka_unit_test(name_has_at_most_255_bytes_before_and_after),
          cmocka_unit_test(name_refuses_control_characters), cmocka_unit_test(name_refuses_what_is_not_utf8),
          cmocka_unit_test(name_refuses_a_blank_at_an_end),
          cmocka_unit_test(canonical_extension_takes_what_the_design_allows),
          cmocka_unit_test(canonical_domain_takes_what_the_design_allows),
          cmocka_unit_test(display_text_may_be_empty), cmocka_unit_test(mail_address_takes_one_plain_address),
          cmocka_unit_test(secret_is_the_same_composed_and_decomposed),
          cmocka_unit_test(secret_keeps_its_case_and_blanks), cmocka_unit_test(secret_has_1_to_1024_bytes),
          cmocka_unit_test(secret_limits_hold_after_normalising),
          cmocka_unit_test(secret_is_refused_when_set_and_compared_as_bytes_when_checked_if_not_utf8),
          cmocka_unit_test(secret_with_control_characters_cannot_be_set),
          cmocka_unit_test(secret_checked_equals_secret_set_for_whatever_can_be_set),
          cmocka_unit_test(count_characters_counts_code_points),
          cmocka_unit_test(id_shows_as_lower_case_hexadecimal))
