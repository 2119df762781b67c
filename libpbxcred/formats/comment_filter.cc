// SPDX-License-Identifier: BSD-2-Clause
// Takes the comments out of an Asterisk configuration file, line by line.
#include "formats/comment_filter.h"

namespace pbxcred {
namespace {

constexpr std::size_t kMaxNested = 128;  // Asterisk's limit

bool is_dash(MutableBytes line, std::size_t at) {
  return at < line.size() && line[at] == '-';
}

}  // namespace

/// `;---` is an ordinary comment: people draw lines with it.
bool CommentFilter::opens_block(MutableBytes line, std::size_t at) const {
  return is_dash(line, at + 1) && is_dash(line, at + 2) && !is_dash(line, at + 3) && open_.size() < kMaxNested;
}

std::string_view CommentFilter::keep(MutableBytes line, std::uint64_t number) {
  std::size_t kept = 0;
  std::size_t mark = 0;  // what lies before it has been used by an earlier semicolon
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] != ';') {
      if (open_.empty()) line[kept++] = line[i];
      continue;
    }
    if (i > mark && line[i - 1] == '\\') {
      if (open_.empty()) line[kept - 1] = ';';
      mark = i + 1;
    } else if (opens_block(line, i)) {
      open_.push_back(number);
      i += 2;
      mark = i + 1;
    } else if (open_.empty()) {
      break;
    } else {
      if (i >= mark + 2 && is_dash(line, i - 1) && is_dash(line, i - 2)) open_.pop_back();
      mark = i + 1;
    }
  }
  return as_text(Bytes(line.first(kept)));
}

}  // namespace pbxcred
