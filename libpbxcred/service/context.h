// SPDX-License-Identifier: BSD-2-Clause
// What every use case is given.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "model/id.h"
#include "service/access.h"
#include "service/settings.h"
#include "wire/auth.h"

namespace pbxcred {

/// Answers since the daemon's start. Event loop only.
struct Tally {
  std::uint64_t granted = 0, refused = 0;
};

/// Times of last success that are not yet in the store (service/flush_successes.h). Event loop only.
using Successes = std::map<std::pair<AccountId, Kind>, Time>;

struct Context {
  std::shared_ptr<const Settings> settings;
  Log* log = nullptr;
  Tally* tally = nullptr;
  Successes* successes = nullptr;
};

/// An auth.sock request's subject, owned.
struct Asked {
  Nonce nonce{};
  Kind kind = Kind::kPassword;
  std::string user, domain, service, rhost;
};
Asked copy_of(const Nonce& nonce, const Subject& subject);

/// Sends the answer; what the reply borrows lives only during the call.
using Answer = std::function<void(const AuthReply&)>;

/// An empty reply to asked: a refusal until somebody makes it a yes.
AuthReply reply_to(const Asked& asked);

/// The verdict that a failure of the machinery becomes.
Verdict verdict_of(const Error& error);

/// text in quotes, with everything but printable ASCII escaped: nothing in it can forge another field or line.
std::string quoted(std::string_view text);

}  // namespace pbxcred
