// SPDX-License-Identifier: BSD-2-Clause
// One question on a handle: its arguments checked, its steps under one deadline, its result kept.
#pragma once

#include "api/handle.h"
#include "api/results.h"
#include "base/wiped.h"

namespace pbxcred {

/// Takes the arguments of a question and empties the handle's reply. user may be a text of that reply.
class Call {
 public:
  Call(pbxcred_handle& handle, int kind, const char* user);
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  /// PBXCRED_OK, or why kind and user cannot be asked about.
  pbxcred_result fault() const { return fault_; }
  Kind kind() const { return kind_; }
  std::string_view user() const { return user_; }
  pbxcred_handle& handle() const { return handle_; }

  /// Asks the daemon and keeps what it told. PBXCRED_OK only if it granted.
  template <Message Request>
  pbxcred_result ask(Request& request, Stage stage) {
    if (deadline_.passed()) return fail(PBXCRED_UNAVAILABLE, "the deadline has passed");
    request.subject = subject();
    *told_ = AuthReply{};
    return hear(auth_call(handle_.settings.run_dir, left(), request, buffer_, *told_), stage);
  }
  /// What the daemon told, as the last ask() brought it; borrows from this.
  const AuthReply& told() { return *told_; }

  /// An empty reply with a reason, which is a constant; returns result.
  pbxcred_result fail(pbxcred_result result, const char* reason);
  /// The question is over; returns result.
  pbxcred_result end(pbxcred_result result);

 private:
  Subject subject() const;
  std::chrono::milliseconds left() const;
  pbxcred_result hear(const CallResult& call, Stage stage);

  pbxcred_handle& handle_;
  Deadline deadline_;
  pbxcred_result fault_ = PBXCRED_INVALID;
  Kind kind_{};
  char name_[kMaxName + 1] = {};
  std::string_view user_;
  ReplyBuffer buffer_;
  Wiped<AuthReply> told_;
};

}  // namespace pbxcred
