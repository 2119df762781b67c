// SPDX-License-Identifier: BSD-2-Clause
// One question on a handle.
#include "api/call.h"

#include <cstring>

#include "api/names.h"
#include "api/reply.h"

namespace pbxcred {

Call::Call(pbxcred_handle& handle, int kind, const char* user)
    : handle_(handle), deadline_(Deadline::after(handle.settings.deadline)) {
  std::string_view given;
  const bool possible = user != nullptr && read_text(user, kMaxName, given) && !given.empty();
  // Before the reply goes: programs pass on the account that it named.
  if (possible) std::memcpy(name_, given.data(), given.size());
  user_ = {name_, given.size()};
  clear_reply(handle_.reply);
  if (user == nullptr) {
    fail(PBXCRED_INVALID, "no user is named");
  } else if (!read_kind(kind, kind_)) {
    fail(PBXCRED_INVALID, "no such kind of secret");
  } else if (!possible) {
    fault_ = fail(PBXCRED_UNKNOWN, "a name has 1 to 255 bytes");
  } else {
    fault_ = PBXCRED_OK;
  }
}

Subject Call::subject() const {
  const Settings& settings = handle_.settings;
  Subject subject;
  subject.kind = kind_;
  subject.user = user_;
  subject.domain = settings.domain;
  subject.service = settings.service;
  subject.rhost = settings.rhost;
  return subject;
}

std::chrono::milliseconds Call::left() const {
  return std::chrono::ceil<std::chrono::milliseconds>(deadline_.at() - monotonic_now());
}

pbxcred_result Call::hear(const CallResult& call, Stage stage) {
  if (!call) return fail(no_reply_result(call, stage), call.status.what);
  if (!keep_reply(*told_, handle_.reply)) {
    const pbxcred_result result = stage == Stage::kCommit ? PBXCRED_UNSURE : PBXCRED_UNAVAILABLE;
    return fail(result, "the daemon's answer makes no sense");
  }
  return result_of(told_->verdict, stage);
}

pbxcred_result Call::fail(pbxcred_result result, const char* reason) {
  clear_reply(handle_.reply);
  handle_.reply.reason = reason;
  return result;
}

pbxcred_result Call::end(pbxcred_result result) {
  handle_.reply.result = result;
  return result;
}

}  // namespace pbxcred
