// SPDX-License-Identifier: BSD-2-Clause
// Other systems' hashes: which are taken, what is told of the others, and what they match. The vectors were made with
// libxcrypt, openssl and libargon2's encoder, not with this code.
#include "crypto/foreign_hash.h"

#include <string>
#include <vector>

#include "support/check.h"

using namespace pbxcred;

namespace {

std::string told(std::string_view text) {
  const auto hash = parse_foreign_hash(text);
  return hash ? "taken" : hash.error().what;
}

void expect_matches(std::string_view text, std::string_view secret, bool wanted) {
  HashArena arena;
  const auto hash = parse_foreign_hash(text);
  if (!hash) fail_msg("%s: %s", std::string(text).c_str(), hash.error().what.c_str());
  const auto matches = check_foreign_hash(arena, *hash, {as_bytes(secret)});
  if (!matches) fail_msg("%s", matches.error().what.c_str());
  if (*matches != wanted) fail_msg("%s: %s", std::string(text).c_str(), wanted ? "does not match" : "matches");
}

constexpr std::pair<std::string_view, std::string_view> kVectors[] = {
    {"$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "password"},
    {"$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc", "password"},
    {"$argon2id$v=19$m=64,t=3,p=1$MDEyMzQ1Njc4OWFiY2RlZg$FZzFotq3Zv4aZ8NJQQ4TfDoDMPhwOqng", "pa55word"},
    {"$argon2id$v=19$m=1024,t=1,p=4$MDEyMzQ1Njc4OWFiY2RlZg$L449tpLdgRfxrlKaufMwjwHUM/U7zZ/"
     "XmhaXYpRFmmesKME4BHmavqT6szEwq1NF5Frl+3FuGm7lm8KKGS2SnQ",
     "correct horse battery"},
    {"$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"},
    {"$2b$04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS", "correct horse battery"},
    {"$2y$04$......................iJXpT7glWGG.9sXXpTEI59QoJg6lVBa", "pa55word"},
    {"$5$saltstring$KbmL6Y1JEz4ypptJ/TP/aBCcH8NmJu0EhX5wPodzZL5", "pa55word"},
    {"$6$saltsalt$ilxf8dPgIGN4/3uZRFAeBdVeEXZQSvTSQ4RMM.0e90Vm8b33rTr5admmuaufdZ/JknQDVJXno7Tkp7EFzTcCF/", "pa55word"},
    {"$6$rounds=1000$abcdefghijklmnop$SW0po9yZbbv8wBTaw/"
     "vYLDVR40mB2RlMFRdhoCHi0TaTvyGMXZDsz1gB2o4UeqQSBSFNx8zZSIHGYev0OhzTh1",
     "Müller 4711"},
    {"$y$j75$k2XAnEHBqQ1Ct2aMXFKNa/$D51GutEaDStaXNx6KNVHl2qcn8n8Q9TT3VpvxytddG1", "correct horse battery"},
    {"$y$j9T$k2XAnEHBqQ1Ct2aMXFKNa/$whQqGOSVppw9M5G2NVILx3NfEK/e/iXA/jlQEFrCI37", "4711"},
};

const std::string k31(31, 'a'), k43(43, 'a'), k53(53, 'a'), k86(86, 'a');
constexpr const char* kMalformed = "the hash is malformed";

}  // namespace

CASE(foreign_hash_matches_what_others_made) {
  for (const auto& [text, secret] : kVectors) {
    expect_matches(text, secret, true);
    expect_matches(text, std::string(secret) + "x", false);
    expect_matches(text, secret.substr(1), false);
    expect_matches(text, "", false);
  }
}

CASE(foreign_hash_matches_no_secret_that_crypt_would_cut) {
  for (const auto& [text, secret] : kVectors) {
    expect_matches(text, std::string(secret) + '\0', false);
    expect_matches(text, std::string(secret) + '\0' + "x", false);
    expect_matches(text, std::string(600, 'x'), false);
  }
}

CASE(foreign_hash_notices_every_changed_character_of_the_hash) {
  for (const auto& [text, secret] : kVectors) {
    if (text.starts_with("$argon2id$")) continue;  // its last digit has spare bits, which the parser refuses
    std::string changed(text);
    changed[changed.size() - 5] = changed[changed.size() - 5] == 'a' ? 'b' : 'a';
    expect_matches(changed, secret, false);
  }
}

CASE(foreign_hash_tells_why_it_is_not_taken) {
  const char* const dear_argon = "the hash costs more than is taken (256 MiB, and 1 GiB times passes)";
  const char* const unknown =
      "looks like a hash of another system, but of a form that is not taken ($argon2id$ $2a$ $2b$ $2y$ $5$ $6$ $y$ "
      "are)";
  const std::string argon_tail = "$AAAAAAAAAAAAAAAAAAAAAA$" + k43.substr(0, 42) + "A";
  const std::vector<std::pair<std::string, const char*>> cases = {
      {"", unknown},
      {"$1$salt$hash", unknown},
      {"$2x$10$" + k53, unknown},
      {"$2$10$" + k53, unknown},
      {"$7$x", unknown},
      {"$gy$x", unknown},
      {"$argon2i$v=19$m=64,t=1,p=1" + argon_tail, unknown},
      {"$argon2d$v=19$m=64,t=1,p=1" + argon_tail, unknown},
      {"$argon2id$v=19$m=262144,t=4,p=1" + argon_tail, "taken"},
      {"$argon2id$v=19$m=262144,t=5,p=1" + argon_tail, dear_argon},
      {"$argon2id$v=19$m=262145,t=1,p=1" + argon_tail, dear_argon},
      {"$argon2id$v=19$m=4294967295,t=1,p=1" + argon_tail, dear_argon},
      {"$argon2id$v=19$m=4294967296,t=1,p=1" + argon_tail, kMalformed},
      {"$argon2id$v=19$m=64,t=2000,p=1" + argon_tail, kMalformed},
      {"$argon2id$v=19$m=64,t=0,p=1" + argon_tail, kMalformed},
      {"$argon2id$v=19$m=064,t=1,p=1" + argon_tail, kMalformed},
      {"$argon2id$v=19$m=8,t=1,p=2" + argon_tail, kMalformed},
      {"$argon2id$v=19$t=1,m=64,p=1" + argon_tail, kMalformed},
      {"$argon2id$v=16$m=64,t=1,p=1" + argon_tail, "of argon2id only version 19 is taken"},
      {"$argon2id$m=64,t=1,p=1" + argon_tail, "of argon2id only version 19 is taken"},
      {"$argon2id$v=19$m=64,t=1,p=1$AAAA$" + k43, kMalformed},          // 3 bytes of salt
      {"$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAA", kMalformed},
      {"$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAB$" + k43, kMalformed},  // spare bits
      {"$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA", kMalformed},
      {"$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$" + std::string(88, 'A'), kMalformed},
      {"$2b$14$" + k53, "taken"},
      {"$2b$15$" + k53, "the hash costs more than is taken (bcrypt: 14)"},
      {"$2b$31$" + k53, "the hash costs more than is taken (bcrypt: 14)"},
      {"$2b$03$" + k53, kMalformed},
      {"$2b$1$" + k53, kMalformed},
      {"$2b$+9$" + k53, kMalformed},
      {"$2b$10$" + k53 + "a", kMalformed},
      {"$2b$10$" + k53.substr(1), kMalformed},
      {"$2b$10$" + k53.substr(1) + "=", kMalformed},
      {"$6$salt$" + k86, "taken"},
      {"$6$$" + k86, "taken"},
      {"$6$rounds=1000000$salt$" + k86, "taken"},
      {"$6$rounds=1000001$salt$" + k86, "the hash costs more than is taken (1000000 rounds)"},
      {"$6$rounds=999$salt$" + k86, kMalformed},
      {"$6$rounds=99999999999$salt$" + k86, kMalformed},
      {"$6$rounds=5000salt$" + k86, kMalformed},
      {"$6$12345678901234567$" + k86, kMalformed},
      {"$6$salt$" + k43, kMalformed},
      {"$5$salt$" + k86, kMalformed},
      {"$5$salt$" + k43, "taken"},
      {"$5$salt$" + k43 + "\n", kMalformed},
      {"$5$sa:lt$" + k43, kMalformed},
      {"$5$", kMalformed},
      {"$y$j9T$salt$" + k43, "taken"},
      {"$y$jDT$salt$" + k43, "taken"},  // 256 MiB
      {"$y$jET$salt$" + k43, "the hash costs more than is taken (256 MiB)"},
      {"$y$jzT$salt$" + k43, kMalformed},
      {"$y$j9T$$" + k43, kMalformed},
      {"$y$j9T$salt$" + k31, kMalformed},
      {"$y$j9T", "of yescrypt only the usual flavour ($y$j…) without further parameters is taken"},
      {"$y$j9T.$salt$" + k43, "of yescrypt only the usual flavour ($y$j…) without further parameters is taken"},
      {"$y$.9T$salt$" + k43, "of yescrypt only the usual flavour ($y$j…) without further parameters is taken"},
      {"$y$", kMalformed},
      {"$6$salt$" + std::string(400, 'a'), kMalformed},
  };
  for (const auto& [text, wanted] : cases)
    if (told(text) != wanted) fail_msg("%s: %s, not %s", text.c_str(), told(text).c_str(), wanted);
}

CASE(foreign_hash_survives_every_truncation_and_change) {
  for (const auto& [text, secret] : kVectors) {
    // A shorter tag of argon2 is another hash, not a malformed one.
    const std::size_t whole = text.starts_with("$argon2id$") ? text.rfind('$') : text.size();
    for (std::size_t size = 0; size < whole; ++size) assert_true(told(text.substr(0, size)) != "taken");
    for (std::size_t at = 0; at < text.size(); ++at) {
      std::string changed(text);
      changed[at] = '\xff';
      assert_true(told(changed) != "taken");
    }
  }
}

RUN_CASES(cmocka_unit_test(foreign_hash_matches_what_others_made),
          cmocka_unit_test(foreign_hash_matches_no_secret_that_crypt_would_cut),
          cmocka_unit_test(foreign_hash_notices_every_changed_character_of_the_hash),
          cmocka_unit_test(foreign_hash_tells_why_it_is_not_taken),
          cmocka_unit_test(foreign_hash_survives_every_truncation_and_change))
