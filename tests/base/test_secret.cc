// SPDX-License-Identifier: BSD-2-Clause
// What held a secret is wiped before its memory goes back.
#include <malloc.h>

#include <array>
#include <cstring>
#include <new>
#include <string>
#include <type_traits>
#include <utility>

#include "base/secret.h"
#include "support/check.h"

using namespace pbxcred;

namespace {

constexpr std::string_view kMark = "hunter2-hunter2-hunter2";

bool watching = false;
std::size_t freed = 0;   ///< blocks given back while watching
std::size_t leaked = 0;  ///< of them, those that still held the mark

bool holds_mark(const void* block, std::size_t size) {
  const auto* bytes = static_cast<const char*>(block);
  for (std::size_t i = 0; i + kMark.size() <= size; ++i)
    if (std::memcmp(bytes + i, kMark.data(), kMark.size()) == 0) return true;
  return false;
}

void watch() {
  freed = leaked = 0;
  watching = true;
}
void expect_wiped() {
  watching = false;
  assert_true(freed > 0);
  assert_int_equal(leaked, 0);
}

}  // namespace

void* operator new(std::size_t size) {
  if (void* block = malloc(size > 0 ? size : 1)) return block;
  throw std::bad_alloc();
}
void operator delete(void* block) noexcept {
  if (watching && block != nullptr) {
    ++freed;
    leaked += holds_mark(block, malloc_usable_size(block)) ? 1 : 0;
  }
  free(block);
}
void operator delete(void* block, std::size_t) noexcept { operator delete(block); }

namespace {

CASE(watcher_sees_what_a_plain_string_leaves) {
  auto* text = new std::string(kMark);
  watch();
  delete text;
  watching = false;
  assert_true(leaked > 0);
}

CASE(secret_wipes_when_it_goes) {
  auto* secret = new Secret(as_bytes(kMark));
  watch();
  delete secret;
  expect_wiped();
}

CASE(secret_wipes_what_it_replaces) {
  Secret secret(as_bytes(kMark));
  watch();
  secret = Secret(as_bytes("other"));
  expect_wiped();
  Secret again(as_bytes(kMark));
  watch();
  assert_true(again.assign_secret(as_bytes("another")));
  expect_wiped();
}

CASE(secret_leaves_nothing_behind_when_moved) {
  Secret from(as_bytes(kMark));
  Secret to = std::move(from);
  assert_true(from.empty());  // NOLINT(bugprone-use-after-move): that is the promise
  assert_true(to.equals(Secret(as_bytes(kMark))));
}

CASE(secret_compares_whole) {
  const Secret secret(as_bytes("4711"));
  assert_true(secret.equals(Secret(as_bytes("4711"))));
  assert_false(secret.equals(Secret(as_bytes("4712"))));
  assert_false(secret.equals(Secret(as_bytes("471"))));
  assert_false(secret.equals(Secret()));
  assert_true(Secret().equals(Secret()));
}

CASE(secret_cannot_be_copied) {
  static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
  static_assert(!std::is_convertible_v<SecretView, Bytes> && !std::is_convertible_v<SecretView, std::string_view>);
  const Secret copy = Secret::copy_of({as_bytes(kMark)});
  assert_true(as_text(copy.view().bytes) == kMark);
}

CASE(secure_buffer_wipes_when_it_grows) {
  SecureBuffer buffer;
  buffer.append(as_bytes(kMark));
  watch();
  for (int i = 0; i < 64; ++i) buffer.append(as_bytes("................................"));
  expect_wiped();
  assert_true(as_text(buffer.view().first(kMark.size())) == kMark);
}

CASE(secure_buffer_wipes_when_it_goes) {
  auto* buffer = new SecureBuffer;
  buffer->append(as_bytes(kMark));
  watch();
  delete buffer;
  expect_wiped();
}

CASE(secure_buffer_keeps_nothing_when_cleared) {
  SecureBuffer buffer;
  buffer.append(as_bytes(kMark));
  const auto* memory = buffer.data();
  buffer.clear();
  assert_true(buffer.empty());
  assert_false(holds_mark(memory, kMark.size()));  // its memory is still its own
}

CASE(secure_buffer_wipes_what_moves_down) {
  SecureBuffer buffer;
  buffer.append(as_bytes("0123456789"));
  buffer.append(as_bytes(kMark));
  const auto* memory = buffer.data();
  buffer.erase_front(10);
  assert_true(as_text(buffer.view()) == kMark);
  buffer.erase_front(kMark.size());
  assert_true(buffer.empty());
  for (std::size_t i = 0; i < 10 + kMark.size(); ++i) assert_int_equal(memory[i], 0);
}

CASE(secure_buffer_patches_in_place) {
  SecureBuffer buffer;
  buffer.append(as_bytes("abcdef"));
  buffer.patch(2, as_bytes("XY"));
  assert_true(as_text(buffer.view()) == "abXYef");
}

}  // namespace

RUN_CASES(cmocka_unit_test(watcher_sees_what_a_plain_string_leaves), cmocka_unit_test(secret_wipes_when_it_goes),
          cmocka_unit_test(secret_wipes_what_it_replaces), cmocka_unit_test(secret_leaves_nothing_behind_when_moved),
          cmocka_unit_test(secret_compares_whole), cmocka_unit_test(secret_cannot_be_copied),
          cmocka_unit_test(secure_buffer_wipes_when_it_grows), cmocka_unit_test(secure_buffer_wipes_when_it_goes),
          cmocka_unit_test(secure_buffer_keeps_nothing_when_cleared),
          cmocka_unit_test(secure_buffer_wipes_what_moves_down), cmocka_unit_test(secure_buffer_patches_in_place))
