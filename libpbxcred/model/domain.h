// SPDX-License-Identifier: BSD-2-Clause
// The domain record: a PBX, or a customer's part of one, with its settings.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/fields.h"
#include "model/id.h"
#include "wire/kind.h"

namespace pbxcred {

struct DomainPolicy {
  Kind kind = Kind::kPassword;
  std::string policy;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& p) {
    v(1, "kind", p.kind);
    v(2, "policy", p.policy);
  }
};

struct Domain {
  DomainId id;
  std::string name;
  std::vector<std::string> aliases;
  std::string timezone = "UTC";  ///< IANA name
  std::string language = "en";   ///< BCP 47
  std::string country;           ///< ISO 3166-1 alpha-2, for telephone numbers
  std::string contact, mail_from, base_url;
  std::vector<DomainPolicy> policies;  ///< kinds that differ from the server's default
  Time created_at{};
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& d) {
    v(1, "id", d.id);
    v(2, "name", d.name);
    v(3, "aliases", d.aliases);
    v(4, "timezone", d.timezone);
    v(5, "language", d.language);
    v(6, "country", d.country);
    v(7, "contact", d.contact);
    v(8, "mail_from", d.mail_from);
    v(9, "base_url", d.base_url);
    v(10, "policies", d.policies);
    v(11, "created_at", d.created_at);
  }
};

}  // namespace pbxcred
