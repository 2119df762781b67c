// SPDX-License-Identifier: BSD-2-Clause
// Seals open whole or not at all.
#include "crypto/seal.h"

#include <string>

#include "support/check.h"

using namespace pbxcred;

namespace {

constexpr std::array<std::uint8_t, 32> kOne{1}, kTwo{2};

std::vector<std::uint8_t> sealed_hello() {
  return seal(Subkey(kOne), as_bytes("1001"), as_bytes("hello"));
}

bool opens(const Subkey& key, std::string_view associated, Bytes sealed) {
  const auto plain = unseal(key, as_bytes(associated), sealed);
  if (!plain && plain.error().code != Code::kCorrupt) fail_msg("another code than corrupt");
  return plain.ok();
}

}  // namespace

CASE(seal_opens_with_key_and_associated_data) {
  const auto sealed = sealed_hello();
  assert_int_equal(sealed.size(), kSealOverhead + 5);
  const auto plain = unseal(Subkey(kOne), as_bytes("1001"), sealed);
  assert_true(plain.ok());
  assert_true(as_text(plain->view()) == "hello");
}

CASE(seal_takes_an_empty_text) {
  const auto sealed = seal(Subkey(kOne), {}, {});
  assert_int_equal(sealed.size(), kSealOverhead);
  const auto plain = unseal(Subkey(kOne), {}, sealed);
  assert_true(plain.ok() && plain->empty());
}

CASE(seal_differs_each_time) {
  assert_true(sealed_hello() != sealed_hello());
}

CASE(seal_hides_the_text) {
  const auto sealed = sealed_hello();
  assert_true(as_text(sealed).find("hello") == std::string_view::npos);
}

CASE(seal_does_not_open_when_any_bit_changed) {
  const auto sealed = sealed_hello();
  assert_true(opens(Subkey(kOne), "1001", sealed));
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    auto changed = sealed;
    changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ (1U << bit % 8));
    assert_false(opens(Subkey(kOne), "1001", changed));
  }
}

CASE(seal_does_not_open_when_cut_or_longer) {
  auto sealed = sealed_hello();
  for (std::size_t size = 0; size < sealed.size(); ++size)
    assert_false(opens(Subkey(kOne), "1001", Bytes(sealed).first(size)));
  sealed.push_back(0);
  assert_false(opens(Subkey(kOne), "1001", sealed));
}

CASE(seal_does_not_open_with_another_key_or_binding) {
  const auto sealed = sealed_hello();
  assert_false(opens(Subkey(kTwo), "1001", sealed));
  assert_false(opens(Subkey(), "1001", sealed));
  assert_false(opens(Subkey(kOne), "1002", sealed));
  assert_false(opens(Subkey(kOne), "", sealed));
}

RUN_CASES(cmocka_unit_test(seal_opens_with_key_and_associated_data), cmocka_unit_test(seal_takes_an_empty_text),
          cmocka_unit_test(seal_differs_each_time), cmocka_unit_test(seal_hides_the_text),
          cmocka_unit_test(seal_does_not_open_when_any_bit_changed),
          cmocka_unit_test(seal_does_not_open_when_cut_or_longer),
          cmocka_unit_test(seal_does_not_open_with_another_key_or_binding))
