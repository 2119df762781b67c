// SPDX-License-Identifier: BSD-2-Clause
// The codec of tagged fields, on types of its own.
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/fields.h"
#include "base/secret.h"
#include "support/check.h"

namespace {

enum class Colour : std::uint8_t { kRed, kGreen, kBlue };
enum class Wide : std::uint16_t { kA, kB };

}  // namespace

namespace pbxcred {
template <>
inline constexpr std::uint64_t kEnumEnd<Colour> = 3;
template <>
inline constexpr std::uint64_t kEnumEnd<Wide> = 2;
}  // namespace pbxcred

using namespace pbxcred;

namespace {

struct Point {
  std::uint32_t x = 0;
  std::int64_t y = 0;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& p) {
    v(1, "x", p.x);
    v(2, "y", p.y);
  }
  bool operator==(const Point&) const = default;
};

struct Defaults {
  std::uint32_t a = 17;
  std::string b = "b";
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& d) {
    v(1, "a", d.a);
    v(2, "b", d.b);
  }
};

struct Sparse {
  std::uint32_t z = 0;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& s) { v(4, "z", s.z); }
};

/// Every kind of value there is.
struct Everything {
  bool yes = false;
  std::uint8_t small = 0;
  std::uint64_t large = 0;
  std::int32_t negative = 0;
  Colour colour = Colour::kRed;
  Wide wide = Wide::kA;
  std::string owned;
  std::string_view borrowed;
  Bytes raw;
  SecretView secret_view;
  Secret secret;
  std::array<std::uint8_t, 4> fixed{};
  std::vector<std::uint8_t> bytes;
  Time time{};
  std::chrono::seconds duration{0};
  std::optional<std::uint32_t> some, none;
  std::optional<std::string> empty_text;
  Point point;
  std::vector<Point> points;
  std::vector<std::string> texts;
  std::vector<std::uint64_t> numbers;
  std::vector<Colour> colours;
  BoundedList<Point, 3> few;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& e) {
    v(1, "yes", e.yes);
    v(2, "small", e.small);
    v(3, "large", e.large);
    v(4, "negative", e.negative);
    v(5, "colour", e.colour);
    v(6, "wide", e.wide);
    v(7, "owned", e.owned);
    v(8, "borrowed", e.borrowed);
    v(9, "raw", e.raw);
    v(10, "secret_view", e.secret_view);
    v(11, "secret", e.secret);
    v(12, "fixed", e.fixed);
    v(13, "bytes", e.bytes);
    v(14, "time", e.time);
    v(15, "duration", e.duration);
    v(16, "some", e.some);
    v(17, "none", e.none);
    v(18, "empty_text", e.empty_text);
    v(19, "point", e.point);
    v(20, "points", e.points);
    v(21, "texts", e.texts);
    v(22, "numbers", e.numbers);
    v(23, "colours", e.colours);
    v(255, "few", e.few);
  }
};

Everything full() {
  Everything e;
  e.yes = true;
  e.small = 0xfe;
  e.large = 0x0123456789abcdef;
  e.negative = -70000;
  e.colour = Colour::kBlue;
  e.wide = Wide::kB;
  e.owned = std::string("ow\0ned", 6);
  e.borrowed = "borrowed";
  e.raw = as_bytes("raw");
  e.secret_view = {as_bytes("view")};
  e.secret = Secret(as_bytes("secret"));
  e.fixed = {1, 2, 3, 4};
  e.bytes = {5, 6};
  e.time = Time(std::chrono::milliseconds(-1234567890123));
  e.duration = std::chrono::seconds(-3);
  e.some = 0;
  e.empty_text = "";
  e.point = {1, -2};
  e.points = {{3, 4}, {5, 6}};
  e.texts = {"", "a", "bc"};
  e.numbers = {7, 0, UINT64_MAX};
  e.colours = {Colour::kGreen, Colour::kRed};
  e.few.push_back({8, 9});
  return e;
}

template <class T>
std::string encoded(const T& value) {
  SecureBuffer buffer;
  encode(buffer, value);
  return std::string(as_text(buffer.view()));
}

/// tag, size and body of one field.
std::string field(std::uint8_t tag, std::string_view body) {
  SecureBuffer buffer;
  append_integer(buffer, tag);
  append_integer(buffer, static_cast<std::uint32_t>(body.size()));
  buffer.append(as_bytes(body));
  return std::string(as_text(buffer.view()));
}

template <class T>
bool decodes(std::string_view bytes) {
  T value;
  return decode(as_bytes(bytes), value);
}

const std::string kX = field(1, std::string_view("\x01\x00\x00\x00", 4));
const std::string kY = field(2, std::string_view("\x02\x00\x00\x00\x00\x00\x00\x00", 8));

CASE(fields_have_the_documented_form) {
  assert_true(encoded(Point{1, 2}) == kX + kY);
  assert_int_equal(kX.size(), 1 + 4 + 4);
}

