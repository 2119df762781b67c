// SPDX-License-Identifier: BSD-2-Clause
// JSON of every view, to the letter: scripts rely on the keys.
#include "json.h"

#include "support/check.h"
#include "wire/admin.h"

using namespace pbxcred;
using namespace pbxcred::ctl;

namespace {

const Time kNoon(std::chrono::seconds(1714557600));

template <class T>
constexpr bool kPrintable = requires(const T& value) {
  json_of(value);
};
static_assert(kPrintable<KeyView>);
static_assert(!kPrintable<GeneratedRow>);
static_assert(!kPrintable<SecretAct>);
static_assert(!kPrintable<AuthTry>);
static_assert(!kPrintable<NewSecret>);

KindView sample_kind() {
  KindView kind;
  kind.kind = "password";
  kind.set = kind.defined = true;
  kind.set_at = kNoon;
  kind.failures = 2;
  return kind;
}

constexpr const char* kSampleState =
    R"({"set":true,"defined":true,"set_at":"2024-05-01T10:00:00Z","must_change":false,"temporary":false,)"
    R"("expires_at":null,"weak":false,"failures":2,"locked_until":null,)"
    R"("locked_permanently":false,"last_success":null})";

}  // namespace

CASE(json_keys_an_accounts_secrets_by_kind) {
  AccountView account;
  account.account = "1001@acme.example";
  account.account_id = "00ff";
  account.role = "user";
  account.domain = "acme.example";
  account.extension = "1001";
  account.numbers = {"+4930", "+4931"};
  account.created_at = kNoon;
  account.kinds = {sample_kind()};
  const std::string expected =
      R"({"account":"1001@acme.example","account_id":"00ff","role":"user","domain":"acme.example","extension":"1001",)"
      R"("username":"","first":"","last":"","email":"","location":"","language":"","numbers":["+4930","+4931"],)"
      R"("alternate_ids":[],"trusted_extensions":[],"domains":[],"enabled":true,"created_at":"2024-05-01T10:00:00Z",)"
      R"("kinds":{"password":)" +
      std::string(kSampleState) + "}}";
  assert_string_equal(json_of(account, true).c_str(), expected.c_str());
}

CASE(json_of_a_domain_keys_counts_by_kind) {
  DomainView domain;
  domain.domain = "acme.example";
  domain.aliases = {"acme"};
  domain.phase = "closed";
  domain.users = 3;
  domain.no_password = 2;
  domain.kinds = {{"voicemail", "pin-standard", 3, 1}};
  assert_string_equal(
      json_of(domain, true).c_str(),
      R"({"domain":"acme.example","domain_id":"","aliases":["acme"],"timezone":"","language":"","country":"",)"
      R"("contact":"","mail_from":"","base_url":"","phase":"closed","created_at":"1970-01-01T00:00:00Z","users":3,)"
      R"("disabled":0,"no_password":2,"kinds":{"voicemail":{"policy":"pin-standard","set":3,"weak":1}}})");
}

CASE(json_of_status_has_a_list_of_domains) {
  StatusDocument document;
  document.server.version = "0.1.0";
  document.server.workers = 2;
  document.server.store_capacity = 17179869184;
  document.per_domain.resize(1);
  document.per_domain[0].domain = "acme.example";
  const std::string text = json_of(document, true);
  const std::string head =
      R"({"version":"0.1.0","started_at":"1970-01-01T00:00:00Z","degraded":false,"degraded_reason":"","workers":2,)"
      R"("hash_microseconds":0,"logins_per_second":0,"queued":0,"queue_capacity":0,"granted":0,"refused":0,"busy":0,)"
      R"("domains":0,"users":0,"admins":0,"locked":0,"store_bytes":0,"store_capacity":17179869184,)"
      R"("per_domain":[{"domain":"acme.example",)";
  assert_string_equal(text.substr(0, head.size()).c_str(), head.c_str());
}

CASE(json_of_the_small_views) {
  assert_string_equal(json_of(AuthTryView{true, "1001@a", "pin", {"password"}, ""}, true).c_str(),
                      R"({"signed_in":true,"account":"1001@a","method":"pin","change":["password"],"reason":""})");
  assert_string_equal(json_of(StoreStatView{"accounts", 2, 512}, true).c_str(),
                      R"({"table":"accounts","records":2,"bytes":512})");
  assert_string_equal(json_of(KeyView{7, kNoon, true, 3, "current"}, true).c_str(),
                      R"({"id":7,"created_at":"2024-05-01T10:00:00Z","current":true,"records":3,"state":"current"})");
  assert_string_equal(json_of(LockView{"1001@a", "voicemail", 5, kNoon, std::nullopt, true}, true).c_str(),
                      R"({"account":"1001@a","kind":"voicemail","failures":5,"last_failure":"2024-05-01T10:00:00Z",)"
                      R"("locked_until":null,"locked_permanently":true})");
  assert_string_equal(json_of(OutcomeView{false, true, 1, 2, "why", {{true, "f:3", "bad"}}}, true).c_str(),
                      R"({"ok":false,"dry_run":true,"affected":1,"failed":2,"error":"why",)"
                      R"("notes":[{"is_error":true,"where":"f:3","what":"bad"}]})");
}

CASE(json_of_explain_has_the_state_or_null) {
  ExplainView explain;
  explain.door = "phone";
  explain.secret = "login";
  const std::string head =
      R"({"account":"","door":"phone","secret":"login","outcome":"","phase":"","policy":"","policy_origin":"",)"
      R"("service":"","state":)";
  assert_string_equal(json_of(explain, true).c_str(), (head + "null}").c_str());
  explain.state = sample_kind();
  const std::string with_kind = std::string(R"({"kind":"password",)") + (kSampleState + 1);
  assert_string_equal(json_of(explain, true).c_str(), (head + with_kind + "}").c_str());
}

CASE(json_survives_any_bytes) {
  AuthTryView view;
  view.account = "a\"\\\n\x01\xFF";
  const std::string text = json_of(view, true);
  assert_non_null(strstr(text.c_str(), R"("account":"a\"\\\n\u0001)"
                                       "\xEF\xBF\xBD\""));
}

CASE(json_spreads_a_single_object_over_lines) {
  assert_string_equal(json_of(StoreStatView{"file", 1, 2}).c_str(),
                      "{\n  \"table\": \"file\",\n  \"records\": 1,\n  \"bytes\": 2\n}");
}

RUN_CASES(cmocka_unit_test(json_keys_an_accounts_secrets_by_kind),
          cmocka_unit_test(json_of_a_domain_keys_counts_by_kind),
          cmocka_unit_test(json_of_status_has_a_list_of_domains), cmocka_unit_test(json_of_the_small_views),
          cmocka_unit_test(json_of_explain_has_the_state_or_null), cmocka_unit_test(json_survives_any_bytes),
          cmocka_unit_test(json_spreads_a_single_object_over_lines))
