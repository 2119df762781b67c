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
#include <cstring>

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
constexpr std::size_t kMaxFile = kHeaderBytes + KeyRing::kMaxKeys * kEntryBytes + kChecksumBytes;

constexpr Purpose kRootPurposes[] = {Purpose::kIndex, Purpose::kGuess, Purpose::kGrant, Purpose::kLog};
constexpr Purpose kKeyPurposes[] = {Purpose::kSeal, Purpose::kMac, Purpose::kExport};
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
  const auto count = reader.integer<std::uint32_t>();
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

}  // namespace

Result<KeyRing> KeyRing::load(const std::string& path, uid_t owner) {
  PBXCRED_TRY(const SecretFile file, read_secret_file(kWhat, path, owner, kMaxFile));
  PBXCRED_TRY(Parsed parsed, parse(file.view(), path));
  PBXCRED_TRY(LockedBytes subkeys, derive_all(parsed));
  return KeyRing(std::move(parsed.keys), std::move(subkeys));
}

Status KeyRing::create(const std::string& path, uid_t owner, gid_t group, Time now) {
  PBXCRED_TRY(LockedBytes file, LockedBytes::make(kHeaderBytes + kEntryBytes + kChecksumBytes));
  PBXCRED_TRY(LockedBytes fresh, LockedBytes::make(2 * kKeyBytes));
  fill_random(MutableBytes(fresh.data(), fresh.size()));
  ByteWriter writer(MutableBytes(file.data(), file.size()));
  writer.append(as_bytes(kMagic));
  append_integer(writer, kVersion);
  append_integer(writer, std::uint32_t{1});
  writer.append(fresh.view().first(kKeyBytes));
  append_integer(writer, std::uint32_t{1});
  append_integer(writer, static_cast<std::int64_t>(now.time_since_epoch().count()));
  writer.append(fresh.view().last(kKeyBytes));
  const auto sum = checksum(writer.written());
  writer.append(sum);
  return create_secret_file(kWhat, path, owner, group, writer.written());
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
