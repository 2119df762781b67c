// SPDX-License-Identifier: BSD-2-Clause
// One secret, made and checked: what matches, what does not open, and what each answer costs.
#include "crypto/hasher.h"

#include <argon2.h>
#include <dlfcn.h>

#include <optional>
#include <string>

#include "support/check.h"
#include "support/temp_dir.h"
#include "support/test_ring.h"

using namespace pbxcred;

namespace {

/// KiB times passes that argon2 was asked for.
std::uint64_t work_done = 0;

const HashParams kCost{64, 2, 1};
const std::uint64_t kWork = 128;

std::optional<KeyRing> ring;
SealBinding binding_of_1001() {
  SealBinding binding;
  binding.account.raw.fill(0x11);
  binding.kind = Kind::kVoicemail;
  binding.generation = 7;
  return binding;
}

SecretView secret(std::string_view text) {
  return {as_bytes(text)};
}

SealedHash made(const HashParams& params = kCost) {
  HashArena arena;
  return *make_hash(arena, *ring, params, secret("4711"), binding_of_1001());
}

/// "yes", "no" or the error's code; work_done is what it cost.
std::string checked(const SealedHash& stored, const SealBinding& binding, std::string_view offered = "4711",
                    const HashParams& configured = kCost) {
  HashArena arena;
  work_done = 0;
  const auto matches = check_hash(arena, *ring, configured, secret(offered), stored, binding);
  if (!matches) return name_of(matches.error().code);
  return *matches ? "yes" : "no";
}

void expect(const std::string& got, const char* wanted) {
  assert_string_equal(got.c_str(), wanted);
}

}  // namespace

/// Stands before the library's, counts, and calls it.
extern "C" __attribute__((visibility("default"))) int argon2_ctx(argon2_context* context, argon2_type type) {
  static const auto real = reinterpret_cast<int (*)(argon2_context*, argon2_type)>(dlsym(RTLD_NEXT, "argon2_ctx"));
  work_done += std::uint64_t{context->m_cost} * context->t_cost;
  return real(context, type);
}

CASE(hasher_tells_right_from_wrong) {
  const SealedHash stored = made();
  expect(checked(stored, binding_of_1001()), "yes");
  expect(checked(stored, binding_of_1001(), "4712"), "no");
  expect(checked(stored, binding_of_1001(), "47110"), "no");
  expect(checked(stored, binding_of_1001(), ""), "no");
}

CASE(hasher_records_what_it_used) {
  const SealedHash stored = made();
  assert_int_equal(stored.key_id, 1);
  assert_true(stored.params == kCost);
  assert_int_equal(stored.sealed.size(), 72);
}

CASE(hasher_gives_another_form_each_time) {
  const SealedHash first = made(), second = made();
  assert_true(first.salt != second.salt);
  assert_true(first.sealed != second.sealed);
}

CASE(hasher_finds_a_form_corrupt_when_moved_to_another_place) {
  const SealedHash stored = made();
  SealBinding binding = binding_of_1001();
  binding.account.raw[15] ^= 1;
  expect(checked(stored, binding), "corrupt");
  binding = binding_of_1001();
  binding.kind = Kind::kPassword;
  expect(checked(stored, binding), "corrupt");
  binding = binding_of_1001();
  binding.generation = 6;
  expect(checked(stored, binding), "corrupt");
}

CASE(hasher_finds_a_form_corrupt_when_edited) {
  const SealedHash stored = made();
  const auto edited = [&](auto edit) {
    SealedHash copy = stored;
    edit(copy);
    return checked(copy, binding_of_1001());
  };
  expect(edited([](SealedHash& hash) { hash.params.memory_kib = 128; }), "corrupt");
  expect(edited([](SealedHash& hash) { hash.params.passes = 1; }), "corrupt");
  expect(edited([](SealedHash& hash) { hash.params.lanes = 2; }), "corrupt");
  expect(edited([](SealedHash& hash) { hash.params.passes = 0xffffffff; }), "corrupt");
  expect(edited([](SealedHash& hash) { hash.salt[0] ^= 1; }), "corrupt");
  expect(edited([](SealedHash& hash) { hash.key_id = 2; }), "corrupt");
  expect(edited([](SealedHash& hash) { hash.sealed[30] ^= 1; }), "corrupt");
  expect(edited([](SealedHash& hash) { hash.sealed.clear(); }), "corrupt");
  expect(edited([](SealedHash&) {}), "yes");
}

