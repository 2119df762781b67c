// SPDX-License-Identifier: BSD-2-Clause
// cmocka without its edges: extern "C", no `fail` and `skip` macros, and an exception fails its case only.
//
//   CASE(lockout_locks_after_five_distinct_guesses) { assert_true(...); }
//   RUN_CASES(cmocka_unit_test(lockout_locks_after_five_distinct_guesses))
#pragma once

extern "C" {
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
}
#undef fail
#undef skip
// cmocka's own is written with its `fail`.
#undef fail_msg
#define fail_msg(...) (print_error(__VA_ARGS__), print_error("\n"), _fail(__FILE__, __LINE__))

#include <exception>
#include <type_traits>

/// A test case. A failed assertion longjmps: hold no lock across one.
#define CASE(name)                                        \
  static void name##_body();                              \
  static void name(void**) {                              \
    try {                                                 \
      name##_body();                                      \
    } catch (const std::exception& escaped) {             \
      print_error("exception: %s\n", escaped.what());      \
      _fail(__FILE__, __LINE__);                          \
    }                                                     \
  }                                                       \
  static void name##_body()

/// Runs a table of cmocka_unit_test(name) entries; prints TAP unless CMOCKA_MESSAGE_OUTPUT says otherwise.
#define RUN_CASES(...)                                                      \
  int main() {                                                              \
    if (getenv("CMOCKA_MESSAGE_OUTPUT") == nullptr) cmocka_set_message_output(CM_OUTPUT_TAP); \
    const CMUnitTest cases[] = {__VA_ARGS__};                               \
    return cmocka_run_group_tests(cases, nullptr, nullptr);                 \
  }
