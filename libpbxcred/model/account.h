// SPDX-License-Identifier: BSD-2-Clause
// The account record: a person at a PBX, or an administrator.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/fields.h"
#include "model/id.h"
#include "wire/admin.h"

namespace pbxcred {

/// Names are kept as given, in NFC; comparison uses their canonical form (model/name.h).
struct Account {
  AccountId id;
  DomainId domain;  ///< administrators: zero
  Role role = Role::kUser;
  std::string username;   ///< unique on the server
  std::string extension;  ///< administrators: empty
  std::string first, last, email, location, language;
  std::vector<std::string> numbers, alternate_ids, trusted_extensions;
  std::vector<DomainId> domains;  ///< administrators: which they may run; empty: all
  bool enabled = true;
  /// Rises with every changed secret, e-mail, role or state; grants of an older one are void.
  std::uint64_t generation = 1;
  Time created_at{};
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& a) {
    v(1, "id", a.id);
    v(2, "domain", a.domain);
    v(3, "role", a.role);
    v(4, "username", a.username);
    v(5, "extension", a.extension);
    v(6, "first", a.first);
    v(7, "last", a.last);
    v(8, "email", a.email);
    v(9, "location", a.location);
    v(10, "language", a.language);
    v(11, "numbers", a.numbers);
    v(12, "alternate_ids", a.alternate_ids);
    v(13, "trusted_extensions", a.trusted_extensions);
    v(14, "domains", a.domains);
    v(15, "enabled", a.enabled);
    v(16, "generation", a.generation);
    v(17, "created_at", a.created_at);
  }
  bool operator==(const Account&) const = default;
};

}  // namespace pbxcred
