// SPDX-License-Identifier: BSD-2-Clause
// The server's settings, as the daemon runs on them. tools/pbxcredd/config.h reads them from pbxcred.conf(5).
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "model/verifier.h"
#include "rules/lockout.h"
#include "rules/policy.h"
#include "wire/kind.h"

namespace pbxcred {

/// One line of `services`: what a uid may do on auth.sock.
struct ServiceEntry {
  std::string user;  ///< as written: a name or "#uid"
  uid_t uid = 0;
  KindSet kinds;
  std::vector<std::string> domains;  ///< empty: all
  bool change = false;
  bool trust_rhost = false;
};

/// Policies every server has; a policy of the same name in the configuration replaces it.
inline std::vector<Policy> built_in_policies() {
  return {
      {"standard", 15, 256, Alphabet::kAny},          // NIST SP 800-63B-4 §3.1.1.2: 15 without a second factor
      {"pin-standard", 6, 15, Alphabet::kDigits},     // requirements.md, last table
      {"login-standard", 6, 31, Alphabet::kDigits},   // R17
      {"phone-standard", 12, 64, Alphabet::kAny},
      {"admin", 15, 256, Alphabet::kAny},
  };
}

struct Settings {
  std::string run_dir = "/run/pbxcred";
  std::string state_dir = "/var/lib/pbxcred";
  std::string key_file = "/etc/pbxcred/keys/ring";
  std::string user = "pbxcred";  ///< whom the daemon becomes when started as root; empty: stay
  std::string default_domain;
  std::uint32_t workers = 0;                 ///< hash workers; 0: one a processor
  std::uint64_t store_size = 16ULL << 30;    ///< bytes the store may grow to (LMDB map)
  HashParams hash;
  std::vector<Policy> policies = built_in_policies();
  /// Name of the default policy of each kind, indexed by Kind.
  std::array<std::string, 5> kinds = {"standard", "pin-standard", "login-standard", "phone-standard", "admin"};
  LockoutSettings lockout;
  std::vector<ServiceEntry> services;
};

/// The policy of that name; nullptr: there is none.
inline const Policy* find_policy(const Settings& settings, const std::string& name) {
  for (const Policy& policy : settings.policies)
    if (policy.name == name) return &policy;
  return nullptr;
}

}  // namespace pbxcred
