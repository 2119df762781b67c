// SPDX-License-Identifier: BSD-2-Clause
// Text from the data, made fit for a terminal.
#include "display.h"

#include <fmt/format.h>
#include <utf8proc.h>

namespace pbxcred::ctl {
namespace {

/// One step through UTF-8: the code point (-1: not UTF-8) and its bytes, at least one.
struct Step {
  utf8proc_int32_t code_point;
  std::size_t size;
};

Step step(std::string_view text) {
  utf8proc_int32_t code_point = -1;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  const utf8proc_ssize_t size = utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(text.size()), &code_point);
  return size > 0 ? Step{code_point, static_cast<std::size_t>(size)} : Step{-1, 1};
}

bool is_harmless(utf8proc_int32_t code_point) {
  if (code_point == 0x200C || code_point == 0x200D) return true;
  switch (utf8proc_category(code_point)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP: return false;
    default: return true;
  }
}

std::size_t width_of(utf8proc_int32_t code_point) {
  const int width = code_point < 0 ? 1 : utf8proc_charwidth(code_point);
  return width > 0 ? static_cast<std::size_t>(width) : 0;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const Step next = step(text);
    if (next.code_point < 0 || (next.code_point < 0x80 && !is_harmless(next.code_point))) {
      shown += fmt::format("\\x{:02X}", static_cast<unsigned char>(text[0]));
    } else if (!is_harmless(next.code_point)) {
      shown += fmt::format("\\u{{{:04X}}}", next.code_point);
    } else {
      shown += text.substr(0, next.size);
    }
    text.remove_prefix(next.size);
  }
  return shown;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const Step next = step(text);
    width += width_of(next.code_point);
    text.remove_prefix(next.size);
  }
  return width;
}

std::string fit(std::string_view text, std::size_t columns) {
  if (display_width(text) <= columns) return std::string(text);
  std::string kept;
  std::size_t width = 1;  // the ellipsis
  for (std::string_view rest = text; !rest.empty();) {
    const Step next = step(rest);
    width += width_of(next.code_point);
    if (width > columns) break;
    kept += rest.substr(0, next.size);
    rest.remove_prefix(next.size);
  }
  return kept + "…";
}

}  // namespace pbxcred::ctl
