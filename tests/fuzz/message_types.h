// SPDX-License-Identifier: BSD-2-Clause
// Every type that travels in a packet, and every record of the store by its table.
#pragma once

#include <tuple>

#include "model/account.h"
#include "model/domain.h"
#include "model/grant.h"
#include "model/index.h"
#include "model/ledger.h"
#include "model/verifier.h"
#include "model/views.h"
#include "store/tables.h"
#include "wire/admin.h"
#include "wire/auth.h"

namespace pbxcred::fuzz {

template <class... T>
struct Types {};

using Messages = Types<AuthRequest, StatusRequest, ChangeRequest, AuthReply, StatusQuery, DomainPut, DomainQuery,
                       DomainRename, DomainRemove, AccountPut, AccountMove, AccountQuery, AccountAct, SecretAct,
                       AuthTry, ExplainQuery, StoreCheck, StoreStatQuery, KeyQuery, StoreBackup, KeyRotate, KeyRetire,
                       KeyBackup, ReloadRequest, LockQuery, JobQuery, JobAct, DomainImport, DomainExport, DomainRow,
                       ImportRequest, ExportRequest, ImportRow, Done, Progress, Note, GeneratedRow, AccountView,
                       DomainView, StatusView, AuthTryView, ExplainView, StoreStatView, KeyView, LockView, JobView>;

template <Table kTable, class Record>
struct Stored {
  static constexpr Table kIn = kTable;
  using Type = Record;
};

using Records =
    Types<Stored<Table::kMeta, StoreMeta>, Stored<Table::kDomain, Domain>, Stored<Table::kDomainName, DomainRef>,
          Stored<Table::kDomainCount, DomainCount>, Stored<Table::kAccount, Account>,
          Stored<Table::kVerifier, Verifier>, Stored<Table::kLedger, Ledger>, Stored<Table::kSuccess, LastSuccess>,
          Stored<Table::kAdmin, AccountRef>, Stored<Table::kUsername, AccountRef>,
          Stored<Table::kExtension, AccountRef>, Stored<Table::kName, NameEntry>, Stored<Table::kNumber, NameEntry>,
          Stored<Table::kBareName, DomainRef>, Stored<Table::kPeople, AccountRef>, Stored<Table::kGrant, Grant>,
          Stored<Table::kGivenGrants, GivenGrants>, Stored<Table::kTombstone, Tombstone>,
          Stored<Table::kStray, StrayCount>, Stored<Table::kResealing, Resealing>,
          Stored<Table::kProbe, Probe>>;

/// Calls visit.template operator()<T>() for each type.
template <class Visit, class... T>
void for_each_type(Types<T...>, Visit visit) {
  (visit.template operator()<T>(), ...);
}

/// A table without its record here would not be fuzzed.
template <class... T>
constexpr bool names_every_table(Types<T...>) {
  for (Table table : kAllTables)
    if (!((T::kIn == table) || ...)) return false;
  return sizeof...(T) == std::size(kAllTables);
}
static_assert(names_every_table(Records{}));

}  // namespace pbxcred::fuzz
