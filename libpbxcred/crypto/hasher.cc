// SPDX-License-Identifier: BSD-2-Clause
// Makes and checks the stored form of one secret: seal(K, argon2id(secret, salt)).
#include "crypto/hasher.h"

#include <array>
#include <cassert>

#include "crypto/foreign_hash.h"
#include "crypto/random.h"
#include "crypto/seal.h"

namespace pbxcred {
namespace {

/// What the seal is bound to besides its key; fixed size, so that no two bindings look alike.
class AssociatedData {
 public:
  AssociatedData(const SealedHash& stored, const SealBinding& binding) : writer_(buffer_) {
    writer_.append(as_bytes(stored.scheme == HashScheme::kForeign ? "pbxcred foreign1" : "pbxcred secret 1"));
    append_integer(writer_, stored.key_id);
    writer_.append(binding.account.bytes());
    append_integer(writer_, static_cast<std::uint8_t>(binding.kind));
    append_integer(writer_, binding.generation);
    append_integer(writer_, stored.params.memory_kib);
    append_integer(writer_, stored.params.passes);
    append_integer(writer_, stored.params.lanes);
    writer_.append(stored.salt);
    assert(writer_.ok());
  }
  AssociatedData(const AssociatedData&) = delete;
  AssociatedData& operator=(const AssociatedData&) = delete;
  Bytes bytes() const { return writer_.written(); }

 private:
  std::array<std::uint8_t, 80> buffer_{};
  ByteWriter writer_;
};

std::uint64_t work(const HashParams& params) {
  return std::uint64_t{params.memory_kib} * params.passes;
}

/// Spends what stored costs less than configured. The cost of argon2 is its blocks: memory times passes.
Status fill_up(HashArena& arena, const HashParams& configured, const HashParams& stored, SecretView secret) {
  if (work(stored) >= work(configured)) return {};
  if (work(stored) == 0) return burn_hash(arena, configured, secret);
  const std::uint64_t missing = work(configured) - work(stored);
  HashParams extra;
  extra.lanes = 1;
  extra.passes = static_cast<std::uint32_t>((missing + configured.memory_kib - 1) / configured.memory_kib);
  extra.memory_kib = static_cast<std::uint32_t>(missing / extra.passes);
  if (!is_sane(extra)) return {};  // below argon2's least: microseconds
  return burn_hash(arena, extra, secret);
}

/// What crypt(3) costs is not known in argon2's measure, so the configured cost comes on top: never less than others.
Result<bool> check_foreign(HashArena& arena, const HashParams& configured, SecretView secret, std::string_view text) {
  const auto hash = parse_foreign_hash(text);
  if (!hash) {
    PBXCRED_CHECK(burn_hash(arena, configured, secret));
    return Error{Code::kCorrupt, "an imported hash is none"};
  }
  const HashParams nothing{0, 0, 0};
  const HashParams& spent = hash->form == ForeignHash::Form::kArgon2id ? hash->params : nothing;
  PBXCRED_CHECK(fill_up(arena, configured, spent, secret));
  return check_foreign_hash(arena, *hash, secret);
}

}  // namespace

Result<SealedHash> make_hash(HashArena& arena, const KeyRing& ring, const HashParams& params, SecretView secret,
                             const SealBinding& binding) {
  SealedHash made;
  made.params = params;
  fill_random(made.salt);
  const auto hash = argon2id(arena, secret, made.salt, params);
  if (!hash) return hash.error();
  return close_hash(ring, made, hash->bytes(), binding);
}

SealedHash seal_foreign_hash(const KeyRing& ring, std::string_view text, const SealBinding& binding) {
  SealedHash described;
  described.scheme = HashScheme::kForeign;
  described.params = {0, 0, 0};
  return close_hash(ring, described, as_bytes(text), binding);
}

Result<SecureBuffer> open_hash(const KeyRing& ring, const SealedHash& stored, const SealBinding& binding) {
  auto plain =
      unseal(ring.subkey(Purpose::kSeal, stored.key_id), AssociatedData(stored, binding).bytes(), stored.sealed);
  const bool sound = plain && (stored.scheme == HashScheme::kForeign || plain->size() == sizeof(Hash32::raw));
  if (!sound) return Error{Code::kCorrupt, "the seal of a secret does not open"};
  return plain;
}

SealedHash close_hash(const KeyRing& ring, const SealedHash& described, Bytes plain, const SealBinding& binding) {
  SealedHash closed = described;
  closed.key_id = ring.current_id();
  closed.sealed = seal(ring.subkey(Purpose::kSeal), AssociatedData(closed, binding).bytes(), plain);
  return closed;
}

Result<bool> check_hash(HashArena& arena, const KeyRing& ring, const HashParams& configured, SecretView secret,
                        const SealedHash& stored, const SealBinding& binding) {
  // Opened first: parameters that nothing vouches for must not set the cost.
  const auto plain = open_hash(ring, stored, binding);
  if (!plain) {
    PBXCRED_CHECK(burn_hash(arena, configured, secret));
    return plain.error();
  }
  if (stored.scheme == HashScheme::kForeign) return check_foreign(arena, configured, secret, as_text(plain->view()));
  const auto hash = argon2id(arena, secret, stored.salt, stored.params);
  if (!hash) return hash.error();
  PBXCRED_CHECK(fill_up(arena, configured, stored.params, secret));
  return equal_constant_time(hash->bytes(), plain->view());
}

Result<SealedHash> reseal_hash(const KeyRing& ring, const SealedHash& stored, const SealBinding& binding) {
  PBXCRED_TRY(const SecureBuffer plain, open_hash(ring, stored, binding));
  return close_hash(ring, stored, plain.view(), binding);
}

bool opens(const KeyRing& ring, const SealedHash& stored, const SealBinding& binding) {
  return open_hash(ring, stored, binding).ok();
}

Status burn_hash(HashArena& arena, const HashParams& params, SecretView secret) {
  static constexpr std::array<std::uint8_t, 16> kSalt{};
  PBXCRED_CHECK(argon2id(arena, secret, kSalt, params));
  return {};
}

}  // namespace pbxcred
