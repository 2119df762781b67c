// SPDX-License-Identifier: BSD-2-Clause
// Any bytes as a file to import: `v` and a voicemail.conf, or anything else and a CSV file. Every row names its line
// and travels; a row with a problem carries nothing of the line.
#include "formats/csv.h"
#include "formats/csv_reader.h"
#include "formats/csv_writer.h"
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

/// A row without what a CSV file of ours does not say: secrets in clear, and that something is cleared.
ImportRow as_written(const ImportRow& row) {
  ImportRow kept;
  kept.domain = row.domain;
  kept.extension = row.extension;
  kept.data = row.data;
  kept.hashes = row.hashes;
  for (auto* text : {&kept.data.username, &kept.data.email, &kept.data.first, &kept.data.last, &kept.data.location,
                     &kept.data.language})
    if (*text && (*text)->empty()) text->reset();
  for (auto* list : {&kept.data.numbers, &kept.data.alternate_ids, &kept.data.trusted_extensions})
    if (*list && (*list)->empty()) list->reset();
  return kept;
}

/// What is written is read back exactly.
Status check_csv_row(const ImportRow& row) {
  PBXCRED_CHECK(check_row(row));
  if (!row.problem.empty()) return {};
  const ImportRow wanted = as_written(row);
  SecureBuffer text;
  text.append(as_bytes(csv_header()));
  append_csv_line(text, wanted);
  if (text.size() > kMaxCsvField) return {};  // with quotes of ours a field may be too long
  int rows = 0;
  const Status read = parse_csv_text(as_text(text.view()), kFile, [&](const ImportRow& back) -> Status {
    ++rows;
    MUST(fuzz::dumped(as_written(back)) == fuzz::dumped(wanted));
    return {};
  });
  MUST(read && rows == 1);
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
    read = parse_csv_text(text, kFile, check_csv_row);
  }
  MUST(read || !read.error().what.empty());
  return 0;
}
