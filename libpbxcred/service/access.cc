// SPDX-License-Identifier: BSD-2-Clause
#include "service/access.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <cstring>

namespace pbxcred {

Result<Access> access_of(const Settings& settings, uid_t uid) {
  for (const ServiceEntry& entry : settings.services) {
    if (entry.uid != uid) continue;
    return Access{uid, entry.user, entry.kinds, entry.domains, entry.change, entry.trust_rhost};
  }
  if (uid != 0) return Error{Code::kDenied, fmt::format("uid {} has no entry in services", uid)};
  Access root;
  root.entry = "root";
  for (Kind kind : kAllKinds) root.kinds.add(kind);
  root.change = true;
  root.trust_rhost = true;
  return root;
}

std::string ip_literal(std::string_view text) {
  char copy[INET6_ADDRSTRLEN + 1] = {};
  if (text.empty() || text.size() >= sizeof copy || text.find('\0') != std::string_view::npos) return {};
  std::memcpy(copy, text.data(), text.size());
  char shown[INET6_ADDRSTRLEN] = {};
  in_addr v4{};
  if (inet_pton(AF_INET, copy, &v4) == 1) return inet_ntop(AF_INET, &v4, shown, sizeof shown);
  in6_addr v6{};
  if (inet_pton(AF_INET6, copy, &v6) != 1) return {};
  if (IN6_IS_ADDR_V4MAPPED(&v6)) return inet_ntop(AF_INET, &v6.s6_addr[12], shown, sizeof shown);
  return inet_ntop(AF_INET6, &v6, shown, sizeof shown);
}

std::string source_of(const Access& access, std::string_view rhost) {
  return access.trust_rhost ? ip_literal(rhost) : std::string();
}

}  // namespace pbxcred
