// SPDX-License-Identifier: BSD-2-Clause
// Messages of admin.sock: one request, then reply packets, the last of which is Done. Rows are views (model/views.h).
// Long lists from the client (an import, --file) come as one sealed memfd passed with the request: frames of
// u32le size and that many bytes.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/code.h"
#include "wire/auth.h"
#include "wire/kind.h"
#include "wire/message.h"

namespace pbxcred {

template <>
inline constexpr std::uint64_t kEnumEnd<Code> = kCodeEnd;

enum class Role : std::uint8_t { kUser, kAdmin };
template <>
inline constexpr std::uint64_t kEnumEnd<Role> = 2;

/// Which accounts a command means (design §4): named users, or filters that combine, or all. With has_file the memfd
/// holds further names. Nothing given selects nothing.
struct Selection {
  std::vector<std::string_view> users;
  std::string_view domain;
  std::string_view location;
  std::string_view find;  ///< prefix of first name, last name or extension (R77)
  std::optional<Kind> without;
  bool all = false;
  bool has_file = false;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& s) {
    v(1, "users", s.users);
    v(2, "domain", s.domain);
    v(3, "location", s.location);
    v(4, "find", s.find);
    v(5, "without", s.without);
    v(6, "all", s.all);
    v(7, "has_file", s.has_file);
  }
};

enum class PutMode : std::uint8_t { kAdd, kSet };
template <>
inline constexpr std::uint64_t kEnumEnd<PutMode> = 2;

struct StatusQuery {
  static constexpr std::uint16_t kType = 0x0100;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto&, auto&) {}
};

/// `--policy KIND=NAME`; an empty name returns the kind to the server's default.
struct PolicyChoice {
  Kind kind = Kind::kPassword;
  std::string_view policy;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& p) {
    v(1, "kind", p.kind);
    v(2, "policy", p.policy);
  }
};

/// domain add|set. Absent: as it is; empty: cleared.
struct DomainPut {
  static constexpr std::uint16_t kType = 0x0101;
  PutMode mode = PutMode::kAdd;
  std::string_view name;
  std::optional<std::string_view> timezone, language, country, contact, mail_from, base_url;
  std::optional<std::vector<std::string_view>> aliases;
  std::vector<PolicyChoice> policies;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& d) {
    v(1, "mode", d.mode);
    v(2, "name", d.name);
    v(3, "timezone", d.timezone);
    v(4, "language", d.language);
    v(5, "country", d.country);
    v(6, "contact", d.contact);
    v(7, "mail_from", d.mail_from);
    v(8, "base_url", d.base_url);
    v(9, "aliases", d.aliases);
    v(10, "policies", d.policies);
  }
};

/// domain show|list: DomainView rows. name empty: all.
struct DomainQuery {
  static constexpr std::uint16_t kType = 0x0102;
  std::string_view name;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& d) { v(1, "name", d.name); }
};

struct DomainRename {
  static constexpr std::uint16_t kType = 0x0103;
  std::string_view name, new_name;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& d) {
    v(1, "name", d.name);
    v(2, "new_name", d.new_name);
  }
};

/// Refused (conflict) while accounts are in it.
struct DomainRemove {
  static constexpr std::uint16_t kType = 0x0104;
  std::string_view name;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& d) { v(1, "name", d.name); }
};

/// domain import: the memfd holds DomainRow packets. A domain that does not exist is added, another one set; all or
/// none.
struct DomainImport {
  static constexpr std::uint16_t kType = 0x0105;
  bool dry_run = false;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& d) { v(1, "dry_run", d.dry_run); }
};

/// domain export: DomainRow packets, by name, each with all that import would set.
struct DomainExport {
  static constexpr std::uint16_t kType = 0x0106;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto&, auto&) {}
};

/// One domain of a domain file; `put.mode` says nothing.
struct DomainRow {
  static constexpr std::uint16_t kType = 0x0401;
  std::string_view file;  ///< empty in an export
  std::uint64_t line = 0;
  DomainPut put;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& r) {
    v(1, "file", r.file);
    v(2, "line", r.line);
    v(3, "put", r.put);
  }
};

