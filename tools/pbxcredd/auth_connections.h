// SPDX-License-Identifier: BSD-2-Clause
// auth.sock: one request, one reply, closed.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <unordered_map>

#include "event.h"
#include "service/access.h"
#include "service/context.h"
#include "service/engine.h"
#include "wire/packet.h"

namespace pbxcred {

/// Time, for lines that must not fill the log: whether this one may be written now (one a minute and key).
class OncePerMinute {
 public:
  bool may(const std::string& key, Time now);

 private:
  std::map<std::string, Time> last_;
};

class AuthConnections {
 public:
  /// listener stays the caller's. services gives the context as it is at the time of a request.
  AuthConnections(EventLoop& loop, int listener, Engine& engine, std::function<Context()> services);
  ~AuthConnections();
  AuthConnections(const AuthConnections&) = delete;
  AuthConnections& operator=(const AuthConnections&) = delete;

  void stop_accepting() {
    stopped_ = true;
    listening_.remove();
  }
  std::size_t size() const { return connections_.size(); }

 private:
  struct Connection;
  using Number = std::uint64_t;

  void accept_some();
  void pause_listening();
  bool make_room();
  void admit(Fd socket);
  void on_event(Number number, short what);
  void await(Connection& connection);
  void on_request(Connection& connection);
  void dispatch(Connection& connection, Bytes packet);
  Answer answer_to(Number number);
  void close(Number number);

  EventLoop& loop_;
  int listener_;
  Engine& engine_;
  std::function<Context()> services_;
  Event listening_;
  Event listen_again_;
  OncePerMinute said_;
  bool stopped_ = false;
  Number next_ = 0;
  std::unordered_map<Number, std::unique_ptr<Connection>> connections_;
  std::list<Number> silent_;  ///< connections that have not spoken, oldest first
};

}  // namespace pbxcred
