// SPDX-License-Identifier: BSD-2-Clause
// argon2id (RFC 9106) in memory that is kept between hashes. The benchmark's stub build replaces this file.
#include "crypto/argon2.h"

#include <argon2.h>
#include <sys/mman.h>

namespace pbxcred {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;

std::size_t round_up(std::size_t size) {
  return (size + kHugePage - 1) / kHugePage * kHugePage;
}

/// libargon2's allocator call-backs carry no pointer of ours.
thread_local HashArena* active_arena = nullptr;

extern "C" int arena_allocate(std::uint8_t** memory, std::size_t size) {
  const MutableBytes room = active_arena->memory();
  *memory = size <= room.size() ? room.data() : nullptr;
  return *memory == nullptr ? ARGON2_MEMORY_ALLOCATION_ERROR : ARGON2_OK;
}

/// The library has wiped it; it stays.
extern "C" void arena_free(std::uint8_t*, std::size_t) {}

/// libargon2 takes non-const pointers and, without flags, writes through none but out.
std::uint8_t* borrowed(Bytes bytes) {
  return const_cast<std::uint8_t*>(bytes.data());
}

std::uint32_t size32(Bytes bytes) {
  return static_cast<std::uint32_t>(bytes.size());
}

argon2_context make_context(MutableBytes out, Bytes secret, Bytes salt, const HashParams& params, Bytes key,
                            Bytes data) {
  argon2_context context{};
  context.out = out.data();
  context.outlen = size32(out);
  context.pwd = borrowed(secret);
  context.pwdlen = size32(secret);
  context.salt = borrowed(salt);
  context.saltlen = size32(salt);
  context.secret = borrowed(key);
  context.secretlen = size32(key);
  context.ad = borrowed(data);
  context.adlen = size32(data);
  context.t_cost = params.passes;
  context.m_cost = params.memory_kib;
  context.lanes = params.lanes;
  context.threads = 1;  // one worker a processor: more threads only add switches
  context.version = ARGON2_VERSION_13;
  context.allocate_cbk = arena_allocate;
  context.free_cbk = arena_free;
  context.flags = ARGON2_DEFAULT_FLAGS;
  return context;
}

}  // namespace

HashArena::~HashArena() {
  release();
}

void HashArena::release() {
  if (map_ != nullptr) munmap(map_, map_size_);
  map_ = nullptr;
  map_size_ = 0;
}

Status HashArena::reserve(std::size_t size) {
  if (size <= memory().size()) return {};
  release();
  // One huge page more, so that an aligned start lies within.
  const std::size_t wanted = round_up(size) + kHugePage;
  void* map = mmap(nullptr, wanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED) return Error{Code::kExhausted, "no memory for a hash"};
  map_ = map;
  map_size_ = wanted;
  // Both are best effort.
  madvise(map_, map_size_, MADV_HUGEPAGE);
  madvise(map_, map_size_, MADV_DONTDUMP);
  return {};
}

MutableBytes HashArena::memory() const {
  if (map_ == nullptr) return {};
  const std::size_t skipped = round_up(reinterpret_cast<std::uintptr_t>(map_)) - reinterpret_cast<std::uintptr_t>(map_);
  return {static_cast<std::uint8_t*>(map_) + skipped, map_size_ - kHugePage};
}

Status argon2id_into(HashArena& arena, MutableBytes tag, SecretView secret, Bytes salt, const HashParams& params,
                     Bytes key, Bytes data) {
  if (!is_sane(params)) return Error{Code::kInvalid, "argon2 parameters are out of range"};
  if (salt.size() < ARGON2_MIN_SALT_LENGTH) return Error{Code::kInvalid, "the salt is too short"};
  PBXCRED_CHECK(arena.reserve(std::size_t{params.memory_kib} * 1024));

  argon2_context context = make_context(tag, secret.bytes, salt, params, key, data);
  active_arena = &arena;
  const int rc = argon2_ctx(&context, Argon2_id);
  active_arena = nullptr;
  if (rc == ARGON2_OK) return {};
  const bool memory = rc == ARGON2_MEMORY_ALLOCATION_ERROR;
  return Error{memory ? Code::kExhausted : Code::kInternal, std::string("argon2: ") + argon2_error_message(rc)};
}

Result<Hash32> argon2id(HashArena& arena, SecretView secret, Bytes salt, const HashParams& params, Bytes key,
                        Bytes data) {
  Hash32 hash;
  PBXCRED_CHECK(argon2id_into(arena, MutableBytes(hash.raw), secret, salt, params, key, data));
  return hash;
}

}  // namespace pbxcred