/// What `user add|set` and `admin add|set` may say of an account. Absent: as it is; empty: cleared.
struct AccountFields {
  std::optional<std::string_view> username, email, first, last, location, language;
  std::optional<std::vector<std::string_view>> numbers, alternate_ids, trusted_extensions;
  std::optional<std::vector<std::string_view>> domains;  ///< administrators: the domains they may run; empty: all
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& f) {
    v(1, "username", f.username);
    v(2, "email", f.email);
    v(3, "first", f.first);
    v(4, "last", f.last);
    v(5, "location", f.location);
    v(6, "language", f.language);
    v(7, "numbers", f.numbers);
    v(8, "alternate_ids", f.alternate_ids);
    v(9, "trusted_extensions", f.trusted_extensions);
    v(10, "domains", f.domains);
  }
};

/// user add|set, admin add|set. name: EXT@DOMAIN to add a user, its username to add an administrator, else any name.
struct AccountPut {
  static constexpr std::uint16_t kType = 0x0110;
  PutMode mode = PutMode::kAdd;
  Role role = Role::kUser;
  std::string_view name;
  AccountFields data;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& a) {
    v(1, "mode", a.mode);
    v(2, "role", a.role);
    v(3, "name", a.name);
    v(4, "data", a.data);
  }
};

/// user move: a new extension, domain or both; the account keeps its id, secrets and locks.
struct AccountMove {
  static constexpr std::uint16_t kType = 0x0111;
  std::string_view user;
  std::string_view to;  ///< EXT@DOMAIN
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& a) {
    v(1, "user", a.user);
    v(2, "to", a.to);
  }
};

/// user show|list, admin show|list: AccountView rows.
struct AccountQuery {
  static constexpr std::uint16_t kType = 0x0112;
  Role role = Role::kUser;
  Selection selection;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& q) {
    v(1, "role", q.role);
    v(2, "selection", q.selection);
  }
};

struct AccountAct {
  static constexpr std::uint16_t kType = 0x0113;
  enum class Action : std::uint8_t { kEnable, kDisable, kRemove, kUnlock };
  Role role = Role::kUser;
  Action action = Action::kEnable;
  Selection selection;
  bool dry_run = false;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& a) {
    v(1, "role", a.role);
    v(2, "action", a.action);
    v(3, "selection", a.selection);
    v(4, "dry_run", a.dry_run);
  }
};
template <>
inline constexpr std::uint64_t kEnumEnd<AccountAct::Action> = 4;

/// As the commands have it.
constexpr const char* name_of(AccountAct::Action action) {
  switch (action) {
    case AccountAct::Action::kEnable: return "enable";
    case AccountAct::Action::kDisable: return "disable";
    case AccountAct::Action::kRemove: return "remove";
    case AccountAct::Action::kUnlock: return "unlock";
  }
  return "?";
}

/// secret set|clear|generate. generate answers with one GeneratedRow an account.
struct SecretAct {
  static constexpr std::uint16_t kType = 0x0120;
  enum class Action : std::uint8_t { kSet, kClear, kGenerate };
  Selection selection;
  Kind kind = Kind::kPassword;
  Action action = Action::kSet;
  SecretView secret;
  bool temporary = false;    ///< implies must_change, and expires (24 h unless said)
  bool must_change = false;
  std::optional<std::chrono::seconds> expires;
  bool dry_run = false;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& a) {
    v(1, "selection", a.selection);
    v(2, "kind", a.kind);
    v(3, "action", a.action);
    v(4, "secret", a.secret);
    v(5, "temporary", a.temporary);
    v(6, "must_change", a.must_change);
    v(7, "expires", a.expires);
    v(8, "dry_run", a.dry_run);
  }
};
template <>
inline constexpr std::uint64_t kEnumEnd<SecretAct::Action> = 3;

