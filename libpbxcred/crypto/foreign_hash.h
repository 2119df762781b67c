// SPDX-License-Identifier: BSD-2-Clause
// Password hashes that other systems made: which are taken, at which cost, and checking one.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "crypto/argon2.h"
#include "model/verifier.h"

namespace pbxcred {

inline constexpr std::size_t kMaxForeignHash = 384;  ///< bytes; crypt(3)'s CRYPT_OUTPUT_SIZE

// Ceilings: what a login may cost until its hash is replaced. A file of dearer ones would be a way to stop the workers.
inline constexpr unsigned kMaxBcryptCost = 14;                     ///< 2^14 rounds: about a second
inline constexpr std::uint32_t kMaxShaRounds = 1'000'000;          ///< about a second
inline constexpr std::uint32_t kMaxForeignMemoryKib = 256 << 10;   ///< argon2 and yescrypt
inline constexpr std::uint64_t kMaxForeignWork = std::uint64_t{1} << 20;  ///< KiB times passes of argon2

/// A hash taken apart; borrows from its text.
struct ForeignHash {
  enum class Form { kArgon2id, kCrypt };
  Form form = Form::kCrypt;
  std::string_view text;
  // kArgon2id
  HashParams params;
  std::array<std::uint8_t, 64> salt{}, tag{};
  std::size_t salt_size = 0, tag_size = 0;
  // kCrypt: how many characters at the end of text are the hash itself; what stands before says how it was made
  std::size_t hash_size = 0;
};

/// Takes apart `$argon2id$` (PHC string, version 19), `$2a$ $2b$ $2y$` (bcrypt), `$5$ $6$` (SHA-crypt) and `$y$`
/// (yescrypt with its usual flavour), as crypt(5) has them.
/// Errors (`invalid`) say why it is not taken and repeat nothing of it: another form, malformed, or a cost above the
/// ceilings. Thread-safe, as all here.
Result<ForeignHash> parse_foreign_hash(std::string_view text);

/// Whether secret is what the hash was made from, compared in constant time. A secret with a NUL byte, or longer than
/// crypt(3) takes, matches nothing. bcrypt looks at the first 72 bytes only.
/// Errors: `exhausted` if there is no memory, `internal` if crypt(3) does not know the form.
/// Costs what the hash says; crypt's are not paid where nothing can match.
Result<bool> check_foreign_hash(HashArena& arena, const ForeignHash& hash, SecretView secret);

}  // namespace pbxcred
