// SPDX-License-Identifier: BSD-2-Clause
// The running daemon's key ring.
#include "service/key_keeper.h"

#include <fmt/format.h>

#include <memory>
#include <optional>

#include "service/admin_write.h"

namespace pbxcred {
namespace {

// Some milliseconds of the writer's time: sign-ins settle between two batches.
constexpr std::size_t kResealedTogether = 256;
constexpr std::size_t kCountedTogether = 4096;
constexpr const char* kJob = "a change of the key ring";

const Error kGivenUp{Code::kUnavailable, "the daemon stops"};

/// Nothing new is put under a key that is not current: what was seen before does not come to need it again.
Status check_unneeded(Database& database, std::uint32_t id, const Aside::Desk& desk) {
  KeyUse use;
  std::optional<std::string> from = std::string();
  while (from) {
    if (desk.is_closed()) return kGivenUp;
    PBXCRED_TRY(Read read, database.read());
    PBXCRED_TRY(from, count_key_use(read, *from, kCountedTogether, use));
  }
  if (use[id] > 0)
    return Error{Code::kConflict, fmt::format("key {} is still needed by {} records: see key list and store check", id,
                                              use[id])};
  return {};
}

}  // namespace

/// first: what may forbid it; change: writes the file. Both on a thread aside.
void KeyKeeper::change(const char* what, std::function<Status(const Aside::Desk&)> first, Change change, Told told) {
  const auto shared_told = std::make_shared<Told>(std::move(told));
  const Status started = engine_.aside().start(
      kJob, [this, what, first = std::move(first), change = std::move(change), shared_told](const Aside::Desk& desk) {
        auto outcome = std::make_shared<Status>(first(desk));
        SharedRing ring;
        if (*outcome) {
          auto changed = change();
          if (changed) ring = std::make_shared<const KeyRing>(std::move(*changed));
          else *outcome = changed.error();
        }
        return std::function<void()>([this, what, outcome, ring = std::move(ring), shared_told]() mutable {
          if (ring) {
            engine_.database().replace_ring(std::move(ring));
            log_.write(LogLevel::kNotice, fmt::format("{}: the key ring holds {} keys, key {} is current", what,
                                                      engine_.database().ring()->keys().size(),
                                                      engine_.database().ring()->current_id()));
            resume();
          }
          (*shared_told)(*outcome);
        });
      });
  if (!started) (*shared_told)(started);
}

void KeyKeeper::rotate(Time now, Told told) {
  const SharedRing loaded = engine_.database().ring();
  change(
      "key rotate", [](const Aside::Desk&) { return Status(); },
      [loaded, place = place_, now] { return loaded->with_new_key(place.path, place.uid, place.gid, now); },
      std::move(told));
}

void KeyKeeper::retire(std::uint32_t id, Told told) {
  Database& database = engine_.database();
  const SharedRing loaded = database.ring();
  if (!loaded->has(id)) return told(Error{Code::kNotFound, fmt::format("the key ring holds no key {}", id)});
  if (id == loaded->current_id())
    return told(Error{Code::kConflict, fmt::format("key {} is the current one: key rotate comes first", id)});
  // Work that began before the last rotation may still put what it made with the key.
  if (database.is_held_as_current(id))
    return told(Error{Code::kConflict, fmt::format("work that began with key {} goes on: try again when it is done", id)});
  change(
      "key retire", [&database, id](const Aside::Desk& desk) { return check_unneeded(database, id, desk); },
      [loaded, place = place_, id] { return loaded->without_key(place.path, place.uid, place.gid, id); },
      std::move(told));
}

void KeyKeeper::resume() {
  if (resealing_ || stopped_ || engine_.degraded()) return;
  auto read = engine_.database().read();
  if (!read) return;
  const auto done = is_resealed(*read);
  if (done && !*done) reseal_on();
}

void KeyKeeper::reseal_on() {
  resealing_ = true;
  auto state = std::make_shared<Resealing>();
  engine_.submit(std::make_unique<AdminWrite>(
                     [state](Write& write, Time) -> Result<std::uint64_t> {
                       PBXCRED_TRY(*state, reseal_some(write, kResealedTogether));
                       return state->done;
                     },
                     [this, state](const Status& outcome, std::uint64_t) { resealed(outcome, *state); }, Growth::kNone),
                 Share{0, {}, true});
}

/// Told within deliver() or submit(): a failure waits for the next resume() rather than to be tried at once.
void KeyKeeper::resealed(const Status& outcome, const Resealing& state) {
  resealing_ = false;
  if (!outcome) return log_.write(LogLevel::kWarning, "resealing pauses: " + outcome.error().what);
  if (stopped_) return;
  if (state.done < state.total) return reseal_on();
  log_.write(state.faulty > 0 ? LogLevel::kWarning : LogLevel::kNotice,
             fmt::format("all records are under key {}{}", state.target,
                         state.faulty > 0 ? fmt::format(", but {} that do not open: see store check", state.faulty) : ""));
  resume();  // another key may have come meanwhile
}

}  // namespace pbxcred
