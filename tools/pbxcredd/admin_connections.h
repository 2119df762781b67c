// SPDX-License-Identifier: BSD-2-Clause
// admin.sock: one request, then reply packets up to Done.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

#include "event.h"
#include "service/admin_dispatch.h"
#include "service/context.h"
#include "service/engine.h"

namespace pbxcred {

class AdminConnections {
 public:
  /// listener stays the caller's.
  AdminConnections(EventLoop& loop, int listener, Engine& engine, std::function<Context()> services, AdminEdge edge);
  ~AdminConnections();
  AdminConnections(const AdminConnections&) = delete;
  AdminConnections& operator=(const AdminConnections&) = delete;

  void stop_accepting() {
    stopped_ = true;
    listening_.remove();
  }
  /// Lets tasks go on whose use cases have ended; after Engine::deliver().
  void resume();

 private:
  struct Connection;
  class Reply;
  using Number = std::uint64_t;

  void accept_some();
  void pause_listening();
  void on_readable(Number number, short what);
  void begin(Connection& connection, Bytes packet, Fd file);
  void step(Number number);
  void flush(Number number);
  /// The connection ends; a job goes on without it, and is gone with its end.
  void close(Number number);

  EventLoop& loop_;
  int listener_;
  Engine& engine_;
  std::function<Context()> services_;
  AdminEdge edge_;
  Event listening_;
  Event listen_again_;
  bool stopped_ = false;
  Number next_ = 0;
  std::unordered_map<Number, std::unique_ptr<Connection>> connections_;
  std::size_t without_client_ = 0;  ///< of them: jobs that go on
};

}  // namespace pbxcred
