// SPDX-License-Identifier: BSD-2-Clause
#include "service/domain_admin.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "crypto/random.h"
#include "model/name.h"
#include "rules/phone_number.h"
#include "service/domain_settings.h"
#include "store/name_index.h"
#include "store/names.h"

namespace pbxcred {
namespace {

std::string name_key(std::string_view canonical) { return make_key(Table::kDomainName, {as_bytes(canonical)}); }

Error no_domain(std::string_view name) { return Error{Code::kNotFound, fmt::format("there is no domain {}", name)}; }

Result<Domain> existing_domain(Read& read, std::string_view name) {
  PBXCRED_TRY(auto domain, read.find_domain(name));
  if (!domain) return no_domain(name);
  return std::move(*domain);
}

/// `conflict` if another domain has the name, as its own or as an alias.
Result<std::string> free_name(Read& read, std::string_view name, const DomainId& mine) {
  PBXCRED_TRY(std::string canonical, canonical_domain(name));
  PBXCRED_TRY(auto holder, read.get<DomainRef>(name_key(canonical)));
  if (holder && holder->domain != mine)
    return Error{Code::kConflict, fmt::format("the name {} belongs to another domain", canonical)};
  return canonical;
}

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// The aliases that the request wants the domain to have.
Result<std::vector<std::string>> wanted_aliases(const Domain& domain, const DomainPut& request) {
  if (!request.aliases) return domain.aliases;
  std::vector<std::string> aliases;
  for (std::string_view alias : *request.aliases) {
    if (alias.empty()) continue;
    PBXCRED_TRY(std::string canonical, canonical_domain(alias));
    if (canonical != domain.name && !has(aliases, canonical)) aliases.push_back(std::move(canonical));
  }
  if (aliases.size() > 32) return Error{Code::kInvalid, "a domain has at most 32 aliases"};
  return aliases;
}

/// Whether the domain may have these aliases; those that it has had `before` it may.
Status check_aliases(Read& read, const Domain& domain, const std::vector<std::string>& before) {
  for (const std::string& alias : domain.aliases) {
    if (has(before, alias)) continue;
    PBXCRED_TRY(const std::string free, free_name(read, alias, domain.id));
    PBXCRED_CHECK(check_domain_name(read, domain.id, free));
  }
  return {};
}

/// Telephone numbers are indexed as the country reads them: another country, another index.
Status reindex_numbers(Write& write, const Domain& before, const Domain& after, Time now) {
  const std::string prefix = make_key(Table::kExtension, {before.id.bytes()});
  std::vector<AccountId> users;
  PBXCRED_TRY(auto row, write.seek<AccountRef>(Table::kExtension, prefix));
  while (row && row->key.starts_with(prefix)) {
    users.push_back(row->record.account);
    PBXCRED_TRY(row, write.next<AccountRef>(Table::kExtension));
  }
  std::vector<Account> with_numbers;
  for (const AccountId& id : users) {
    PBXCRED_TRY(auto account, write.account(id));
    if (account && !account->numbers.empty()) with_numbers.push_back(std::move(*account));
  }
  for (const Account& account : with_numbers) PBXCRED_CHECK(unenter_account(write, account, now));
  write.put_domain(after);
  for (const Account& account : with_numbers) PBXCRED_CHECK(index_account(write, nullptr, account, now));
  return {};
}

Status store_changed_domain(Write& write, const Domain& before, const Domain& after, Time now) {
  for (const std::string& alias : before.aliases)
    if (!has(after.aliases, alias)) write.erase(name_key(alias));
  for (const std::string& alias : after.aliases) write.put(name_key(alias), DomainRef{after.id});
  if (before.country != after.country) return reindex_numbers(write, before, after, now);
  write.put_domain(after);
  return {};
}

/// What import is to make of one row.
struct DomainPlan {
  std::string place;
  std::optional<Domain> before;  ///< none: it is new
  Domain after;
};

/// Whether the two differ in nothing that import sets. Chosen policies have no order.
bool same_settings(const Domain& one, const Domain& other) {
  const auto policies = [](const Domain& domain) {
    std::map<Kind, std::string> chosen;
    for (const DomainPolicy& policy : domain.policies) chosen.emplace(policy.kind, policy.policy);
    return chosen;
  };
  return one.aliases == other.aliases && one.timezone == other.timezone && one.language == other.language &&
         one.country == other.country && one.contact == other.contact && one.mail_from == other.mail_from &&
         one.base_url == other.base_url && policies(one) == policies(other);
}

/// places: of the rows before, by name.
Result<DomainPlan> plan_domain(Read& read, const Settings& settings, const PlacedDomain& row, Time now,
                               std::map<std::string, std::string>& places) {
  PBXCRED_TRY(const std::string name, canonical_domain(row.put.name));
  const auto [first, is_first] = places.emplace(name, row.place);
  if (!is_first)
    return Error{Code::kConflict, fmt::format("the domain {} is given twice, first in {}", name, first->second)};
  DomainPlan plan{row.place, std::nullopt, {}};
  PBXCRED_TRY(plan.before, read.find_domain(name));
  if (plan.before && plan.before->name != name)
    return Error{Code::kConflict, fmt::format("{} is an alias of the domain {}", name, plan.before->name)};
  if (plan.before) {
    plan.after = *plan.before;
  } else {
    PBXCRED_TRY(plan.after, new_domain(read, name, now));
  }
  PBXCRED_CHECK(apply_settings(plan.after, settings, row.put));
  PBXCRED_TRY(plan.after.aliases, wanted_aliases(plan.after, row.put));
  return plan;
}

void drop_aliases(Write& write, const DomainPlan& plan) {
  if (!plan.before) return;
  for (const std::string& alias : plan.before->aliases)
    if (!has(plan.after.aliases, alias)) write.erase(name_key(alias));
}

Status store_plan(Write& write, const DomainPlan& plan, Time now, DomainCounts& counts) {
  const Domain& after = plan.after;
  if (plan.before && same_settings(*plan.before, after)) {
    ++counts.unchanged;
    return {};
  }
  PBXCRED_CHECK(check_aliases(write, after, plan.before ? plan.before->aliases : std::vector<std::string>()));
  if (plan.before) {
    Domain dropped = *plan.before;  // its other aliases may be somebody else's by now
    std::erase_if(dropped.aliases, [&](const std::string& alias) { return !has(after.aliases, alias); });
    ++counts.changed;
    return store_changed_domain(write, dropped, after, now);
  }
  PBXCRED_TRY(const std::string free, free_name(write, after.name, after.id));  // no alias of a row before
  ++counts.added;
  store_new_domain(write, after);
  return {};
}

}  // namespace

Result<Domain> new_domain(Read& read, std::string_view name, Time now) {
  Domain domain;
  domain.id.raw = random_bytes<16>();
  domain.created_at = now;
  PBXCRED_TRY(domain.name, free_name(read, name, domain.id));
  return domain;
}

Result<std::vector<std::string>> missing_policies(Read& read, const Settings& settings) {
  std::vector<std::string> sentences;
  PBXCRED_TRY(auto row, read.seek<Domain>(Table::kDomain, make_key(Table::kDomain)));
  while (row) {
    for (const DomainPolicy& chosen : row->record.policies)
      if (find_policy(settings, chosen.policy) == nullptr)
        sentences.push_back(fmt::format("domain {}: there is no policy {} for {}; the server's default is in force",
                                        row->record.name, chosen.policy, name_of(chosen.kind)));
    PBXCRED_TRY(row, read.next<Domain>(Table::kDomain));
  }
  return sentences;
}

void store_new_domain(Write& write, const Domain& domain) {
  write.put_domain(domain);
  write.put(name_key(domain.name), DomainRef{domain.id});
  for (const std::string& alias : domain.aliases) write.put(name_key(alias), DomainRef{domain.id});
}

Result<std::uint64_t> put_domain(Write& write, const Settings& settings, const DomainPut& request, Time now) {
  if (request.mode == PutMode::kAdd) {
    PBXCRED_TRY(Domain domain, new_domain(write, request.name, now));
    PBXCRED_CHECK(apply_settings(domain, settings, request));
    PBXCRED_TRY(domain.aliases, wanted_aliases(domain, request));
    PBXCRED_CHECK(check_aliases(write, domain, {}));
    store_new_domain(write, domain);
    return std::uint64_t{1};
  }
  PBXCRED_TRY(const Domain before, existing_domain(write, request.name));
  Domain after = before;
  PBXCRED_CHECK(apply_settings(after, settings, request));
  PBXCRED_TRY(after.aliases, wanted_aliases(before, request));
  PBXCRED_CHECK(check_aliases(write, after, before.aliases));
  PBXCRED_CHECK(store_changed_domain(write, before, after, now));
  return std::uint64_t{1};
}

Result<DomainCounts> put_domains(Write& write, const Settings& settings, const std::vector<PlacedDomain>& rows,
                                 Time now, std::vector<DomainProblem>& problems) {
  std::map<std::string, std::string> places;
  std::vector<DomainPlan> plans;
  for (const PlacedDomain& row : rows) {
    auto plan = plan_domain(write, settings, row, now, places);
    if (plan) plans.push_back(std::move(*plan));
    else problems.push_back({row.place, plan.error()});
  }
  // First all aliases go that are to go: another domain of the file may want them.
  for (const DomainPlan& plan : plans) drop_aliases(write, plan);
  DomainCounts counts;
  for (const DomainPlan& plan : plans) {
    const Status stored = store_plan(write, plan, now, counts);
    if (!stored) problems.push_back({plan.place, stored.error()});
  }
  if (problems.empty()) return counts;
  return Error{Code::kInvalid,
               fmt::format("{} of {} domains are refused; nothing was changed", problems.size(), rows.size())};
}

Result<std::uint64_t> rename_domain(Write& write, const Settings&, const DomainRename& request, Time) {
  PBXCRED_TRY(Domain domain, existing_domain(write, request.name));
  PBXCRED_TRY(std::string canonical, free_name(write, request.new_name, domain.id));
  PBXCRED_CHECK(check_domain_name(write, domain.id, canonical));
  write.erase(name_key(domain.name));
  std::erase(domain.aliases, canonical);
  domain.name = std::move(canonical);
  write.put(name_key(domain.name), DomainRef{domain.id});
  write.put_domain(domain);
  return std::uint64_t{1};
}

Result<std::uint64_t> remove_domain(Write& write, const Settings&, const DomainRemove& request, Time) {
  PBXCRED_TRY(const Domain domain, existing_domain(write, request.name));
  PBXCRED_TRY(const DomainCount count, write.count(domain.id));
  if (count.users > 0)
    return Error{Code::kConflict, fmt::format("{} users are still in the domain {}", count.users, domain.name)};
  write.erase(name_key(domain.name));
  for (const std::string& alias : domain.aliases) write.erase(name_key(alias));
  write.erase(make_key(Table::kDomainCount, {domain.id.bytes()}));
  write.erase(make_key(Table::kDomain, {domain.id.bytes()}));
  return std::uint64_t{1};
}

}  // namespace pbxcred
