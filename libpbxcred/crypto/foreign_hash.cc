// SPDX-License-Identifier: BSD-2-Clause
#include "crypto/foreign_hash.h"

#include <argon2.h>
#include <crypt.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <memory>
#include <optional>

namespace pbxcred {
namespace {

constexpr std::string_view kCryptAlphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

Error not_taken(std::string_view why) { return Error{Code::kInvalid, std::string(why)}; }
Error malformed() { return not_taken("the hash is malformed"); }
Error too_dear(std::string_view ceiling) {
  return not_taken(fmt::format("the hash costs more than is taken ({})", ceiling));
}

bool is_of(std::string_view alphabet, std::string_view text) {
  return text.find_first_not_of(alphabet) == std::string_view::npos;
}

/// Takes prefix off the front.
bool skip(std::string_view& rest, std::string_view prefix) {
  if (!rest.starts_with(prefix)) return false;
  rest.remove_prefix(prefix.size());
  return true;
}

/// Takes a decimal number without leading zeros off the front.
std::optional<std::uint32_t> number(std::string_view& rest) {
  std::uint32_t value = 0;
  if (rest.empty() || rest[0] < '1' || rest[0] > '9') return {};
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (error != std::errc()) return {};
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  return value;
}

/// Base64 without padding, as PHC strings have it. Sizes of at least `least` bytes.
bool decode_base64(std::string_view text, std::array<std::uint8_t, 64>& out, std::size_t& size, std::size_t least) {
  std::uint32_t bits = 0;
  unsigned held = 0;
  size = 0;
  for (char c : text) {
    const std::size_t digit = kBase64.find(c);
    if (digit == std::string_view::npos) return false;
    bits = (bits << 6) | static_cast<std::uint32_t>(digit);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    if (size == out.size()) return false;
    out[size++] = static_cast<std::uint8_t>(bits >> held);
  }
  return held < 6 && (bits & ((1U << held) - 1)) == 0 && size >= least;
}

/// rest: what follows `$argon2id$`.
Result<ForeignHash> parse_argon2id(std::string_view rest, ForeignHash hash) {
  hash.form = ForeignHash::Form::kArgon2id;
  if (!skip(rest, "v=19$")) return not_taken("of argon2id only version 19 is taken");
  const auto memory = skip(rest, "m=") ? number(rest) : std::nullopt;
  const auto passes = skip(rest, ",t=") ? number(rest) : std::nullopt;
  const auto lanes = skip(rest, ",p=") ? number(rest) : std::nullopt;
  if (!memory || !passes || !lanes || !skip(rest, "$")) return malformed();
  hash.params = {*memory, *passes, *lanes};
  if (*memory > kMaxForeignMemoryKib || std::uint64_t{*memory} * *passes > kMaxForeignWork)
    return too_dear("256 MiB, and 1 GiB times passes");
  const std::size_t cut = rest.find('$');
  if (cut == std::string_view::npos || !is_sane(hash.params)) return malformed();
  // RFC 9106 wants 16 bytes of both; 8 of salt are its least.
  if (!decode_base64(rest.substr(0, cut), hash.salt, hash.salt_size, ARGON2_MIN_SALT_LENGTH) ||
      !decode_base64(rest.substr(cut + 1), hash.tag, hash.tag_size, 16))
    return malformed();
  return hash;
}

/// rest: what follows `$2b$`.
Result<ForeignHash> parse_bcrypt(std::string_view rest, ForeignHash hash) {
  constexpr std::size_t kSalt = 22;
  hash.hash_size = 31;
  if (rest.size() != 3 + kSalt + hash.hash_size || rest[2] != '$' || !is_of("0123456789", rest.substr(0, 2)) ||
      !is_of(kCryptAlphabet, rest.substr(3)))
    return malformed();
  const unsigned cost = static_cast<unsigned>((rest[0] - '0') * 10 + (rest[1] - '0'));
  if (cost < 4) return malformed();
  if (cost > kMaxBcryptCost) return too_dear(fmt::format("bcrypt: {}", kMaxBcryptCost));
  return hash;
}

/// rest: what follows `$6$`; hash_size: 43 or 86.
Result<ForeignHash> parse_sha_crypt(std::string_view rest, ForeignHash hash, std::size_t hash_size) {
  hash.hash_size = hash_size;
  if (skip(rest, "rounds=")) {
    const auto rounds = number(rest);
    if (!rounds || !skip(rest, "$") || *rounds < 1000) return malformed();
    if (*rounds > kMaxShaRounds) return too_dear("1000000 rounds");
  }
  const std::size_t cut = rest.find('$');
  if (cut == std::string_view::npos || cut > 16 || rest.size() - cut - 1 != hash_size ||
      !is_of(kCryptAlphabet, rest.substr(0, cut)) || !is_of(kCryptAlphabet, rest.substr(cut + 1)))
    return malformed();
  return hash;
}

/// yescrypt's numbers of one to several characters (its decode64_uint32()); none: malformed or too large to matter.
std::optional<std::uint32_t> yescrypt_number(std::string_view& rest, std::uint32_t least) {
  std::uint32_t start = 0, end = 47, digits = 1, bits = 0, value = least;
  const auto next = [&]() -> std::uint32_t {
    const std::size_t digit = rest.empty() ? std::string_view::npos : kCryptAlphabet.find(rest[0]);
    if (digit == std::string_view::npos) return 64;
    rest.remove_prefix(1);
    return static_cast<std::uint32_t>(digit);
  };
  const std::uint32_t first = next();
  if (first > 63) return {};
  while (first > end) {
    value += (end + 1 - start) << bits;
    start = end + 1;
    end = start + (62 - end) / 2;
    ++digits;
    bits += 6;
    if (bits > 18) return {};
  }
  value += (first - start) << bits;
  while (--digits > 0) {
    const std::uint32_t more = next();
    if (more > 63) return {};
    bits -= 6;
    value += more << bits;
  }
  return value;
}

/// rest: what follows `$y$`: flavour, log2 of N, r and nothing else.
Result<ForeignHash> parse_yescrypt(std::string_view rest, ForeignHash hash) {
  hash.hash_size = 43;
  const auto flavour = yescrypt_number(rest, 0);
  const auto log_n = yescrypt_number(rest, 1);
  const auto r = yescrypt_number(rest, 1);
  if (!flavour || !log_n || !r) return malformed();
  if (*flavour != 47 || !skip(rest, "$"))  // 'j': YESCRYPT_DEFAULTS
    return not_taken("of yescrypt only the usual flavour ($y$j…) without further parameters is taken");
  const bool fits = *log_n < 32 && *r < (1U << 20) &&
                    (std::uint64_t{128} * *r << *log_n) <= (std::uint64_t{kMaxForeignMemoryKib} << 10);
  if (!fits) return too_dear("256 MiB");
  const std::size_t cut = rest.find('$');
  if (cut == std::string_view::npos || cut == 0 || cut > 86 || rest.size() - cut - 1 != hash.hash_size ||
      !is_of(kCryptAlphabet, rest.substr(0, cut)) || !is_of(kCryptAlphabet, rest.substr(cut + 1)))
    return malformed();
  return hash;
}

Result<bool> check_argon2id(HashArena& arena, const ForeignHash& hash, SecretView secret) {
  std::array<std::uint8_t, 64> made{};
  const MutableBytes tag = MutableBytes(made).first(hash.tag_size);
  // A dear one must not leave the worker with its memory for good.
  HashArena once;
  const bool fits = std::size_t{hash.params.memory_kib} * 1024 <= arena.memory().size();
  const Status done = argon2id_into(fits ? arena : once, tag, secret, Bytes(hash.salt).first(hash.salt_size),
                                    hash.params);
  const bool same = done && equal_constant_time(tag, Bytes(hash.tag).first(hash.tag_size));
  wipe(made);
  if (!done) return done.error();
  return same;
}

/// 32 KiB of key schedules and the like, and the secret as C's text.
struct CryptWork {
  crypt_data data{};
  std::array<char, CRYPT_MAX_PASSPHRASE_SIZE + 1> phrase{};
  std::array<char, kMaxForeignHash + 1> setting{};
  ~CryptWork() { wipe(this, sizeof *this); }
};

Result<bool> check_crypt(const ForeignHash& hash, SecretView secret) {
  auto work = std::make_unique<CryptWork>();
  const Bytes bytes = secret.bytes;
  const bool fits = bytes.size() < CRYPT_MAX_PASSPHRASE_SIZE && hash.text.size() <= kMaxForeignHash &&
                    std::find(bytes.begin(), bytes.end(), 0) == bytes.end();
  if (!fits) return false;
  std::copy(bytes.begin(), bytes.end(), work->phrase.begin());
  std::copy(hash.text.begin(), hash.text.end(), work->setting.begin());
  const char* made = crypt_rn(work->phrase.data(), work->setting.data(), &work->data, sizeof work->data);
  if (made == nullptr) {
    if (errno == ENOMEM) return Error{Code::kExhausted, "no memory for a hash"};
    return Error{Code::kInternal, "crypt(3) refuses an imported hash"};
  }
  // Only the hash itself: crypt(3) writes the bits of a setting that mean nothing in its own way.
  const std::string_view result(made);
  if (result.size() < hash.hash_size) return false;
  return equal_constant_time(as_bytes(result.substr(result.size() - hash.hash_size)),
                             as_bytes(hash.text.substr(hash.text.size() - hash.hash_size)));
}

}  // namespace

Result<ForeignHash> parse_foreign_hash(std::string_view text) {
  if (text.size() > kMaxForeignHash) return malformed();
  ForeignHash hash;
  hash.text = text;
  std::string_view rest = text;
  if (skip(rest, "$argon2id$")) return parse_argon2id(rest, hash);
  if (skip(rest, "$2a$") || skip(rest, "$2b$") || skip(rest, "$2y$")) return parse_bcrypt(rest, hash);
  if (skip(rest, "$5$")) return parse_sha_crypt(rest, hash, 43);
  if (skip(rest, "$6$")) return parse_sha_crypt(rest, hash, 86);
  if (skip(rest, "$y$")) return parse_yescrypt(rest, hash);
  return not_taken(
      "looks like a hash of another system, but of a form that is not taken ($argon2id$ $2a$ $2b$ $2y$ $5$ $6$ $y$ "
      "are)");
}

Result<bool> check_foreign_hash(HashArena& arena, const ForeignHash& hash, SecretView secret) {
  return hash.form == ForeignHash::Form::kArgon2id ? check_argon2id(arena, hash, secret) : check_crypt(hash, secret);
}

}  // namespace pbxcred
