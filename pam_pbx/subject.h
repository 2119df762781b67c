// SPDX-License-Identifier: BSD-2-Clause
// About whom the daemon is asked, and whose state on the handle is whose.
#pragma once

#include "pam_pbx/handle.h"
#include "pam_pbx/options.h"

namespace pbxcred {

/// Whether an account can have this name at all; a longer one is not even sent.
bool is_possible_name(std::string_view user);

/// What the daemon is told. Borrows from pam's items and options.
Subject subject_of(PamHandle& pam, const Options& options, const char* user);

/// Whose state it will be. user must be a possible name.
void fill_key(const char* user, const Options& options, StateKey& key);

/// Whether state kept under key belongs to this user, line and daemon.
bool is_key_of(const StateKey& key, const char* user, const Options& options);

}  // namespace pbxcred
