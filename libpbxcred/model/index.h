// SPDX-License-Identifier: BSD-2-Clause
// Index and bookkeeping records of the store.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "base/fields.h"
#include "model/id.h"
#include "wire/kind.h"

namespace pbxcred {

/// In which role an account holds a name.
enum class NameRole : std::uint8_t { kUsername, kExtension, kNumber, kAlternateId };
template <>
inline constexpr std::uint64_t kEnumEnd<NameRole> = 4;

/// Numbers and alternate ids may be shared and then identify nobody.
constexpr bool is_shareable(NameRole role) { return role == NameRole::kNumber || role == NameRole::kAlternateId; }

struct NameHolder {
  AccountId account;
  NameRole role = NameRole::kUsername;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& h) {
    v(1, "account", h.account);
    v(2, "role", h.role);
  }
  bool operator==(const NameHolder&) const = default;
};

/// Who holds one name in one domain.
struct NameEntry {
  std::vector<NameHolder> holders;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& e) { v(1, "holders", e.holders); }
};

/// Points from an index to what it indexes.
struct AccountRef {
  AccountId account;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& r) { v(1, "account", r.account); }
};
struct DomainRef {
  DomainId domain;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& r) { v(1, "domain", r.domain); }
};

/// A name or account that was removed: a legacy source must not bring it back.
struct Tombstone {
  Time at{};
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& t) { v(1, "at", t.at); }
};

/// What a degraded daemon writes to see whether it can.
struct Probe {
  Time at{};
  std::string padding;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& p) {
    v(1, "at", p.at);
    v(2, "padding", p.padding);
  }
};

/// How many; kept with every change, so that status is cheap at any size.
struct DomainCount {
  std::uint64_t users = 0, disabled = 0;
  std::vector<std::uint64_t> set = std::vector<std::uint64_t>(5);   ///< by kind
  std::vector<std::uint64_t> weak = std::vector<std::uint64_t>(5);  ///< by kind
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& c) {
    v(1, "users", c.users);
    v(2, "disabled", c.disabled);
    v(3, "set", c.set);
    v(4, "weak", c.weak);
  }
  bool operator==(const DomainCount&) const = default;
};

/// Refusals of names nobody has. Written so that they, too, join a commit.
struct StrayCount {
  std::uint64_t refusals = 0;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& c) { v(1, "refusals", c.refusals); }
};

/// When a secret last opened its door; written once a minute.
struct LastSuccess {
  Time at{};
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& s) { v(1, "at", s.at); }
};

/// What this store is.
struct StoreMeta {
  std::uint32_t schema = 0;
  std::array<std::uint8_t, 16> store_id{};
  Time created_at{};
  std::uint32_t resealed_to = 0;  ///< no record needs a key below this id, but those that do not open
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& m) {
    v(1, "schema", m.schema);
    v(2, "store_id", m.store_id);
    v(3, "created_at", m.created_at);
    v(4, "resealed_to", m.resealed_to);
  }
};

/// How far the records have come under a new key. No record: they all have, or nobody has begun.
struct Resealing {
  std::uint32_t target = 0;          ///< the key's id
  std::vector<std::uint8_t> cursor;  ///< a key of the store: what is below is done
  std::uint64_t done = 0, total = 0; ///< records
  std::uint64_t faulty = 0;          ///< of those done: do not open, and stay as they are
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& r) {
    v(1, "target", r.target);
    v(2, "cursor", r.cursor);
    v(3, "done", r.done);
    v(4, "total", r.total);
    v(5, "faulty", r.faulty);
  }
};

}  // namespace pbxcred
