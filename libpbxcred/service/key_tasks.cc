// SPDX-License-Identifier: BSD-2-Clause
// key list, key rotate, key retire.
#include "service/key_tasks.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/views.h"

namespace pbxcred {
namespace {

constexpr std::size_t kRowsAtOnce = 512;

std::string state_of(const KeyRing::Key& key, const KeyRing& ring, std::uint64_t records,
                     const std::optional<Resealing>& resealing) {
  if (key.id == ring.current_id()) return "current";
  if (records == 0) return "may be retired";
  // Not 100 before it is done.
  if (resealing && resealing->total > 0)
    return fmt::format("resealing, {} %", std::min<std::uint64_t>(99, resealing->done * 100 / resealing->total));
  return "needed";
}

}  // namespace

/// False at the end.
Result<bool> KeyListTask::page() {
  PBXCRED_TRY(Read read, engine().database().read());
  PBXCRED_TRY(auto next, count_key_use(read, cursor_, kRowsAtOnce, use_));
  cursor_ = next.value_or("");
  return next.has_value();
}

Status KeyListTask::report() {
  PBXCRED_TRY(Read read, engine().database().read());
  PBXCRED_TRY(const auto resealing, read.get<Resealing>(make_key(Table::kResealing)));
  const KeyRing& ring = read.ring();
  for (const KeyRing::Key& key : ring.keys()) {
    const std::uint64_t records = use_[key.id];
    context_.reply->put(
        KeyView{key.id, key.created, key.id == ring.current_id(), records, state_of(key, ring, records, resealing)});
  }
  finish({}, ring.keys().size());
  return {};
}

void KeyListTask::step() {
  const auto more = page();
  if (!more) return finish(more.error());
  if (*more) return;
  const Status reported = report();
  if (!reported) finish(reported);
}

void KeyRotateTask::step() {
  if (keeper_ == nullptr) return finish(Error{Code::kUnavailable, "there is no key ring that could change"});
  waiting_ = true;
  auto self = std::static_pointer_cast<KeyRotateTask>(shared_from_this());
  keeper_->rotate(engine().clock().now(), [self](const Status& outcome) {
    self->waiting_ = false;
    if (outcome)
      self->note(false, "",
                 fmt::format("key {} is the current one; records are resealed in the background, key list shows how far",
                             self->engine().database().ring()->current_id()));
    self->finish(outcome, outcome ? 1 : 0);
  });
}

void KeyRetireTask::step() {
  if (keeper_ == nullptr) return finish(Error{Code::kUnavailable, "there is no key ring that could change"});
  waiting_ = true;
  auto self = std::static_pointer_cast<KeyRetireTask>(shared_from_this());
  keeper_->retire(id_, [self](const Status& outcome) {
    self->waiting_ = false;
    self->finish(outcome, outcome ? 1 : 0);
  });
}

}  // namespace pbxcred
