// SPDX-License-Identifier: BSD-2-Clause
// Subjects and keys of state.
#include "pam_pbx/subject.h"

#include <security/pam_modules.h>

namespace pbxcred {
namespace {

/// An item that is too long to be what it should be is left out: the daemon would not believe it either.
std::string_view item_text(PamHandle& pam, int type) {
  const char* value = pam.item(type);
  const std::string_view text = value == nullptr ? std::string_view() : std::string_view(value);
  return text.size() > kMaxName ? std::string_view() : text;
}

/// Copies text into field, which is zeroed and long enough.
template <std::size_t N>
void copy_text(std::string_view text, char (&field)[N]) {
  if (text.size() < N) std::memcpy(field, text.data(), text.size());
}

}  // namespace

bool is_possible_name(std::string_view user) {
  return !user.empty() && user.size() <= kMaxName;
}

Subject subject_of(PamHandle& pam, const Options& options, const char* user) {
  Subject subject;
  subject.kind = options.kind;
  subject.user = user;
  subject.domain = options.domain;
  subject.service = item_text(pam, PAM_SERVICE);
  subject.rhost = item_text(pam, PAM_RHOST);
  return subject;
}

void fill_key(const char* user, const Options& options, StateKey& key) {
  key = StateKey{};
  key.kind = options.kind;
  copy_text(user, key.user);
  copy_text(options.domain, key.domain);
  copy_text(options.run_dir, key.run_dir);
}

bool is_key_of(const StateKey& key, const char* user, const Options& options) {
  return key.kind == options.kind && std::string_view(key.user) == user &&
         std::string_view(key.domain) == options.domain && std::string_view(key.run_dir) == options.run_dir;
}

}  // namespace pbxcred
