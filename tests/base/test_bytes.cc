// SPDX-License-Identifier: BSD-2-Clause
// The checked reader and writer of integers, comparison, wiping.
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "support/check.h"

using namespace pbxcred;

namespace {

CASE(byte_reader_reads_little_endian) {
  const std::uint8_t raw[] = {0x01, 0x34, 0x12, 0x78, 0x56, 0x34, 0x12, 8, 7, 6, 5, 4, 3, 2, 0x81};
  ByteReader reader{Bytes(raw)};
  assert_int_equal(reader.integer<std::uint8_t>(), 0x01);
  assert_int_equal(reader.integer<std::uint16_t>(), 0x1234);
  assert_int_equal(reader.integer<std::uint32_t>(), 0x12345678);
  assert_true(reader.integer<std::uint64_t>() == 0x8102030405060708U);
  assert_true(reader.ok());
  assert_true(reader.at_end());
}

CASE(byte_reader_reads_negative_integers) {
  const std::uint8_t raw[] = {0xfe, 0xff, 0xff, 0xff};
  assert_int_equal(ByteReader(Bytes(raw)).integer<std::int32_t>(), -2);
}

CASE(byte_reader_fails_for_good_when_short) {
  const std::uint8_t raw[] = {1, 2, 3};
  ByteReader reader{Bytes(raw)};
  assert_int_equal(reader.integer<std::uint32_t>(), 0);
  assert_false(reader.ok());
  assert_int_equal(reader.integer<std::uint8_t>(), 0);
  assert_true(reader.take(0).empty());
  assert_false(reader.ok());
}

CASE(byte_reader_takes_nothing_when_asked_for_the_largest_size) {
  const std::uint8_t raw[] = {1, 2, 3};
  ByteReader reader{Bytes(raw)};
  assert_true(reader.take(SIZE_MAX).empty());
  assert_false(reader.ok());
}

CASE(byte_reader_takes_runs_in_place) {
  const std::uint8_t raw[] = {1, 2, 3};
  ByteReader reader{Bytes(raw)};
  const Bytes run = reader.take(2);
  assert_ptr_equal(run.data(), raw);
  assert_int_equal(run.size(), 2);
  assert_int_equal(reader.rest().size(), 1);
  assert_false(reader.at_end());
}

CASE(byte_writer_writes_what_the_reader_reads) {
  std::array<std::uint8_t, 16> buffer{};
  ByteWriter writer{MutableBytes(buffer)};
  append_integer(writer, std::uint16_t{0xbeef});
  append_integer(writer, std::int64_t{-5});
  append_integer(writer, std::uint8_t{7});
  assert_true(writer.ok());
  assert_int_equal(writer.size(), 11);
  ByteReader reader(writer.written());
  assert_int_equal(reader.integer<std::uint16_t>(), 0xbeef);
  assert_true(reader.integer<std::int64_t>() == -5);
  assert_int_equal(reader.integer<std::uint8_t>(), 7);
  assert_true(reader.ok() && reader.at_end());
}

CASE(byte_writer_keeps_to_its_buffer_when_full) {
  std::array<std::uint8_t, 6> memory;
  memory.fill(0xaa);
  ByteWriter writer{MutableBytes(memory.data(), 4)};
  append_integer(writer, std::uint16_t{0});
  append_integer(writer, std::uint32_t{0});  // does not fit
  assert_false(writer.ok());
  append_integer(writer, std::uint8_t{0});  // would, but comes too late
  assert_int_equal(writer.size(), 2);
  for (std::size_t i = 2; i < memory.size(); ++i) assert_int_equal(memory[i], 0xaa);
}

CASE(byte_writer_fills_its_buffer_to_the_last_byte) {
  std::array<std::uint8_t, 4> memory{};
  ByteWriter writer{MutableBytes(memory)};
  append_integer(writer, std::uint32_t{0x04030201});
  writer.append({});
  assert_true(writer.ok());
  assert_int_equal(memory[3], 4);
}

CASE(byte_writer_patches_what_it_wrote) {
  std::array<std::uint8_t, 4> memory{};
  ByteWriter writer{MutableBytes(memory)};
  append_integer(writer, std::uint32_t{0});
  const std::uint8_t patch[] = {9, 8};
  writer.patch(1, Bytes(patch));
  assert_int_equal(memory[0], 0);
  assert_int_equal(memory[1], 9);
  assert_int_equal(memory[2], 8);
  assert_int_equal(memory[3], 0);
}

CASE(equal_constant_time_compares_every_byte) {
  const std::string text = "0123456789abcdef";
  assert_true(equal_constant_time(as_bytes(text), as_bytes(std::string(text))));
  assert_true(equal_constant_time({}, {}));
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string other = text;
    other[i] = static_cast<char>(other[i] ^ 0x80);
    assert_false(equal_constant_time(as_bytes(text), as_bytes(other)));
  }
  assert_false(equal_constant_time(as_bytes(text), as_bytes(text.substr(1))));
  assert_false(equal_constant_time(as_bytes(text), {}));
}

CASE(wipe_clears_all_and_no_more) {
  std::array<std::uint8_t, 8> memory;
  memory.fill(0xaa);
  wipe(MutableBytes(memory.data() + 2, 4));
  wipe(nullptr, 0);
  const std::array<std::uint8_t, 8> wanted = {0xaa, 0xaa, 0, 0, 0, 0, 0xaa, 0xaa};
  assert_true(memory == wanted);
}

}  // namespace

RUN_CASES(cmocka_unit_test(byte_reader_reads_little_endian), cmocka_unit_test(byte_reader_reads_negative_integers),
          cmocka_unit_test(byte_reader_fails_for_good_when_short),
          cmocka_unit_test(byte_reader_takes_nothing_when_asked_for_the_largest_size),
          cmocka_unit_test(byte_reader_takes_runs_in_place),
          cmocka_unit_test(byte_writer_writes_what_the_reader_reads),
          cmocka_unit_test(byte_writer_keeps_to_its_buffer_when_full),
          cmocka_unit_test(byte_writer_fills_its_buffer_to_the_last_byte),
          cmocka_unit_test(byte_writer_patches_what_it_wrote),
          cmocka_unit_test(equal_constant_time_compares_every_byte),
          cmocka_unit_test(wipe_clears_all_and_no_more))
