// SPDX-License-Identifier: BSD-2-Clause
// PamHandle over libpam's pam_handle_t.
#pragma once

#include <security/pam_modules.h>

#include "pam_pbx/handle.h"

namespace pbxcred {

/// Borrows the handle for one call of a module function.
class LinuxPam final : public PamHandle {
 public:
  explicit LinuxPam(pam_handle_t* handle) : handle_(handle) {}

  const char* user() override;
  const char* item(int type) override;
  bool set_item(int type, const char* value) override;
  Answer ask(const char* prompt) override;
  void show(int style, std::string_view text) override;
  bool put_env(const char* name_and_value) override;
  void unset_env(const char* name) override;
  void fail_delay(unsigned microseconds) override;
  void log(int priority, const char* what, const char* detail) override;
  bool is_root() override;
  LoginState* login() override;
  ChangeState* change() override;
  LoginState* make_login() override;
  ChangeState* make_change() override;
  void drop_login() override;
  void drop_change() override;

 private:
  pam_handle_t* handle_;
};

}  // namespace pbxcred
