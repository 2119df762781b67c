// SPDX-License-Identifier: BSD-2-Clause
// Grants: bound to account, peer and generation, for a while and so many tries.
#include <algorithm>
#include <set>
#include <string>

#include "service/grants.h"
#include "service/world.h"

using namespace pbxcred;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t kPeer = 33;

struct Given {
  Given() : world(fresh_world()) {
    world.add_domain("a.example");
    account = world.add("1001@a.example");
    world.change([&](Write& write) -> Result<int> {
      token = ok(give_change_grant(write, account, only(Kind::kPassword), Method::kPassword, kPeer, world.clock.now()));
      return 0;
    });
  }
  std::optional<Grant> find(std::uint32_t peer = kPeer) {
    Read read = world.read();
    return ok(find_grant(read, token, account, peer, world.clock.now()));
  }
  std::size_t stored() {
    std::size_t count = 0;
    for (const auto& [key, value] : *world.store.snapshot()) count += key[0] == static_cast<char>(Table::kGrant) ? 1 : 0;
    return count;
  }

  World& world;
  Account account;
  GrantToken token{};
};

CASE(grant_is_found_as_it_was_given) {
  Given given;
  const auto grant = given.find();
  assert_true(grant.has_value());
  assert_true(grant->account == given.account.id && grant->change == only(Kind::kPassword));
  assert_true(grant->method == Method::kPassword);
  assert_int_equal(grant->tries_left, 5);
  assert_true(grant->expires == given.world.clock.now() + 10min);
}

CASE(grant_is_stored_without_its_token) {
  Given given;
  const std::string token(as_text(Bytes(given.token)));
  for (const auto& [key, value] : *given.world.store.snapshot())
    assert_true(key.find(token) == std::string::npos && value.find(token) == std::string::npos);
}

CASE(grant_is_not_found_by_another_token_peer_or_account) {
  Given given;
  assert_false(given.find(34).has_value());
  assert_false(given.find(0).has_value());
  given.token[0] ^= 1;
  assert_false(given.find().has_value());
  given.token[0] ^= 1;
  given.token[15] ^= 0x80;
  assert_false(given.find().has_value());
  given.token[15] ^= 0x80;
  given.account.id.raw[0] ^= 1;
  assert_false(given.find().has_value());
}

CASE(grant_dies_with_the_accounts_generation) {
  Given given;
  ++given.account.generation;
  assert_false(given.find().has_value());
}

CASE(grant_lives_ten_minutes) {
  Given given;
  given.world.clock.advance(10min - 1ms);
  assert_true(given.find().has_value());
  given.world.clock.advance(1ms);
  assert_false(given.find().has_value());
}

CASE(grant_from_the_future_is_not_believed) {
  Given given;
  given.world.clock.advance(-1ms);
  assert_false(given.find().has_value());
}

CASE(grant_survives_four_tries) {
  Given given;
  for (std::uint32_t left = 4; left > 0; --left) {
    given.world.change([&](Write& write) -> Result<int> {
      spend_try(write, given.token, *given.find());
      return 0;
    });
    assert_int_equal(given.find()->tries_left, left);
  }
  given.world.change([&](Write& write) -> Result<int> {
    spend_try(write, given.token, *given.find());
    return 0;
  });
  assert_false(given.find().has_value());
  assert_int_equal(given.stored(), 0);
}

CASE(grant_is_gone_when_erased) {
  Given given;
  given.world.change([&](Write& write) -> Result<int> {
    erase_grant(write, given.token);
    return 0;
  });
  assert_false(given.find().has_value());
  assert_int_equal(given.stored(), 0);
}

CASE(grant_tokens_differ) {
  Given given;
  std::set<GrantToken> tokens = {given.token};
  given.world.change([&](Write& write) -> Result<int> {
    for (int i = 0; i < 100; ++i)
      tokens.insert(ok(give_change_grant(write, given.account, {}, Method::kPin, kPeer, given.world.clock.now())));
    return 0;
  });
  assert_int_equal(tokens.size(), 101);
}

/// Whoever knows one secret must not be able to fill the store with grants.
CASE(account_has_at_most_four_grants) {
  Given given;
  for (int i = 0; i < 20; ++i) {
    assert_int_equal(given.find().has_value(), i < 4);
    given.world.change([&](Write& write) {
      return give_change_grant(write, given.account, {}, Method::kPin, kPeer, given.world.clock.now());
    });
    assert_int_equal(given.stored(), std::min(i + 2, 4));
  }
  given.world.expect_sound();
}

CASE(expired_grants_are_erased_some_at_a_time_and_others_kept) {
  Given given;
  given.world.clock.advance(5min);
  int extension = 2000;
  const auto give = [&](int count) {
    for (int i = 0; i < count; ++i) {
      const Account account = given.world.add(std::to_string(extension++) + "@a.example");
      given.world.change([&](Write& write) {
        return give_change_grant(write, account, {}, Method::kPin, kPeer, given.world.clock.now());
      });
    }
  };
  give(9);
  given.world.clock.advance(7min);
  give(3);
  const auto erase = [&](std::size_t most) {
    return given.world.change(
        [&](Write& write) { return erase_expired_grants(write, given.world.clock.now(), most); });
  };
  assert_int_equal(erase(100), 1);  // the first one
  assert_int_equal(given.stored(), 12);
  given.world.clock.advance(3min);
  assert_int_equal(erase(4), 4);
  assert_int_equal(erase(4), 4);
  assert_int_equal(erase(4), 1);
  assert_int_equal(erase(4), 0);
  assert_int_equal(given.stored(), 3);
}

}  // namespace

RUN_CASES(cmocka_unit_test(grant_is_found_as_it_was_given), cmocka_unit_test(grant_is_stored_without_its_token),
          cmocka_unit_test(grant_is_not_found_by_another_token_peer_or_account),
          cmocka_unit_test(grant_dies_with_the_accounts_generation), cmocka_unit_test(grant_lives_ten_minutes),
          cmocka_unit_test(grant_from_the_future_is_not_believed), cmocka_unit_test(grant_survives_four_tries),
          cmocka_unit_test(grant_is_gone_when_erased), cmocka_unit_test(grant_tokens_differ), cmocka_unit_test(account_has_at_most_four_grants),
          cmocka_unit_test(expired_grants_are_erased_some_at_a_time_and_others_kept))
