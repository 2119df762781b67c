// SPDX-License-Identifier: BSD-2-Clause
// One command on admin.sock, from its request to its Done.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/secret.h"
#include "service/context.h"
#include "service/engine.h"
#include "wire/admin.h"

namespace pbxcred {

/// Where a command's reply packets go. Outlives the connection: once that is gone, send does nothing.
class AdminReply {
 public:
  virtual ~AdminReply() = default;
  virtual void send(SecureBuffer packet) = 0;
  /// Whether the client keeps up; a long answer pauses until it does.
  virtual bool has_room() const = 0;
  virtual bool is_gone() const = 0;
  /// Whether the task is one that goes on without its client (service/jobs.h), and was told to stop.
  virtual bool is_job() const { return false; }
  virtual bool is_cancelled() const { return false; }

  template <Message M>
  void put(const M& message) {
    SecureBuffer packet;
    encode_packet(packet, message);
    send(std::move(packet));
  }
};

struct AdminContext {
  Engine* engine = nullptr;
  Context services;
  std::uint32_t uid = 0;
  std::shared_ptr<AdminReply> reply;
};

/// Lives until it has sent Done or its client has gone, and as long as a use case of it runs. Event loop only.
class AdminTask : public std::enable_shared_from_this<AdminTask> {
 public:
  explicit AdminTask(AdminContext context) : context_(std::move(context)) {}
  virtual ~AdminTask() = default;
  AdminTask(const AdminTask&) = delete;
  AdminTask& operator=(const AdminTask&) = delete;

  /// Does a slice of the work, short enough for logins to wait for. Called again while the client has room, until
  /// is_done() or is_waiting().
  virtual void step() = 0;
  bool is_done() const { return done_; }
  /// For a use case: its end makes the task step again.
  bool is_waiting() const { return waiting_; }
  /// Whether it is stepped on when its client goes.
  bool is_job() const { return context_.reply->is_job(); }

 protected:
  /// The last packet.
  void finish(const Status& status, std::uint64_t affected = 0, std::uint64_t failed = 0) {
    Done done;
    done.ok = status.ok();
    if (!status) {
      done.code = status.error().code;
      done.what = status.error().what;
    }
    done.affected = affected;
    done.failed = failed;
    context_.reply->put(done);
    done_ = true;
  }
  /// Jobs ask at the beginning of each step.
  bool is_cancelled() const { return context_.reply->is_cancelled(); }
  /// How a cancelled job ends. done: what it has committed, of whatever it counts.
  static Error cancelled(std::uint64_t done) {
    return {Code::kRefused, done == 0 ? "cancelled; nothing was changed"
                                      : "cancelled; " + std::to_string(done) + " were done before"};
  }
  void note(bool is_error, std::string_view where, std::string_view what) {
    context_.reply->put(Note{is_error, where, what});
  }
  Engine& engine() { return *context_.engine; }
  const Settings& settings() const { return *context_.services.settings; }
  Share share(bool background = false) const { return {context_.uid, std::string(), background}; }

  AdminContext context_;
  bool done_ = false;
  bool waiting_ = false;
};

}  // namespace pbxcred
