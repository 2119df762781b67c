// SPDX-License-Identifier: BSD-2-Clause
#include "service/import_check.h"

#include <fmt/format.h>

#include <cstring>

#include "crypto/foreign_hash.h"
#include "crypto/portable_verifier.h"
#include "model/name.h"
#include "rules/door.h"
#include "service/account_admin.h"
#include "service/domain_admin.h"
#include "service/import_secret.h"
#include "service/new_secret.h"
#include "service/secrets.h"
#include "store/names.h"

namespace pbxcred {
namespace {

using What = PlannedSecret::What;

Error of_kind(Kind kind, const std::string& why) {
  return Error{Code::kInvalid, fmt::format("{}: {}", name_of(kind), why)};
}

/// Every kind once, and only kinds that a user may have.
Status check_kinds(const ImportRow& row) {
  KindSet seen;
  const auto add = [&](Kind kind) -> Status {
    if (!may_hold(Role::kUser, kind)) return Error{Code::kInvalid, "a user has no secret of kind admin"};
    if (seen.has(kind)) return Error{Code::kInvalid, fmt::format("{} is given twice", name_of(kind))};
    seen.add(kind);
    return {};
  };
  for (const NewSecret& given : row.secrets) PBXCRED_CHECK(add(given.kind));
  for (const NewSecret& given : row.hashes) PBXCRED_CHECK(add(given.kind));
  for (Kind kind : kAllKinds)
    if (row.cleared.has(kind)) PBXCRED_CHECK(add(kind));
  return {};
}

}  // namespace

std::size_t ImportChecker::FirstBytes::operator()(const Hash16& hash) const {
  std::size_t first = 0;
  std::memcpy(&first, hash.data(), sizeof first);
  return first;
}

/// The domain a row belongs to. One that does not exist yet is made with the import.
Result<PlannedDomain*> ImportChecker::domain_of(Read& read, std::string_view name, Time now) {
  PBXCRED_TRY(std::string canonical, canonical_domain(name));
  const auto known = domains_.find(canonical);
  if (known != domains_.end()) return &known->second;
  PBXCRED_TRY(auto stored, read.find_domain(canonical));
  PlannedDomain planned;
  planned.is_new = !stored;
  if (stored) {
    planned.domain = std::move(*stored);
  } else {
    PBXCRED_TRY(planned.domain, new_domain(read, canonical, now));
  }
  return &domains_.emplace(canonical, std::move(planned)).first->second;
}

/// The account as it is stored, or a new one.
Result<Account> ImportChecker::account_for(Read& read, const ImportRow& row, const Domain& domain, PlannedUser& user,
                                           Time now) {
  PBXCRED_TRY(Account account, new_user(row.extension, domain.id, now));
  PBXCRED_TRY(auto ref, read.get<AccountRef>(
                            make_key(Table::kExtension, {domain.id.bytes(), as_bytes(account.extension)})));
  if (ref && request_.mode == ImportMode::kAdd)
    return Error{Code::kConflict,
                 fmt::format("{}@{} exists already; --mode update changes it", account.extension, domain.name)};
  if (ref) {
    PBXCRED_TRY(auto stored, read.account(ref->account));
    if (!stored) return Error{Code::kCorrupt, "an index leads to an account that is not there"};
    account = std::move(*stored);
    user.is_new = false;
  }
  user.account = account.id;
  user.domain = domain.id;
  return account;
}

Status ImportChecker::plan_clear(const NewSecret& given, const Domain& domain, PlannedUser& user, Checked& checked) {
  if (given.secret.bytes.empty()) return {};  // not given
  const Policy policy = policy_for(settings_, &domain, given.kind).policy;
  Secret clear;
  const auto broken = check_new_secret(policy, given.kind, given.secret, clear);
  for (const BrokenRule& rule : broken) {
    const std::string_view code = rule.code;
    // What cannot be kept at all is refused; what is merely poor comes in and is marked, unless told otherwise.
    if (code == "encoding" || code == "alphabet" || request_.weak == WeakSecrets::kRefuse)
      return of_kind(given.kind, rule.text);
    checked.weak.push_back(fmt::format("{} {}", name_of(given.kind), code));
  }
  PlannedSecret& secret = user.secrets.emplace_back();
  secret.kind = given.kind;
  secret.weak = !broken.empty();
  secret.must_change = secret.weak && request_.weak == WeakSecrets::kMustChange;
  return {};
}

Status ImportChecker::plan_hash(Read& read, const NewSecret& given, PlannedUser& user) {
  const std::string_view text = as_text(given.secret.bytes);
  PlannedSecret secret;
  secret.kind = given.kind;
  secret.what = text.starts_with(kPortablePrefix) ? What::kPortable : What::kForeign;
  if (secret.what == What::kPortable) {
    const auto read_back = read_portable(read.ring(), given.kind, text);
    if (!read_back) return of_kind(given.kind, read_back.error().what);
  } else {
    const auto hash = parse_foreign_hash(text);
    if (!hash) return of_kind(given.kind, hash.error().what);
  }
  user.secrets.push_back(std::move(secret));
  return {};
}

Status ImportChecker::plan_secrets(Read& read, const ImportRow& row, const Domain& domain, PlannedUser& user,
                                   Checked& checked) {
  PBXCRED_CHECK(check_kinds(row));
  for (const NewSecret& given : row.secrets) PBXCRED_CHECK(plan_clear(given, domain, user, checked));
  for (const NewSecret& given : row.hashes) PBXCRED_CHECK(plan_hash(read, given, user));
  for (Kind kind : kAllKinds) {
    if (!row.cleared.has(kind)) continue;
    PlannedSecret& secret = user.secrets.emplace_back();
    secret.kind = kind;
    secret.what = What::kCleared;
  }
  return user.is_new ? Status() : look_at_stored(read, row, user, checked);
}

/// What can be said of an existing user's secrets without a hash.
Status ImportChecker::look_at_stored(Read& read, const ImportRow& row, const PlannedUser& user, Checked& checked) {
  for (const PlannedSecret& secret : user.secrets) {
    PBXCRED_TRY(auto current, read.verifier(user.account, secret.kind));
    const bool set = current && current->hash;
    if (secret.what == What::kCleared) {
      checked.changes_stored |= set;
    } else if (secret.what == What::kClear) {
      (set ? checked.to_compare : checked.changes_stored) = true;
    } else {
      PBXCRED_TRY(const bool same, is_stored_already(read.ring(), user.account, secret,
                                                     text_of(row.hashes, secret.kind), current));
      checked.changes_stored |= !same;
    }
  }
  return {};
}

Error ImportChecker::clash_with(const Claim& other) {
  HeldRow held;
  const std::uint64_t here = rows_.offset();
  const Status found = read_row(rows_, other.frame, held);
  rows_.seek(here);
  return Error{Code::kConflict,
               fmt::format("a name of it is already used in {}", found ? place_of(held.row) : "another line")};
}

/// Names must be free in the store and in the file itself.
Status ImportChecker::claim_names(Read& read, const Account& account, const Domain& domain, std::uint64_t frame) {
  PBXCRED_TRY(const auto names, name_claims(read.ring(), account, domain.country));
  PBXCRED_CHECK(check_names(read, account, domain, names));
  std::vector<std::string> mine = account_index_keys(account, names);
  // A username that reads like this user's extension@domain would shadow it, and the other way round.
  std::vector<std::string> called = domain.aliases;
  called.push_back(domain.name);
  for (const std::string& name : called) {
    PBXCRED_TRY(std::string canonical, canonical_name(account.extension + "@" + name));
    mine.push_back(username_key(read.ring(), canonical));
  }
  std::vector<std::string> shared;
  for (const NameClaim& claim : names)
    (is_shareable(claim.role) ? shared : mine).push_back(claim.key);
  std::vector<std::pair<Hash16, bool>> claims;
  const auto hash = [&](const std::string& key) {
    return keyed_hash(read.ring().subkey(Purpose::kIndex), {as_bytes("import"), as_bytes(key)});
  };
  for (const std::string& key : shared) claims.emplace_back(hash(key), true);
  for (const std::string& key : mine) claims.emplace_back(hash(key), false);
  for (const auto& [key, is_shared] : claims) {
    const auto other = claimed_.find(key);
    if (other != claimed_.end() && !(is_shared && other->second.shared)) return clash_with(other->second);
  }
  for (const auto& [key, is_shared] : claims) {
    Claim& claim = claimed_.try_emplace(key, Claim{frame, is_shared}).first->second;
    claim.shared = claim.shared && is_shared;  // one account may hold a name in several roles
  }
  return {};
}

void ImportChecker::take(const ImportRow& row, PlannedDomain& domain, const PlannedUser& user, const Checked& checked,
                         bool fields_differ) {
  for (const std::string& rule : checked.weak) ++findings_.weak[rule];
  for (const PlannedSecret& secret : user.secrets)
    if (secret.what == What::kForeign) ++findings_.foreign[name_of(secret.kind)];
  if (domain.first_place.empty()) domain.first_place = place_of(row);
  if (domain.timezone.empty()) domain.timezone = row.timezone;
  if (!row.timezone.empty() && domain.timezone != row.timezone) domain.zones_agree = false;
  if (user.is_new) ++findings_.counts.added;
  else if (fields_differ || checked.changes_stored) ++findings_.counts.changed;
  else if (checked.to_compare) ++findings_.to_compare;
  else ++findings_.counts.unchanged;
}

Result<PlannedUser> ImportChecker::check(Read& read, const ImportRow& row, std::uint64_t frame, Time now) {
  if (!row.problem.empty()) return Error{Code::kInvalid, std::string(row.problem)};
  PBXCRED_TRY(PlannedDomain* domain, domain_of(read, row.domain, now));
  PlannedUser user;
  user.frame = frame;
  PBXCRED_TRY(const Account before, account_for(read, row, domain->domain, user, now));
  Account account = before;
  PBXCRED_CHECK(apply_fields(read, row.data, account));
  Checked checked;
  PBXCRED_CHECK(plan_secrets(read, row, domain->domain, user, checked));
  PBXCRED_CHECK(claim_names(read, account, domain->domain, frame));
  take(row, *domain, user, checked, !(account == before));
  if (!before.enabled) ++findings_.still_disabled;
  return user;
}

}  // namespace pbxcred
