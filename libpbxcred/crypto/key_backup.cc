// SPDX-License-Identifier: BSD-2-Clause
// The key ring under a passphrase.
#include "crypto/key_backup.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "crypto/random.h"
#include "crypto/seal.h"
#include "model/name.h"

namespace pbxcred {
namespace {

constexpr std::string_view kMagic = "pbxcred-key-back";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kSaltBytes = crypto_pwhash_SALTBYTES;
constexpr std::size_t kHeaderBytes = 16 + 4 + 8 + 8 + kSaltBytes;
static_assert(kMagic.size() == 16);
// A file that was tampered with must not make us compute for hours or take all memory.
constexpr std::uint64_t kMostOperations = 16, kMostMemory = std::uint64_t{1} << 30;

struct Header {
  PassphraseCost cost;
  Bytes salt;
};

std::array<std::uint8_t, kHeaderBytes> header_of(const PassphraseCost& cost, Bytes salt) {
  std::array<std::uint8_t, kHeaderBytes> bytes{};
  ByteWriter writer(bytes);
  writer.append(as_bytes(kMagic));
  append_integer(writer, kVersion);
  append_integer(writer, cost.operations);
  append_integer(writer, cost.memory_bytes);
  writer.append(salt);
  return bytes;
}

Result<LockedBytes> derive(SecretView passphrase, const Header& header) {
  PBXCRED_TRY(LockedBytes key, LockedBytes::make(Subkey::kBytes));
  if (crypto_pwhash(key.data(), key.size(), reinterpret_cast<const char*>(passphrase.bytes.data()),
                    passphrase.bytes.size(), header.salt.data(), header.cost.operations, header.cost.memory_bytes,
                    crypto_pwhash_ALG_ARGON2ID13) != 0)
    return Error{Code::kExhausted, "there is no memory to derive a key from the passphrase"};
  return key;
}

Result<Header> parse(Bytes file) {
  if (file.size() < kMagic.size() || as_text(file.first(kMagic.size())) != kMagic)
    return Error{Code::kCorrupt, "it is no backup of a key ring"};
  ByteReader reader(file.subspan(kMagic.size()));
  const auto version = reader.integer<std::uint32_t>();
  Header header;
  header.cost.operations = reader.integer<std::uint64_t>();
  header.cost.memory_bytes = reader.integer<std::uint64_t>();
  header.salt = reader.take(kSaltBytes);
  if (!reader.ok() || reader.rest().size() <= kSealOverhead || file.size() > kMaxKeyBackup)
    return Error{Code::kCorrupt, "the backup of the key ring is cut or damaged"};
  if (version != kVersion)
    return Error{Code::kInvalid, "the backup of the key ring has a version that this program does not know"};
  if (header.cost.operations < crypto_pwhash_OPSLIMIT_MIN || header.cost.operations > kMostOperations ||
      header.cost.memory_bytes < crypto_pwhash_MEMLIMIT_MIN || header.cost.memory_bytes > kMostMemory)
    return Error{Code::kCorrupt, "the backup of the key ring is damaged: it asks for a cost that nobody sets"};
  return header;
}

}  // namespace

Result<Secret> passphrase_to_set(SecretView typed) {
  PBXCRED_TRY(Secret passphrase, secret_to_set(typed));
  if (count_characters(passphrase.view().bytes) >= kLeastPassphrase) return passphrase;
  return Error{Code::kInvalid, "a passphrase has at least 12 characters"};
}

Result<std::vector<std::uint8_t>> seal_key_backup(Bytes contents, SecretView passphrase, const PassphraseCost& cost) {
  const auto salt = random_bytes<kSaltBytes>();
  const auto header = header_of(cost, salt);
  PBXCRED_TRY(const LockedBytes key, derive(passphrase, {cost, salt}));
  std::vector<std::uint8_t> file(header.begin(), header.end());
  const auto sealed = seal(Subkey::at(key.data()), header, contents);
  file.insert(file.end(), sealed.begin(), sealed.end());
  return file;
}

Result<LockedBytes> open_key_backup(Bytes file, SecretView passphrase) {
  PBXCRED_TRY(const Header header, parse(file));
  const Error refused{Code::kRefused, "the passphrase is wrong, or the file was changed"};
  const auto used = secret_to_set(passphrase);
  if (!used) return refused;
  PBXCRED_TRY(const LockedBytes key, derive(used->view(), header));
  const auto plain = unseal(Subkey::at(key.data()), file.first(kHeaderBytes), file.subspan(kHeaderBytes));
  if (!plain) return refused;
  PBXCRED_TRY(LockedBytes contents, LockedBytes::make(plain->size()));
  std::copy(plain->view().begin(), plain->view().end(), contents.data());
  return contents;
}

}  // namespace pbxcred
