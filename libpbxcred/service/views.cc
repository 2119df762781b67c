// SPDX-License-Identifier: BSD-2-Clause
#include "service/views.h"

#include <algorithm>

#include "rules/door.h"
#include "rules/lockout.h"
#include "service/secrets.h"

namespace pbxcred {
namespace {

Result<std::optional<Time>> last_success(Read& read, const Context& context, const AccountId& id, Kind kind) {
  const auto fresh = context.successes->find({id, kind});
  if (fresh != context.successes->end()) return std::optional<Time>(fresh->second);
  PBXCRED_TRY(auto stored, read.get<LastSuccess>(secret_key(Table::kSuccess, id, kind)));
  return stored ? std::optional<Time>(stored->at) : std::optional<Time>();
}

void show_ledger(const Ledger& ledger, const LockoutSettings& lockout, Time now, KindView& view) {
  view.failures = ledger.failures;
  if (!is_locked(ledger, now, lockout)) return;
  view.locked_permanently = ledger.locked_permanently;
  if (!ledger.locked_permanently) view.locked_until = ledger.locked_until;
}

}  // namespace

Result<KindView> kind_view(Read& read, const Context& context, const Account& account, Kind kind, Time now) {
  KindView view;
  view.kind = name_of(kind);
  PBXCRED_TRY(auto verifier, read.verifier(account.id, kind));
  view.defined = verifier.has_value();
  if (verifier && verifier->hash) {
    view.set = true;
    view.set_at = verifier->set_at;
    view.must_change = verifier->must_change;
    view.temporary = verifier->temporary;
    view.expires_at = verifier->expires_at;
    view.weak = verifier->weak;
  }
  PBXCRED_TRY(auto ledger, read.ledger(account.id, kind));
  if (ledger) show_ledger(*ledger, context.settings->lockout, now, view);
  PBXCRED_TRY(view.last_success, last_success(read, context, account.id, kind));
  return view;
}

Result<AccountView> account_view(Read& read, const Context& context, const Account& account, Time now) {
  PBXCRED_TRY(auto domain, domain_of_account(read, account));
  AccountView view;
  view.account = account_name(account, domain ? &*domain : nullptr);
  view.account_id = to_hex(account.id.bytes());
  view.role = account.role == Role::kAdmin ? "admin" : "user";
  view.domain = domain ? domain->name : std::string();
  view.extension = account.extension;
  view.username = account.username;
  view.first = account.first;
  view.last = account.last;
  view.email = account.email;
  view.location = account.location;
  view.language = account.language;
  view.numbers = account.numbers;
  view.alternate_ids = account.alternate_ids;
  view.trusted_extensions = account.trusted_extensions;
  view.enabled = account.enabled;
  view.created_at = account.created_at;
  for (const DomainId& id : account.domains) {
    PBXCRED_TRY(auto named, read.domain(id));
    if (named) view.domains.push_back(named->name);
  }
  for (Kind kind : kAllKinds) {
    if (!may_hold(account.role, kind)) continue;
    PBXCRED_TRY(auto kind_state, kind_view(read, context, account, kind, now));
    view.kinds.push_back(std::move(kind_state));
  }
  return view;
}

Result<DomainView> domain_view(Read& read, const Settings& settings, const Domain& domain) {
  PBXCRED_TRY(const DomainCount count, read.count(domain.id));
  DomainView view;
  view.domain = domain.name;
  view.domain_id = to_hex(domain.id.bytes());
  view.aliases = domain.aliases;
  view.timezone = domain.timezone;
  view.language = domain.language;
  view.country = domain.country;
  view.contact = domain.contact;
  view.mail_from = domain.mail_from;
  view.base_url = domain.base_url;
  view.phase = kPhase;
  view.created_at = domain.created_at;
  view.users = count.users;
  view.disabled = count.disabled;
  const std::uint64_t with_password = count.set[static_cast<std::size_t>(Kind::kPassword)];
  view.no_password = count.users - std::min(count.users, with_password);
  for (Kind kind : kAllKinds) {
    if (!may_hold(Role::kUser, kind)) continue;
    const auto index = static_cast<std::size_t>(kind);
    view.kinds.push_back({name_of(kind), policy_for(settings, &domain, kind).policy.name, count.set[index],
                          count.weak[index]});
  }
  return view;
}

}  // namespace pbxcred
