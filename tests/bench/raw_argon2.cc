// SPDX-License-Identifier: BSD-2-Clause
// How many argon2id hashes a second THREADS threads make that do nothing else, with the daemon's own arena.
//
//   raw_argon2 THREADS MEMORY_KIB PASSES SECONDS
//
// Prints one number. The first half second is not counted.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "crypto/argon2.h"

namespace {

using namespace pbxcred;
using Seconds = std::chrono::duration<double>;

std::atomic<bool> stopping = false;
std::atomic<std::uint64_t> hashes = 0;

void work(HashParams cost) {
  HashArena arena;
  static constexpr std::uint8_t kSalt[16] = {};
  while (!stopping.load(std::memory_order_relaxed)) {
    if (!argon2id(arena, {as_bytes("benchmark-secret")}, kSalt, cost)) std::abort();
    hashes.fetch_add(1, std::memory_order_relaxed);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  HashParams cost;
  cost.memory_kib = static_cast<std::uint32_t>(std::stoul(argv[2]));
  cost.passes = static_cast<std::uint32_t>(std::stoul(argv[3]));
  std::vector<std::thread> threads;
  for (int i = std::stoi(argv[1]); i > 0; --i) threads.emplace_back(work, cost);
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  const auto begin = std::chrono::steady_clock::now();
  const std::uint64_t before = hashes.load();
  std::this_thread::sleep_for(Seconds(std::stod(argv[4])));
  const Seconds took = std::chrono::steady_clock::now() - begin;
  std::printf("%.3f\n", static_cast<double>(hashes.load() - before) / took.count());
  stopping = true;
  for (std::thread& thread : threads) thread.join();
  return 0;
}
