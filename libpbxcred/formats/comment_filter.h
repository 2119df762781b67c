// SPDX-License-Identifier: BSD-2-Clause
// Takes the comments out of an Asterisk configuration file, line by line.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace pbxcred {

/// `; to the end of the line`, `;-- over lines, nested --;`, and `\;`, which is a semicolon. One filter for each file:
/// it remembers what is open.
class CommentFilter {
 public:
  /// line: without its line end; edited in place. Returns what is left, at the front of line.
  std::string_view keep(MutableBytes line, std::uint64_t number);

  bool in_block() const { return !open_.empty(); }
  /// With in_block(): the line on which the innermost open block starts.
  std::uint64_t block_line() const { return open_.back(); }

 private:
  bool opens_block(MutableBytes line, std::size_t at) const;

  std::vector<std::uint64_t> open_;
};

}  // namespace pbxcred
