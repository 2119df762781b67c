// SPDX-License-Identifier: BSD-2-Clause
// What the daemon says becomes output, errors and the exit status.
#include <sys/stat.h>

#include "ctl/fake_daemon.h"
#include "model/views.h"
#include "support/check.h"
#include "wire/admin.h"

using namespace pbxcred;
using namespace pbxcred::test;

namespace {

Packet done(std::uint64_t affected = 0, std::uint64_t failed = 0) {
  return packet_of(Done{true, Code::kInternal, "", affected, failed});
}
Packet failure(Code code, std::string_view what, std::uint64_t affected = 0, std::uint64_t failed = 0) {
  return packet_of(Done{false, code, what, affected, failed});
}

Ran answered(std::vector<Packet> replies, std::vector<std::string> args, const std::string& input = "") {
  FakeDaemon daemon({std::move(replies)});
  return run_command(daemon.run_dir(), std::move(args), input);
}

void expect(const Ran& ran, int status, const char* out, const char* err) {
  assert_string_equal(ran.err.c_str(), err);
  assert_string_equal(ran.out.c_str(), out);
  assert_int_equal(ran.status, status);
}

AccountView account(const char* name) {
  AccountView view;
  view.account = name;
  return view;
}

Packet generated(const char* name, const char* secret) {
  return packet_of(GeneratedRow{name, Kind::kLogin, SecretView{as_bytes(secret)}});
}

}  // namespace

CASE(reply_of_a_failure_names_what_and_why) {
  struct Row {
    Code code;
    int status;
  };
  for (const Row& row : {Row{Code::kRefused, 1}, Row{Code::kBusy, 3}, Row{Code::kUnavailable, 3}, Row{Code::kDenied, 4},
                         Row{Code::kNotFound, 5}, Row{Code::kConflict, 6}, Row{Code::kInvalid, 7},
                         Row{Code::kCorrupt, 8}, Row{Code::kExhausted, 8}, Row{Code::kInternal, 8}})
    expect(answered({failure(row.code, "1001\033@a: why")}, {"user", "move", "a", "b"}), row.status, "",
           "pbxcredctl: user move: 1001\\x1B@a: why\n");
  expect(answered({failure(Code::kNotFound, "")}, {"user", "list", "--json"}), 5, "",
         "pbxcredctl: user list: not found\n");
}

CASE(reply_of_a_failure_is_said_once) {
  expect(answered({packet_of(Note{true, "x", "no user answers to x"}),
                   failure(Code::kNotFound, "no user answers to x", 0, 1)},
                  {"user", "show", "x"}),
         5, "", "pbxcredctl: x: no user answers to x\n");
}

CASE(reply_counts_what_was_done) {
  expect(answered({done(3)}, {"user", "disable", "--all"}), 0, "3 users disabled\n", "");
  expect(answered({done(3)}, {"user", "disable", "--all", "--dry-run"}), 0, "3 users would be disabled\n", "");
  expect(answered({done(1)}, {"domain", "add", "a"}), 0, "1 domain added\n", "");
  expect(answered({packet_of(Note{true, "1002@a", "is locked"}), failure(Code::kConflict, "not all", 2, 1)},
                  {"user", "remove", "--all"}),
         9, "2 users removed, 1 user refused\n", "pbxcredctl: 1002@a: is locked\npbxcredctl: user remove: not all\n");
}

CASE(reply_in_json_is_one_document) {
  expect(answered({packet_of(Note{true, "w", "bad"}), done(1, 1)}, {"user", "disable", "--all", "--json"}), 9,
         "{\n  \"ok\": true,\n  \"dry_run\": false,\n  \"affected\": 1,\n  \"failed\": 1,\n  \"error\": null,\n"
         "  \"notes\": [\n    {\n      \"is_error\": true,\n      \"where\": \"w\",\n      \"what\": \"bad\"\n    }\n"
         "  ]\n}\n",
         "pbxcredctl: w: bad\n");
  const StoreStatView file{"file", 1, 2};
  expect(answered({packet_of(file), packet_of(file), done()}, {"store", "stat", "--json"}), 0,
         "[\n{\"table\":\"file\",\"records\":1,\"bytes\":2},\n{\"table\":\"file\",\"records\":1,\"bytes\":2}\n]\n", "");
  expect(answered({done()}, {"lock", "list", "--json"}), 0, "[]\n", "");
}

