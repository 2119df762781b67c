// SPDX-License-Identifier: BSD-2-Clause
// What the module's logic needs of PAM, as an interface: libpam's handle in the host process, a fake in tests.
#pragma once

#include <stdlib.h>

#include <cstring>
#include <string_view>

#include "base/bytes.h"
#include "wire/auth.h"
#include "wire/limits.h"

namespace pbxcred {

/// What the conversation answered to a prompt: owns the C string, wipes and frees it.
class Answer {
 public:
  Answer() = default;
  explicit Answer(char* text) : text_(text) {}
  Answer(Answer&& other) noexcept : text_(other.text_) { other.text_ = nullptr; }
  Answer& operator=(Answer&& other) noexcept {
    char* taken = other.text_;
    other.text_ = nullptr;
    reset(taken);
    return *this;
  }
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;
  ~Answer() { reset(nullptr); }

  /// Whether there was an answer; it may be empty.
  explicit operator bool() const { return text_ != nullptr; }
  const char* text() const { return text_; }
  std::size_t size() const { return text_ == nullptr ? 0 : std::strlen(text_); }
  SecretView secret() const { return {{reinterpret_cast<const std::uint8_t*>(text_), size()}}; }

 private:
  void reset(char* text) {
    wipe(text_, size());
    free(text_);
    text_ = text;
  }
  char* text_ = nullptr;
};

/// Whose state it is: what one user, line and daemon left is not used for another.
struct StateKey {
  Kind kind;
  char user[kMaxName + 1];
  char domain[kMaxName + 1];
  char run_dir[128];
};

/// Left on the handle by authenticate for acct_mgmt and chauthtok.
struct LoginState {
  StateKey key;
  KindSet change;  ///< what must be changed before the service is used
  bool has_grant;
  GrantToken grant;
};

/// Left by the first pass of chauthtok for the second.
struct ChangeState {
  StateKey key;
  ChangeRequest::Proof proof;  ///< kGrant or kPrivilege
  GrantToken grant;
  std::size_t reply_size;
  std::uint8_t reply[kMaxAuthPacket];  ///< the daemon's answer: what is changed, and its rules
};

/// One PAM transaction. Not thread-safe, as libpam's handle is not. PAM's own numbers are used throughout.
class PamHandle {
 public:
  /// PAM_USER, asked for by libpam if unset; nullptr: none.
  virtual const char* user() = 0;
  /// PAM_SERVICE, PAM_RHOST or PAM_AUTHTOK; nullptr if unset. Borrowed until the item is set anew.
  virtual const char* item(int type) = 0;
  /// false: no memory.
  virtual bool set_item(int type, const char* value) = 0;
  /// One hidden prompt; no answer if the conversation failed.
  virtual Answer ask(const char* prompt) = 0;
  /// One message, PAM_TEXT_INFO or PAM_ERROR_MSG; a conversation that cannot show it is ignored.
  virtual void show(int style, std::string_view text) = 0;
  /// `NAME=VALUE` into the PAM environment; false: no memory.
  virtual bool put_env(const char* name_and_value) = 0;
  virtual void unset_env(const char* name) = 0;
  /// Asks libpam to wait after a refusal.
  virtual void fail_delay(unsigned microseconds) = 0;
  /// One line to syslog: `what: detail`. Neither holds a secret or a typed name.
  virtual void log(int priority, const char* what, const char* detail) = 0;
  /// Whether real and effective uid are root's.
  virtual bool is_root() = 0;

  /// The state on the handle, which owns it and wipes it; nullptr if there is none.
  virtual LoginState* login() = 0;
  virtual ChangeState* change() = 0;
  /// Replaces the state by one of zeros; nullptr: no memory, and no state.
  virtual LoginState* make_login() = 0;
  virtual ChangeState* make_change() = 0;
  virtual void drop_login() = 0;
  virtual void drop_change() = 0;

 protected:
  PamHandle() = default;
  ~PamHandle() = default;  // never deleted through this type, so no operator delete is needed
  PamHandle(const PamHandle&) = delete;
  PamHandle& operator=(const PamHandle&) = delete;
};

}  // namespace pbxcred
