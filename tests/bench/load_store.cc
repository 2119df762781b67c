// SPDX-License-Identifier: BSD-2-Clause
// Fills a fresh store with accounts that all have the same password, as fast as the disk takes them.
//
//   load_store STATE_DIR KEY_FILE STORE_SIZE MEMORY_KIB PASSES < LIST
//
// LIST: the password, then EXTENSION@DOMAIN a line, those of a domain together. STORE_SIZE in bytes. The daemon must
// have made the store (--init) and must not run. A small store is checked as `pbxcredctl store check` does.
#include <cstdio>
#include <iostream>
#include <string>

#include "base/clock.h"
#include "crypto/hasher.h"
#include "crypto/random.h"
#include "model/name.h"
#include "spool.h"
#include "store/check.h"
#include "store/lmdb_store.h"
#include "store/name_index.h"
#include "store/names.h"

namespace pbxcred::bench {
namespace {

constexpr std::size_t kFlushAt = 1'500'000;   ///< puts; some 600 MB
constexpr std::uint64_t kCheckUpTo = 20'000;  ///< accounts

struct Loader {
  const KeyRing& ring;
  HashParams cost;
  Secret secret;
  HashArena arena{};
  Spool spool{};
  Domain domain{};
  std::uint64_t accounts = 0;
  Time now = SystemClock().now();

  Status enter_domain(Write& write, std::string_view name) {
    domain = Domain{};
    domain.id.raw = random_bytes<16>();
    domain.name = name;
    domain.country = "DE";
    domain.created_at = now;
    write.put_domain(domain);
    write.put(make_key(Table::kDomainName, {as_bytes(name)}), DomainRef{domain.id});
    return {};
  }

  Account make_account(std::string_view extension) const {
    Account account;
    account.id.raw = random_bytes<16>();
    account.domain = domain.id;
    account.extension = extension;
    account.username = fmt_username(extension);
    account.first = "Maria";
    account.last = "Musterfrau-" + account.extension;
    account.email = account.extension + "@mail." + domain.name;
    account.created_at = now;
    return account;
  }
  std::string fmt_username(std::string_view extension) const {
    return "user-" + std::string(extension) + "." + domain.name;
  }

  Status enter_account(Write& write, std::string_view extension) {
    const Account account = make_account(extension);
    Verifier verifier;
    verifier.generation = 1;
    verifier.set_at = now;
    const SealBinding binding{account.id, Kind::kPassword, verifier.generation};
    PBXCRED_TRY(verifier.hash, make_hash(arena, ring, cost, secret.view(), binding));
    PBXCRED_CHECK(write.put_account(account));
    PBXCRED_CHECK(write.put_verifier(account, verifier));
    ++accounts;
    return index_account(write, nullptr, account, now);
  }

  Status enter(Database& spooled, const std::string& address) {
    const auto at = address.find('@');
    if (at == std::string::npos) return Error{Code::kInvalid, "not EXTENSION@DOMAIN: " + address};
    PBXCRED_TRY(Write write, spooled.write());
    const std::string name = address.substr(at + 1);
    if (name != domain.name) PBXCRED_CHECK(enter_domain(write, name));
    PBXCRED_CHECK(enter_account(write, address.substr(0, at)));
    return write.commit();
  }

  Status load(Store& store) {
    Database spooled(spool, ring);
    for (std::string address; std::getline(std::cin, address);) {
      PBXCRED_CHECK(enter(spooled, address));
      if (spool.size() >= kFlushAt) PBXCRED_CHECK(spool.flush(store));
    }
    return spool.flush(store);
  }
};

Status check(Database& database) {
  PBXCRED_TRY(Read read, database.read());
  PBXCRED_TRY(const StoreCheckReport report, check_store(read));
  if (report.faults == 0) return {};
  return Error{Code::kInternal,
               "the store was filled wrongly: " + report.first.front().where + ": " + report.first.front().what};
}

Status run(char** argv) {
  PBXCRED_CHECK(start_crypto());
  PBXCRED_TRY(const KeyRing ring, KeyRing::load(argv[2], geteuid()));
  PBXCRED_TRY(const auto store, LmdbStore::open(argv[1], std::stoull(argv[3]), false));
  std::string secret;
  std::getline(std::cin, secret);
  HashParams cost;
  cost.memory_kib = static_cast<std::uint32_t>(std::stoul(argv[4]));
  cost.passes = static_cast<std::uint32_t>(std::stoul(argv[5]));
  PBXCRED_TRY(Secret normal, secret_to_set({as_bytes(secret)}));
  Loader loader{ring, cost, std::move(normal)};
  PBXCRED_CHECK(loader.load(*store));
  Database database(*store, ring);
  return loader.accounts <= kCheckUpTo ? check(database) : Status();
}

}  // namespace
}  // namespace pbxcred::bench

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fputs("usage: load_store STATE_DIR KEY_FILE STORE_SIZE MEMORY_KIB PASSES < LIST\n", stderr);
    return 2;
  }
  try {
    std::ios::sync_with_stdio(false);
    const pbxcred::Status done = pbxcred::bench::run(argv);
    if (!done) std::fprintf(stderr, "load_store: %s\n", done.error().what.c_str());
    return done ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "load_store: %s\n", error.what());
    return 1;
  }
}
