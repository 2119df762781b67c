// SPDX-License-Identifier: BSD-2-Clause
// The file of `domain import` and `domain export`: libconfig, spelt as pbxcred.conf(5).
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "wire/admin.h"

namespace pbxcred::ctl {

/// Reads a domain file and what it includes, and gives each domain to on_row, which borrows. Nothing is given unless
/// the whole file is in order; else every error is in `what`, as FILE:LINE: WHAT, one a line, the code `invalid`.
/// A key that is absent leaves the setting as it is, an empty text clears it; aliases and policies are given whole.
Status read_domain_file(const std::string& path, const std::function<Status(const DomainRow&)>& on_row);

/// One domain as an element of the file's list, with every key.
std::string domain_text(const DomainPut& domain);

}  // namespace pbxcred::ctl
