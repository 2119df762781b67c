// SPDX-License-Identifier: BSD-2-Clause
// Which word was meant.
#include "spelling.h"

#include <algorithm>
#include <numeric>

namespace pbxcred::ctl {
namespace {

/// Levenshtein's distance, by bytes.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i] == b[j] ? 0U : 1U);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substituted, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string nearest_of(const std::vector<std::string>& candidates, std::string_view typed) {
  std::string nearest;
  std::size_t best = std::min<std::size_t>(3, std::max<std::size_t>(2, typed.size()));
  for (const std::string& candidate : candidates) {
    if (const std::size_t near = distance(typed, candidate); near < best) {
      best = near;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string did_you_mean(const std::vector<std::string>& candidates, std::string_view typed) {
  const std::string near = nearest_of(candidates, typed);
  return near.empty() ? "" : ", did you mean '" + near + "'?";
}

}  // namespace pbxcred::ctl
