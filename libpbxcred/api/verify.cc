// SPDX-License-Identifier: BSD-2-Clause
// Questions that change nothing: is this the secret, may the account be used?
#include "api/call.h"

namespace pbxcred {
namespace {

/// A granted reply: yes, unless something must be changed first.
pbxcred_result admit(Call& call) {
  const AuthReply& told = call.told();
  call.handle().reply.must_change = told.change;
  return told.change.empty() ? PBXCRED_OK : PBXCRED_MUST_CHANGE;
}

pbxcred_result verify(Call& call, const void* secret, std::size_t size) {
  if (secret == nullptr) return call.fail(PBXCRED_INVALID, "no secret is given");
  if (call.fault() != PBXCRED_OK) return call.fault();
  if (size == 0 || size > kMaxSecret) return call.fail(PBXCRED_REFUSED, "a secret has 1 to 1024 bytes");
  AuthRequest request;
  request.secret = {{static_cast<const std::uint8_t*>(secret), size}};
  const pbxcred_result result = call.ask(request, Stage::kCheck);
  if (result != PBXCRED_OK) return result;
  const AuthReply& told = call.told();
  if (told.has_grant) hold_grant(call.handle(), call.kind(), call.user(), told.grant);
  return admit(call);
}

pbxcred_result status(Call& call) {
  if (call.fault() != PBXCRED_OK) return call.fault();
  StatusRequest request;
  const pbxcred_result result = call.ask(request, Stage::kCheck);
  return result == PBXCRED_OK ? admit(call) : result;
}

}  // namespace
}  // namespace pbxcred

pbxcred_result pbxcred_secret_verify(pbxcred_handle* handle, int kind, const char* user, const void* secret,
                                     size_t size) {
  if (handle == nullptr) return PBXCRED_INVALID;
  pbxcred::drop_grant(*handle);
  pbxcred::Call call(*handle, kind, user);
  return call.end(pbxcred::verify(call, secret, size));
}

pbxcred_result pbxcred_account_status(pbxcred_handle* handle, int kind, const char* user) {
  if (handle == nullptr) return PBXCRED_INVALID;
  pbxcred::Call call(*handle, kind, user);
  return call.end(pbxcred::status(call));
}
