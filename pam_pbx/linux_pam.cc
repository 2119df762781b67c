// SPDX-License-Identifier: BSD-2-Clause
// PamHandle over libpam.
#include "pam_pbx/linux_pam.h"

#include <security/pam_ext.h>
#include <stdlib.h>
#include <unistd.h>

namespace pbxcred {
namespace {

constexpr const char* kLoginName = "pam_pbx_login";
constexpr const char* kChangeName = "pam_pbx_change";
constexpr std::size_t kLongestMessage = PAM_MAX_MSG_SIZE - 1;

/// libpam calls it at pam_end and when the state is replaced.
template <class State>
void clean_up(pam_handle_t*, void* data, int) {
  wipe(data, data == nullptr ? 0 : sizeof(State));
  free(data);
}

template <class State>
State* find(const pam_handle_t* handle, const char* name) {
  const void* data = nullptr;
  if (pam_get_data(handle, name, &data) != PAM_SUCCESS) return nullptr;
  return static_cast<State*>(const_cast<void*>(data));
}

void drop(pam_handle_t* handle, const char* name) {
  const void* data = nullptr;
  const bool there = pam_get_data(handle, name, &data) == PAM_SUCCESS && data != nullptr;
  if (there) pam_set_data(handle, name, nullptr, nullptr);
}

template <class State>
State* make(pam_handle_t* handle, const char* name) {
  void* data = calloc(1, sizeof(State));
  if (data == nullptr) {
    drop(handle, name);
    return nullptr;
  }
  if (pam_set_data(handle, name, data, clean_up<State>) == PAM_SUCCESS) return static_cast<State*>(data);
  free(data);
  return nullptr;
}

/// At most so many bytes of text, without cutting a UTF-8 character in two.
int shown_size(std::string_view text) {
  if (text.size() <= kLongestMessage) return static_cast<int>(text.size());
  std::size_t size = kLongestMessage;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
  return static_cast<int>(size);
}

}  // namespace

const char* LinuxPam::user() {
  const char* name = nullptr;
  return pam_get_user(handle_, &name, nullptr) == PAM_SUCCESS ? name : nullptr;
}

const char* LinuxPam::item(int type) {
  const void* value = nullptr;
  return pam_get_item(handle_, type, &value) == PAM_SUCCESS ? static_cast<const char*>(value) : nullptr;
}

bool LinuxPam::set_item(int type, const char* value) {
  return pam_set_item(handle_, type, value) == PAM_SUCCESS;
}

Answer LinuxPam::ask(const char* prompt) {
  char* raw = nullptr;
  const int result = pam_prompt(handle_, PAM_PROMPT_ECHO_OFF, &raw, "%s", prompt);
  Answer answer(raw);
  return result == PAM_SUCCESS ? static_cast<Answer&&>(answer) : Answer();
}

void LinuxPam::show(int style, std::string_view text) {
  pam_prompt(handle_, style, nullptr, "%.*s", shown_size(text), text.data());
}

bool LinuxPam::put_env(const char* name_and_value) {
  return pam_putenv(handle_, name_and_value) == PAM_SUCCESS;
}

void LinuxPam::unset_env(const char* name) {
  // libpam writes an error to syslog when asked to remove what is not there.
  if (pam_getenv(handle_, name) != nullptr) pam_putenv(handle_, name);
}

void LinuxPam::fail_delay(unsigned microseconds) {
  pam_fail_delay(handle_, microseconds);
}

void LinuxPam::log(int priority, const char* what, const char* detail) {
  pam_syslog(handle_, priority, "%s: %s", what, detail);
}

bool LinuxPam::is_root() {
  return getuid() == 0 && geteuid() == 0;
}

LoginState* LinuxPam::login() {
  return find<LoginState>(handle_, kLoginName);
}
ChangeState* LinuxPam::change() {
  return find<ChangeState>(handle_, kChangeName);
}
LoginState* LinuxPam::make_login() {
  return make<LoginState>(handle_, kLoginName);
}
ChangeState* LinuxPam::make_change() {
  return make<ChangeState>(handle_, kChangeName);
}
void LinuxPam::drop_login() {
  drop(handle_, kLoginName);
}
void LinuxPam::drop_change() {
  drop(handle_, kChangeName);
}

}  // namespace pbxcred