CASE(fields_survive_the_round_trip_of_every_kind) {
  const std::string bytes = encoded(full());
  Everything back;
  assert_true(decode(as_bytes(bytes), back));
  assert_true(back.yes);
  assert_int_equal(back.small, 0xfe);
  assert_true(back.large == 0x0123456789abcdef);
  assert_int_equal(back.negative, -70000);
  assert_true(back.colour == Colour::kBlue && back.wide == Wide::kB);
  assert_true(back.owned == std::string("ow\0ned", 6));
  assert_true(back.borrowed == "borrowed");
  assert_true(as_text(back.raw) == "raw");
  assert_true(as_text(back.secret_view.bytes) == "view");
  assert_true(as_text(back.secret.view().bytes) == "secret");
  assert_true(back.fixed == full().fixed && back.bytes == full().bytes);
  assert_true(back.time == full().time && back.duration == full().duration);
  assert_true(back.some.has_value() && *back.some == 0);
  assert_false(back.none.has_value());
  assert_true(back.empty_text.has_value() && back.empty_text->empty());
  assert_true(back.point == full().point && back.points == full().points);
  assert_true(back.texts == full().texts && back.numbers == full().numbers && back.colours == full().colours);
  assert_int_equal(back.few.size(), 1);
  assert_true(back.few[0] == (Point{8, 9}));
  assert_true(encoded(back) == bytes);
}

CASE(fields_borrow_from_the_packet) {
  const std::string bytes = encoded(full());
  Everything back;
  assert_true(decode(as_bytes(bytes), back));
  const auto inside = [&](const void* p) { return p >= bytes.data() && p < bytes.data() + bytes.size(); };
  assert_true(inside(back.borrowed.data()) && inside(back.raw.data()) && inside(back.secret_view.bytes.data()));
  assert_false(inside(back.owned.data()));
}

CASE(fields_keep_their_defaults_when_absent) {
  Defaults value;
  assert_true(decode({}, value));
  assert_int_equal(value.a, 17);
  assert_string_equal(value.b.c_str(), "b");
}

/// Cut anywhere, a value is malformed; cut between two fields, it holds the ones in front and nothing else.
CASE(fields_never_pass_for_something_else_when_cut) {
  const std::string bytes = encoded(full());
  std::size_t whole = 0;  // boundaries between top-level fields
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ByteReader reader(as_bytes(bytes).first(size));
    while (!reader.at_end() && reader.ok()) {
      (void)reader.integer<std::uint8_t>();
      (void)reader.take(reader.integer<std::uint32_t>());
    }
    // A copy of exactly this size: a sanitizer sees a read behind its end.
    const std::vector<std::uint8_t> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    Everything back;
    const bool decoded = decode(Bytes(cut), back);
    assert_true(decoded == reader.ok());
    if (!decoded) continue;
    ++whole;
    // What stands in front of the cut comes back as it went in.
    assert_true(encoded(back).compare(0, size, bytes, 0, size) == 0);
  }
  assert_int_equal(whole, 23);  // one field is absent, and behind the last there is nothing to cut
}

CASE(fields_refuse_a_tag_twice) { assert_false(decodes<Point>(kX + kX)); }
CASE(fields_refuse_descending_tags) { assert_false(decodes<Point>(kY + kX)); }
CASE(fields_refuse_tag_zero) { assert_false(decodes<Point>(field(0, "") + kX)); }

CASE(fields_skip_unknown_tags) {
  Point value;
  assert_true(decode(as_bytes(kX + kY + field(9, "later") + field(200, "")), value));
  assert_true(value == (Point{1, 2}));
  const std::string bytes = kX + field(3, "unknown") + field(4, std::string_view("\x07\0\0\0", 4)) + field(5, "");
  Sparse sparse;
  assert_true(decode(as_bytes(bytes), sparse));
  assert_int_equal(sparse.z, 7);
}

CASE(fields_refuse_what_is_malformed_even_behind_unknown_tags) {
  assert_false(decodes<Point>(kX + kY + field(9, "a") + field(9, "a")));
  assert_false(decodes<Point>(kX + kY + field(9, "a") + field(8, "a")));
  assert_false(decodes<Point>(kX + kY + field(9, "abc").substr(0, 6)));
}

CASE(fields_refuse_trailing_bytes) {
  for (std::size_t size = 1; size < 5; ++size) assert_false(decodes<Point>(kX + kY + std::string(size, '\x03')));
}

CASE(fields_refuse_a_wrong_size) {
  assert_false(decodes<Point>(field(1, "abc")));
  assert_false(decodes<Point>(field(1, "abcde")));
  assert_false(decodes<Point>(field(1, "")));
  assert_false(decodes<Everything>(field(12, "abc")));
  assert_false(decodes<Everything>(field(12, "abcde")));
  assert_false(decodes<Everything>(field(14, "abc")));
  assert_false(decodes<Everything>(field(15, "")));
  assert_false(decodes<Everything>(field(16, "a")));
}

CASE(fields_refuse_a_size_beyond_the_end) {
  std::string bytes = kX;
  bytes[1] = '\xff';
  assert_false(decodes<Point>(bytes));
  bytes[2] = bytes[3] = bytes[4] = '\xff';
  assert_false(decodes<Point>(bytes));
}

