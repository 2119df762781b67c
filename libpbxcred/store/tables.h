// SPDX-License-Identifier: BSD-2-Clause
// Keys of the store. The first byte names the table; the rest is binary and bounded.
#pragma once

#include <initializer_list>
#include <string>

#include "base/bytes.h"
#include "crypto/keyed_hash.h"
#include "model/id.h"
#include "wire/kind.h"

namespace pbxcred {

/// What follows the table's byte in a key; h(x) is a keyed hash of the canonical name x.
enum class Table : char {
  kMeta = 'M',         ///< nothing: StoreMeta
  kDomain = 'D',       ///< domain id: Domain
  kDomainName = 'd',   ///< canonical name or alias: DomainRef
  kDomainCount = 'C',  ///< domain id: DomainCount
  kAccount = 'A',      ///< account id: Account
  kVerifier = 'V',     ///< account id, kind: Verifier
  kLedger = 'L',       ///< account id, kind: Ledger
  kSuccess = 'S',      ///< account id, kind: LastSuccess
  kAdmin = 'R',        ///< canonical username: AccountRef
  kUsername = 'U',     ///< h(username): AccountRef
  kExtension = 'X',    ///< domain id, canonical extension: AccountRef; orders a domain's users
  kName = 'N',         ///< domain id, h(name): NameEntry
  kNumber = 'E',       ///< domain id, h(E.164 number): NameEntry
  kBareName = 'B',     ///< h(name), domain id: DomainRef; where a bare name occurs
  kPeople = 'F',       ///< domain id, SearchRole, text (bounded), 0, account id: AccountRef; orders by what is searched
  kGrant = 'G',        ///< h(token): Grant
  kGivenGrants = 'g',  ///< account id: GivenGrants
  kTombstone = 'T',    ///< domain id, h(name); or account id: Tombstone
  kStray = 'Y',        ///< nothing: StrayCount
  kResealing = 'K',    ///< nothing: Resealing; there while records are brought under a new key
  kProbe = 'P',        ///< nothing: Probe; there while a degraded daemon tries to write
};
inline constexpr Table kAllTables[] = {
    Table::kMeta, Table::kDomain, Table::kDomainName, Table::kDomainCount,
    Table::kAccount, Table::kVerifier, Table::kLedger, Table::kSuccess,
    Table::kAdmin, Table::kUsername, Table::kExtension, Table::kName,
    Table::kNumber, Table::kBareName, Table::kPeople, Table::kGrant,
    Table::kGivenGrants, Table::kTombstone, Table::kStray, Table::kResealing,
    Table::kProbe};

constexpr const char* name_of(Table table) {
  switch (table) {
    case Table::kMeta: return "meta";
    case Table::kDomain: return "domain";
    case Table::kDomainName: return "domain-name";
    case Table::kDomainCount: return "domain-count";
    case Table::kAccount: return "account";
    case Table::kVerifier: return "verifier";
    case Table::kLedger: return "ledger";
    case Table::kSuccess: return "last-success";
    case Table::kAdmin: return "admin";
    case Table::kUsername: return "username";
    case Table::kExtension: return "extension";
    case Table::kName: return "name";
    case Table::kNumber: return "number";
    case Table::kBareName: return "bare-name";
    case Table::kPeople: return "people";
    case Table::kGrant: return "grant";
    case Table::kGivenGrants: return "given-grants";
    case Table::kTombstone: return "tombstone";
    case Table::kStray: return "stray";
    case Table::kResealing: return "resealing";
    case Table::kProbe: return "probe";
  }
  return "?";
}

inline std::string make_key(Table table, std::initializer_list<Bytes> parts = {}) {
  std::size_t size = 1;
  for (Bytes part : parts) size += part.size();
  std::string key;
  key.reserve(size);
  key += static_cast<char>(table);
  for (Bytes part : parts) key += as_text(part);
  return key;
}
inline std::string account_key(Table table, const AccountId& account) { return make_key(table, {account.bytes()}); }
inline std::string secret_key(Table table, const AccountId& account, Kind kind) {
  const std::uint8_t raw = static_cast<std::uint8_t>(kind);
  return make_key(table, {account.bytes(), Bytes(&raw, 1)});
}

}  // namespace pbxcred