constexpr const char* name_of(SecretAct::Action action) {
  switch (action) {
    case SecretAct::Action::kSet: return "set";
    case SecretAct::Action::kClear: return "clear";
    case SecretAct::Action::kGenerate: return "generate";
  }
  return "?";
}

/// auth: one real authentication; counts. Answered by an AuthTryView row and Done.
struct AuthTry {
  static constexpr std::uint16_t kType = 0x0121;
  std::string_view user;
  Kind kind = Kind::kPassword;
  SecretView secret;
  std::string_view rhost;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& a) {
    v(1, "user", a.user);
    v(2, "kind", a.kind);
    v(3, "secret", a.secret);
    v(4, "rhost", a.rhost);
  }
};

/// explain: ExplainView row.
struct ExplainQuery {
  static constexpr std::uint16_t kType = 0x0122;
  std::string_view user;
  Kind kind = Kind::kPassword;
  std::string_view service;  ///< a `services` user name: would that entry be let through?
  std::string_view rhost;
  std::optional<Time> at;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& q) {
    v(1, "user", q.user);
    v(2, "kind", q.kind);
    v(3, "service", q.service);
    v(4, "rhost", q.rhost);
    v(5, "at", q.at);
  }
};

/// store check: every record and index, both ways; Note per fault, Done with counts.
struct StoreCheck {
  static constexpr std::uint16_t kType = 0x0130;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto&, auto&) {}
};
struct StoreStatQuery {
  static constexpr std::uint16_t kType = 0x0131;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto&, auto&) {}
};
struct KeyQuery {
  static constexpr std::uint16_t kType = 0x0132;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto&, auto&) {}
};
struct ReloadRequest {
  static constexpr std::uint16_t kType = 0x0133;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto&, auto&) {}
};
/// store backup: the descriptor of an empty regular file comes along, open for reading and writing; Progress packets.
struct StoreBackup {
  static constexpr std::uint16_t kType = 0x0134;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto&, auto&) {}
};
/// key rotate: a new key, which new records take at once and the others in the background.
struct KeyRotate {
  static constexpr std::uint16_t kType = 0x0135;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto&, auto&) {}
};
/// key retire: refused (conflict) while a record needs it.
struct KeyRetire {
  static constexpr std::uint16_t kType = 0x0136;
  std::uint32_t id = 0;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& r) { v(1, "id", r.id); }
};
/// key backup: the key ring under a passphrase, into a descriptor as store backup's. For root and the daemon's own user;
/// other administrators are denied.
struct KeyBackup {
  static constexpr std::uint16_t kType = 0x0137;
  SecretView passphrase;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& b) { v(1, "passphrase", b.passphrase); }
};
/// lock list: LockView rows.
struct LockQuery {
  static constexpr std::uint16_t kType = 0x0140;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto&, auto&) {}
};

/// job list|show: JobView rows. id 0: all, without their notes.
struct JobQuery {
  static constexpr std::uint16_t kType = 0x0170;
  std::uint64_t id = 0;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& q) { v(1, "id", q.id); }
};
/// job cancel: it stops at its next slice. Refused (conflict) if it has ended.
struct JobAct {
  static constexpr std::uint16_t kType = 0x0171;
  std::uint64_t id = 0;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& a) { v(1, "id", a.id); }
};

/// add: accounts that exist are refused. update: they get what is given, others are added. sync: the same, and the
/// users of the domains named in the file that are absent from it are disabled.
enum class ImportMode : std::uint8_t { kAdd, kUpdate, kSync };
template <>
inline constexpr std::uint64_t kEnumEnd<ImportMode> = 3;

/// What becomes of a clear secret that is merely poor (R102).
enum class WeakSecrets : std::uint8_t { kKeep, kMustChange, kRefuse };
template <>
inline constexpr std::uint64_t kEnumEnd<WeakSecrets> = 3;

