// SPDX-License-Identifier: BSD-2-Clause
// The keys outside the store, and what is derived from them.
//
// The ring holds keys, each with an id, and one root. A key is replaced by a newer one (`key rotate`) and retired when
// no record names it: seals and MACs are made with it, and every record says with which. The root stays for the life
// of the store: index keys, hashes of guesses and of tokens carry no key id and could not be recomputed (nobody has
// the guess any more), so that nothing that rotates may enter them. Whoever has the ring has both; whoever has the
// store alone has neither.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/locked_bytes.h"
#include "crypto/secret_file.h"
#include "crypto/subkey.h"

namespace pbxcred {

/// What a subkey is for. The numbers enter the derivation: never change one.
enum class Purpose : std::uint8_t {
  kSeal = 1,   ///< stored secrets; rotates
  kMac = 2,    ///< records; rotates
  kIndex = 3,  ///< names as keys; from the root, as the next three
  kGuess = 4,  ///< wrong secrets lately tried
  kGrant = 5,  ///< tokens
  kLog = 6,    ///< unknown names in logs
  kExport = 7, ///< verifiers in exported files; rotates, so that retiring a key voids the files made with it
  kBackup = 8,  ///< whole backups; of a key, not of the root
};

/// The loaded ring: only derived keys, in locked read-only memory. Immutable, so every const call is thread-safe.
class KeyRing {
 public:
  static constexpr std::size_t kMaxKeys = 64;
  static constexpr std::size_t kMaxFileBytes = 56 + kMaxKeys * 44 + 32;

  /// One key, without its bytes.
  struct Key {
    std::uint32_t id = 0;
    Time created{};
  };

  /// Reads the ring at path, which must be owner's alone (0600 in a 0700 directory of owner or root).
  /// Errors are one sentence each: `not found`, `invalid` (links, owners, modes), `corrupt` (short, wrong checksum,
  /// duplicate ids, no key), `unavailable`.
  static Result<KeyRing> load(const std::string& path, uid_t owner);

  /// Makes a ring with a root and one key, id 1; durable when it returns. Its directory is made 0700 if it is missing
  /// (the last component only). `conflict` if there is something at path; otherwise as create_secret_file().
  static Status create(const std::string& path, uid_t owner, gid_t group, Time now);

  /// The whole content of the ring's file, for key backup. Errors as load(); `conflict` if it is not this ring.
  Result<SecretFile> read_file(const std::string& path, uid_t owner) const;
  /// Makes the ring's file from such a content, as create() does; `corrupt` if it is none.
  static Status restore(Bytes contents, const std::string& path, uid_t owner, gid_t group);

  /// Adds a fresh key, which becomes the current one, to the ring's file, and returns the ring as it then is. Durable
  /// when it returns; killed at any moment it leaves the file as it was or as it will be. An error leaves it as it was,
  /// except that of the last step (`unavailable`: the directory is not synced), when either may be there: a ring in use
  /// stays in use.
  /// `conflict`: at path is not the ring that this was loaded from, or it holds kMaxKeys; else as load() and
  /// create_secret_file().
  Result<KeyRing> with_new_key(const std::string& path, uid_t owner, gid_t group, Time now) const;
  /// The same without key id. `not found`: there is none; `conflict`: it is the current one.
  Result<KeyRing> without_key(const std::string& path, uid_t owner, gid_t group, std::uint32_t id) const;

  /// Whether this holds the root and every key of other.
  bool extends(const KeyRing& other) const;

  /// The key that new seals and MACs take: the highest id.
  std::uint32_t current_id() const { return keys_.back().id; }
  bool has(std::uint32_t id) const { return position(id) < keys_.size(); }
  /// By ascending id, never empty.
  const std::vector<Key>& keys() const { return keys_; }

  /// The subkey of key_id; no key if the ring lacks that id. For purposes of the root key_id means nothing.
  /// Borrows from the ring.
  Subkey subkey(Purpose purpose, std::uint32_t key_id) const;
  /// The current key's, or the root's.
  Subkey subkey(Purpose purpose) const { return subkey(purpose, current_id()); }

 private:
  KeyRing(std::vector<Key> keys, LockedBytes subkeys) : keys_(std::move(keys)), subkeys_(std::move(subkeys)) {}

  static Result<KeyRing> from(Bytes file, const std::string& path);
  std::size_t position(std::uint32_t id) const;

  std::vector<Key> keys_;
  LockedBytes subkeys_;  ///< those of the root, then those of each key
};

/// A ring as all share it: a newer one takes its place while work that began with it goes on.
using SharedRing = std::shared_ptr<const KeyRing>;

}  // namespace pbxcred
