// SPDX-License-Identifier: BSD-2-Clause
// Views: what administrators and JSON see. Their field names are the JSON keys and stay. Types that hold secrets have
// no view, so printing one does not compile. They travel as rows on admin.sock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "wire/kind.h"
#include "wire/message.h"

namespace pbxcred {

/// A type that may be printed: `static constexpr bool kIsView = true`.
template <class T>
concept View = requires { T::kIsView; T::kHasFields; };

/// One secret of one account. In JSON a list of these is an object keyed by `kind`.
struct KindView {
  static constexpr bool kIsView = true;
  static constexpr const char* kJsonKey = "kind";
  std::string kind;
  bool set = false;
  bool defined = false;  ///< was ever set
  std::optional<Time> set_at;
  bool must_change = false;
  bool temporary = false;
  std::optional<Time> expires_at;
  bool weak = false;
  std::uint32_t failures = 0;
  std::optional<Time> locked_until;
  bool locked_permanently = false;
  std::optional<Time> last_success;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& k) {
    v(1, "kind", k.kind);
    v(2, "set", k.set);
    v(3, "defined", k.defined);
    v(4, "set_at", k.set_at);
    v(5, "must_change", k.must_change);
    v(6, "temporary", k.temporary);
    v(7, "expires_at", k.expires_at);
    v(8, "weak", k.weak);
    v(9, "failures", k.failures);
    v(10, "locked_until", k.locked_until);
    v(11, "locked_permanently", k.locked_permanently);
    v(12, "last_success", k.last_success);
  }
};

/// user show|list, admin show|list.
struct AccountView {
  static constexpr bool kIsView = true;
  static constexpr std::uint16_t kType = 0x0300;
  std::string account;     ///< extension@domain; administrators: username
  std::string account_id;  ///< 32 hexadecimal digits
  std::string role;        ///< user, admin
  std::string domain, extension, username, first, last, email, location, language;
  std::vector<std::string> numbers, alternate_ids, trusted_extensions;
  std::vector<std::string> domains;  ///< administrators
  bool enabled = true;
  Time created_at{};
  std::vector<KindView> kinds;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& a) {
    v(1, "account", a.account);
    v(2, "account_id", a.account_id);
    v(3, "role", a.role);
    v(4, "domain", a.domain);
    v(5, "extension", a.extension);
    v(6, "username", a.username);
    v(7, "first", a.first);
    v(8, "last", a.last);
    v(9, "email", a.email);
    v(10, "location", a.location);
    v(11, "language", a.language);
    v(12, "numbers", a.numbers);
    v(13, "alternate_ids", a.alternate_ids);
    v(14, "trusted_extensions", a.trusted_extensions);
    v(15, "domains", a.domains);
    v(16, "enabled", a.enabled);
    v(17, "created_at", a.created_at);
    v(18, "kinds", a.kinds);
  }
};

/// How many users of a domain have a secret of a kind.
struct KindCount {
  static constexpr bool kIsView = true;
  static constexpr const char* kJsonKey = "kind";
  std::string kind;
  std::string policy;  ///< in force for it
  std::uint64_t set = 0;
  std::uint64_t weak = 0;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& k) {
    v(1, "kind", k.kind);
    v(2, "policy", k.policy);
    v(3, "set", k.set);
    v(4, "weak", k.weak);
  }
};

/// domain show|list; also the per-domain part of status.
struct DomainView {
  static constexpr bool kIsView = true;
  static constexpr std::uint16_t kType = 0x0301;
  std::string domain, domain_id;
  std::vector<std::string> aliases;
  std::string timezone, language, country, contact, mail_from, base_url;
  std::string phase;  ///< rollout
  Time created_at{};
  std::uint64_t users = 0;
  std::uint64_t disabled = 0;
  std::uint64_t no_password = 0;  ///< users who cannot sign in at a `password` service
  std::vector<KindCount> kinds;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& d) {
    v(1, "domain", d.domain);
    v(2, "domain_id", d.domain_id);
    v(3, "aliases", d.aliases);
    v(4, "timezone", d.timezone);
    v(5, "language", d.language);
    v(6, "country", d.country);
    v(7, "contact", d.contact);
    v(8, "mail_from", d.mail_from);
    v(9, "base_url", d.base_url);
    v(10, "phase", d.phase);
    v(11, "created_at", d.created_at);
    v(12, "users", d.users);
    v(13, "disabled", d.disabled);
    v(14, "no_password", d.no_password);
    v(15, "kinds", d.kinds);
  }
};

/// status: one, followed by a DomainView a domain.
struct StatusView {
  static constexpr bool kIsView = true;
  static constexpr std::uint16_t kType = 0x0302;
  std::string version;
  Time started_at{};
  bool degraded = false;
  std::string degraded_reason;
  std::uint32_t workers = 0;
  std::uint64_t hash_microseconds = 0;    ///< one hash, as measured at start
  std::uint64_t logins_per_second = 0;    ///< what the workers can do at that cost
  std::uint64_t queued = 0, queue_capacity = 0;
  std::uint64_t granted = 0, refused = 0, busy = 0;  ///< since start
  std::uint64_t domains = 0, users = 0, admins = 0, locked = 0;
  std::uint64_t store_bytes = 0, store_capacity = 0;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& s) {
    v(1, "version", s.version);
    v(2, "started_at", s.started_at);
    v(3, "degraded", s.degraded);
    v(4, "degraded_reason", s.degraded_reason);
    v(5, "workers", s.workers);
    v(6, "hash_microseconds", s.hash_microseconds);
    v(7, "logins_per_second", s.logins_per_second);
    v(8, "queued", s.queued);
    v(9, "queue_capacity", s.queue_capacity);
    v(10, "granted", s.granted);
    v(11, "refused", s.refused);
    v(12, "busy", s.busy);
    v(13, "domains", s.domains);
    v(14, "users", s.users);
    v(15, "admins", s.admins);
    v(16, "locked", s.locked);
    v(17, "store_bytes", s.store_bytes);
    v(18, "store_capacity", s.store_capacity);
  }
};