/// import csv|asterisk; the memfd holds ImportRow packets.
struct ImportRequest {
  static constexpr std::uint16_t kType = 0x0150;
  std::uint64_t rows = 0;
  bool dry_run = false;
  bool skip_bad = false;
  ImportMode mode = ImportMode::kAdd;
  WeakSecrets weak = WeakSecrets::kKeep;
  std::uint64_t max_disable = 5;        ///< with kSync: more are refused
  bool max_disable_is_percent = true;   ///< of the users of the file's domains
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& r) {
    v(1, "rows", r.rows);
    v(2, "dry_run", r.dry_run);
    v(3, "skip_bad", r.skip_bad);
    v(4, "mode", r.mode);
    v(5, "weak", r.weak);
    v(6, "max_disable", r.max_disable);
    v(7, "max_disable_is_percent", r.max_disable_is_percent);
  }
};

/// export csv: an ImportRow a user, without file and line; hashes hold exported verifiers if asked for.
struct ExportRequest {
  static constexpr std::uint16_t kType = 0x0160;
  Selection selection;
  bool with_verifiers = false;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& r) {
    v(1, "selection", r.selection);
    v(2, "with_verifiers", r.with_verifiers);
  }
};

/// One line of the file being imported, parsed by the client. An empty text: not given.
struct ImportRow {
  static constexpr std::uint16_t kType = 0x0400;
  std::string_view file;
  std::uint64_t line = 0;
  std::string_view problem;  ///< why the client could not read this line; empty: it could
  std::string_view domain, extension;
  AccountFields data;
  BoundedList<NewSecret, 4> secrets;  ///< in clear
  BoundedList<NewSecret, 4> hashes;   ///< another system's hash, or an exported verifier, as text
  KindSet cleared;
  std::string_view timezone;          ///< of the mailbox; its domain's if all agree
  std::string_view remark;            ///< to be told if the line is taken
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& r) {
    v(1, "file", r.file);
    v(2, "line", r.line);
    v(3, "problem", r.problem);
    v(4, "domain", r.domain);
    v(5, "extension", r.extension);
    v(6, "data", r.data);
    v(7, "secrets", r.secrets);
    v(8, "hashes", r.hashes);
    v(9, "cleared", r.cleared);
    v(10, "timezone", r.timezone);
    v(11, "remark", r.remark);
  }
};

/// The last reply packet. ok: everything done; else code and what. With both affected and failed: partly done.
struct Done {
  static constexpr std::uint16_t kType = 0x0200;
  bool ok = false;
  Code code = Code::kInternal;
  std::string_view what;
  std::uint64_t affected = 0;  ///< accounts, rows, records: whatever the command counts
  std::uint64_t failed = 0;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& d) {
    v(1, "ok", d.ok);
    v(2, "code", d.code);
    v(3, "what", d.what);
    v(4, "affected", d.affected);
    v(5, "failed", d.failed);
  }
};
struct Progress {
  static constexpr std::uint16_t kType = 0x0201;
  std::string_view stage;
  std::uint64_t done = 0, total = 0;
  std::uint64_t job = 0;  ///< the job that goes on when this client goes; in the first packet of one, else 0
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& p) {
    v(1, "stage", p.stage);
    v(2, "done", p.done);
    v(3, "total", p.total);
    v(4, "job", p.job);
  }
};

/// A remark about one thing: `where` is a user, a file:line or a record.
struct Note {
  static constexpr std::uint16_t kType = 0x0202;
  bool is_error = false;
  std::string_view where, what;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& n) {
    v(1, "is_error", n.is_error);
    v(2, "where", n.where);
    v(3, "what", n.what);
  }
};

/// secret generate: the only reply that carries a secret.
struct GeneratedRow {
  static constexpr std::uint16_t kType = 0x0203;
  std::string_view account;
  Kind kind = Kind::kPassword;
  SecretView secret;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& g) {
    v(1, "account", g.account);
    v(2, "kind", g.kind);
    v(3, "secret", g.secret);
  }
};

}  // namespace pbxcred
