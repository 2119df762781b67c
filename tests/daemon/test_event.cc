// SPDX-License-Identifier: BSD-2-Clause
// The event loop: long work that goes on by itself keeps no login waiting.
#include "event.h"

#include <unistd.h>

#include "support/check.h"

using namespace pbxcred;

CASE(event_that_goes_on_lets_descriptors_in_between) {
  EventLoop loop;
  int pipe_ends[2];
  assert_int_equal(pipe(pipe_ends), 0);
  int steps = 0;
  int steps_before_the_login = -1;
  Event login(loop, pipe_ends[0], EV_READ, [&](short) { steps_before_the_login = steps; });
  login.add();
  std::unique_ptr<Event> work;
  work = std::make_unique<Event>(loop, -1, 0, [&](short) {
    if (++steps == 10) assert_int_equal(write(pipe_ends[1], "x", 1), 1);
    if (steps == 1000) return loop.stop();
    work->activate();
  }, EventLoop::kAdministration);
  work->activate();
  work->activate();
  loop.run();
  assert_int_equal(steps, 1000);
  assert_int_equal(steps_before_the_login, 10);
  close(pipe_ends[0]);
  close(pipe_ends[1]);
}

RUN_CASES(cmocka_unit_test(event_that_goes_on_lets_descriptors_in_between))
