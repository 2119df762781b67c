// SPDX-License-Identifier: BSD-2-Clause
#include "server.h"

#include <csignal>
#include <fmt/format.h>
#include <sys/eventfd.h>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <thread>

#include "config.h"
#include "service/domain_admin.h"
#include "service/housekeeping.h"

namespace pbxcred {
namespace {

constexpr auto kStopPatience = std::chrono::seconds(10);

std::uint32_t workers_of(const Settings& settings) {
  return settings.workers > 0 ? settings.workers : std::max(1U, std::thread::hardware_concurrency());
}

/// What the workers do in four seconds: longer than that nobody waits (the module gives up after five).
std::size_t capacity_of(std::uint32_t workers, std::chrono::microseconds hash_time) {
  const auto hashes = std::chrono::microseconds(std::chrono::seconds(4)) / std::max(hash_time, std::chrono::microseconds(1));
  return std::clamp<std::size_t>(static_cast<std::size_t>(hashes) * workers, 256, 4096);
}

/// Whether a running daemon can take the new settings over.
Status check_reloadable(const Settings& now, const Settings& then) {
  const auto fixed = [](const char* key) {
    return Error{Code::kConflict, fmt::format("{} has changed: that needs a restart; nothing was reloaded", key)};
  };
  if (now.run_dir != then.run_dir) return fixed("run_dir");
  if (now.state_dir != then.state_dir) return fixed("state_dir");
  if (now.key_file != then.key_file) return fixed("key_file");
  if (now.user != then.user) return fixed("user");
  if (now.workers != then.workers) return fixed("workers");
  if (now.store_size != then.store_size) return fixed("store_size");
  return {};
}

}  // namespace

Server::Server(Parts parts)
    : parts_(std::move(parts)),
      wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      workers_(workers_of(*parts_.settings)),
      engine_(std::make_unique<Engine>(
          *parts_.database, clock_, *parts_.log,
          Engine::Options{workers_, capacity_of(workers_, parts_.hash_time), std::chrono::milliseconds(1000)},
          [fd = wake_fd_.get()] { (void)eventfd_write(fd, 1); })),
      keys_(*engine_, *parts_.log, parts_.keys),
      wake_(loop_, wake_fd_.get(), EV_READ | EV_PERSIST,
            [this](short) {
              eventfd_t count = 0;
              (void)eventfd_read(wake_fd_.get(), &count);
              engine_->deliver();
              if (admin_) admin_->resume();
            }),
      minute_(loop_, -1, EV_PERSIST, [this](short) { every_minute(); }, EventLoop::kAdministration),
      hangup_(loop_, SIGHUP, EV_SIGNAL | EV_PERSIST, [this](short) { (void)reload(); }),
      terminate_(loop_, SIGTERM, EV_SIGNAL | EV_PERSIST, [this](short) { begin_stop(); }),
      interrupt_(loop_, SIGINT, EV_SIGNAL | EV_PERSIST, [this](short) { begin_stop(); }),
      stopping_(loop_, -1, EV_PERSIST, [this](short) { stop_when_idle(); }) {
  const auto services = [this] { return context(); };
  AdminEdge edge;
  edge.facts = {PBXCRED_VERSION, clock_.now(), workers_, parts_.hash_time};
  edge.reload = [this] { return reload(); };
  edge.keys = &keys_;
  auth_.emplace(loop_, parts_.listeners->auth.get(), *engine_, services);
  admin_.emplace(loop_, parts_.listeners->admin.get(), *engine_, services, std::move(edge));
}

Context Server::context() { return {parts_.settings, parts_.log, &tally_, &successes_}; }

Status Server::reload() {
  sd_notify(0, "RELOADING=1");
  ConfigResult read = read_config(parts_.config_path);
  Status status;
  if (!read.settings) {
    for (const ConfigError& error : read.errors) parts_.log->write(LogLevel::kError, to_text(error));
    status = Error{Code::kInvalid, "the configuration has errors, nothing was reloaded; first: " +
                                       to_text(read.errors.front())};
  } else if (status = check_reloadable(*parts_.settings, *read.settings); status) {
    parts_.settings = std::make_shared<const Settings>(std::move(*read.settings));
    parts_.log->write(LogLevel::kNotice, "configuration reloaded");
    warn_of_policies();
  }
  if (!status) parts_.log->write(LogLevel::kError, status.error().what);
  sd_notify(0, "READY=1");
  return status;
}

void Server::warn_of_policies() {
  auto read = parts_.database->read();
  if (!read) return;
  const auto missing = missing_policies(*read, *parts_.settings);
  if (!missing) return;
  for (const std::string& sentence : *missing) parts_.log->write(LogLevel::kWarning, sentence);
}

void Server::every_minute() {
  engine_->check_store();
  (void)parts_.database->store().clear_stale_readers();
  if (engine_->degraded()) return;
  keep_house(*engine_, context());
  keys_.resume();
}

void Server::begin_stop() {
  if (stop_asked_) return;
  stop_asked_ = true;
  sd_notify(0, "STOPPING=1");
  parts_.log->write(LogLevel::kNotice, "stopping");
  keys_.stop();
  auth_->stop_accepting();
  admin_->stop_accepting();
  if (!engine_->degraded()) keep_house(*engine_, context());
  stop_by_ = clock_.now() + kStopPatience;
  stopping_.add(std::chrono::milliseconds(10));
}

void Server::stop_when_idle() {
  if (engine_->idle() || clock_.now() >= stop_by_) loop_.stop();
}

void Server::run() {
  std::signal(SIGPIPE, SIG_IGN);
  wake_.add();
  hangup_.add();
  terminate_.add();
  interrupt_.add();
  minute_.add(std::chrono::minutes(1));
  parts_.log->write(LogLevel::kNotice,
                    fmt::format("pbxcredd {} ready: {} workers, one hash takes {} us, serving {}", PBXCRED_VERSION,
                                workers_, parts_.hash_time.count(), parts_.settings->run_dir));
  warn_of_policies();
  keys_.resume();
  sd_notify(0, "READY=1\nSTATUS=serving");
  loop_.run();
  engine_.reset();
}

}  // namespace pbxcred
