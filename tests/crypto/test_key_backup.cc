// SPDX-License-Identifier: BSD-2-Clause
// The key ring under a passphrase: opened by it alone, refused when anything about the file is wrong.
#include "crypto/key_backup.h"

#include <string>
#include <vector>

#include "crypto/key_ring.h"
#include "crypto/random.h"
#include "support/check.h"

using namespace pbxcred;

namespace {

constexpr PassphraseCost kCheap{1, 8192};
constexpr const char* kPassphrase = "over the hills and far away";

SecretView secret(std::string_view text) { return SecretView{as_bytes(text)}; }

const std::string& contents() {
  static const std::string text(132, 'k');
  return text;
}

std::vector<std::uint8_t> sealed(std::string_view passphrase = kPassphrase, const PassphraseCost& cost = kCheap) {
  if (!start_crypto()) throw std::runtime_error("no crypto");
  const auto used = passphrase_to_set(secret(passphrase));
  if (!used) throw std::runtime_error(used.error().what);
  auto file = seal_key_backup(as_bytes(contents()), used->view(), cost);
  if (!file) throw std::runtime_error(file.error().what);
  return std::move(*file);
}

/// "opens", or the code of the error.
std::string outcome(Bytes file, std::string_view passphrase = kPassphrase) {
  const auto opened = open_key_backup(file, secret(passphrase));
  if (!opened) return name_of(opened.error().code);
  return as_text(opened->view()) == contents() ? "opens" : "opens with another content";
}

void expect(const std::string& got, const char* wanted) { assert_string_equal(got.c_str(), wanted); }

CASE(key_backup_opens_with_its_passphrase_alone) {
  const auto file = sealed();
  expect(outcome(file), "opens");
  for (const char* wrong : {"over the hills and far away ", "Over the hills and far away", "", "x", "far away"})
    expect(outcome(file, wrong), "refused");
  expect(outcome(file, std::string(2000, 'x')), "refused");
  expect(outcome(file, "\xff\xfe not UTF-8 at all"), "refused");
}

CASE(key_backup_takes_a_passphrase_however_it_is_composed) {
  const auto file = sealed("Gru\u0308n ist der Wald");
  expect(outcome(file, "Gr\u00fcn ist der Wald"), "opens");
}

CASE(key_backup_wants_12_characters) {
  struct Row {
    const char* passphrase;
    const char* wanted;
  };
  const Row rows[] = {{"", "invalid"},
                      {"eleven char", "invalid"},
                      {"twelve chars", "opens"},
                      {"\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4", "invalid"},  // 11 of 2 bytes
                      {"\xff\xfe\xff\xfe\xff\xfe\xff\xfe\xff\xfe\xff\xfe", "invalid"}};
  for (const Row& row : rows) {
    const auto used = passphrase_to_set(secret(row.passphrase));
    expect(used ? "opens" : name_of(used.error().code), row.wanted);
  }
}

CASE(key_backup_hides_the_ring_and_differs_each_time) {
  const auto one = sealed(), other = sealed();
  assert_true(one != other);
  assert_true(as_text(one).find("kkkk") == std::string_view::npos);
  assert_true(one.size() <= kMaxKeyBackup);
}

CASE(key_backup_does_not_open_when_any_byte_changed) {
  const auto file = sealed();
  for (std::size_t at = 0; at < file.size(); ++at) {
    auto changed = file;
    changed[at] ^= 1;
    const std::string got = outcome(changed);
    // The cost stands at 20..36: another one is computed, if it is one that anybody would set.
    const char* wanted = at < 16 ? "corrupt" : at < 20 ? "invalid" : "refused";
    if (got != wanted && !(at >= 20 && at < 36 && got == "corrupt"))
      fail_msg("byte %zu changed: %s", at, got.c_str());
  }
}

CASE(key_backup_does_not_open_when_cut_or_longer) {
  const auto file = sealed();
  for (std::size_t size = 0; size < file.size(); ++size) {
    const std::string got = outcome(Bytes(file).first(size));
    if (got != "corrupt" && got != "refused") fail_msg("cut to %zu: %s", size, got.c_str());
  }
  auto longer = file;
  longer.push_back(0);
  expect(outcome(longer), "refused");
  longer.resize(kMaxKeyBackup + 1);
  expect(outcome(longer), "corrupt");
}

CASE(key_backup_does_not_compute_for_hours_because_a_file_says_so) {
  const auto file = sealed();
  const auto with_cost = [&](std::uint64_t operations, std::uint64_t memory) {
    auto changed = file;
    for (std::size_t i = 0; i < 8; ++i) changed[20 + i] = static_cast<std::uint8_t>(operations >> (8 * i));
    for (std::size_t i = 0; i < 8; ++i) changed[28 + i] = static_cast<std::uint8_t>(memory >> (8 * i));
    return outcome(changed);
  };
  expect(with_cost(kCheap.operations, kCheap.memory_bytes), "opens");
  expect(with_cost(0, 8192), "corrupt");
  expect(with_cost(17, 8192), "corrupt");
  expect(with_cost(~std::uint64_t{0}, 8192), "corrupt");
  expect(with_cost(1, 0), "corrupt");
  expect(with_cost(1, (std::uint64_t{1} << 30) + 1), "corrupt");
  expect(with_cost(1, ~std::uint64_t{0}), "corrupt");
}

CASE(key_backup_of_the_largest_ring_fits) {
  const std::string ring(KeyRing::kMaxFileBytes, 'r');
  const auto file = seal_key_backup(as_bytes(ring), secret(kPassphrase), kCheap);
  assert_true(file && file->size() <= kMaxKeyBackup);
  assert_true(open_key_backup(*file, secret(kPassphrase)).ok());
}

}  // namespace

RUN_CASES(cmocka_unit_test(key_backup_opens_with_its_passphrase_alone),
          cmocka_unit_test(key_backup_takes_a_passphrase_however_it_is_composed),
          cmocka_unit_test(key_backup_wants_12_characters),
          cmocka_unit_test(key_backup_hides_the_ring_and_differs_each_time),
          cmocka_unit_test(key_backup_does_not_open_when_any_byte_changed),
          cmocka_unit_test(key_backup_does_not_open_when_cut_or_longer),
          cmocka_unit_test(key_backup_does_not_compute_for_hours_because_a_file_says_so),
          cmocka_unit_test(key_backup_of_the_largest_ring_fits))
