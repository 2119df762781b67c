// SPDX-License-Identifier: BSD-2-Clause
// The three operations that ask the daemon. Each returns a PAM result, never PAM_IGNORE. flags: as PAM gives them.
#pragma once

#include "pam_pbx/handle.h"
#include "pam_pbx/options.h"

namespace pbxcred {

/// Drops what an earlier authenticate left: PBXCRED_* and the login's grant. authenticate starts with it.
void forget_login(PamHandle& pam);

/// Is it this user's secret? One hidden prompt, the same in every case.
int authenticate(PamHandle& pam, const Options& options, int flags);

/// May the account be used, and must something be changed? Works without an authenticate before it.
int check_account(PamHandle& pam, const Options& options, int flags);

/// First pass of chauthtok (PAM_PRELIM_CHECK): proves the right to change and keeps it for the second.
int begin_change(PamHandle& pam, const Options& options, int flags);

/// Second pass (PAM_UPDATE_AUTHTOK): asks for the new secrets and has all of them stored, or none.
int commit_change(PamHandle& pam, const Options& options, int flags);

}  // namespace pbxcred
