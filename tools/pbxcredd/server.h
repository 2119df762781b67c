// SPDX-License-Identifier: BSD-2-Clause
// The running daemon: event loop, sockets, signals, engine.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "admin_connections.h"
#include "auth_connections.h"
#include "base/clock.h"
#include "event.h"
#include "service/engine.h"
#include "service/key_keeper.h"
#include "sockets.h"
#include "startup.h"

namespace pbxcred {

class Server {
 public:
  struct Parts {
    std::string config_path;
    std::shared_ptr<const Settings> settings;
    Database* database = nullptr;
    Listeners* listeners = nullptr;
    Log* log = nullptr;
    std::chrono::microseconds hash_time{0};
    KeyPlace keys;
  };
  explicit Server(Parts parts);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Until SIGTERM or SIGINT and everything begun is finished.
  void run();

 private:
  Context context();
  Status reload();
  void warn_of_policies();
  void begin_stop();
  void stop_when_idle();
  void every_minute();

  Parts parts_;
  SystemClock clock_;
  Tally tally_;
  Successes successes_;
  EventLoop loop_;
  Fd wake_fd_;
  std::uint32_t workers_;
  std::unique_ptr<Engine> engine_;
  KeyKeeper keys_;
  Event wake_, minute_, hangup_, terminate_, interrupt_, stopping_;
  std::optional<AuthConnections> auth_;
  std::optional<AdminConnections> admin_;
  bool stop_asked_ = false;
  Time stop_by_{};
};

}  // namespace pbxcred
