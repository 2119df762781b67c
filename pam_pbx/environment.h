// SPDX-License-Identifier: BSD-2-Clause
// PBXCRED_* in the PAM environment: what programs read instead of texts (design §4).
#pragma once

#include "pam_pbx/handle.h"

namespace pbxcred {

/// Unsets all of them.
void clear_environment(PamHandle& pam);

/// Says what a login brought. false: no memory, or a value that cannot be one; then none of them is set.
bool set_environment(PamHandle& pam, const AuthReply& reply);

/// PBXCRED_PHASE and PBXCRED_NOTICE alone, for PAM_CRED_INSUFFICIENT.
bool set_reset_environment(PamHandle& pam, const AuthReply& reply);

/// PBXCRED_CHANGE alone; an empty set unsets it.
bool set_change_environment(PamHandle& pam, KindSet change);

/// The order in which kinds are asked for and named.
inline constexpr Kind kChangeOrder[] = {Kind::kPassword, Kind::kVoicemail, Kind::kLogin, Kind::kPhone, Kind::kAdmin};

}  // namespace pbxcred