CASE(hasher_finds_a_form_corrupt_when_another_ring_is_there) {
  const SealedHash stored = made();
  const TempDir other;
  assert_true(KeyRing::create(other.file("ring"), geteuid(), getegid(), Time{}).ok());
  const auto foreign = KeyRing::load(other.file("ring"), geteuid());
  HashArena arena;
  const auto matches = check_hash(arena, *foreign, kCost, secret("4711"), stored, binding_of_1001());
  assert_false(matches.ok());
  assert_true(matches.error().code == Code::kCorrupt);
}

CASE(hasher_costs_the_same_whatever_the_answer) {
  const SealedHash stored = made();
  SealBinding elsewhere = binding_of_1001();
  elsewhere.generation = 8;
  checked(stored, binding_of_1001());
  assert_int_equal(work_done, kWork);
  checked(stored, binding_of_1001(), "0000");
  assert_int_equal(work_done, kWork);
  checked(stored, elsewhere);
  assert_int_equal(work_done, kWork);
  HashArena arena;
  work_done = 0;
  assert_true(burn_hash(arena, kCost, secret("4711")).ok());
  assert_int_equal(work_done, kWork);
  work_done = 0;
  assert_true(burn_hash(arena, kCost, secret("")).ok());
  assert_int_equal(work_done, kWork);
}

CASE(hasher_does_not_let_edited_parameters_set_the_cost) {
  SealedHash stored = made();
  stored.params.memory_kib = 1 << 20;
  expect(checked(stored, binding_of_1001()), "corrupt");
  assert_int_equal(work_done, kWork);
}

CASE(hasher_fills_a_cheaper_form_up_to_the_configured_cost) {
  const HashParams configured[] = {{256, 2, 1}, {64, 3, 1}, {96, 3, 1}, {4096, 1, 1}, {72, 2, 1}, {100, 7, 1}};
  const SealedHash stored = made();
  for (const HashParams& cost : configured) {
    const std::uint64_t wanted = std::uint64_t{cost.memory_kib} * cost.passes;
    for (const char* offered : {"4711", "0000"}) {
      expect(checked(stored, binding_of_1001(), offered, cost), offered[0] == '4' ? "yes" : "no");
      assert_in_range(work_done, wanted - 8, wanted);
    }
  }
}

CASE(hasher_checks_a_dearer_form) {
  const SealedHash stored = made({256, 3, 2});
  expect(checked(stored, binding_of_1001()), "yes");
  assert_int_equal(work_done, 768);
}

CASE(hasher_refuses_parameters_out_of_range) {
  HashArena arena;
  assert_true(make_hash(arena, *ring, {4, 1, 1}, secret("4711"), binding_of_1001()).error().code == Code::kInvalid);
  assert_true(burn_hash(arena, {64, 0, 1}, secret("4711")).error().code == Code::kInvalid);
}

CASE(hasher_brings_a_form_under_another_key) {
  const RingFile file;
  const KeyRing old = file.load(), both = file.rotate(), fresh = file.retire(1);
  HashArena arena;
  const SealBinding binding = binding_of_1001();
  const auto stored = make_hash(arena, old, kCost, secret("4711"), binding);
  const auto resealed = reseal_hash(both, *stored, binding);
  assert_true(resealed.ok());
  assert_int_equal(resealed->key_id, 2);
  assert_true(opens(fresh, *resealed, binding) && !opens(old, *resealed, binding) && !opens(fresh, *stored, binding));
  assert_true(*check_hash(arena, fresh, kCost, secret("4711"), *resealed, binding));
  assert_false(*check_hash(arena, fresh, kCost, secret("4712"), *resealed, binding));
  SealBinding later = binding;
  ++later.generation;
  assert_false(reseal_hash(both, *stored, later).ok());
  assert_false(opens(both, *stored, later));
  assert_false(reseal_hash(fresh, *stored, binding).ok());  // it lacks the key
}

