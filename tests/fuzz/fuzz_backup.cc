// SPDX-License-Identifier: BSD-2-Clause
// Any bytes as a backup. The first byte says how:
//   0  they are the backup: read, or refused with a reason, and nothing of it is asked for that is not there
//   1  they are records {key size u8, value size u16, key, value}: sealed and put together as a program with the ring
//      would, they are read back as they were if their keys ascend within the tables, else refused
//   2  they are a backup of a key ring: nobody without the passphrase has made one that opens
#include <algorithm>
#include <string>
#include <vector>

#include "crypto/key_backup.h"
#include "fixed_ring.h"
#include "round_trip.h"
#include "store/backup.h"

using namespace pbxcred;

namespace {

const BackupProgress kSilent = [](std::uint64_t, std::uint64_t) { return Status(); };

BackupSource source_of(Bytes bytes) {
  return [bytes](std::uint64_t offset, MutableBytes out) -> Result<std::size_t> {
    if (offset >= bytes.size()) return std::size_t{0};
    const std::size_t size = std::min<std::size_t>(out.size(), bytes.size() - offset);
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), size, out.begin());
    return size;
  };
}

void read_raw(Bytes bytes) {
  const auto summary = read_backup(source_of(bytes), fuzz::fixed_ring(), nullptr, kSilent);
  if (summary) MUST(summary->bytes == bytes.size());
  else MUST(!summary.error().what.empty());
}

std::vector<Entry> entries_in(Bytes bytes) {
  std::vector<Entry> entries;
  ByteReader reader(bytes);
  while (!reader.at_end()) {
    const std::size_t key_size = reader.integer<std::uint8_t>(), value_size = reader.integer<std::uint16_t>();
    const Bytes key = reader.take(key_size), value = reader.take(value_size);
    if (!reader.ok() || key.empty()) break;
    entries.push_back({std::string(as_text(key)), seal_value(fuzz::fixed_ring(), as_text(key), value)});
  }
  return entries;
}

bool is_left_out(char table) { return std::string_view("GgPK").find(table) != std::string_view::npos; }

bool is_sound(const std::vector<Entry>& entries) {
  std::string last;
  for (const Entry& entry : entries) {
    const auto table = static_cast<Table>(entry.key[0]);
    const bool known = std::find(std::begin(kAllTables), std::end(kAllTables), table) != std::end(kAllTables);
    if (!known || is_left_out(entry.key[0]) || entry.key <= last) return false;
    const auto inner = table == Table::kVerifier ? seal_id_of(entry.value) : std::nullopt;
    if (inner && *inner != 2) return false;
    last = entry.key;
  }
  return true;
}

std::string stream_of(const std::vector<Entry>& entries) {
  const Subkey key = fuzz::fixed_ring().subkey(Purpose::kBackup);
  BackupHeader header;
  header.schema = kSchema;
  header.keys = {{2, keyed_hash(key, {as_bytes("which key")})}};
  header.mac_key = 2;
  fuzz::Buffer fields, stream;
  encode(fields, header);
  stream.append(as_bytes("pbxcred-backup-1"));
  append_integer(stream, static_cast<std::uint32_t>(fields.size()));
  stream.append(fields.bytes);
  for (const Entry& entry : entries) {
    append_integer(stream, static_cast<std::uint16_t>(entry.key.size()));
    append_integer(stream, static_cast<std::uint32_t>(entry.value.size()));
    stream.append(as_bytes(entry.key));
    stream.append(as_bytes(entry.value));
  }
  append_integer(stream, std::uint16_t{0});
  append_integer(stream, std::uint64_t{entries.size()});
  StreamMac mac(key);
  mac.append(stream.bytes);
  const auto sum = mac.finish();
  stream.append(sum);
  return std::string(as_text(stream.bytes));
}

void read_built(Bytes bytes) {
  const std::vector<Entry> entries = entries_in(bytes);
  std::string stream = stream_of(entries);
  std::size_t read = 0;
  bool same = true;
  const auto each = [&](const Entry& entry) -> Status {
    same = same && read < entries.size() && entry.key == entries[read].key && entry.value == entries[read].value;
    ++read;
    return {};
  };
  const auto summary = read_backup(source_of(as_bytes(stream)), fuzz::fixed_ring(), each, kSilent);
  MUST(summary.ok() == is_sound(entries));
  MUST(same && (!summary || read == entries.size()));

  std::size_t place = 0;
  for (const std::uint8_t byte : bytes) place = place * 31 + byte;
  place %= stream.size() * 8;
  stream[place / 8] = static_cast<char>(stream[place / 8] ^ (1 << (place % 8)));
  MUST(!read_backup(source_of(as_bytes(stream)), fuzz::fixed_ring(), nullptr, kSilent));
}

void open_keys(Bytes bytes) {
  std::vector<std::uint8_t> file(bytes.begin(), bytes.end());
  if (file.size() >= 36) {  // whatever it asks for, it gets the least: time is for other bytes
    std::fill_n(file.begin() + 20, 16, std::uint8_t{0});
    file[20] = 1;
    file[29] = 0x20;  // 8192
  }
  MUST(!open_key_backup(file, SecretView{as_bytes("over the hills and far away")}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes rest = Bytes(data, size).subspan(1);
  if (data[0] == 1) read_built(rest);
  else if (data[0] == 2) open_keys(rest);
  else read_raw(rest);
  return 0;
}