CASE(reply_rows_become_a_table) {
  expect(answered({packet_of(StoreStatView{"accounts", 12, 2048}), packet_of(StoreStatView{"file", 1, 10}), done()},
                  {"store", "stat"}),
         0, "table     records  bytes\naccounts       12  2 KiB\nfile            1   10 B\n2 tables\n", "");
  expect(answered({packet_of(account("1001@a")), packet_of(account("1002@a")), done()},
                  {"user", "list", "--all", "--dry-run"}),
         0, "2 users\n", "");
}

CASE(reply_to_show_is_one_row_or_not_found) {
  expect(answered({packet_of(KeyView{})}, {"user", "show", "a"}), 8, "", "pbxcredctl: user show: unexpected reply\n");
  expect(answered({done()}, {"user", "show", "a"}), 5, "", "pbxcredctl: user show: there is none of that name\n");
  expect(answered({packet_of(account("1@a")), packet_of(account("2@a")), done()}, {"user", "show", "a"}), 6, "",
         "pbxcredctl: user show: the name leads to more than one\n");
  const Ran shown = answered({packet_of(account("1@a")), done()}, {"user", "show", "a", "--json"});
  assert_int_equal(shown.status, 0);
  assert_non_null(strstr(shown.out.c_str(), "{\n  \"account\": \"1@a\",\n"));
}

CASE(reply_to_auth_decides_the_status) {
  const AuthTryView yes{true, "1@a", "password", {}, ""};
  const AuthTryView must{true, "1@a", "password", {"password"}, ""};
  const AuthTryView no{false, "", "", {}, "wrong secret"};
  expect(answered({packet_of(yes), done()}, {"auth", "1@a", "password"}, "x\n"), 0,
         "signed in  yes\naccount    1@a\nmethod     password\n", "");
  assert_int_equal(answered({packet_of(must), done()}, {"auth", "1@a", "password"}, "x\n").status, 10);
  expect(answered({packet_of(no), done()}, {"auth", "1@a", "password"}, "x\n"), 1,
         "signed in  no\nreason     wrong secret\n", "");
  assert_int_equal(answered({done()}, {"auth", "1@a", "password"}, "x\n").status, 8);  // yes without a row is no yes
  assert_int_equal(
      answered({packet_of(yes), failure(Code::kUnavailable, "degraded")}, {"auth", "1@a", "password"}, "x").status, 3);
}

CASE(reply_of_a_degraded_server_is_status_3) {
  StatusView status;
  status.degraded = true;
  status.degraded_reason = "disk full";
  DomainView domain;
  domain.domain = "a";
  const Ran ran = answered({packet_of(status), packet_of(domain), done()}, {"status"});
  assert_int_equal(ran.status, 3);
  assert_non_null(strstr(ran.out.c_str(), "degraded reason    disk full\n"));
  assert_non_null(strstr(ran.out.c_str(), "\n\ndomain  phase"));
  assert_non_null(
      strstr(answered({packet_of(status), failure(Code::kCorrupt, "x")}, {"status"}).out.c_str(), "disk full"));
  status.degraded = false;
  assert_int_equal(answered({packet_of(status), done()}, {"status", "--json"}).status, 0);
}

CASE(reply_of_store_check_with_faults_is_failed) {
  expect(answered({packet_of(Note{true, "accounts/1", "seal"}), failure(Code::kCorrupt, "faults", 9, 1)},
                  {"store", "check"}),
         8, "9 records checked, 1 record faulty\n", "pbxcredctl: accounts/1: seal\npbxcredctl: store check: faults\n");
}

CASE(reply_of_generate_shows_each_secret_alone) {
  expect(answered({generated("1@a", "123456"), done(1)}, {"secret", "generate", "1@a", "login"}), 0, "123456\n", "");
  expect(answered({generated("1@a", "12"), generated("2@a", "34"), done(2)}, {"secret", "generate", "--all", "login"}),
         0, "12\n34\n", "1@a login:\n2@a login:\n");
  expect(answered({generated("1@a", "a\"\\"), done(1)}, {"secret", "generate", "1@a", "login", "--json"}), 0,
         "[\n{\"account\":\"1@a\",\"kind\":\"login\",\"secret\":\"a\\\"\\\\\"}\n]\n", "");
}

