// SPDX-License-Identifier: BSD-2-Clause
#include "service/import_secret.h"

#include "crypto/hasher.h"
#include "crypto/portable_verifier.h"
#include "model/name.h"
#include "service/new_secret.h"

namespace pbxcred {
namespace {

using What = PlannedSecret::What;

bool is_set(const std::optional<Verifier>& verifier) { return verifier && verifier->hash; }

/// Known by its account, so that equal hashes of two users look different in the store.
Hash16 origin_of(const KeyRing& ring, const AccountId& account, Kind kind, SecretView text) {
  return keyed_hash(ring.subkey(Purpose::kGuess),
                    {as_bytes("imported"), account.bytes(), as_bytes(name_of(kind)), text.bytes});
}

}  // namespace

Result<bool> is_stored_already(const KeyRing& ring, const AccountId& account, const PlannedSecret& secret,
                               SecretView text, const std::optional<Verifier>& current) {
  if (secret.what == What::kForeign)
    return is_set(current) && current->origin == origin_of(ring, account, secret.kind, text);
  PBXCRED_TRY(const PortableVerifier given, read_portable(ring, secret.kind, as_text(text.bytes)));
  if (!current) return false;
  const auto stored = portable_of(ring, account, *current);
  return stored && same_verifier(given, *stored);
}

Result<UseCase::Next> HashUser::prepare(Read& read, Time) {
  if (user_.secrets.empty()) return Next::kFinish;
  PBXCRED_CHECK(read_row(rows_, user_.frame, held_));
  for (const PlannedSecret& secret : user_.secrets) {
    std::optional<Verifier> current;
    if (!user_.is_new) {
      PBXCRED_TRY(current, read.verifier(user_.account, secret.kind));
    }
    current_.push_back(std::move(current));
  }
  return Next::kCompute;
}

Status HashUser::compute(HashArena& arena) {
  for (std::size_t i = 0; i < user_.secrets.size(); ++i) PBXCRED_CHECK(make(arena, user_.secrets[i], current_[i]));
  return {};
}

Status HashUser::make(HashArena& arena, PlannedSecret& secret, const std::optional<Verifier>& current) {
  switch (secret.what) {
    case What::kCleared: return {};
    case What::kClear: return make_from_clear(arena, secret, text_of(held_.row.secrets, secret.kind), current);
    case What::kForeign:
    case What::kPortable: return make_from_hash(secret, text_of(held_.row.hashes, secret.kind), current);
  }
  return Error{Code::kInternal, "an import's secret is of no kind"};
}

Status HashUser::make_from_clear(HashArena& arena, PlannedSecret& secret, SecretView typed,
                                 const std::optional<Verifier>& current) {
  const HashParams& cost = context_.settings->hash;
  PBXCRED_TRY(const Secret clear, secret_to_set(typed));
  if (is_set(current) && !current->temporary) {  // the file's is meant to stay
    const SealBinding stored{user_.account, secret.kind, current->generation};
    const auto same = check_hash(arena, *ring_, cost, clear.view(), *current->hash, stored);
    if (!same && same.error().code != Code::kCorrupt) return same.error();
    secret.unchanged = same && *same;  // what does not open is replaced
    if (secret.unchanged) return {};
  }
  Verifier& made = secret.made.emplace();
  made.kind = secret.kind;
  made.generation = next_generation(current);
  made.weak = secret.weak;
  made.must_change = secret.must_change;
  const SealBinding binding{user_.account, secret.kind, made.generation};
  PBXCRED_TRY(made.hash, make_hash(arena, *ring_, cost, clear.view(), binding));
  return {};
}

Status HashUser::make_from_hash(PlannedSecret& secret, SecretView text, const std::optional<Verifier>& current) {
  PBXCRED_TRY(secret.unchanged, is_stored_already(*ring_, user_.account, secret, text, current));
  if (secret.unchanged) return {};
  Verifier& made = secret.made.emplace();
  made.kind = secret.kind;
  made.generation = next_generation(current);
  const SealBinding binding{user_.account, secret.kind, made.generation};
  if (secret.what == What::kForeign) {
    made.hash = seal_foreign_hash(*ring_, as_text(text.bytes), binding);
    made.origin = origin_of(*ring_, user_.account, secret.kind, text);
    return {};
  }
  PBXCRED_TRY(const PortableVerifier given, read_portable(*ring_, secret.kind, as_text(text.bytes)));
  if (given.described) made.hash = close_hash(*ring_, *given.described, given.plain.view(), binding);
  made.set_at = given.set_at;
  made.must_change = given.must_change;
  made.temporary = given.temporary;
  made.expires_at = given.expires_at;
  made.weak = given.weak;
  made.origin = given.origin;
  return {};
}

}  // namespace pbxcred
