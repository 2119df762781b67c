// SPDX-License-Identifier: BSD-2-Clause
// Exported verifiers: whole and unchanged under the same ring, nothing under another, for another kind, or changed.
#include "crypto/portable_verifier.h"

#include "support/check.h"
#include "support/test_ring.h"

using namespace pbxcred;

namespace {

AccountId account(std::uint8_t fill) {
  AccountId id;
  id.raw.fill(fill);
  return id;
}

Verifier native(std::string_view secret = "482915") {
  HashArena arena;
  Verifier verifier;
  verifier.kind = Kind::kVoicemail;
  verifier.generation = 7;
  verifier.set_at = Time(std::chrono::milliseconds(1234));
  const auto hash = make_hash(arena, test_ring(), {64, 2, 1}, {as_bytes(secret)}, {account(1), verifier.kind, 7});
  verifier.hash = *hash;
  return verifier;
}

std::string exported(const Verifier& verifier) {
  const auto text = export_verifier(test_ring(), account(1), verifier);
  if (!text) fail_msg("%s", text.error().what.c_str());
  return *text;
}

std::string told(const KeyRing& ring, Kind kind, std::string_view text) {
  const auto read = read_portable(ring, kind, text);
  return read ? "ok" : read.error().what;
}

constexpr const char* kShut =
    "the exported verifier does not open: changed, of another kind, or made with another key ring";
constexpr const char* kMalformed = "the exported verifier is malformed";

}  // namespace

CASE(portable_verifier_opens_for_another_account) {
  const std::string text = exported(native());
  assert_true(text.starts_with("$pbxcred$1$1$") && text.size() < kMaxPortable);
  const auto read = read_portable(test_ring(), Kind::kVoicemail, text);
  assert_true(read && read->described);
  const SealBinding next{account(2), Kind::kVoicemail, 1};
  const SealedHash closed = close_hash(test_ring(), *read->described, read->plain.view(), next);
  HashArena arena;
  assert_true(*check_hash(arena, test_ring(), {64, 2, 1}, {as_bytes("482915")}, closed, next));
  assert_false(*check_hash(arena, test_ring(), {64, 2, 1}, {as_bytes("482916")}, closed, next));
}

CASE(portable_verifier_keeps_its_state) {
  Verifier verifier = native();
  verifier.must_change = verifier.temporary = verifier.weak = true;
  verifier.expires_at = Time(std::chrono::milliseconds(99));
  verifier.origin.emplace().fill(3);
  const auto read = read_portable(test_ring(), Kind::kVoicemail, exported(verifier));
  assert_true(read && read->must_change && read->temporary && read->weak);
  assert_true(read->expires_at == verifier.expires_at && read->set_at == verifier.set_at &&
              read->origin == verifier.origin);
  assert_true(same_verifier(*read, *portable_of(test_ring(), account(1), verifier)));
  verifier.weak = false;
  assert_false(same_verifier(*read, *portable_of(test_ring(), account(1), verifier)));
  assert_false(same_verifier(*read, *portable_of(test_ring(), account(1), native())));  // another salt
}

CASE(portable_verifier_keeps_tombstones_and_foreign_hashes) {
  Verifier cleared = native();
  cleared.hash.reset();
  const auto tombstone = read_portable(test_ring(), Kind::kVoicemail, exported(cleared));
  assert_true(tombstone && !tombstone->described);
  Verifier foreign = native();
  const std::string_view text = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
  foreign.hash = seal_foreign_hash(test_ring(), text, {account(1), foreign.kind, 7});
  const auto read = read_portable(test_ring(), Kind::kVoicemail, exported(foreign));
  assert_true(read && read->described->scheme == HashScheme::kForeign && as_text(read->plain.view()) == text);
}

CASE(portable_verifier_opens_for_its_kind_only) {
  const std::string text = exported(native());
  assert_string_equal(told(test_ring(), Kind::kVoicemail, text).c_str(), "ok");
  for (Kind kind : {Kind::kPassword, Kind::kLogin, Kind::kPhone, Kind::kAdmin})
    assert_string_equal(told(test_ring(), kind, text).c_str(), kShut);
}

CASE(portable_verifier_opens_under_its_ring_only) {
  const KeyRing other = new_ring();
  assert_string_equal(told(other, Kind::kVoicemail, exported(native())).c_str(), kShut);
}

CASE(portable_verifier_notices_every_change) {
  const std::string text = exported(native());
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string changed = text;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    assert_true(told(test_ring(), Kind::kVoicemail, changed) != "ok");
    assert_true(told(test_ring(), Kind::kVoicemail, text.substr(0, at)) != "ok");
  }
  assert_string_equal(told(test_ring(), Kind::kVoicemail, text + "A").c_str(), kShut);
}

CASE(portable_verifier_tells_what_is_wrong) {
  const std::string good = exported(native());
  const std::string tail = good.substr(std::string("$pbxcred$1$1$").size());
  const std::pair<std::string, const char*> cases[] = {
      {"$pbxcred$1$2$" + tail, "the exported verifier needs key 2, which the key ring does not hold"},
      {"$pbxcred$2$1$" + tail, "the exported verifier has a version that this daemon does not know"},
      {"$pbxcred$1$$" + tail, kMalformed},
      {"$pbxcred$1$1", kMalformed},
      {"$pbxcred$1$1$", kMalformed},
      {"$pbxcred$1$99999999999$" + tail, kMalformed},
      {"$pbxcred$1$1$" + tail + "==", kMalformed},
      {"$pbxcred$1$1$AAAA", kShut},
      {"$pbxcred$1$1$" + std::string(2000, 'A'), kMalformed},
      {"", kMalformed},
  };
  for (const auto& [text, wanted] : cases)
    assert_string_equal(told(test_ring(), Kind::kVoicemail, text).c_str(), wanted);
}

CASE(portable_verifier_of_a_broken_one_is_corrupt) {
  Verifier verifier = native();
  verifier.hash->sealed[30] ^= 1;
  const auto text = export_verifier(test_ring(), account(1), verifier);
  assert_true(!text && text.error().code == Code::kCorrupt);
}

RUN_CASES(cmocka_unit_test(portable_verifier_opens_for_another_account),
          cmocka_unit_test(portable_verifier_keeps_its_state),
          cmocka_unit_test(portable_verifier_keeps_tombstones_and_foreign_hashes),
          cmocka_unit_test(portable_verifier_opens_for_its_kind_only),
          cmocka_unit_test(portable_verifier_opens_under_its_ring_only),
          cmocka_unit_test(portable_verifier_notices_every_change),
          cmocka_unit_test(portable_verifier_tells_what_is_wrong),
          cmocka_unit_test(portable_verifier_of_a_broken_one_is_corrupt))