CASE(fields_refuse_a_bool_that_is_neither) {
  assert_true(decodes<Everything>(field(1, std::string_view("\0", 1))));
  assert_true(decodes<Everything>(field(1, "\x01")));
  assert_false(decodes<Everything>(field(1, "\x02")));
  assert_false(decodes<Everything>(field(1, "\xff")));
  assert_false(decodes<Everything>(field(1, "")));
  assert_false(decodes<Everything>(field(1, std::string_view("\1\0", 2))));
}

CASE(fields_refuse_an_enumerator_out_of_range) {
  assert_true(decodes<Everything>(field(5, "\x02")));
  assert_false(decodes<Everything>(field(5, "\x03")));
  assert_false(decodes<Everything>(field(5, "\xff")));
  assert_true(decodes<Everything>(field(6, std::string_view("\x01\x00", 2))));
  assert_false(decodes<Everything>(field(6, std::string_view("\x02\x00", 2))));
  assert_false(decodes<Everything>(field(6, std::string_view("\x00\x01", 2))));
  assert_false(decodes<Everything>(field(6, "\x01")));
}

std::string item(std::string_view body) { return field(1, body).substr(1); }

CASE(fields_refuse_a_malformed_list) {
  assert_true(decodes<Everything>(field(21, item("a") + item("") + item("b"))));
  assert_false(decodes<Everything>(field(21, item("a") + item("bcd").substr(0, 6))));
  assert_false(decodes<Everything>(field(21, item("a") + "x")));
  assert_false(decodes<Everything>(field(22, item("1234567"))));
  assert_false(decodes<Everything>(field(23, item("\x03"))));
  assert_false(decodes<Everything>(field(20, item(kX + kX))));
}

CASE(fields_refuse_a_bounded_list_that_overflows) {
  const std::string one = item(kX + kY);
  assert_true(decodes<Everything>(field(255, one + one + one)));
  assert_false(decodes<Everything>(field(255, one + one + one + one)));
}

CASE(fields_replace_what_a_list_held) {
  Everything value = full();
  assert_true(decode(as_bytes(field(21, item("only")) + field(255, "")), value));
  assert_int_equal(value.texts.size(), 1);
  assert_true(value.few.empty());
}

CASE(fields_refuse_a_malformed_field_within_a_field) {
  assert_true(decodes<Everything>(field(19, kX + kY)));
  assert_false(decodes<Everything>(field(19, kY + kX)));
  assert_false(decodes<Everything>(field(19, kX + kY + "x")));
}

/// Every single byte changed to some other values: no crash, and what passes encodes to as many fields.
CASE(fields_survive_any_changed_byte) {
  const std::string bytes = encoded(full());
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const int change : {0x01, 0x80, 0xff, 0x10}) {
      std::vector<std::uint8_t> changed(bytes.begin(), bytes.end());
      changed[at] = static_cast<std::uint8_t>(changed[at] ^ change);
      Everything back;
      if (decode(Bytes(changed), back)) assert_true(decodes<Everything>(encoded(back)));
    }
  }
}

CASE(fields_do_not_fit_a_writer_that_is_too_small) {
  const std::string bytes = encoded(Point{1, 2});
  std::vector<std::uint8_t> memory(bytes.size());
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    ByteWriter writer(MutableBytes(memory.data(), size));
    encode(writer, Point{1, 2});
    assert_true(writer.ok() == (size == bytes.size()));
  }
  assert_true(as_text(Bytes(memory)) == bytes);
}

}  // namespace

RUN_CASES(cmocka_unit_test(fields_have_the_documented_form),
          cmocka_unit_test(fields_survive_the_round_trip_of_every_kind),
          cmocka_unit_test(fields_borrow_from_the_packet), cmocka_unit_test(fields_keep_their_defaults_when_absent),
          cmocka_unit_test(fields_never_pass_for_something_else_when_cut), cmocka_unit_test(fields_refuse_a_tag_twice),
          cmocka_unit_test(fields_refuse_descending_tags), cmocka_unit_test(fields_refuse_tag_zero),
          cmocka_unit_test(fields_skip_unknown_tags),
          cmocka_unit_test(fields_refuse_what_is_malformed_even_behind_unknown_tags),
          cmocka_unit_test(fields_refuse_trailing_bytes), cmocka_unit_test(fields_refuse_a_wrong_size),
          cmocka_unit_test(fields_refuse_a_size_beyond_the_end),
          cmocka_unit_test(fields_refuse_a_bool_that_is_neither),
          cmocka_unit_test(fields_refuse_an_enumerator_out_of_range), cmocka_unit_test(fields_refuse_a_malformed_list),
          cmocka_unit_test(fields_refuse_a_bounded_list_that_overflows),
          cmocka_unit_test(fields_replace_what_a_list_held),
          cmocka_unit_test(fields_refuse_a_malformed_field_within_a_field),
          cmocka_unit_test(fields_survive_any_changed_byte),
          cmocka_unit_test(fields_do_not_fit_a_writer_that_is_too_small))
