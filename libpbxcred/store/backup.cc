// SPDX-License-Identifier: BSD-2-Clause
// A backup of the store as a stream.
#include "store/backup.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/secret.h"
#include "crypto/keyed_hash.h"
#include "store/reseal.h"

namespace pbxcred {
namespace {

constexpr std::string_view kMagic = "pbxcred-backup-1";
static_assert(kMagic.size() == 16);
constexpr std::size_t kMaxHeader = 65536;
constexpr std::size_t kMaxKey = 511;
constexpr std::size_t kMaxValue = std::size_t{64} << 20;
constexpr std::size_t kChunk = std::size_t{256} << 10;
constexpr std::uint64_t kProgressEvery = 4096;

/// What another moment or another machine has no use for.
bool is_left_out(const std::string& key) {
  switch (static_cast<Table>(key[0])) {
    case Table::kGrant:
    case Table::kGivenGrants:
    case Table::kProbe:
    case Table::kResealing: return true;
    default: return false;
  }
}

std::array<std::uint8_t, 16> mark_of(const KeyRing& ring, std::uint32_t id) {
  return keyed_hash(ring.subkey(Purpose::kBackup, id), {as_bytes("which key")});
}

Error cut() { return {Code::kCorrupt, "the backup is cut or damaged"}; }

/// Calls f for every entry that belongs into a backup.
template <class F>
Status for_each_entry(Read& read, const BackupProgress& progress, std::uint64_t total, F f) {
  PBXCRED_TRY(auto entry, read.raw().seek(as_bytes(std::string_view("\0", 1))));
  for (std::uint64_t done = 0; entry; ++done) {
    if (done % kProgressEvery == 0) PBXCRED_CHECK(progress(done, total));
    if (read.raw().is_recalled()) return Error{Code::kUnavailable, "the store is opened anew: try again"};
    if (!is_left_out(entry->key)) PBXCRED_CHECK(f(*entry));
    PBXCRED_TRY(entry, read.raw().next());
  }
  return {};
}

/// The first pass: every record opens, and these are the keys they need.
Result<KeyUse> check_entries(Read& read, const BackupProgress& progress, std::uint64_t total) {
  KeyUse use;
  PBXCRED_CHECK(for_each_entry(read, progress, total, [&](const Entry& entry) -> Status {
    const auto opened = open_value(read.ring(), entry.key, entry.value);
    if (!opened)
      return Error{opened.error().code, opened.error().what + ": no backup was made; store check lists the damage"};
    ++use[key_id_of(entry.value)];
    if (entry.key[0] != static_cast<char>(Table::kVerifier)) return {};
    if (const auto inner = seal_id_of(entry.value)) ++use[*inner];
    return {};
  }));
  return use;
}

Result<BackupHeader> header_for(Read& read, const std::string& program, Time now, const KeyUse& use) {
  PBXCRED_TRY(const auto meta, read.get<StoreMeta>(make_key(Table::kMeta)));
  if (!meta) return Error{Code::kCorrupt, "the store has no first record"};
  BackupHeader header;
  header.schema = meta->schema;
  header.store_id = meta->store_id;
  header.made_at = now;
  header.program = program;
  header.mac_key = read.ring().current_id();
  KeyUse all = use;
  ++all[header.mac_key];
  for (const auto& [id, records] : all) header.keys.push_back({id, mark_of(read.ring(), id)});
  return header;
}

/// Everything that leaves goes through the MAC.
class Stream {
 public:
  Stream(const Subkey& key, const BackupSink& sink) : mac_(key), sink_(sink) { pending_.reserve(2 * kChunk); }

  void append(Bytes bytes) { pending_.insert(pending_.end(), bytes.begin(), bytes.end()); }
  Status flush(std::size_t at_least = 1) {
    if (pending_.size() < at_least) return {};
    mac_.append(pending_);
    bytes_ += pending_.size();
    const Status sunk = sink_(pending_);
    pending_.clear();
    return sunk;
  }
  Status finish() {
    PBXCRED_CHECK(flush());
    const auto sum = mac_.finish();
    bytes_ += sum.size();
    return sink_(sum);
  }
  std::uint64_t bytes() const { return bytes_; }

 private:
  StreamMac mac_;
  const BackupSink& sink_;
  std::vector<std::uint8_t> pending_;
  std::uint64_t bytes_ = 0;
};

/// The other direction.
class Source {
 public:
  explicit Source(const BackupSource& source) : source_(source) {}

