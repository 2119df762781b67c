// SPDX-License-Identifier: BSD-2-Clause
// The running daemon's key ring: a new key comes, the records follow, an old one goes.
//
// The file is changed first and synced, then the ring in memory is replaced, on the event loop; what began with the
// former ring ends with it. Killed between any two steps, the next start finds a ring that opens every record, and
// StoreMeta and Resealing tell what is left to do.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "base/log.h"
#include "service/engine.h"
#include "store/reseal.h"

namespace pbxcred {

/// Where the ring is, and whose.
struct KeyPlace {
  std::string path;
  uid_t uid = 0;
  gid_t gid = 0;
};

/// All calls happen on the event loop; told, too. Outlives what the engine delivers.
class KeyKeeper {
 public:
  using Told = std::function<void(const Status&)>;

  KeyKeeper(Engine& engine, Log& log, KeyPlace place) : engine_(engine), log_(log), place_(std::move(place)) {}
  KeyKeeper(const KeyKeeper&) = delete;
  KeyKeeper& operator=(const KeyKeeper&) = delete;

  const KeyPlace& place() const { return place_; }

  /// Makes a new key the current one and begins to reseal. `busy`: another change is under way.
  void rotate(Time now, Told told);
  /// Takes a key out of the ring. `conflict`: it is current, or records need it, or may come to.
  void retire(std::uint32_t id, Told told);
  /// Goes on with the resealing of an earlier run, if there is anything left to do.
  void resume();
  /// No more batches: the daemon stops.
  void stop() { stopped_ = true; }

 private:
  using Change = std::function<Result<KeyRing>()>;
  void change(const char* what, std::function<Status(const Aside::Desk&)> first, Change change, Told told);
  void reseal_on();
  void resealed(const Status& outcome, const Resealing& state);

  Engine& engine_;
  Log& log_;
  const KeyPlace place_;
  bool resealing_ = false;
  bool stopped_ = false;
};

}  // namespace pbxcred
