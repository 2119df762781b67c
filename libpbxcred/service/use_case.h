// SPDX-License-Identifier: BSD-2-Clause
// The shape of every use case: prepare, compute, settle, finish; each at home on one thread (service/engine.h).
#pragma once

#include <optional>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/argon2.h"
#include "store/database.h"

namespace pbxcred {

/// Use cases of one lane run one after the other: one verification at a time per account.
using Lane = Hash16;

/// What settling adds to the store. What grows leaves the reserve alone, and running out of space is its failure only.
enum class Growth {
  kNone,  ///< counts and changes: the reserve is for them
  kSome,  ///< a few records: many of these share a commit
  kMuch,  ///< very many records: a transaction of its own, which puts them in order
};

class UseCase {
 public:
  enum class Next { kFinish, kCompute, kSettle };
  enum class Settled {
    kDone,
    kAgain,  ///< what prepare read has changed meanwhile; begin once more
  };

  virtual ~UseCase() = default;

  /// Event loop. The lane to wait in; none: no waiting.
  virtual Result<std::optional<Lane>> lane(Read&) { return std::optional<Lane>(); }
  /// Event loop, once the lane is free. Checks who asks, finds the account, says what comes next.
  virtual Result<Next> prepare(Read& read, Time now) = 0;
  /// A worker. argon2 and the like; nothing shared.
  virtual Status compute(HashArena&) { return {}; }
  /// The writer. Loads again inside the transaction, lets the rules decide, puts what changed. May be run again from
  /// the start with another transaction. An error after a put abandons that transaction.
  virtual Result<Settled> settle(Write&, Time) { return Settled::kDone; }
  virtual Growth growth() const { return Growth::kNone; }
  /// After compute: whether settling may well change nothing, as a right secret without failures before it. The worker
  /// then tries at once; if it does change something, settle is run again by the writer.
  virtual bool is_likely_quiet() const { return false; }
  /// Event loop, last. outcome: the first failure of the steps or of the commit.
  virtual void finish(const Status& outcome) = 0;
};

}  // namespace pbxcred
