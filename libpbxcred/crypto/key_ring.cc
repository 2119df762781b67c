// SPDX-License-Identifier: BSD-2-Clause
// The keys outside the store, and what is derived from them.
//
// The file, integers little-endian: magic 16, version u32, number of keys u32, root 32, for each key by ascending id
// {id u32, created i64 (ms), 32 bytes}, BLAKE2b-256 of all before.
#include "crypto/key_ring.h"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>

#include "crypto/random.h"
#include "crypto/secret_file.h"

namespace pbxcred {
namespace {

constexpr char kWhat[] = "key ring";
constexpr char kMagic[] = "pbxcred-key-ring";
constexpr std::size_t kMagicBytes = sizeof kMagic - 1;
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kKeyBytes = Subkey::kBytes;
constexpr std::size_t kChecksumBytes = 32;
constexpr std::size_t kHeaderBytes = kMagicBytes + 4 + 4 + kKeyBytes;
constexpr std::size_t kEntryBytes = 4 + 8 + kKeyBytes;
static_assert(KeyRing::kMaxFileBytes == kHeaderBytes + KeyRing::kMaxKeys * kEntryBytes + kChecksumBytes);

constexpr Purpose kRootPurposes[] = {Purpose::kIndex, Purpose::kGuess, Purpose::kGrant, Purpose::kLog};
constexpr Purpose kKeyPurposes[] = {Purpose::kSeal, Purpose::kMac, Purpose::kExport, Purpose::kBackup};
static_assert(kKeyBytes == crypto_kdf_KEYBYTES);

std::array<std::uint8_t, kChecksumBytes> checksum(Bytes bytes) {
  std::array<std::uint8_t, kChecksumBytes> sum;
  crypto_generichash(sum.data(), sum.size(), bytes.data(), bytes.size(), nullptr, 0);
  return sum;
}

void derive(std::uint8_t* out, Bytes key, Purpose purpose) {
  static constexpr char kContext[crypto_kdf_CONTEXTBYTES + 1] = "pbxcred1";
  crypto_kdf_derive_from_key(out, kKeyBytes, static_cast<std::uint64_t>(purpose), kContext, key.data());
}

/// The file taken apart; borrows from it.
struct Parsed {
  Bytes root;
  std::vector<KeyRing::Key> keys;
  std::vector<Bytes> secrets;  ///< of keys, in the same order
};

Error broken(const std::string& path, const char* why) {
  return {Code::kCorrupt, fmt::format("the {} {} {}", kWhat, path, why)};
}

Result<Bytes> checked_body(Bytes file, const std::string& path) {
  if (file.size() < kHeaderBytes + kChecksumBytes) return broken(path, "is too short");
  if (as_text(file.first(kMagicBytes)) != kMagic) return broken(path, "is not a key ring");
  if (ByteReader(file.subspan(kMagicBytes)).integer<std::uint32_t>() != kVersion)
    return broken(path, "has a version that this program does not know");
  const Bytes body = file.first(file.size() - kChecksumBytes);
  const auto sum = checksum(body);
  if (!equal_constant_time(Bytes(sum), file.last(kChecksumBytes))) return broken(path, "has a wrong checksum");
  return body;
}

Result<Parsed> parse(Bytes file, const std::string& path) {
  PBXCRED_TRY(const Bytes body, checked_body(file, path));
  ByteReader reader(body.subspan(kMagicBytes + 4));
  Parsed parsed;
  const std::size_t count = reader.integer<std::uint32_t>();
  parsed.root = reader.take(kKeyBytes);
  if (count == 0) return broken(path, "holds no key");
  if (reader.rest().size() != count * kEntryBytes) return broken(path, "has a wrong length");
  while (!reader.at_end()) {
    KeyRing::Key key;
    key.id = reader.integer<std::uint32_t>();
    key.created = Time(std::chrono::milliseconds(reader.integer<std::int64_t>()));
    if (!parsed.keys.empty() && key.id == parsed.keys.back().id) return broken(path, "holds an id twice");
    if (!parsed.keys.empty() && key.id < parsed.keys.back().id) return broken(path, "has its ids out of order");
    parsed.keys.push_back(key);
    parsed.secrets.push_back(reader.take(kKeyBytes));
  }
  return parsed;
}

Result<LockedBytes> derive_all(const Parsed& parsed) {
  const std::size_t count = std::size(kRootPurposes) + parsed.keys.size() * std::size(kKeyPurposes);
  PBXCRED_TRY(LockedBytes subkeys, LockedBytes::make(count * kKeyBytes));
  std::uint8_t* out = subkeys.data();
  for (Purpose purpose : kRootPurposes) {
    derive(out, parsed.root, purpose);
    out += kKeyBytes;
  }
  for (Bytes secret : parsed.secrets) {
    for (Purpose purpose : kKeyPurposes) {
      derive(out, secret, purpose);
      out += kKeyBytes;
    }
  }
  subkeys.make_read_only();
  return subkeys;
}

/// A ring's file being written.
class RingFile {
 public:
  static Result<RingFile> begin(std::size_t keys, Bytes root) {
    PBXCRED_TRY(LockedBytes bytes, LockedBytes::make(kHeaderBytes + keys * kEntryBytes + kChecksumBytes));
    RingFile file(std::move(bytes));
    file.append(as_bytes(kMagic));
    append_integer(file, kVersion);
    append_integer(file, static_cast<std::uint32_t>(keys));
    file.append(root);
    return file;
  }
  void add(const KeyRing::Key& key, Bytes secret) {
    append_integer(*this, key.id);
    append_integer(*this, static_cast<std::int64_t>(key.created.time_since_epoch().count()));
    append(secret);
  }
  Bytes finish() {
    const auto sum = checksum(bytes_.view().first(size_));
    append(sum);
    return bytes_.view();
  }
  void append(Bytes bytes) {
    std::copy(bytes.begin(), bytes.end(), bytes_.data() + size_);
    size_ += bytes.size();
  }