CASE(reply_of_generate_goes_to_a_new_private_file) {
  const TempDir dir;
  const std::string path = dir.path() + "/new.csv";
  const std::vector<std::string> args = {"secret", "generate", "--all", "login", "--csv", path};
  expect(answered({generated("1@a", "12"), generated("x,y", "3\"4"), done(2)}, args), 0, "2 secrets generated\n", "");
  assert_string_equal(read_whole(path).c_str(), "account,kind,secret\n1@a,login,12\n\"x,y\",login,\"3\"\"4\"\n");
  struct stat info {};
  assert_int_equal(stat(path.c_str(), &info), 0);
  assert_int_equal(info.st_mode & 07777, 0600);
  FakeDaemon daemon({{done()}});
  assert_int_equal(run_command(daemon.run_dir(), args).status, 6);
  assert_true(daemon.stop().empty());  // nothing was changed for a file that cannot be written
}

CASE(reply_of_generate_leaves_no_empty_file) {
  const TempDir dir;
  const std::string path = dir.path() + "/new.csv";
  const Ran ran = answered({failure(Code::kNotFound, "x")}, {"secret", "generate", "x", "login", "--csv", path});
  assert_int_equal(ran.status, 5);
  struct stat info {};
  assert_int_equal(stat(path.c_str(), &info), -1);
}

CASE(reply_of_import_sums_up) {
  const TempDir dir;
  const std::string path = dir.file("u.csv", "domain,extension\na,1001\n");
  expect(answered({packet_of(Progress{"adding", 1, 2}), packet_of(Note{false, "a", "created"}),
                   packet_of(Note{true, "u.csv:3", "no extension"}), done(12, 1)},
                  {"import", "csv", path, "--skip-bad"}),
         9, "a: created\n12 accounts added, 1 line refused\n", "pbxcredctl: u.csv:3: no extension\n");
  expect(answered({done(12)}, {"import", "csv", path, "--dry-run"}), 0, "12 accounts would be added\n", "");
}

CASE(reply_of_lock_list_can_be_of_one_user) {
  LockView mine, other;
  mine.account = "1@a";
  other.account = "2@a";
  FakeDaemon daemon({{packet_of(account("1@a")), done()}, {packet_of(mine), packet_of(other), done()}});
  const Ran ran = run_command(daemon.run_dir(), {"lock", "list", "ada"});
  assert_int_equal(ran.status, 0);
  assert_non_null(strstr(ran.out.c_str(), "1@a"));
  assert_null(strstr(ran.out.c_str(), "2@a"));
  assert_non_null(strstr(ran.out.c_str(), "\n1 lock\n"));
}

CASE(reply_that_ends_early_or_is_nonsense) {
  expect(answered({}, {"reload"}), 3, "", "pbxcredctl: reload: the daemon went away before it had answered\n");
  expect(answered({packet_of(KeyView{})}, {"key", "list", "--json"}), 3,
         "[\n{\"id\":0,\"created_at\":\"1970-01-01T00:00:00Z\",\"current\":false,\"records\":0,\"state\":\"\"}\n]\n",
         "pbxcredctl: key list: the daemon went away before it had answered\n");
  expect(answered({{'x', 'y'}}, {"reload"}), 8, "", "pbxcredctl: reload: the daemon speaks another protocol\n");
  Packet bad = done();
  bad.pop_back();
  expect(answered({bad}, {"reload"}), 8, "", "pbxcredctl: reload: malformed reply\n");
}

CASE(reply_of_nobody_is_unavailable) {
  const TempDir dir;
  assert_int_equal(run_command(dir.path(), {"reload"}).status, 3);
  assert_int_equal(run_command(dir.path() + "/none", {"reload"}).status, 3);
}

RUN_CASES(cmocka_unit_test(reply_of_a_failure_names_what_and_why), cmocka_unit_test(reply_of_a_failure_is_said_once),
          cmocka_unit_test(reply_counts_what_was_done), cmocka_unit_test(reply_in_json_is_one_document),
          cmocka_unit_test(reply_rows_become_a_table), cmocka_unit_test(reply_to_show_is_one_row_or_not_found),
          cmocka_unit_test(reply_to_auth_decides_the_status), cmocka_unit_test(reply_of_a_degraded_server_is_status_3),
          cmocka_unit_test(reply_of_store_check_with_faults_is_failed),
          cmocka_unit_test(reply_of_generate_shows_each_secret_alone),
          cmocka_unit_test(reply_of_generate_goes_to_a_new_private_file),
          cmocka_unit_test(reply_of_generate_leaves_no_empty_file), cmocka_unit_test(reply_of_import_sums_up),
          cmocka_unit_test(reply_of_lock_list_can_be_of_one_user),
          cmocka_unit_test(reply_that_ends_early_or_is_nonsense), cmocka_unit_test(reply_of_nobody_is_unavailable))
