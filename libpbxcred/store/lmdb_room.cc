// SPDX-License-Identifier: BSD-2-Clause
// The space a write transaction may take.
#include "store/lmdb_room.h"

#include <algorithm>

namespace pbxcred::lmdb {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

std::uint64_t reserve_of(const Env& env) {
  const std::uint64_t share = env.map_pages() * env.page_size() / 64;
  return std::clamp(share, kMiB, 64 * kMiB) / env.page_size();
}

std::uint64_t pages_of(const MDB_stat& stat) {
  return stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages;
}

}  // namespace

Room::Room(const Env& env, MDB_txn* txn)
    : env_(env), txn_(txn), pages_(env.untouched_pages()), reserve_(reserve_of(env)), before_(pages_of(stat())) {}

Result<bool> Room::has(std::size_t value_size) {
  const std::uint64_t wanted = taken() + value_size / env_.page_size() + 2 + reserve_;
  if (wanted <= pages_) return true;
  if (!counted_) {
    PBXCRED_TRY(const std::uint64_t free, env_.free_pages());
    counted_ = true;
    pages_ += free;
  }
  return wanted <= pages_;
}

std::uint64_t Room::taken() const {
  const MDB_stat now = stat();
  const std::uint64_t pages = pages_of(now);
  const std::uint64_t grown = pages > before_ ? pages - before_ : 0;
  return grown + std::min(changes_ * now.ms_depth, before_);
}

MDB_stat Room::stat() const {
  MDB_stat found{};
  mdb_stat(txn_, env_.dbi(), &found);
  return found;
}

}  // namespace pbxcred::lmdb
