// SPDX-License-Identifier: BSD-2-Clause
// What a peer uid may do, and where a request comes from.
#include <string>

#include "service/access.h"
#include "service/context.h"
#include "support/check.h"

using namespace pbxcred;

namespace {

Settings with_entries() {
  Settings settings;
  ServiceEntry web;
  web.user = "www-data";
  web.uid = 33;
  web.kinds = only(Kind::kPassword);
  web.domains = {"a.example"};
  web.trust_rhost = true;
  ServiceEntry voicemail;
  voicemail.user = "#111";
  voicemail.uid = 111;
  voicemail.kinds = only(Kind::kVoicemail);
  voicemail.change = true;
  settings.services = {web, voicemail};
  return settings;
}

CASE(access_is_what_the_entry_says) {
  const auto web = access_of(with_entries(), 33);
  assert_true(web.ok());
  assert_int_equal(web->uid, 33);
  assert_string_equal(web->entry.c_str(), "www-data");
  assert_true(web->kinds == only(Kind::kPassword));
  assert_int_equal(web->domains.size(), 1);
  assert_true(web->trust_rhost && !web->change);
  const auto voicemail = access_of(with_entries(), 111);
  assert_true(voicemail->change && !voicemail->trust_rhost && voicemail->domains.empty());
}

CASE(access_is_denied_without_an_entry) {
  for (const uid_t uid : {1U, 34U, 65534U, 4294967295U}) {
    const auto access = access_of(with_entries(), uid);
    assert_true(!access && access.error().code == Code::kDenied);
  }
}

CASE(access_of_root_without_an_entry_is_everything) {
  const auto root = access_of(with_entries(), 0);
  assert_true(root.ok());
  assert_string_equal(root->entry.c_str(), "root");
  for (Kind kind : kAllKinds) assert_true(root->kinds.has(kind));
  assert_true(root->change && root->trust_rhost && root->domains.empty());
}

CASE(access_of_root_with_an_entry_is_that) {
  Settings settings = with_entries();
  settings.services[0].uid = 0;
  settings.services[0].user = "root";
  const auto root = access_of(settings, 0);
  assert_true(root->kinds == only(Kind::kPassword));
  assert_false(root->change);
}

CASE(ip_literal_is_normal_or_nothing) {
  const struct {
    std::string_view text;
    const char* literal;
  } rows[] = {
      {"192.0.2.1", "192.0.2.1"},
      {"2001:db8::1", "2001:db8::1"},
      {"2001:0DB8:0:0:0:0:0:1", "2001:db8::1"},
      {"::ffff:192.0.2.1", "192.0.2.1"},
      {"::FFFF:c000:201", "192.0.2.1"},
      {"::1", "::1"},
      {"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
      {"", ""},
      {"localhost", ""},
      {"192.0.2", ""},
      {"192.0.2.1.5", ""},
      {"192.0.2.256", ""},
      {"192.0.2.1 ", ""},
      {" 192.0.2.1", ""},
      {"192.0.2.01", ""},
      {"0xc0.0.2.1", ""},
      {"192.0.2.1:80", ""},
      {"[2001:db8::1]", ""},
      {"fe80::1%eth0", ""},
      {"2001:db8::1/64", ""},
      {"host.example", ""},
      {"::ffff:192.0.2.1.example", ""},
      {std::string_view("192.0.2.1\0x", 11), ""},
  };
  for (const auto& row : rows) {
    const std::string got = ip_literal(row.text);
    if (got != row.literal) fail_msg("%s: \"%s\"", std::string(row.text).c_str(), got.c_str());
  }
  assert_true(ip_literal(std::string(5000, '1')).empty());
}

CASE(source_is_an_address_only_from_a_trusted_entry) {
  Access access;
  access.trust_rhost = true;
  assert_string_equal(source_of(access, "192.0.2.1").c_str(), "192.0.2.1");
  assert_string_equal(source_of(access, "::ffff:192.0.2.1").c_str(), "192.0.2.1");
  assert_string_equal(source_of(access, "client.example").c_str(), "");
  assert_string_equal(source_of(access, "").c_str(), "");
  access.trust_rhost = false;
  assert_string_equal(source_of(access, "192.0.2.1").c_str(), "");
}

CASE(quoted_text_forges_nothing) {
  assert_string_equal(quoted("").c_str(), "\"\"");
  assert_string_equal(quoted("1001@a.example").c_str(), "\"1001@a.example\"");
  assert_string_equal(quoted("a\" b=\"c").c_str(), "\"a\\\" b=\\\"c\"");
  assert_string_equal(quoted("a\\").c_str(), "\"a\\\\\"");
  assert_string_equal(quoted("a\nb\x1b[0m\x7f\xc3\xa4").c_str(), "\"a\\x0ab\\x1b[0m\\x7f\\xc3\\xa4\"");
  assert_string_equal(quoted(std::string_view("a\0b", 3)).c_str(), "\"a\\x00b\"");
}

CASE(verdict_of_a_failure_never_grants) {
  const struct {
    Code code;
    Verdict verdict;
  } rows[] = {
      {Code::kInvalid, Verdict::kInvalid},         {Code::kRefused, Verdict::kRefused},
      {Code::kDenied, Verdict::kDenied},           {Code::kNotFound, Verdict::kUnknown},
      {Code::kConflict, Verdict::kInternal},       {Code::kBusy, Verdict::kBusy},
      {Code::kUnavailable, Verdict::kUnavailable}, {Code::kCorrupt, Verdict::kInternal},
      {Code::kExhausted, Verdict::kUnavailable},   {Code::kInternal, Verdict::kInternal},
  };
  assert_int_equal(std::size(rows), kCodeEnd);
  for (const auto& row : rows) {
    assert_true(verdict_of(Error{row.code, ""}) == row.verdict);
    assert_true(verdict_of(Error{row.code, ""}) != Verdict::kGranted);
  }
}

CASE(reply_begins_as_a_refusal_of_its_question) {
  Asked asked;
  asked.nonce.fill(7);
  asked.kind = Kind::kLogin;
  const AuthReply reply = reply_to(asked);
  assert_true(reply.nonce == asked.nonce && reply.kind == Kind::kLogin);
  assert_true(reply.verdict == Verdict::kRefused && reply.account.empty() && !reply.has_grant);
}

}  // namespace

RUN_CASES(cmocka_unit_test(access_is_what_the_entry_says), cmocka_unit_test(access_is_denied_without_an_entry),
          cmocka_unit_test(access_of_root_without_an_entry_is_everything),
          cmocka_unit_test(access_of_root_with_an_entry_is_that), cmocka_unit_test(ip_literal_is_normal_or_nothing),
          cmocka_unit_test(source_is_an_address_only_from_a_trusted_entry),
          cmocka_unit_test(quoted_text_forges_nothing), cmocka_unit_test(verdict_of_a_failure_never_grants),
          cmocka_unit_test(reply_begins_as_a_refusal_of_its_question))
