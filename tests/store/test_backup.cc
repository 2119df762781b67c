// SPDX-License-Identifier: BSD-2-Clause
// A backup is read back as it was written, by the ring that it was made with, or not at all.
#include "store/backup.h"

#include <functional>
#include <string>
#include <vector>

#include "base/secret.h"
#include "crypto/hasher.h"
#include "store/directory.h"
#include "support/both_stores.h"

using namespace pbxcred;

namespace {

const Time kNow{std::chrono::seconds(1'700'000'000)};
const BackupProgress kSilent = [](std::uint64_t, std::uint64_t) { return Status(); };

/// Two domains, some users with secrets and locks, an administrator, and what a backup leaves out.
void fill(Store& store) {
  Directory directory(store);
  Directory::ok(Database(store, test_ring()).initialise(kNow));
  directory.add_domain("a.example", "DE", {"alias.example"});
  directory.add_domain("b.example");
  const Account gone = directory.add_user("1999", "b.example");
  for (int i = 0; i < 5; ++i) {
    const Account account = directory.add_user(std::to_string(1000 + i), "a.example", "user" + std::to_string(i));
    directory.change([&](Write& write) -> Status {
      HashArena arena;
      Verifier verifier;
      verifier.generation = 1;
      PBXCRED_TRY(verifier.hash, make_hash(arena, test_ring(), {8, 1, 1}, SecretView{as_bytes("482915")},
                                           {account.id, Kind::kPassword, 1}));
      write.put_ledger(account.id, Kind::kPassword, Ledger{});
      write.put(make_key(Table::kGrant, {as_bytes("0123456789abcde" + std::to_string(i))}), Grant{});
      write.put(account_key(Table::kGivenGrants, account.id), GivenGrants{});
      return write.put_verifier(account, verifier);
    });
  }
  directory.add(directory.admin("root"));
  directory.remove(gone);
  directory.change([](Write& write) -> Status {
    write.put(make_key(Table::kProbe), Probe{});
    write.put(make_key(Table::kResealing), Resealing{});
    return {};
  });
}

bool belongs_into_a_backup(const std::string& key) {
  return std::string("GgPK").find(key[0]) == std::string::npos;
}

std::vector<Entry> entries_of(Store& store) {
  std::vector<Entry> entries;
  const auto read = store.read();
  if (!read) throw std::runtime_error(read.error().what);
  for (auto entry = (*read)->seek({}); entry && *entry; entry = (*read)->next())
    if (belongs_into_a_backup((*entry)->key)) entries.push_back(**entry);
  return entries;
}

Result<BackupSummary> write_to(std::string& out, Store& store, SharedRing ring, const BackupProgress& told = kSilent) {
  Database database(store, std::move(ring));
  PBXCRED_TRY(Read read, database.read());
  return write_backup(read, "1.2.3", kNow, [&](Bytes bytes) {
    out += as_text(bytes);
    return Status();
  }, told);
}

SharedRing the_ring() { return SharedRing(SharedRing(), &test_ring()); }

std::string backup_of(Store& store, SharedRing ring = the_ring()) {
  std::string bytes;
  const auto summary = write_to(bytes, store, std::move(ring));
  if (!summary) fail_msg("%s", summary.error().what.c_str());
  assert_int_equal(summary->bytes, bytes.size());
  return bytes;
}

/// Gives pieces of at most `piece` bytes.
BackupSource source_of(const std::string& bytes, std::size_t piece = 1000) {
  return [&bytes, piece](std::uint64_t offset, MutableBytes out) -> Result<std::size_t> {
    if (offset >= bytes.size()) return std::size_t{0};
    return bytes.copy(reinterpret_cast<char*>(out.data()), std::min(piece, out.size()), offset);
  };
}

/// "whole", or "CODE: what".
std::string verdict(const std::string& bytes, const KeyRing& ring = test_ring()) {
  const auto summary = read_backup(source_of(bytes), ring, nullptr, kSilent);
  return summary ? "whole" : std::string(name_of(summary.error().code)) + ": " + summary.error().what;
}

void expect_verdict(const std::string& bytes, const char* wanted, const KeyRing& ring = test_ring()) {
  const std::string got = verdict(bytes, ring);
  if (got.find(wanted) == std::string::npos) fail_msg("\"%s\", not \"%s\"", got.c_str(), wanted);
}

// ---- whole ones

ON_BOTH_STORES(backup_holds_every_record_but_grants) {
  fill(store);
  const std::string bytes = backup_of(store);
  std::vector<Entry> entries;
  const auto summary = read_backup(source_of(bytes), test_ring(), [&](const Entry& entry) {
    entries.push_back(entry);
    return Status();
  }, kSilent);
  if (!summary) fail_msg("%s", summary.error().what.c_str());
  const auto wanted = entries_of(store);
  assert_int_equal(summary->records, wanted.size());
  assert_int_equal(summary->bytes, bytes.size());
  assert_int_equal(entries.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i)
    assert_true(entries[i].key == wanted[i].key && entries[i].value == wanted[i].value);

  assert_int_equal(summary->header.schema, kSchema);
  assert_string_equal(summary->header.program.c_str(), "1.2.3");
  assert_true(summary->header.made_at == kNow);
  assert_int_equal(summary->header.keys.size(), 1);
  assert_int_equal(summary->header.keys[0].id, 1);
}

CASE(backup_is_read_whatever_pieces_it_comes_in) {
  MemoryStore store;
  fill(store);
  const std::string bytes = backup_of(store);
  for (std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{4096}, bytes.size()})
    assert_true(read_backup(source_of(bytes, piece), test_ring(), nullptr, kSilent).ok());
}

CASE(backup_shows_one_moment) {
  MemoryStore store;
  fill(store);
  Database database(store, test_ring());
  auto read = database.read();
  const std::size_t before = entries_of(store).size();
  Directory(store).change([](Write& write) -> Status {
    write.put(make_key(Table::kStray), StrayCount{1});
    return {};
  });
  std::string bytes;
  const auto summary = write_backup(*read, "1", kNow, [&](Bytes more) {
    bytes += as_text(more);
    return Status();
  }, kSilent);
  assert_true(summary.ok());
  assert_int_equal(summary->records, before);
}

CASE(backup_shows_no_secret_and_no_key) {
  MemoryStore store;
  fill(store);
  // No secret is in it in clear; and of the ring nothing but marks.
  const std::string bytes = backup_of(store);
  assert_true(bytes.find("482915") == std::string::npos);
  for (Purpose purpose : {Purpose::kSeal, Purpose::kMac, Purpose::kIndex, Purpose::kGuess, Purpose::kBackup}) {
    const Subkey key = test_ring().subkey(purpose);
    assert_true(bytes.find(as_text(Bytes(key.data(), Subkey::kBytes))) == std::string::npos);
  }
}

// ---- keys

/// A store with records under keys 1 and 2.
struct TwoKeys {
  RingFile file;
  MemoryStore store;
  SharedRing first = share(file.load());

  TwoKeys() {
    Directory::ok(Database(store, first).initialise(kNow));
    file.rotate();
    Database database(store, share(file.load()));
    auto write = database.write();
    write->put(make_key(Table::kStray), StrayCount{1});
    Directory::ok(write->commit());
  }
};

CASE(backup_names_the_keys_it_needs) {
  const TwoKeys keys;
  std::string bytes;
  const auto summary = write_to(bytes, const_cast<MemoryStore&>(keys.store), share(keys.file.load()));
  assert_int_equal(summary->header.keys.size(), 2);
  expect_verdict(bytes, "whole", keys.file.load());
  expect_verdict(bytes, "corrupt: the backup needs key 2, which the key ring does not hold", *keys.first);
  const KeyRing later = keys.file.retire(1);
  expect_verdict(bytes, "corrupt: the backup needs key 1, which the key ring does not hold", later);
}

CASE(backup_is_read_by_a_ring_that_has_more_keys) {
  TwoKeys keys;
  const std::string bytes = backup_of(keys.store, share(keys.file.load()));
  expect_verdict(bytes, "whole", keys.file.rotate());
}

CASE(backup_of_another_machine_is_refused) {
  MemoryStore store;
  fill(store);
  const std::string bytes = backup_of(store);
  expect_verdict(bytes, "corrupt: the backup was made with another key 1: it needs its own key ring", new_ring());
}

CASE(backup_that_needs_a_key_it_does_not_name_is_refused) {
  // As a program that counts wrongly would make it: the record needs key 1, the header names key 2 alone.
  TwoKeys keys;
  const KeyRing ring = keys.file.load();
  std::string bytes;
  const auto summary = write_to(bytes, keys.store, share(keys.file.load()));
  BackupHeader header = summary->header;
  header.keys.erase(header.keys.begin());
  SecureBuffer fields;
  encode(fields, header);
  const std::size_t old_size = ByteReader(as_bytes(std::string_view(bytes).substr(16))).integer<std::uint32_t>();
  std::string forged = bytes.substr(0, 16);
  for (unsigned i = 0; i < 4; ++i) forged += static_cast<char>(fields.size() >> (8 * i));
  forged += std::string(as_text(fields.view())) + bytes.substr(20 + old_size, bytes.size() - 20 - old_size - 32);
  StreamMac mac(ring.subkey(Purpose::kBackup, 2));
  mac.append(as_bytes(forged));
  const auto sum = mac.finish();
  expect_verdict(forged + std::string(as_text(Bytes(sum))), "cut or damaged", ring);
}

// ---- broken ones

/// A small one, so that every bit of it can be tried.
std::string small_backup(MemoryStore& store) {
  Directory::ok(Database(store, test_ring()).initialise(kNow));
  Directory(store).add_domain("a.example");
  return backup_of(store);
}

CASE(backup_with_any_bit_flipped_is_refused) {
  MemoryStore store;
  const std::string bytes = small_backup(store);
  for (std::size_t at = 0; at < bytes.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
      const std::string got = verdict(changed);
      if (!got.starts_with("corrupt") && !got.starts_with("invalid"))
        fail_msg("bit %d of byte %zu: %s", bit, at, got.c_str());
    }
}

CASE(backup_cut_anywhere_is_refused) {
  MemoryStore store;
  const std::string bytes = small_backup(store);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::string got = verdict(bytes.substr(0, size));
    if (!got.starts_with("corrupt")) fail_msg("cut to %zu: %s", size, got.c_str());
  }
  expect_verdict(bytes + std::string(1, '\0'), "something follows the end");
  expect_verdict("", "it is no backup of pbxcred");
  expect_verdict(std::string(5000, 'x'), "it is no backup of pbxcred");
  expect_verdict("pbxcred-backup-2" + bytes.substr(16), "invalid: the backup has a version");
}

/// The stream put together by hand from its entries, under a good MAC: what a hostile holder of the ring could make.
std::string stream_of(const std::vector<Entry>& entries, std::uint64_t count, std::uint32_t schema = kSchema) {
  BackupHeader header;
  header.schema = schema;
  header.keys = {{1, keyed_hash(test_ring().subkey(Purpose::kBackup), {as_bytes("which key")})}};
  header.mac_key = 1;
  SecureBuffer fields;
  encode(fields, header);
  const auto integer = [](std::uint64_t value, std::size_t size) {
    std::string raw;
    for (std::size_t i = 0; i < size; ++i) raw += static_cast<char>(value >> (8 * i));
    return raw;
  };
  std::string bytes = "pbxcred-backup-1" + integer(fields.size(), 4) + std::string(as_text(fields.view()));
  for (const Entry& entry : entries)
    bytes += integer(entry.key.size(), 2) + integer(entry.value.size(), 4) + entry.key + entry.value;
  bytes += integer(0, 2) + integer(count, 8);
  StreamMac mac(test_ring().subkey(Purpose::kBackup));
  mac.append(as_bytes(bytes));
  const auto sum = mac.finish();
  return bytes + std::string(as_text(Bytes(sum)));
}

Entry entry(const std::string& key) { return {key, seal_value(test_ring(), key, as_bytes("record"))}; }

CASE(backup_is_refused_whatever_its_entries_break) {
  const Entry first = entry("D1"), second = entry("D2");
  expect_verdict(stream_of({first, second}, 2), "whole");
  expect_verdict(stream_of({}, 0), "whole");
  struct Row {
    const char* what;
    std::string bytes;
  };
  const Row rows[] = {
      {"order", stream_of({second, first}, 2)},
      {"twice", stream_of({first, first}, 2)},
      {"count", stream_of({first, second}, 3)},
      {"no table", stream_of({entry("!x")}, 1)},
      {"a grant", stream_of({entry(make_key(Table::kGrant, {as_bytes("x")}))}, 1)},
      {"given grants", stream_of({entry(make_key(Table::kGivenGrants, {as_bytes("x")}))}, 1)},
      {"another's value", stream_of({{"D1", second.value}}, 1)},
      {"a long key", stream_of({entry(std::string(512, 'D'))}, 1)},
      {"no value", stream_of({{"D1", ""}}, 1)},
  };
  for (const Row& row : rows) {
    const std::string got = verdict(row.bytes);
    if (!got.starts_with("corrupt")) fail_msg("%s: %s", row.what, got.c_str());
  }
  expect_verdict(stream_of({first}, 1, kSchema + 1), "invalid: the backup has schema");
}

CASE(backup_does_not_allocate_what_a_size_claims) {
  std::string bytes = stream_of({entry("D1")}, 1);
  const std::size_t at = bytes.find("D1") - 4;
  bytes.replace(at, 4, "\xff\xff\xff\x03");  // 64 MiB that do not follow
  expect_verdict(bytes, "corrupt");
  bytes.replace(at, 4, "\xff\xff\xff\xff");
  expect_verdict(bytes, "corrupt");
  bytes.replace(16, 4, "\xff\xff\xff\xff");
  expect_verdict(bytes, "corrupt");
}

// ---- what stops it

CASE(backup_of_a_damaged_store_is_none) {
  MemoryStore store;
  fill(store);
  const std::string key = make_key(Table::kMeta);
  std::string value = raw_value(store, key);
  value[0] = static_cast<char>(value[0] ^ 1);
  put_raw(store, key, value);
  std::string bytes;
  const auto summary = write_to(bytes, store, the_ring());
  assert_false(summary.ok());
  assert_string_equal(name_of(summary.error().code), "corrupt");
  assert_true(bytes.empty());
}

CASE(backup_ends_with_the_first_error_of_sink_source_or_progress) {
  MemoryStore store;
  fill(store);
  Database database(store, test_ring());
  const Error full{Code::kExhausted, "full"};
  auto read = database.read();
  const auto stopped = [&](const BackupSink& sink, const BackupProgress& progress) {
    const auto summary = write_backup(*read, "1", kNow, sink, progress);
    return summary ? "ok" : summary.error().what;
  };
  const BackupSink swallow = [](Bytes) { return Status(); };
  assert_string_equal(stopped([&](Bytes) { return full; }, kSilent).c_str(), "full");
  assert_string_equal(stopped(swallow, [&](std::uint64_t, std::uint64_t) { return full; }).c_str(), "full");
  assert_string_equal(stopped(swallow, kSilent).c_str(), "ok");

  const std::string bytes = backup_of(store);
  const BackupSource broken = [&](std::uint64_t offset, MutableBytes out) -> Result<std::size_t> {
    if (offset > bytes.size() / 2) return full;
    return source_of(bytes)(offset, out);
  };
  assert_string_equal(read_backup(broken, test_ring(), nullptr, kSilent).error().what.c_str(), "full");
  const auto refuses = [&](const Entry&) { return Status(full); };
  assert_string_equal(read_backup(source_of(bytes), test_ring(), refuses, kSilent).error().what.c_str(), "full");
}

CASE(backup_is_as_small_as_the_records_are) {
  const TempDir dir;
  auto store = std::move(*LmdbStore::open(dir.path(), kTestMap, true));
  fill(*store);
  std::size_t payload = 0;
  const auto entries = entries_of(*store);
  for (const Entry& one : entries) payload += one.key.size() + one.value.size();
  assert_int_equal(backup_of(*store).size() < payload + 6 * entries.size() + 300, 1);
}

}  // namespace

RUN_CASES(BOTH_STORES(backup_holds_every_record_but_grants),
          cmocka_unit_test(backup_is_read_whatever_pieces_it_comes_in), cmocka_unit_test(backup_shows_one_moment),
          cmocka_unit_test(backup_shows_no_secret_and_no_key), cmocka_unit_test(backup_names_the_keys_it_needs),
          cmocka_unit_test(backup_is_read_by_a_ring_that_has_more_keys),
          cmocka_unit_test(backup_of_another_machine_is_refused),
          cmocka_unit_test(backup_that_needs_a_key_it_does_not_name_is_refused),
          cmocka_unit_test(backup_with_any_bit_flipped_is_refused), cmocka_unit_test(backup_cut_anywhere_is_refused),
          cmocka_unit_test(backup_is_refused_whatever_its_entries_break),
          cmocka_unit_test(backup_does_not_allocate_what_a_size_claims),
          cmocka_unit_test(backup_of_a_damaged_store_is_none),
          cmocka_unit_test(backup_ends_with_the_first_error_of_sink_source_or_progress),
          cmocka_unit_test(backup_is_as_small_as_the_records_are))
