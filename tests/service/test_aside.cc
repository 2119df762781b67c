// SPDX-License-Identifier: BSD-2-Clause
// Threads beside the engine's: what they tell comes in order, one of a name at a time, and the end waits for nobody
// who was released.
#include "service/aside.h"

#include <future>
#include <string>

#include "service/world.h"

using namespace pbxcred;

namespace {

std::function<void()> nothing_more() { return {}; }

CASE(aside_tells_on_the_event_loop_in_order) {
  World& world = fresh_world();
  std::string said;
  const auto loop = std::this_thread::get_id();
  ok(world.engine->aside().start("work", [&](const Aside::Desk& desk) {
    for (const char* word : {"one ", "two "})
      desk.tell([&, word] { said += std::this_thread::get_id() == loop ? word : "elsewhere "; });
    return std::function<void()>([&] { said += "last"; });
  }));
  world.pump_until([&] { return said.ends_with("last"); });
  assert_string_equal(said.c_str(), "one two last");
}

CASE(aside_runs_one_of_a_name_at_a_time) {
  World& world = fresh_world();
  Aside& aside = world.engine->aside();
  std::promise<void> go;
  auto gone = std::make_shared<std::shared_future<void>>(go.get_future().share());
  bool ended = false;
  ok(aside.start("a", [gone, &ended](const Aside::Desk&) {
    gone->wait();
    return std::function<void()>([&ended] { ended = true; });
  }));
  const Status second = aside.start("a", [](const Aside::Desk&) { return nothing_more(); });
  assert_true(!second && second.error().code == Code::kBusy);
  ok(aside.start("b", [](const Aside::Desk&) { return nothing_more(); }));
  go.set_value();
  world.pump_until([&] { return ended; });
  // Whoever is told of the end may begin anew at once.
  ended = false;
  ok(aside.start("a", [&](const Aside::Desk&) { return std::function<void()>([&] { ended = true; }); }));
  world.pump_until([&] { return ended; });
}

CASE(aside_asks_its_work_to_end_and_hears_nothing_afterwards) {
  bool told = false;
  std::atomic<int> woken = 0;
  {
    Aside aside([&] { ++woken; });
    ok(aside.start("work", [&](const Aside::Desk& desk) {
      while (!desk.is_closed()) std::this_thread::yield();
      desk.tell([&] { told = true; });
      return std::function<void()>([&] { told = true; });
    }));
  }
  assert_false(told);
  assert_int_equal(woken, 0);
}

CASE(aside_does_not_wait_for_what_it_released) {
  auto hang = std::make_shared<std::promise<void>>();
  auto after = std::make_shared<std::promise<void>>();
  auto over = after->get_future();
  {
    Aside aside([] {});
    std::promise<Aside::Desk> given;
    auto desk = given.get_future();
    ok(aside.start("work", [&](const Aside::Desk& own) {
      given.set_value(own);
      return nothing_more();
    }));
    ok(Aside::release([hang, after, own = desk.get()] {
      hang->get_future().wait();
      own.tell([] { _exit(9); });  // nobody is there any more
      after->set_value();
    }));
  }
  hang->set_value();
  assert_true(over.wait_for(std::chrono::seconds(60)) == std::future_status::ready);
}

}  // namespace

RUN_CASES(cmocka_unit_test(aside_tells_on_the_event_loop_in_order),
          cmocka_unit_test(aside_runs_one_of_a_name_at_a_time),
          cmocka_unit_test(aside_asks_its_work_to_end_and_hears_nothing_afterwards),
          cmocka_unit_test(aside_does_not_wait_for_what_it_released))
