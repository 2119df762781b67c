// SPDX-License-Identifier: BSD-2-Clause
#include "service/housekeeping.h"

#include "service/admin_write.h"
#include "service/grants.h"

namespace pbxcred {
namespace {

constexpr std::size_t kGrantsAtOnce = 10'000;

Result<std::uint64_t> write_successes(Write& write, const Successes& successes) {
  std::uint64_t written = 0;
  for (const auto& [who, at] : successes) {
    const auto& [account, kind] = who;
    PBXCRED_TRY(auto still_there, write.account(account));
    if (!still_there) continue;
    write.put(secret_key(Table::kSuccess, account, kind), LastSuccess{at});
    ++written;
  }
  return written;
}

void submit(Engine& engine, AdminWrite::Change change, AdminWrite::Told told) {
  engine.submit(std::make_unique<AdminWrite>(std::move(change), std::move(told), Growth::kNone), Share{0, {}, true});
}

void flush_successes(Engine& engine, const Context& context) {
  if (context.successes->empty()) return;
  auto flushed = std::make_shared<Successes>(std::move(*context.successes));
  context.successes->clear();
  Successes* kept = context.successes;
  submit(
      engine, [flushed](Write& write, Time) { return write_successes(write, *flushed); },
      [flushed, kept](const Status& outcome, std::uint64_t) {
        if (!outcome) kept->merge(*flushed);  // next time; what is newer there stays
      });
}

}  // namespace

void keep_house(Engine& engine, const Context& context) {
  flush_successes(engine, context);
  submit(
      engine,
      [](Write& write, Time now) -> Result<std::uint64_t> {
        PBXCRED_TRY(const std::size_t erased, erase_expired_grants(write, now, kGrantsAtOnce));
        return static_cast<std::uint64_t>(erased);
      },
      [](const Status&, std::uint64_t) {});
}

}  // namespace pbxcred
