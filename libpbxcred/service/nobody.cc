// SPDX-License-Identifier: BSD-2-Clause
#include "service/nobody.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>

#include "store/names.h"

namespace pbxcred {

Error nobody_answers(Read& read, std::string_view what, std::string_view name) {
  constexpr std::size_t kMostNamed = 5;
  const auto domains = domains_with_name(read, name, kMostNamed + 1);
  if (!domains) return domains.error();
  if (domains->empty()) return {Code::kNotFound, fmt::format("no {} answers to {}", what, name)};
  if (domains->size() == 1)
    return {Code::kNotFound, fmt::format("no {} answers to {} alone: several in {} share it, or the name is somebody "
                                         "else's elsewhere",
                                         what, name, domains->front())};
  const std::span<const std::string> told(domains->data(), std::min(domains->size(), kMostNamed));
  return {Code::kNotFound, fmt::format("{} is in {}{}: say which, as EXTENSION@DOMAIN", name, fmt::join(told, ", "),
                                       told.size() < domains->size() ? " and others" : "")};
}

}  // namespace pbxcred
