// SPDX-License-Identifier: BSD-2-Clause
// A daemon without sockets: engine, store in memory, a clock that is set, and an event loop that a case turns by hand.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crypto/hasher.h"
#include "service/account_admin.h"
#include "service/context.h"
#include "service/domain_admin.h"
#include "service/engine.h"
#include "service/new_secret.h"
#include "store/check.h"
#include "store/memory_store.h"
#include "store/name_index.h"
#include "store/names.h"
#include "support/check.h"
#include "support/manual_clock.h"
#include "support/test_ring.h"

namespace pbxcred {

/// Wakes whoever turns the event loop.
class Bell {
 public:
  void ring() {
    const std::lock_guard lock(mutex_);
    rung_ = true;
    changed_.notify_all();
  }
  /// False if it was not rung for a minute: something hangs.
  bool wait() {
    std::unique_lock lock(mutex_);
    const bool rung = changed_.wait_for(lock, std::chrono::seconds(60), [&] { return rung_; });
    rung_ = false;
    return rung;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool rung_ = false;
};

class KeptLog final : public Log {
 public:
  explicit KeptLog(Bell& bell) : bell_(bell) {}
  void write(LogLevel level, std::string_view line) override {
    {
      const std::lock_guard lock(mutex_);
      lines_.emplace_back(std::to_string(static_cast<int>(level)) + " " + std::string(line));
    }
    bell_.ring();
  }
  /// Lines that contain text.
  std::size_t count(std::string_view text) const {
    const std::lock_guard lock(mutex_);
    std::size_t found = 0;
    for (const std::string& line : lines_) found += line.find(text) != std::string::npos ? 1 : 0;
    return found;
  }
  std::string last() const {
    const std::lock_guard lock(mutex_);
    return lines_.empty() ? std::string() : lines_.back();
  }

 private:
  Bell& bell_;
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

inline void ok(const Status& status) {
  if (!status) fail_msg("%s", status.error().what.c_str());
}
template <class T>
T ok(Result<T> result) {
  if (!result) fail_msg("%s", result.error().what.c_str());
  return std::move(*result);
}

class World {
 public:
  explicit World(Engine::Options options = default_options(), SharedRing ring = SharedRing(SharedRing(), &test_ring()))
      : database(store, std::move(ring)) {
    settings = std::make_shared<Settings>();
    settings->hash = {8, 1, 1};
    settings->lockout = LockoutSettings{};
    ok(database.initialise(clock.now()));
    start(options);
  }

  static Engine::Options default_options() {
    Engine::Options options;
    options.workers = 2;
    options.probe_every = std::chrono::milliseconds(1);
    return options;
  }
  /// A daemon that stops and starts again on the same store.
  void start(Engine::Options options = default_options()) {
    engine.reset();
    engine = std::make_unique<Engine>(database, clock, log, options, [this] { bell.ring(); });
  }

  /// Turns the event loop until done() holds.
  void pump_until(const std::function<bool()>& done) {
    engine->deliver();
    while (!done()) {
      if (!bell.wait()) fail_msg("%s", "the engine hangs");
      engine->deliver();
    }
  }
  void pump_idle() {
    pump_until([&] { return engine->idle(); });
  }

  Context context() { return {settings, &log, &tally, &successes}; }
  Read read() { return ok(database.read()); }
  /// Does f(write) past the engine, and commits.
  template <class F>
  auto change(F f) {
    Write write = ok(database.write());
    auto result = ok(f(write));
    ok(write.commit());
    return result;
  }

  Domain add_domain(const std::string& name, const std::string& country = "") {
    return change([&](Write& write) -> Result<Domain> {
      PBXCRED_TRY(Domain domain, new_domain(write, name, clock.now()));
      domain.country = country;
      store_new_domain(write, domain);
      return domain;
    });
  }
  /// name: EXT@DOMAIN, or an administrator's username.
  Account add(const std::string& name, const AccountFields& data = {}) {
    AccountPut put;
    put.role = name.find('@') == std::string::npos ? Role::kAdmin : Role::kUser;
    put.name = name;
    put.data = data;
    change([&](Write& write) { return put_account(write, *settings, put, clock.now()); });
    return account(name);
  }
  Account account(const std::string& name) {
    Read transaction = read();
    auto found = ok(find_account(transaction, {name, "", ""}));
    if (!found) fail_msg("there is no %s", name.c_str());
    return std::move(*found);
  }
  void save(const Account& account) {
    change([&](Write& write) -> Result<int> {
      PBXCRED_CHECK(write.put_account(account));
      return 0;
    });
  }

  /// Sets a secret past the engine and its rules, hashed at `cost`.
  void set_secret(const std::string& name, Kind kind, std::string_view secret, const SecretOptions& options = {},
                  const HashParams& cost = {8, 1, 1}) {
    const Account owner = account(name);
    change([&](Write& write) -> Result<int> {
      HashArena arena;
      PBXCRED_TRY(auto current, write.verifier(owner.id, kind));
      NewSecretWork work;
      work.kind = kind;
      work.clear = Secret(as_bytes(secret));
      work.generation = next_generation(current);
      PBXCRED_CHECK(hash_new_secret(arena, write.ring(), cost, owner.id, work));
      PBXCRED_CHECK(store_new_secret(write, owner, work, options, clock.now()));
      return 0;
    });
  }
  std::optional<Verifier> verifier(const std::string& name, Kind kind) {
    return ok(read().verifier(account(name).id, kind));
  }
  std::optional<Ledger> ledger(const std::string& name, Kind kind) {
    return ok(read().ledger(account(name).id, kind));
  }
  std::uint32_t failures(const std::string& name, Kind kind) {
    const auto found = ledger(name, kind);
    return found ? found->failures : 0;
  }
  std::uint64_t strays() {
    const auto found = ok(read().get<StrayCount>(make_key(Table::kStray)));
    return found ? found->refusals : 0;
  }
  /// Whether the store is sound: every case may end with it.
  void expect_sound() {
    Read transaction = read();
    const StoreCheckReport report = ok(check_store(transaction));
    if (report.faults > 0) fail_msg("%s: %s", report.first[0].where.c_str(), report.first[0].what.c_str());
  }

  Bell bell;
  KeptLog log{bell};
  ManualClock clock;
  MemoryStore store;
  Database database;
  std::shared_ptr<Settings> settings;
  Tally tally;
  Successes successes;
  std::unique_ptr<Engine> engine;
};

/// A world for one case. It ends when the next begins: a failed assertion jumps past destructors, threads do not.
inline World& fresh_world(Engine::Options options = World::default_options(),
                          SharedRing ring = SharedRing(SharedRing(), &test_ring())) {
  (void)test_ring();  // made before the world, so that it outlives the world's threads at exit
  static std::unique_ptr<World> world;
  world.reset();
  world = std::make_unique<World>(options, std::move(ring));
  return *world;
}

}  // namespace pbxcred
