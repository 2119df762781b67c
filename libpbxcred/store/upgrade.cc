// SPDX-License-Identifier: BSD-2-Clause
#include "store/upgrade.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "store/names.h"

namespace pbxcred {
namespace {

constexpr std::size_t kAccountsTogether = 50000;  ///< whose keys are sorted and put at once

/// Ids of at most kAccountsTogether users behind cursor, which moves on, in the order of domains and extensions.
Result<std::vector<AccountId>> next_users(Read& read, std::string& cursor) {
  std::vector<AccountId> ids;
  PBXCRED_TRY(auto row, read.seek<AccountRef>(Table::kExtension, cursor));
  while (row && ids.size() < kAccountsTogether) {
    ids.push_back(row->record.account);
    cursor = row->key + '\0';
    PBXCRED_TRY(row, read.next<AccountRef>(Table::kExtension));
  }
  return ids;
}

Status enter_people_of(Write& write, const std::vector<AccountId>& ids) {
  std::vector<std::pair<std::string, AccountId>> entries;
  for (const AccountId& id : ids) {
    PBXCRED_TRY(auto account, write.account(id));
    if (!account) return Error{Code::kCorrupt, "an extension leads to an account that is not there"};
    for (std::string& key : people_keys(*account)) entries.emplace_back(std::move(key), id);
  }
  std::sort(entries.begin(), entries.end());  // what is put in order fills its pages
  for (const auto& [key, id] : entries) write.put(key, AccountRef{id});
  return {};
}

/// 1 to 2: the index that --find and --location read.
Status enter_people(Write& write) {
  std::string cursor = make_key(Table::kExtension);
  for (;;) {
    PBXCRED_TRY(const auto ids, next_users(write, cursor));
    if (ids.empty()) return {};
    PBXCRED_CHECK(enter_people_of(write, ids));
  }
}

using Step = Status (*)(Write&);
constexpr Step kSteps[] = {enter_people};  ///< the first leads from 1 to 2, and so on
static_assert(std::size(kSteps) + 1 == kSchema, "a new schema needs its step");

Status take_step(Database& database, std::uint32_t from) {
  PBXCRED_TRY(Write write, database.write());
  PBXCRED_CHECK(kSteps[from - 1](write));
  const std::string key = make_key(Table::kMeta);
  PBXCRED_TRY(auto meta, write.get<StoreMeta>(key));
  if (!meta || meta->schema != from) return Error{Code::kInternal, "the store has changed while it was upgraded"};
  meta->schema = from + 1;
  write.put(key, *meta);
  return write.commit();
}

}  // namespace

Status upgrade_records(Database& database) {
  PBXCRED_TRY(std::uint32_t schema, database.schema());
  for (; schema < kSchema; ++schema) {
    const Status taken = take_step(database, schema);
    if (!taken)
      return Error{taken.error().code,
                   fmt::format("upgrading the store from schema {}: {}", schema, taken.error().what)};
  }
  return {};
}

Result<std::optional<Upgraded>> upgrade_store(LmdbStore& store, Database& database, const std::string& dir) {
  PBXCRED_TRY(const std::uint32_t schema, database.schema());
  if (schema == kSchema) return std::optional<Upgraded>();
  Upgraded upgraded{schema, fmt::format("{}/{}.schema-{}", dir, LmdbStore::kFileName, schema)};
  PBXCRED_CHECK(store.copy_to(upgraded.copy));
  PBXCRED_CHECK(upgrade_records(database));
  return std::optional<Upgraded>(std::move(upgraded));
}

}  // namespace pbxcred
