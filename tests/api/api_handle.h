// SPDX-License-Identifier: BSD-2-Clause
// A handle of the C interface that asks a fake daemon, and is freed.
#pragma once

#include <string>
#include <vector>

#include "api/pbxcred.h"
#include "client/fake_daemon.h"

namespace pbxcred::test {

class ApiHandle {
 public:
  explicit ApiHandle(const std::string& run_dir, unsigned milliseconds = 60000) : handle_(pbxcred_handle_new()) {
    static_cast<void>(pbxcred_handle_set_run_dir(handle_, run_dir.c_str()));
    static_cast<void>(pbxcred_handle_set_deadline(handle_, milliseconds));
  }
  ApiHandle(const ApiHandle&) = delete;
  ApiHandle& operator=(const ApiHandle&) = delete;
  ~ApiHandle() { pbxcred_handle_free(handle_); }

  operator pbxcred_handle*() const { return handle_; }

  pbxcred_result verify(int kind, const char* user, const std::string& secret) {
    return pbxcred_secret_verify(handle_, kind, user, secret.data(), secret.size());
  }
  std::vector<std::string> texts() const {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < pbxcred_reply_text_count(handle_); ++i)
      all.emplace_back(pbxcred_reply_text(handle_, i));
    return all;
  }
  /// Whether the reply tells nothing but a result.
  bool tells_nothing() const {
    const std::string all = std::string(pbxcred_reply_account(handle_)) + pbxcred_reply_method(handle_) +
                            pbxcred_reply_phase(handle_) + pbxcred_reply_notice(handle_);
    int kinds = 0;
    for (int kind = -1; kind <= 8; ++kind)
      kinds += pbxcred_reply_must_change(handle_, kind) + pbxcred_reply_changes(handle_, kind);
    return all.empty() && kinds == 0 && pbxcred_reply_text_count(handle_) == 0 &&
           pbxcred_reply_days_left(handle_) == -1;
  }

 private:
  pbxcred_handle* handle_;
};

inline GrantToken token(std::uint8_t byte) {
  GrantToken grant;
  grant.fill(byte);
  return grant;
}

}  // namespace pbxcred::test
