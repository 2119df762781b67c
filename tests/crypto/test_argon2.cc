// SPDX-License-Identifier: BSD-2-Clause
// argon2id against published vectors, and its arena.
#include "crypto/argon2.h"

#include <algorithm>
#include <string>
#include <vector>

#include "model/id.h"
#include "support/check.h"

using namespace pbxcred;

namespace {

std::vector<std::uint8_t> repeated(std::uint8_t byte, std::size_t count) {
  return std::vector<std::uint8_t>(count, byte);
}

SecretView secret(std::string_view text) {
  return {as_bytes(text)};
}

std::string hex_of(const Result<Hash32>& hash) {
  return hash ? to_hex(hash->bytes()) : hash.error().what;
}

bool all_zero(Bytes bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace

// RFC 9106 §5.3
CASE(argon2_gives_the_vector_of_rfc_9106) {
  HashArena arena;
  const auto hash = argon2id(arena, {repeated(1, 32)}, repeated(2, 16), {32, 3, 4}, repeated(3, 8), repeated(4, 12));
  assert_string_equal(hex_of(hash).c_str(), "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659");
}

// src/test.c of the reference implementation
CASE(argon2_gives_the_vectors_of_the_reference_implementation) {
  HashArena arena;
  const auto small = argon2id(arena, secret("password"), as_bytes("somesalt"), {256, 2, 1});
  assert_string_equal(hex_of(small).c_str(), "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe");
  const auto lanes = argon2id(arena, secret("password"), as_bytes("somesalt"), {256, 2, 2});
  assert_string_equal(hex_of(lanes).c_str(), "6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037");
  const auto large = argon2id(arena, secret("password"), as_bytes("somesalt"), {65536, 2, 1});
  assert_string_equal(hex_of(large).c_str(), "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7");
}

CASE(argon2_gives_the_same_hash_when_the_arena_is_used_again) {
  HashArena arena;
  const auto first = argon2id(arena, secret("1234"), as_bytes("somesalt"), {512, 2, 1});
  // Fresh memory would be zero.
  arena.memory().back() = 7;
  assert_true(argon2id(arena, secret("other"), as_bytes("othersalt"), {128, 3, 1}).ok());
  const auto again = argon2id(arena, secret("1234"), as_bytes("somesalt"), {512, 2, 1});
  assert_string_equal(hex_of(first).c_str(), hex_of(again).c_str());
  assert_int_equal(arena.memory().back(), 7);
  HashArena fresh;
  assert_string_equal(hex_of(argon2id(fresh, secret("1234"), as_bytes("somesalt"), {512, 2, 1})).c_str(),
                      hex_of(first).c_str());
}

CASE(argon2_grows_the_arena_when_parameters_need_more) {
  HashArena arena;
  assert_true(argon2id(arena, secret("1234"), as_bytes("somesalt"), {64, 1, 1}).ok());
  const std::size_t before = arena.memory().size();
  const auto hash = argon2id(arena, secret("password"), as_bytes("somesalt"), {65536, 2, 1});
  assert_string_equal(hex_of(hash).c_str(), "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7");
  assert_true(arena.memory().size() > before);
}

CASE(argon2_leaves_nothing_in_the_arena) {
  HashArena arena;
  assert_true(arena.reserve(1 << 20).ok());
  assert_true(argon2id(arena, secret("1234"), as_bytes("somesalt"), {1024, 1, 1}).ok());
  assert_true(all_zero(arena.memory()));
}

CASE(argon2_keeps_the_memory_when_the_arena_moves) {
  HashArena arena;
  assert_true(arena.reserve(1 << 20).ok());
  const std::uint8_t* place = arena.memory().data();
  HashArena moved(std::move(arena));
  assert_ptr_equal(moved.memory().data(), place);
  assert_true(argon2id(moved, secret("1234"), as_bytes("somesalt"), {64, 1, 1}).ok());
}

CASE(argon2_refuses_parameters_out_of_range) {
  HashArena arena;
  for (const HashParams& params :
       {HashParams{7, 1, 1}, HashParams{31, 1, 4}, HashParams{(4U << 20) + 1, 1, 1}, HashParams{64, 0, 1},
        HashParams{64, 1025, 1}, HashParams{64, 1, 0}, HashParams{1024, 1, 65}, HashParams{64, 1, 0x20000001}}) {
    const auto hash = argon2id(arena, secret("1234"), as_bytes("somesalt"), params);
    assert_false(hash.ok());
    assert_true(hash.error().code == Code::kInvalid);
  }
  assert_true(argon2id(arena, secret("1234"), as_bytes("short"), {64, 1, 1}).error().code == Code::kInvalid);
  assert_int_equal(arena.memory().size(), 0);
  assert_true(argon2id(arena, secret("1234"), as_bytes("somesalt"), {8, 1, 1}).ok());
}

CASE(argon2_takes_an_empty_secret) {
  HashArena arena;
  assert_true(argon2id(arena, {}, as_bytes("somesalt"), {64, 1, 1}).ok());
}

RUN_CASES(cmocka_unit_test(argon2_gives_the_vector_of_rfc_9106),
          cmocka_unit_test(argon2_gives_the_vectors_of_the_reference_implementation),
          cmocka_unit_test(argon2_gives_the_same_hash_when_the_arena_is_used_again),
          cmocka_unit_test(argon2_grows_the_arena_when_parameters_need_more),
          cmocka_unit_test(argon2_leaves_nothing_in_the_arena),
          cmocka_unit_test(argon2_keeps_the_memory_when_the_arena_moves),
          cmocka_unit_test(argon2_refuses_parameters_out_of_range), cmocka_unit_test(argon2_takes_an_empty_secret))