/// auth: what a service would have been told.
struct AuthTryView {
  static constexpr bool kIsView = true;
  static constexpr std::uint16_t kType = 0x0303;
  bool signed_in = false;
  std::string account;
  std::string method;              ///< as PBXCRED_METHOD
  std::vector<std::string> change; ///< kinds that must be changed
  std::string reason;              ///< of a refusal; for administrators only, services are not told
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& a) {
    v(1, "signed_in", a.signed_in);
    v(2, "account", a.account);
    v(3, "method", a.method);
    v(4, "change", a.change);
    v(5, "reason", a.reason);
  }
};

/// explain.
struct ExplainView {
  static constexpr bool kIsView = true;
  static constexpr std::uint16_t kType = 0x0304;
  std::string account;
  std::string door;       ///< the kind asked about
  std::string secret;     ///< the kind whose secret it takes; empty: none
  std::string outcome;    ///< one sentence: what a right secret would bring now
  std::string phase;
  std::string policy;
  std::string policy_origin;  ///< domain, server
  std::string service;        ///< what that entry may do, if one was named
  std::optional<KindView> state;  ///< of the secret it takes
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& e) {
    v(1, "account", e.account);
    v(2, "door", e.door);
    v(3, "secret", e.secret);
    v(4, "outcome", e.outcome);
    v(5, "phase", e.phase);
    v(6, "policy", e.policy);
    v(7, "policy_origin", e.policy_origin);
    v(8, "service", e.service);
    v(9, "state", e.state);
  }
};

/// store stat: one a table, then one named "file".
struct StoreStatView {
  static constexpr bool kIsView = true;
  static constexpr std::uint16_t kType = 0x0305;
  std::string table;
  std::uint64_t records = 0, bytes = 0;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& s) {
    v(1, "table", s.table);
    v(2, "records", s.records);
    v(3, "bytes", s.bytes);
  }
};

/// key list.
struct KeyView {
  static constexpr bool kIsView = true;
  static constexpr std::uint16_t kType = 0x0306;
  std::uint32_t id = 0;
  Time created_at{};
  bool current = false;
  std::uint64_t records = 0;  ///< that need it
  std::string state;          ///< "current", "resealing, 40 %", "needed", "may be retired"
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& k) {
    v(1, "id", k.id);
    v(2, "created_at", k.created_at);
    v(3, "current", k.current);
    v(4, "records", k.records);
    v(5, "state", k.state);
  }
};

/// lock list.
struct LockView {
  static constexpr bool kIsView = true;
  static constexpr std::uint16_t kType = 0x0307;
  std::string account, kind;
  std::uint32_t failures = 0;
  Time last_failure{};
  std::optional<Time> locked_until;
  bool locked_permanently = false;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& l) {
    v(1, "account", l.account);
    v(2, "kind", l.kind);
    v(3, "failures", l.failures);
    v(4, "last_failure", l.last_failure);
    v(5, "locked_until", l.locked_until);
    v(6, "locked_permanently", l.locked_permanently);
  }
};

/// A remark that came while work was done.
struct NoteView {
  static constexpr bool kIsView = true;
  bool is_error = false;
  std::string where, what;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& n) {
    v(1, "is_error", n.is_error);
    v(2, "where", n.where);
    v(3, "what", n.what);
  }
};

/// job list|show.
struct JobView {
  static constexpr bool kIsView = true;
  static constexpr std::uint16_t kType = 0x0308;
  std::uint64_t job = 0;
  std::string what;   ///< the command
  std::uint32_t uid = 0;
  std::string state;  ///< running, done, failed, cancelled
  Time started_at{};
  std::optional<Time> ended_at;
  std::string stage;
  std::uint64_t done = 0, total = 0;  ///< of the stage; total 0: not known
  std::uint64_t affected = 0, failed = 0;
  std::string error;                ///< why not done
  std::uint64_t notes_dropped = 0;  ///< earlier ones, beyond what is kept
  std::vector<NoteView> notes;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& j) {
    v(1, "job", j.job);
    v(2, "what", j.what);
    v(3, "uid", j.uid);
    v(4, "state", j.state);
    v(5, "started_at", j.started_at);
    v(6, "ended_at", j.ended_at);
    v(7, "stage", j.stage);
    v(8, "done", j.done);
    v(9, "total", j.total);
    v(10, "affected", j.affected);
    v(11, "failed", j.failed);
    v(12, "error", j.error);
    v(13, "notes_dropped", j.notes_dropped);
    v(14, "notes", j.notes);
  }
};

}  // namespace pbxcred
