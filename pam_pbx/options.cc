// SPDX-License-Identifier: BSD-2-Clause
// Reading the module's arguments: a table of words, each with the function that reads its value.
#include "pam_pbx/options.h"

#include <sys/un.h>

#include <iterator>
#include <string_view>

#include "wire/limits.h"

namespace pbxcred {
namespace {

/// Reads the value of one word into options; nullptr, or why it cannot.
using Reader = const char* (*)(const char* value, Options& options);

const char* read_account(const char* value, Options& options) {
  return kind_from_name(value, options.kind) ? nullptr : "no such kind of secret";
}

const char* read_run_dir(const char* value, Options& options) {
  constexpr std::size_t kLongest = sizeof(sockaddr_un::sun_path) - kAuthSocket.size() - 2;
  if (value[0] != '/') return "must be an absolute path";
  if (std::string_view(value).size() > kLongest) return "the path is too long for a socket";
  options.run_dir = value;
  return nullptr;
}

const char* read_domain(const char* value, Options& options) {
  const std::size_t size = std::string_view(value).size();
  if (size == 0 || size > kMaxName) return "a name has 1 to 255 bytes";
  options.domain = value;
  return nullptr;
}

const char* read_prompts(const char* value, Options& options) {
  const std::string_view name = value;
  if (name != "text" && name != "sounds") return "must be text or sounds";
  options.sounds = name == "sounds";
  return nullptr;
}

const char* read_unknown(const char* value, Options& options) {
  if (std::string_view(value) != "hide") return "can only be hide";
  options.hide_unknown = true;
  return nullptr;
}

/// Whole seconds from first to 60.
const char* read_seconds(std::string_view text, int first, std::chrono::seconds& out) {
  int value = 0;
  if (text.empty() || text.size() > 2) return "out of range";
  for (const char digit : text) {
    if (digit < '0' || digit > '9') return "must be a number of seconds";
    value = 10 * value + (digit - '0');
  }
  if (value < first || value > 60) return "out of range";
  out = std::chrono::seconds(value);
  return nullptr;
}

const char* read_timeout(const char* value, Options& options) {
  return read_seconds(value, 1, options.timeout);
}
const char* read_delay(const char* value, Options& options) {
  return read_seconds(value, 0, options.delay);
}

const char* read_trust(const char*, Options&) {
  return "not offered by this version";
}

const char* read_pass(Pass pass, Options& options) {
  if (options.pass != Pass::kAsk) return "use_first_pass and try_first_pass contradict each other";
  options.pass = pass;
  return nullptr;
}
const char* read_first_pass(const char*, Options& options) {
  return read_pass(Pass::kFirst, options);
}
const char* read_try_pass(const char*, Options& options) {
  return read_pass(Pass::kTry, options);
}

const char* read_strict(const char*, Options& options) {
  options.strict = true;
  return nullptr;
}
const char* read_debug(const char*, Options& options) {
  options.debug = true;
  return nullptr;
}

struct Word {
  std::string_view name;  ///< with its '=' if it takes a value
  Reader read;
};
constexpr Word kWords[] = {
    {"account=", read_account},
    {"run_dir=", read_run_dir},
    {"domain=", read_domain},
    {"prompts=", read_prompts},
    {"unknown=", read_unknown},
    {"timeout=", read_timeout},
    {"delay=", read_delay},
    {"trust=", read_trust},
    {"use_first_pass", read_first_pass},
    {"try_first_pass", read_try_pass},
    {"strict", read_strict},
    {"debug", read_debug},
};
constexpr std::size_t kWordCount = std::size(kWords);

bool is_word(std::string_view given, std::string_view name) {
  // Not starts_with: unoptimised, it wants libstdc++ for an exception that cannot happen.
  if (name.back() == '=' && given.size() > name.size()) given.remove_suffix(given.size() - name.size());
  return given == name;
}

/// Index of the word in kWords; kWordCount: unknown.
std::size_t find_word(std::string_view given) {
  std::size_t i = 0;
  while (i < kWordCount && !is_word(given, kWords[i].name)) ++i;
  return i;
}

}  // namespace

OptionFault parse_options(int argc, const char* const* argv, Options& out) {
  Options options;
  unsigned seen = 0;
  for (int i = 0; i < argc; ++i) {
    const std::size_t found = find_word(argv[i]);
    if (found == kWordCount) return {argv[i], "no such argument"};
    const unsigned bit = 1U << found;
    if ((seen & bit) != 0) return {argv[i], "given twice"};
    seen |= bit;
    const std::size_t prefix = kWords[found].name.size();
    if (const char* why = kWords[found].read(argv[i] + prefix, options)) return {argv[i], why};
  }
  if ((seen & 1U) == 0) return {"account=", "missing: say which kind of secret this service takes"};
  out = options;
  return {};
}

}  // namespace pbxcred
