// SPDX-License-Identifier: BSD-2-Clause
// What `status --json` prints: the server's state and every domain's.
#pragma once

#include <vector>

#include "model/views.h"

namespace pbxcred::ctl {

struct StatusDocument {
  static constexpr bool kIsView = true;
  StatusView server;
  std::vector<DomainView> per_domain;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& d) {
    StatusView::fields(v, d.server);
    v(100, "per_domain", d.per_domain);
  }
};

}  // namespace pbxcred::ctl
