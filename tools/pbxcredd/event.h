// SPDX-License-Identifier: BSD-2-Clause
// libevent's handles, owned.
#pragma once

#include <event2/event.h>

#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <utility>

#include "base/wipe_stack.h"

namespace pbxcred {

/// The event loop. Two priorities: what logins wait for, and what administrators wait for.
class EventLoop {
 public:
  static constexpr int kLogins = 0;
  static constexpr int kAdministration = 1;

  EventLoop() : base_(make_base()) {
    if (base_ == nullptr || event_base_priority_init(base_, 2) != 0)
      throw std::runtime_error("libevent does not start");
  }
  ~EventLoop() { event_base_free(base_); }
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  void run() { event_base_dispatch(base_); }
  void stop() { event_base_loopbreak(base_); }
  event_base* base() { return base_; }

 private:
  /// Of administration one callback a round: work that makes itself active again would otherwise run in the same round
  /// for ever, and no login be looked at until it ends.
  static event_base* make_base() {
    const std::unique_ptr<event_config, decltype(&event_config_free)> config(event_config_new(), &event_config_free);
    if (!config || event_config_set_max_dispatch_interval(config.get(), nullptr, 1, kAdministration) != 0)
      return nullptr;
    return event_base_new_with_config(config.get());
  }

  event_base* base_;
};

/// A callback for a descriptor, a signal or a time. Gone with the object; stays where it was made.
class Event {
 public:
  using Callback = std::function<void(short what)>;

  /// fd: a descriptor, a signal number with EV_SIGNAL, or -1 for times only. Not pending until add().
  Event(EventLoop& loop, int fd, short what, Callback callback, int priority = EventLoop::kLogins)
      : body_(std::make_shared<Body>(std::move(callback))),
        event_(event_new(loop.base(), fd, what, &Event::fire, body_.get())) {
    if (event_ == nullptr) throw std::runtime_error("libevent has no memory");
    event_priority_set(event_, priority);
  }
  ~Event() { event_free(event_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  void add() { event_add(event_, nullptr); }
  void add(std::chrono::milliseconds timeout) {
    const timeval tv{static_cast<time_t>(timeout.count() / 1000),
                     static_cast<suseconds_t>(timeout.count() % 1000 * 1000)};
    event_add(event_, &tv);
  }
  void remove() { event_del(event_); }
  /// In the next round of the loop, however often it is asked for.
  void activate() { event_active(event_, EV_TIMEOUT, 0); }

 private:
  struct Body : std::enable_shared_from_this<Body> {
    explicit Body(Callback c) : callback(std::move(c)) {}
    Callback callback;
  };
  /// A callback may end its own event: what it runs on stays until it returns.
  static void fire(evutil_socket_t, short what, void* body) {
    const auto kept = static_cast<Body*>(body)->shared_from_this();
    kept->callback(what);
    wipe_stack();
  }

  std::shared_ptr<Body> body_;
  event* event_;
};

}  // namespace pbxcred
