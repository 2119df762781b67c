// SPDX-License-Identifier: BSD-2-Clause
// The settings of a domain: what each may be.
#pragma once

#include <string_view>

#include "base/result.h"
#include "model/domain.h"
#include "service/settings.h"
#include "wire/admin.h"

namespace pbxcred {

/// Takes over what the request has, names and aliases aside. `invalid`, or `not_found`: a policy; domain is then
/// changed in part.
Status apply_settings(Domain& domain, const Settings& settings, const DomainPut& request);

/// Gives it a time zone by its IANA name; empty: UTC. `invalid` if there is none of that name.
Status set_timezone(Domain& domain, std::string_view name);

}  // namespace pbxcred
