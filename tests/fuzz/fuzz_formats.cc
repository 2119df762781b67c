// SPDX-License-Identifier: BSD-2-Clause
// Any bytes as a file to import: `v` and a voicemail.conf, or anything else and a CSV file. Every row names its line
// and travels; a row with a problem carries nothing of the line.
#include "formats/csv.h"
#include "formats/voicemail_conf.h"
#include "round_trip.h"
#include "wire/limits.h"

using namespace pbxcred;

namespace {

constexpr std::string_view kFile = "fuzzed";

Status check_row(const ImportRow& row) {
  MUST(row.file == kFile);
  MUST(row.line >= 1);
  if (!row.problem.empty()) {
    ImportRow bare;
    bare.file = row.file;
    bare.line = row.line;
    bare.problem = row.problem;
    MUST(fuzz::dumped(row) == fuzz::dumped(bare));
  }
  fuzz::Buffer packet;
  encode_packet(packet, row);
  ImportRow received;
  MUST(decode_packet(Bytes(packet.bytes), received));
  MUST(fuzz::dumped(row) == fuzz::dumped(received));
  return {};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = as_text(Bytes(data, size).subspan(1));
  Status read;
  if (data[0] == 'v') {
    read = parse_voicemail_conf_text(text, kFile, {{{"default", "pbx.example"}}}, check_row);
  } else {
    read = parse_csv_text(text, kFile, check_row);
  }
  MUST(read || !read.error().what.empty());
  return 0;
}
