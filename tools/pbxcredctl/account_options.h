// SPDX-License-Identifier: BSD-2-Clause
// What may be said of an account on the command line.
#pragma once

#include <optional>
#include <string>

#include "command.h"
#include "wire/admin.h"

namespace pbxcred::ctl {

/// Options of `user add|set` and `admin add|set`. Not given: as it is; empty: cleared.
class AccountOptions {
 public:
  void declare(Syntax& syntax, Role role);
  /// `invalid` if an option is needed and there is none.
  Status prepare(bool needed);
  /// Borrows from this.
  AccountFields message() const;

 private:
  std::optional<std::string> username_, email_, first_, last_, location_, language_;
  std::optional<Texts> numbers_, alternate_ids_, trusted_extensions_, domains_;
};

}  // namespace pbxcred::ctl
