// SPDX-License-Identifier: BSD-2-Clause
// What may be said of an account on the command line.
#include "account_options.h"

namespace pbxcred::ctl {
namespace {

std::optional<std::vector<std::string_view>> borrowed(const std::optional<Texts>& texts) {
  if (!texts) return std::nullopt;
  return std::vector<std::string_view>(texts->begin(), texts->end());
}

}  // namespace

void AccountOptions::declare(Syntax& syntax, Role role) {
  syntax.option("--username", "U", username_, role == Role::kUser ? "name to sign in with" : "its new name");
  syntax.option("--email", "E", email_, "e-mail address");
  syntax.option("--first", "F", first_, "first name");
  syntax.option("--last", "L", last_, "last name");
  if (role == Role::kAdmin) {
    syntax.option("--domain", "D", domains_, "a domain to run; repeat for more; none: all; \"\" returns to all");
    return;
  }
  syntax.option("--number", "T", numbers_, "telephone number; repeat for more; \"\" clears");
  syntax.option("--alternate-id", "A", alternate_ids_, "another id; repeat for more; \"\" clears");
  syntax.option("--location", "L", location_, "location");
  syntax.option("--language", "L", language_, "language of messages, as de");
  syntax.option("--trusted-extension", "X", trusted_extensions_, "phone it is known at; repeat for more; \"\" clears");
}

Status AccountOptions::prepare(bool needed) {
  for (auto* list : {&numbers_, &alternate_ids_, &trusted_extensions_, &domains_})
    if (*list) std::erase(**list, "");
  const bool any = username_ || email_ || first_ || last_ || location_ || language_ || numbers_ || alternate_ids_ ||
                   trusted_extensions_ || domains_;
  if (needed && !any) return Error{Code::kInvalid, "nothing to set"};
  return {};
}

AccountFields AccountOptions::message() const {
  AccountFields fields;
  fields.username = username_;
  fields.email = email_;
  fields.first = first_;
  fields.last = last_;
  fields.location = location_;
  fields.language = language_;
  fields.numbers = borrowed(numbers_);
  fields.alternate_ids = borrowed(alternate_ids_);
  fields.trusted_extensions = borrowed(trusted_extensions_);
  fields.domains = borrowed(domains_);
  return fields;
}

}  // namespace pbxcred::ctl
