// SPDX-License-Identifier: BSD-2-Clause
// Keyed hashes: boundaries, keys, and values that must never change because stores hold them.
#include "crypto/keyed_hash.h"

#include <string>

#include "model/id.h"
#include "support/check.h"

using namespace pbxcred;

namespace {

constexpr std::array<std::uint8_t, 32> kOne{1}, kTwo{2};

Hash16 hash(std::initializer_list<Bytes> parts) {
  return keyed_hash(Subkey(kOne), parts);
}

}  // namespace

CASE(keyed_hash_depends_on_where_parts_end) {
  assert_true(hash({as_bytes("ab"), as_bytes("c")}) != hash({as_bytes("a"), as_bytes("bc")}));
  assert_true(hash({as_bytes("abc")}) != hash({as_bytes("abc"), {}}));
  assert_true(hash({as_bytes("abc")}) != hash({{}, as_bytes("abc")}));
  assert_true(hash({}) != hash({Bytes()}));
  const char inner[] = "\1\0\0\0\0\0\0\0";  // a part that looks like the length of the next
  assert_true(hash({Bytes(as_bytes(std::string_view(inner, 8))), as_bytes("x")}) != hash({as_bytes("x")}));
}

CASE(keyed_hash_is_the_same_for_the_same_parts) {
  assert_true(hash({as_bytes("a"), as_bytes("b")}) == hash({as_bytes("a"), as_bytes("b")}));
}

CASE(keyed_hash_depends_on_the_key) {
  assert_true(keyed_hash(Subkey(kOne), {as_bytes("a")}) != keyed_hash(Subkey(kTwo), {as_bytes("a")}));
  assert_true(mac16(Subkey(kOne), as_bytes("a")) != mac16(Subkey(kTwo), as_bytes("a")));
}

CASE(mac16_is_apart_from_keyed_hash) {
  const std::string framed("\1\0\0\0\0\0\0\0a", 9);
  assert_true(mac16(Subkey(kOne), as_bytes(framed)) != hash({as_bytes("a")}));
  assert_true(mac16(Subkey(kOne), as_bytes("a")) != hash({as_bytes("a")}));
  assert_true(mac16(Subkey(kOne), as_bytes("a")) != mac16(Subkey(kOne), as_bytes("b")));
}

// Computed apart, with Python's hashlib.blake2b(digest_size=16, key=, person=).
CASE(keyed_hash_gives_what_stores_hold) {
  assert_string_equal(to_hex(Bytes(hash({as_bytes("1001"), as_bytes("sip.example")}))).c_str(),
                      "2dd6bbda2e299561b1f83436eee1139c");
  assert_string_equal(to_hex(Bytes(mac16(Subkey(kOne), as_bytes("1001")))).c_str(), "78c516ed933d72caf587cd667bef5ba9");
}

RUN_CASES(cmocka_unit_test(keyed_hash_depends_on_where_parts_end),
          cmocka_unit_test(keyed_hash_is_the_same_for_the_same_parts), cmocka_unit_test(keyed_hash_depends_on_the_key),
          cmocka_unit_test(mac16_is_apart_from_keyed_hash), cmocka_unit_test(keyed_hash_gives_what_stores_hold))
