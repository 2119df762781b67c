// SPDX-License-Identifier: BSD-2-Clause
#include "service/import_settle.h"

#include <fmt/format.h>

#include <algorithm>

#include "crypto/hasher.h"
#include "service/account_admin.h"
#include "service/domain_admin.h"
#include "service/new_secret.h"
#include "service/secrets.h"
#include "store/name_index.h"
#include "store/names.h"

namespace pbxcred {
namespace {

/// The secret is the one that is set: what the import finds of it is marked all the same. Whether anything changed.
Result<bool> mark_weak(Write& write, const Account& account, const PlannedSecret& secret) {
  if (!secret.weak) return false;
  PBXCRED_TRY(auto current, write.verifier(account.id, secret.kind));
  if (!current || !current->hash || (current->weak && (current->must_change || !secret.must_change))) return false;
  current->weak = true;
  current->must_change = current->must_change || secret.must_change;
  PBXCRED_CHECK(write.put_verifier(account, *current));
  return true;
}

/// Puts one secret; whether anything changed.
Result<bool> store_secret(Write& write, const Account& account, const PlannedSecret& secret, Time now) {
  if (secret.what == PlannedSecret::What::kCleared) return store_cleared_secret(write, account, secret.kind, now);
  if (secret.unchanged) return mark_weak(write, account, secret);
  if (!secret.made) return false;
  PBXCRED_TRY(auto current, write.verifier(account.id, secret.kind));
  Verifier verifier = *secret.made;
  verifier.generation = next_generation(current);
  if (verifier.hash && verifier.generation != secret.made->generation) {
    // Somebody was quicker, a login that replaced an old hash or the user: the seal names the generation.
    const SealBinding planned{account.id, secret.kind, secret.made->generation};
    PBXCRED_TRY(const SecureBuffer plain, open_hash(write.ring(), *verifier.hash, planned));
    verifier.hash =
        close_hash(write.ring(), *verifier.hash, plain.view(), {account.id, secret.kind, verifier.generation});
  }
  if (verifier.set_at == Time{}) verifier.set_at = now;
  PBXCRED_CHECK(write.put_verifier(account, verifier));
  write.erase_ledger(account.id, secret.kind);
  return true;
}

bool same_names(const Account& a, const Account& b) {
  return a.username == b.username && a.numbers == b.numbers && a.alternate_ids == b.alternate_ids;
}

bool same_index(const Account& a, const Account& b) {
  return same_names(a, b) && people_keys(a) == people_keys(b);
}

}  // namespace

Status ImportSettler::store_domains(Write& write) {
  for (const auto& [name, planned] : domains_) {
    if (!planned.is_new || planned.first_place.empty()) continue;
    PBXCRED_TRY(auto existing, write.find_domain(name));
    if (!existing) store_new_domain(write, planned.domain);
    else if (existing->id != planned.domain.id)
      return Error{Code::kConflict, fmt::format("the domain {} was made by someone else meanwhile", name)};
  }
  return {};
}

Status ImportSettler::add(Write& write, const PlannedUser& user, const ImportRow& row, Time now) {
  PBXCRED_TRY(Account account, new_user(row.extension, user.domain, now));
  account.id = user.account;
  PBXCRED_CHECK(apply_fields(write, row.data, account));
  PBXCRED_CHECK(add_account(write, account));
  for (const PlannedSecret& secret : user.secrets) PBXCRED_CHECK(store_secret(write, account, secret, now));
  return {};
}

Result<bool> ImportSettler::update(Write& write, const PlannedUser& user, const ImportRow& row, Time now) {
  PBXCRED_TRY(auto before, write.account(user.account));
  PBXCRED_TRY(const Account named, new_user(row.extension, user.domain, now));
  if (!before || before->domain != user.domain || before->extension != named.extension)
    return Error{Code::kConflict, "the user was removed or moved meanwhile"};
  Account after = *before;
  PBXCRED_CHECK(apply_fields(write, row.data, after));
  if (!same_names(*before, after)) PBXCRED_CHECK(check_names(write, after));
  bool secrets_changed = false;
  for (const PlannedSecret& secret : user.secrets) {
    PBXCRED_TRY(const bool changed, store_secret(write, after, secret, now));
    secrets_changed |= changed;
  }
  if (secrets_changed || after.email != before->email) ++after.generation;  // mailed codes went to the old address
  if (after == *before) return false;
  PBXCRED_CHECK(write.put_account(after));
  if (!same_index(*before, after)) PBXCRED_CHECK(index_account(write, &*before, after, now));
  return true;
}

Result<ImportSettled> ImportSettler::store(Write& write, std::span<const PlannedUser> users, Time now) {
  ImportSettled settled;
  PBXCRED_CHECK(store_domains(write));
  HeldRow held;
  for (const PlannedUser& user : users) {
    PBXCRED_CHECK(read_row(rows_, user.frame, held));
    const std::uint64_t changes = write.changes();
    const auto changed = [&]() -> Result<bool> {
      if (!user.is_new) return update(write, user, held.row, now);
      PBXCRED_CHECK(add(write, user, held.row, now));
      return true;
    }();
    if (changed) {
      ++(user.is_new ? settled.counts.added : *changed ? settled.counts.changed : settled.counts.unchanged);
    } else if (skip_bad_ && changed.error().code == Code::kConflict && write.changes() == changes) {
      settled.refused.emplace_back(place_of(held.row), changed.error().what);
    } else {
      return Error{changed.error().code, place_of(held.row) + ": " + changed.error().what};
    }
  }
  return settled;
}

Result<ImportSettled> ImportSettler::disable(Write& write, std::span<const AccountId> absent,
                                             std::span<const DomainId> domains) {
  ImportSettled settled;
  for (const AccountId& id : absent) {
    PBXCRED_TRY(auto account, write.account(id));
    if (!account || !account->enabled) continue;
    if (!std::binary_search(domains.begin(), domains.end(), account->domain)) continue;  // moved meanwhile
    account->enabled = false;
    ++account->generation;
    PBXCRED_CHECK(write.put_account(*account));
    ++settled.counts.disabled;
    PBXCRED_TRY(const auto domain, domain_of_account(write, *account));
    settled.disabled.push_back(account_name(*account, domain ? &*domain : nullptr));
  }
  return settled;
}

}  // namespace pbxcred