  /// The next size bytes, borrowed until the next call; `corrupt` if the end comes before.
  Result<Bytes> take(std::size_t size) {
    while (buffer_.size() - at_ < size) {
      // In steps: what a size claims is not allocated before it is there.
      if (at_ > 0) buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(at_));
      at_ = 0;
      const std::size_t had = buffer_.size();
      buffer_.resize(had + kChunk);
      auto got = source_(offset_, MutableBytes(buffer_).subspan(had));
      buffer_.resize(had + (got ? *got : 0));
      if (!got) return got.error();
      if (*got == 0) return cut();
      offset_ += *got;
    }
    const Bytes taken = Bytes(buffer_).subspan(at_, size);
    at_ += size;
    return taken;
  }
  Result<bool> at_end() {
    if (at_ < buffer_.size()) return false;
    std::uint8_t more = 0;
    PBXCRED_TRY(const std::size_t got, source_(offset_, MutableBytes(&more, 1)));
    return got == 0;
  }
  std::uint64_t position() const { return offset_ - (buffer_.size() - at_); }

 private:
  const BackupSource& source_;
  std::vector<std::uint8_t> buffer_;
  std::size_t at_ = 0;
  std::uint64_t offset_ = 0;
};

struct Opening {
  BackupHeader header;
  std::vector<std::uint8_t> bytes;  ///< all up to the first entry, for the MAC
};

Result<Opening> read_opening(Source& source) {
  Opening opening;
  auto magic = source.take(kMagic.size());
  if (!magic && magic.error().code == Code::kCorrupt) return Error{Code::kCorrupt, "it is no backup of pbxcred"};
  if (!magic) return magic.error();
  const std::string_view text = as_text(*magic);
  if (text != kMagic && text.starts_with(kMagic.substr(0, kMagic.size() - 1)))
    return Error{Code::kInvalid, "the backup has a version that this program does not know"};
  if (text != kMagic) return Error{Code::kCorrupt, "it is no backup of pbxcred"};
  opening.bytes.assign(magic->begin(), magic->end());
  PBXCRED_TRY(const Bytes size_bytes, source.take(4));
  opening.bytes.insert(opening.bytes.end(), size_bytes.begin(), size_bytes.end());
  const auto size = ByteReader(size_bytes).integer<std::uint32_t>();
  if (size > kMaxHeader) return cut();
  PBXCRED_TRY(const Bytes fields, source.take(size));
  opening.bytes.insert(opening.bytes.end(), fields.begin(), fields.end());
  if (!decode(fields, opening.header)) return cut();
  return opening;
}

Status check_header(const BackupHeader& header, const KeyRing& ring) {
  std::uint32_t last = 0;
  bool named = false;
  for (const BackupKey& key : header.keys) {
    if (key.id <= last || header.keys.size() > KeyRing::kMaxKeys) return cut();
    last = key.id;
    named = named || key.id == header.mac_key;
    if (!ring.has(key.id))
      return Error{Code::kCorrupt, fmt::format("the backup needs key {}, which the key ring does not hold", key.id)};
    if (!equal_constant_time(mark_of(ring, key.id), key.mark))
      return Error{Code::kCorrupt, fmt::format("the backup was made with another key {}: it needs its own key ring", key.id)};
  }
  if (!named) return cut();
  if (header.schema == 0 || header.schema > kSchema)
    return Error{Code::kInvalid,
                 fmt::format("the backup has schema {}, this version knows {} at most", header.schema, kSchema)};
  return {};
}

bool is_in_a_table(const std::string& key) {
  return std::find(std::begin(kAllTables), std::end(kAllTables), static_cast<Table>(key[0])) != std::end(kAllTables);
}

/// Entries up to the zero that ends them.
class EntryReader {
 public:
  EntryReader(Source& source, StreamMac& mac) : source_(source), mac_(mac) {}

  Result<std::optional<Entry>> next() {
    PBXCRED_TRY(const Bytes key_size, taken(2));
    const std::size_t key = ByteReader(key_size).integer<std::uint16_t>();
    if (key == 0) return std::optional<Entry>();
    PBXCRED_TRY(const Bytes value_size, taken(4));
    const std::size_t value = ByteReader(value_size).integer<std::uint32_t>();
    if (key > kMaxKey || value > kMaxValue) return cut();
    Entry entry;
    PBXCRED_TRY(const Bytes key_bytes, taken(key));
    entry.key = as_text(key_bytes);
    PBXCRED_TRY(const Bytes value_bytes, taken(value));
    entry.value = as_text(value_bytes);
    if (entry.key <= last_ || !is_in_a_table(entry.key) || is_left_out(entry.key)) return cut();
    last_ = entry.key;
    return std::optional(std::move(entry));
  }
  Result<Bytes> taken(std::size_t size) {
    PBXCRED_TRY(const Bytes bytes, source_.take(size));
    mac_.append(bytes);
    return bytes;
  }

