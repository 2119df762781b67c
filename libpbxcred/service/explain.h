// SPDX-License-Identifier: BSD-2-Clause
// explain, and auth: what a sign-in would bring, and one real one.
#pragma once

#include <string>

#include "service/admin_task.h"

namespace pbxcred {

/// explain USER KIND: evaluates no secret, counts nothing.
class ExplainTask final : public AdminTask {
 public:
  ExplainTask(AdminContext context, SecureBuffer packet, const ExplainQuery& request)
      : AdminTask(std::move(context)), packet_(std::move(packet)), request_(request) {}
  void step() override;

 private:
  SecureBuffer packet_;
  ExplainQuery request_;
};

/// auth USER KIND: a real authentication, which counts.
class AuthTryTask final : public AdminTask {
 public:
  AuthTryTask(AdminContext context, SecureBuffer packet, const AuthTry& request)
      : AdminTask(std::move(context)), packet_(std::move(packet)), request_(request) {}
  void step() override;

 private:
  SecureBuffer packet_;
  AuthTry request_;
};

}  // namespace pbxcred
