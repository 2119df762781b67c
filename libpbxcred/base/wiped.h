// SPDX-License-Identifier: BSD-2-Clause
// A value on the stack that is wiped when it goes: messages that carry a grant.
#pragma once

#include <type_traits>

#include "base/bytes.h"

namespace pbxcred {

template <class T>
class Wiped {
  static_assert(std::is_trivially_destructible_v<T>);

 public:
  Wiped() = default;
  Wiped(const Wiped&) = delete;
  Wiped& operator=(const Wiped&) = delete;
  ~Wiped() { wipe(&value_, sizeof value_); }

  T& operator*() { return value_; }
  T* operator->() { return &value_; }

 private:
  T value_;
};

}  // namespace pbxcred
