// SPDX-License-Identifier: BSD-2-Clause
// SELECTION (design §4): which accounts a command means.
#pragma once

#include <optional>
#include <string>

#include "base/fd.h"
#include "command.h"
#include "wire/admin.h"

namespace pbxcred::ctl {

/// `invalid`: there is no such kind.
Result<Kind> parse_kind(const std::string& name);

/// USER… or filters that combine, as given on the command line.
class SelectionOptions {
 public:
  /// Adds the operands (called `operands`) and filters to a command, and --role if with_role.
  void declare(Syntax& syntax, const char* operands, const char* help, bool with_role);

  /// Checks that it makes sense. needed: selecting nothing is an error, else it means all.
  Status prepare(bool needed);

  /// For commands whose last operand is something else: takes it away; empty if there are no operands.
  std::string take_last_operand();

  std::optional<Role> role() const { return role_; }
  bool dry_run() const { return dry_run_; }
  /// The one user that is named; empty if more than one may be meant.
  std::string only_user() const;

 private:
  friend class OpenSelection;
  bool has_filter() const;
  Status check_filters() const;

  Texts users_;
  std::optional<std::string> domain_, location_, find_, without_name_, role_name_, file_;
  std::optional<Kind> without_;
  std::optional<Role> role_;
  bool all_ = false;
  bool dry_run_ = false;
};

/// A selection ready to send. Names from --file, and operands too many for a packet, travel in a memory file.
class OpenSelection {
 public:
  /// Reads --file as this user: a name a line, empty lines left out. `invalid` with file and line for a name over
  /// 255 bytes, `not_found` or `denied` if it cannot be opened. options must outlive it.
  static Result<OpenSelection> open(const SelectionOptions& options);

  /// Borrows from options.
  Selection message() const;
  /// -1: none.
  int attachment() const { return names_.get(); }

 private:
  explicit OpenSelection(const SelectionOptions& options) : options_(&options) {}

  const SelectionOptions* options_;
  Fd names_;
};

}  // namespace pbxcred::ctl