CASE(hasher_checks_foreign_hashes_at_the_configured_cost_at_least) {
  const std::string_view bcrypt = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
  const std::string_view argon2 =
      "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc";
  const SealedHash by_crypt = seal_foreign_hash(*ring, bcrypt, binding_of_1001());
  expect(checked(by_crypt, binding_of_1001(), "U*U"), "yes");
  assert_int_equal(work_done, kWork);
  expect(checked(by_crypt, binding_of_1001(), "U*V"), "no");
  assert_int_equal(work_done, kWork);
  expect(checked(by_crypt, binding_of_1001(), ""), "no");
  assert_int_equal(work_done, kWork);
  const SealedHash by_argon2 = seal_foreign_hash(*ring, argon2, binding_of_1001());
  expect(checked(by_argon2, binding_of_1001(), "password", {1024, 2, 1}), "yes");
  assert_int_equal(work_done, 2048);
  expect(checked(by_argon2, binding_of_1001(), "passwore", {1024, 2, 1}), "no");
  assert_int_equal(work_done, 2048);
  expect(checked(by_argon2, binding_of_1001(), "password"), "yes");  // dearer: its own
  assert_int_equal(work_done, 512);
}

CASE(hasher_binds_a_foreign_hash_to_its_scheme_and_place) {
  const SealedHash stored = seal_foreign_hash(*ring, "$5$salt$" + std::string(43, 'a'), binding_of_1001());
  expect(checked(stored, binding_of_1001()), "no");
  SealedHash native = stored;
  native.scheme = HashScheme::kArgon2id;
  native.params = kCost;
  expect(checked(native, binding_of_1001()), "corrupt");
  SealedHash foreign = made();
  foreign.scheme = HashScheme::kForeign;
  expect(checked(foreign, binding_of_1001()), "corrupt");
  assert_int_equal(work_done, kWork);
  SealBinding other = binding_of_1001();
  ++other.generation;
  expect(checked(stored, other), "corrupt");
  assert_true(!is_current(stored, stored.params) && is_current(made(), kCost));
  // What is sealed and yet no hash: not by us, not by anybody with the ring.
  expect(checked(seal_foreign_hash(*ring, "4711", binding_of_1001()), binding_of_1001()), "corrupt");
  assert_int_equal(work_done, kWork);
}

int main() {
  const TempDir keys;
  if (!KeyRing::create(keys.file("ring"), geteuid(), getegid(), Time{})) return 99;
  ring.emplace(std::move(*KeyRing::load(keys.file("ring"), geteuid())));
  if (getenv("CMOCKA_MESSAGE_OUTPUT") == nullptr) cmocka_set_message_output(CM_OUTPUT_TAP);
  const CMUnitTest cases[] = {
      cmocka_unit_test(hasher_tells_right_from_wrong),
      cmocka_unit_test(hasher_checks_foreign_hashes_at_the_configured_cost_at_least),
      cmocka_unit_test(hasher_binds_a_foreign_hash_to_its_scheme_and_place),
      cmocka_unit_test(hasher_records_what_it_used),
      cmocka_unit_test(hasher_gives_another_form_each_time),
      cmocka_unit_test(hasher_finds_a_form_corrupt_when_moved_to_another_place),
      cmocka_unit_test(hasher_finds_a_form_corrupt_when_edited),
      cmocka_unit_test(hasher_finds_a_form_corrupt_when_another_ring_is_there),
      cmocka_unit_test(hasher_costs_the_same_whatever_the_answer),
      cmocka_unit_test(hasher_does_not_let_edited_parameters_set_the_cost),
      cmocka_unit_test(hasher_fills_a_cheaper_form_up_to_the_configured_cost),
      cmocka_unit_test(hasher_checks_a_dearer_form),
      cmocka_unit_test(hasher_refuses_parameters_out_of_range),
      cmocka_unit_test(hasher_brings_a_form_under_another_key),
  };
  return cmocka_run_group_tests(cases, nullptr, nullptr);
}