 private:
  explicit RingFile(LockedBytes bytes) : bytes_(std::move(bytes)) {}
  LockedBytes bytes_;
  std::size_t size_ = 0;
};

Error replaced(const std::string& path) {
  return {Code::kConflict, fmt::format("{} is not the key ring that the daemon has loaded; nothing was changed", path)};
}

}  // namespace

Result<KeyRing> KeyRing::from(Bytes file, const std::string& path) {
  PBXCRED_TRY(Parsed parsed, parse(file, path));
  PBXCRED_TRY(LockedBytes subkeys, derive_all(parsed));
  return KeyRing(std::move(parsed.keys), std::move(subkeys));
}

Result<KeyRing> KeyRing::load(const std::string& path, uid_t owner) {
  PBXCRED_TRY(const SecretFile file, read_secret_file(kWhat, path, owner, kMaxFileBytes));
  return from(file.view(), path);
}

Result<SecretFile> KeyRing::read_file(const std::string& path, uid_t owner) const {
  PBXCRED_TRY(SecretFile file, read_secret_file(kWhat, path, owner, kMaxFileBytes));
  PBXCRED_TRY(const KeyRing there, from(file.view(), path));
  if (!there.extends(*this)) return replaced(path);
  return file;
}

Status KeyRing::restore(Bytes contents, const std::string& path, uid_t owner, gid_t group) {
  PBXCRED_CHECK(from(contents, "in the backup"));
  return create_secret_file(kWhat, path, owner, group, contents);
}

Status KeyRing::create(const std::string& path, uid_t owner, gid_t group, Time now) {
  PBXCRED_TRY(LockedBytes fresh, LockedBytes::make(2 * kKeyBytes));
  fill_random(MutableBytes(fresh.data(), fresh.size()));
  PBXCRED_TRY(RingFile file, RingFile::begin(1, fresh.view().first(kKeyBytes)));
  file.add({1, now}, fresh.view().last(kKeyBytes));
  return create_secret_file(kWhat, path, owner, group, file.finish());
}

Result<KeyRing> KeyRing::with_new_key(const std::string& path, uid_t owner, gid_t group, Time now) const {
  PBXCRED_TRY(const SecretFile old, read_secret_file(kWhat, path, owner, kMaxFileBytes));
  PBXCRED_TRY(const Parsed parsed, parse(old.view(), path));
  PBXCRED_TRY(const KeyRing there, from(old.view(), path));
  if (!there.extends(*this)) return replaced(path);
  if (parsed.keys.size() >= kMaxKeys)
    return Error{Code::kConflict, fmt::format("the key ring holds {} keys, the most it may: retire some first", kMaxKeys)};
  if (there.current_id() == std::numeric_limits<std::uint32_t>::max())
    return Error{Code::kConflict, "there is no key id left"};
  PBXCRED_TRY(LockedBytes fresh, LockedBytes::make(kKeyBytes));
  fill_random(MutableBytes(fresh.data(), fresh.size()));
  PBXCRED_TRY(RingFile file, RingFile::begin(parsed.keys.size() + 1, parsed.root));
  for (std::size_t i = 0; i < parsed.keys.size(); ++i) file.add(parsed.keys[i], parsed.secrets[i]);
  file.add({there.current_id() + 1, now}, fresh.view());
  const Bytes contents = file.finish();
  PBXCRED_TRY(KeyRing ring, from(contents, path));
  PBXCRED_CHECK(replace_secret_file(kWhat, path, owner, group, contents));
  return ring;
}

Result<KeyRing> KeyRing::without_key(const std::string& path, uid_t owner, gid_t group, std::uint32_t id) const {
  if (!has(id)) return Error{Code::kNotFound, fmt::format("the key ring holds no key {}", id)};
  if (id == current_id()) return Error{Code::kConflict, fmt::format("key {} is the current one", id)};
  PBXCRED_TRY(const SecretFile old, read_secret_file(kWhat, path, owner, kMaxFileBytes));
  PBXCRED_TRY(const Parsed parsed, parse(old.view(), path));
  PBXCRED_TRY(const KeyRing there, from(old.view(), path));
  if (!there.extends(*this)) return replaced(path);
  PBXCRED_TRY(RingFile file, RingFile::begin(parsed.keys.size() - 1, parsed.root));
  for (std::size_t i = 0; i < parsed.keys.size(); ++i)
    if (parsed.keys[i].id != id) file.add(parsed.keys[i], parsed.secrets[i]);
  const Bytes contents = file.finish();
  PBXCRED_TRY(KeyRing ring, from(contents, path));
  PBXCRED_CHECK(replace_secret_file(kWhat, path, owner, group, contents));
  return ring;
}

bool KeyRing::extends(const KeyRing& other) const {
  bool all = true;
  const auto same = [](const Subkey& a, const Subkey& b) {
    return a && b && equal_constant_time({a.data(), kKeyBytes}, {b.data(), kKeyBytes});
  };
  for (Purpose purpose : kRootPurposes) all = same(subkey(purpose), other.subkey(purpose)) && all;
  for (const Key& key : other.keys_)
    for (Purpose purpose : kKeyPurposes) all = same(subkey(purpose, key.id), other.subkey(purpose, key.id)) && all;
  return all;
}

std::size_t KeyRing::position(std::uint32_t id) const {
  // The current key, which nearly all records name, is the last.
  std::size_t at = keys_.size();
  while (at > 0 && keys_[at - 1].id != id) --at;
  return at == 0 ? keys_.size() : at - 1;
}

Subkey KeyRing::subkey(Purpose purpose, std::uint32_t key_id) const {
  const auto* rotating = std::find(std::begin(kKeyPurposes), std::end(kKeyPurposes), purpose);
  std::size_t at = 0;
  if (rotating != std::end(kKeyPurposes)) {
    const std::size_t key = position(key_id);
    if (key == keys_.size()) return {};
    at = std::size(kRootPurposes) + key * std::size(kKeyPurposes) +
         static_cast<std::size_t>(rotating - std::begin(kKeyPurposes));
  } else {
    at = static_cast<std::size_t>(purpose) - static_cast<std::size_t>(kRootPurposes[0]);
  }
  return Subkey::at(subkeys_.data() + at * kKeyBytes);
}

}  // namespace pbxcred