 private:
  Source& source_;
  StreamMac& mac_;
  std::string last_;
};

bool needs_only(const Entry& entry, const BackupHeader& header) {
  const auto named = [&](std::uint32_t id) {
    return std::any_of(header.keys.begin(), header.keys.end(), [id](const BackupKey& key) { return key.id == id; });
  };
  if (!named(key_id_of(entry.value))) return false;
  if (entry.key[0] != static_cast<char>(Table::kVerifier)) return true;
  const auto inner = seal_id_of(entry.value);
  return !inner || named(*inner);
}

}  // namespace

Result<BackupSummary> write_backup(Read& read, const std::string& program, Time now, const BackupSink& sink,
                                   const BackupProgress& progress) {
  PBXCRED_TRY(const StoreStat stat, read.raw().stat());
  PBXCRED_TRY(const KeyUse use, check_entries(read, progress, 0));
  BackupSummary summary;
  PBXCRED_TRY(summary.header, header_for(read, program, now, use));
  Stream stream(read.ring().subkey(Purpose::kBackup), sink);
  SecureBuffer header;
  encode(header, summary.header);
  stream.append(as_bytes(kMagic));
  append_integer(stream, static_cast<std::uint32_t>(header.size()));
  stream.append(header.view());
  PBXCRED_CHECK(for_each_entry(read, progress, stat.entries, [&](const Entry& entry) -> Status {
    if (entry.value.size() > kMaxValue) return Error{Code::kInternal, "a record is too large for a backup"};
    append_integer(stream, static_cast<std::uint16_t>(entry.key.size()));
    append_integer(stream, static_cast<std::uint32_t>(entry.value.size()));
    stream.append(as_bytes(entry.key));
    stream.append(as_bytes(entry.value));
    ++summary.records;
    return stream.flush(kChunk);
  }));
  append_integer(stream, std::uint16_t{0});
  append_integer(stream, summary.records);
  PBXCRED_CHECK(stream.finish());
  summary.bytes = stream.bytes();
  return summary;
}

Result<BackupSummary> read_backup(const BackupSource& bytes, const KeyRing& ring,
                                  const std::function<Status(const Entry&)>& each, const BackupProgress& progress) {
  Source source(bytes);
  BackupSummary summary;
  PBXCRED_TRY(Opening opening, read_opening(source));
  PBXCRED_CHECK(check_header(opening.header, ring));
  summary.header = std::move(opening.header);
  StreamMac mac(ring.subkey(Purpose::kBackup, summary.header.mac_key));
  mac.append(opening.bytes);
  EntryReader entries(source, mac);
  for (;;) {
    if (summary.records % kProgressEvery == 0) PBXCRED_CHECK(progress(summary.records, 0));
    PBXCRED_TRY(const auto entry, entries.next());
    if (!entry) break;
    PBXCRED_CHECK(open_value(ring, entry->key, entry->value));
    if (!needs_only(*entry, summary.header)) return cut();
    if (each) PBXCRED_CHECK(each(*entry));
    ++summary.records;
  }
  PBXCRED_TRY(const Bytes count, entries.taken(8));
  if (ByteReader(count).integer<std::uint64_t>() != summary.records) return cut();
  const auto sum = mac.finish();
  PBXCRED_TRY(const Bytes wanted, source.take(sum.size()));
  if (!equal_constant_time(sum, wanted)) return Error{Code::kCorrupt, "the backup was changed: its MAC does not fit"};
  PBXCRED_TRY(const bool ended, source.at_end());
  if (!ended) return Error{Code::kCorrupt, "something follows the end of the backup"};
  summary.bytes = source.position();
  return summary;
}

BackupSource read_from(int fd) {
  return [fd](std::uint64_t offset, MutableBytes out) -> Result<std::size_t> {
    for (;;) {
      const ssize_t got = pread(fd, out.data(), out.size(), static_cast<off_t>(offset));
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) return Error{Code::kUnavailable, std::string("the backup cannot be read: ") + std::strerror(errno)};
    }
  };
}

}  // namespace pbxcred
