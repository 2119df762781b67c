// SPDX-License-Identifier: BSD-2-Clause
// Result<T>: a value or an Error. For code that may own memory; the PAM module uses Code alone (base/code.h).
#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

#include "base/code.h"

namespace pbxcred {

/// A failure: its code and one sentence for a person, without a final stop and without any secret.
struct Error {
  Code code = Code::kInternal;
  std::string what;
};

/// A value or an Error. Outputs of a failed call stay untouched; asking a failed Result for its value is our own bug.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return state_.index() == 0; }
  bool ok() const { return state_.index() == 0; }
  T& value() { assert(ok()); return *std::get_if<0>(&state_); }
  const T& value() const { assert(ok()); return *std::get_if<0>(&state_); }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const Error& error() const { assert(!ok()); return *std::get_if<1>(&state_); }

 private:
  std::variant<T, Error> state_;
};

/// Success without a value, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), failed_(true) {}

  explicit operator bool() const { return !failed_; }
  bool ok() const { return !failed_; }
  const Error& error() const { assert(failed_); return error_; }

 private:
  Error error_;
  bool failed_ = false;
};

using Status = Result<void>;

}  // namespace pbxcred

#define PBXCRED_JOIN_(a, b) a##b
#define PBXCRED_JOIN(a, b) PBXCRED_JOIN_(a, b)

/// `PBXCRED_TRY(auto x, f());` — x is the value of f(), or this function returns f()'s error.
#define PBXCRED_TRY(declaration, expression)                                       \
  auto PBXCRED_JOIN(result_, __LINE__) = (expression);                             \
  if (!PBXCRED_JOIN(result_, __LINE__)) return PBXCRED_JOIN(result_, __LINE__).error(); \
  declaration = std::move(*PBXCRED_JOIN(result_, __LINE__))

/// `PBXCRED_CHECK(f());` — goes on, or this function returns f()'s error.
#define PBXCRED_CHECK(expression)                                                  \
  do {                                                                             \
    if (auto check_ = (expression); !check_) return check_.error();                \
  } while (false)
