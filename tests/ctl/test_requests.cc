// SPDX-License-Identifier: BSD-2-Clause
// Every command line sends the message it should, to a daemon that only listens.
#include <fcntl.h>

#include <functional>

#include "ctl/fake_daemon.h"
#include "model/views.h"
#include "support/check.h"
#include "wire/admin.h"

using namespace pbxcred;
using namespace pbxcred::test;

namespace {

const Packet& done_ok() {
  static const Packet packet = packet_of(Done{true, Code::kInternal, "", 1, 0});
  return packet;
}

/// A command line, what is on standard input, and whether the request is right.
struct Row {
  std::vector<std::string> args;
  std::function<bool(Bytes)> is_right;
  std::string input;
};

/// A check that decodes first.
template <Message M>
std::function<bool(Bytes)> sends(std::function<bool(const M&)> is_right) {
  return [is_right](Bytes packet) {
    M message;
    return decode_packet(packet, message) && is_right(message);
  };
}
template <Message M>
std::function<bool(Bytes)> sends() {
  return sends<M>([](const M&) { return true; });
}

void run_rows(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    FakeDaemon daemon({{done_ok()}});
    run_command(daemon.run_dir(), row.args, row.input);
    const auto& received = daemon.stop();
    if (received.empty() || !row.is_right(received[0].packet)) {
      std::string line;
      for (const std::string& word : row.args) line += " " + word;
      fail_msg("wrong request for:%s", line.c_str());
    }
  }
}

bool is_only(const Selection& selection, std::string_view user) {
  return selection.users.size() == 1 && selection.users[0] == user && !selection.all && !selection.has_file;
}

using Action = AccountAct::Action;
using Secrets = SecretAct::Action;

std::function<bool(Bytes)> acts(Role role, Action action, std::string_view user) {
  return sends<AccountAct>([=](const AccountAct& a) {
    return a.role == role && a.action == action && is_only(a.selection, user) && !a.dry_run;
  });
}

}  // namespace

CASE(request_of_domain_commands) {
  run_rows({
      {{"domain",
        "add",
        "acme.example",
        "--timezone",
        "Europe/Berlin",
        "--language",
        "de",
        "--country",
        "DE",
        "--alias",
        "acme",
        "--alias",
        "ac",
        "--policy",
        "voicemail=strict",
        "--contact",
        "Bob",
        "--mail-from",
        "p@acme.example",
        "--base-url",
        "https://acme.example"},
       sends<DomainPut>([](const DomainPut& d) {
         return d.mode == PutMode::kAdd && d.name == "acme.example" && d.timezone == "Europe/Berlin" &&
                d.language == "de" && d.country == "DE" && d.aliases->size() == 2 && (*d.aliases)[1] == "ac" &&
                d.policies.size() == 1 && d.policies[0].kind == Kind::kVoicemail && d.policies[0].policy == "strict" &&
                d.contact == "Bob" && d.mail_from == "p@acme.example" && d.base_url == "https://acme.example";
       }),
       ""},
      {{"domain", "set", "a", "--contact="},
       sends<DomainPut>([](const DomainPut& d) {
         return d.mode == PutMode::kSet && d.contact == "" && !d.timezone && !d.aliases && d.policies.empty();
       }),
       ""},
      {{"domain", "set", "a", "--alias", "", "--policy", "login="},
       sends<DomainPut>([](const DomainPut& d) {
         return d.aliases && d.aliases->empty() && d.policies.at(0).kind == Kind::kLogin &&
                d.policies[0].policy.empty();
       }),
       ""},
      {{"domain", "show", "a"}, sends<DomainQuery>([](const DomainQuery& d) { return d.name == "a"; }), ""},
      {{"domain", "list"}, sends<DomainQuery>([](const DomainQuery& d) { return d.name.empty(); }), ""},
      {{"domain", "rename", "a", "b"},
       sends<DomainRename>([](const DomainRename& d) { return d.name == "a" && d.new_name == "b"; }),
       ""},
      {{"domain", "remove", "a"}, sends<DomainRemove>([](const DomainRemove& d) { return d.name == "a"; }), ""},
  });
}

CASE(request_of_user_commands) {
  run_rows({
      {{"user",   "add",
        "1001@a", "--username",
        "ada",    "--email",
        "e",      "--first",
        "Ada",    "--last",
        "B",      "--number",
        "1",      "--number",
        "2",      "--alternate-id",
        "x",      "--location",
        "L",      "--language",
        "de",     "--trusted-extension",
        "7"},
       sends<AccountPut>([](const AccountPut& p) {
         const AccountFields& f = p.data;
         return p.mode == PutMode::kAdd && p.role == Role::kUser && p.name == "1001@a" && f.username == "ada" &&
                f.email == "e" && f.first == "Ada" && f.last == "B" && f.numbers->size() == 2 &&
                (*f.numbers)[0] == "1" && f.alternate_ids->at(0) == "x" && f.location == "L" && f.language == "de" &&
                f.trusted_extensions->at(0) == "7" && !f.domains;
       }),
       ""},
      {{"user", "set", "ada", "--email=", "--number", ""},
       sends<AccountPut>([](const AccountPut& p) {
         return p.mode == PutMode::kSet && p.name == "ada" && p.data.email == "" && p.data.numbers->empty() &&
                !p.data.first && !p.data.alternate_ids;
       }),
       ""},
      {{"user", "set", "--alternate-id", "x", "ada"},  // a repeatable option takes one value, not the operand
       sends<AccountPut>([](const AccountPut& p) { return p.name == "ada" && p.data.alternate_ids->size() == 1; }),
       ""},
      {{"user", "show", "status"},  // a name that is a command's word
       sends<AccountQuery>(
           [](const AccountQuery& q) { return q.role == Role::kUser && is_only(q.selection, "status"); }),
       ""},
      {{"user", "list", "--domain", "a", "--without", "password", "--json"},
       sends<AccountQuery>([](const AccountQuery& q) {
         return q.selection.domain == "a" && q.selection.without == Kind::kPassword && !q.selection.all;
       }),
       ""},
      {{"user", "list", "--role", "admin"},
       sends<AccountQuery>([](const AccountQuery& q) { return q.role == Role::kAdmin && q.selection.all; }),
       ""},
      {{"user", "move", "1001@a", "2001@b"},
       sends<AccountMove>([](const AccountMove& m) { return m.user == "1001@a" && m.to == "2001@b"; }),
       ""},
      {{"user", "enable", "1"}, acts(Role::kUser, Action::kEnable, "1"), ""},
      {{"user", "disable", "--", "-x"}, acts(Role::kUser, Action::kDisable, "-x"), ""},
      {{"user", "remove", "1"}, acts(Role::kUser, Action::kRemove, "1"), ""},
      {{"lock", "clear", "1"}, acts(Role::kUser, Action::kUnlock, "1"), ""},
      {{"user", "disable", "--location", "B", "--dry-run"},
       sends<AccountAct>([](const AccountAct& a) { return a.dry_run && a.selection.location == "B"; }),
       ""},
  });
}

CASE(request_of_admin_commands) {
  run_rows({
      {{"admin", "add", "alice", "--domain", "a", "--domain", "b", "--email", "e"},
       sends<AccountPut>([](const AccountPut& p) {
         return p.role == Role::kAdmin && p.mode == PutMode::kAdd && p.name == "alice" && p.data.domains->size() == 2 &&
                p.data.email == "e";
       }),
       ""},
      {{"admin", "add", "root"}, sends<AccountPut>([](const AccountPut& p) { return !p.data.domains; }), ""},
      {{"admin", "set", "alice", "--domain", ""},
       sends<AccountPut>([](const AccountPut& p) { return p.mode == PutMode::kSet && p.data.domains->empty(); }),
       ""},
      {{"admin", "show", "admin"},
       sends<AccountQuery>(
           [](const AccountQuery& q) { return q.role == Role::kAdmin && is_only(q.selection, "admin"); }),
       ""},
      {{"admin", "list"},
       sends<AccountQuery>([](const AccountQuery& q) { return q.role == Role::kAdmin && q.selection.all; }),
       ""},
      {{"admin", "enable", "x"}, acts(Role::kAdmin, Action::kEnable, "x"), ""},
      {{"admin", "disable", "x"}, acts(Role::kAdmin, Action::kDisable, "x"), ""},
      {{"admin", "remove", "x"}, acts(Role::kAdmin, Action::kRemove, "x"), ""},
  });
}

CASE(request_of_secret_commands) {
  run_rows({
      {{"secret", "set", "1001@a", "1002@a", "voicemail", "--temporary", "--expires", "2h"},
       sends<SecretAct>([](const SecretAct& s) {
         return s.action == Secrets::kSet && s.kind == Kind::kVoicemail && s.selection.users.size() == 2 &&
                as_text(s.secret.bytes) == "4711" && s.temporary && !s.must_change &&
                s.expires == std::chrono::seconds(7200) && !s.dry_run;
       }),
       "4711\r\nrest\n"},
      {{"secret", "set", "admin", "admin"},
       sends<SecretAct>([](const SecretAct& s) {
         return s.kind == Kind::kAdmin && is_only(s.selection, "admin") && as_text(s.secret.bytes) == " a b ";
       }),
       " a b "},
      {{"secret", "set", "--domain", "a", "password", "--must-change"},
       sends<SecretAct>([](const SecretAct& s) {
         return s.selection.domain == "a" && s.selection.users.empty() && s.must_change && !s.expires;
       }),
       "x\n"},
      {{"secret", "clear", "--all", "phone", "--dry-run"},
       sends<SecretAct>([](const SecretAct& s) {
         return s.action == Secrets::kClear && s.kind == Kind::kPhone && s.selection.all && s.dry_run &&
                s.secret.bytes.empty();
       }),
       "unread\n"},
      {{"secret", "generate", "1001@a", "login"},
       sends<SecretAct>([](const SecretAct& s) { return s.action == Secrets::kGenerate && s.kind == Kind::kLogin; }),
       ""},
  });
}

CASE(request_of_checks_and_care) {
  setenv("TZ", "UTC", 1);
  run_rows({
      {{"auth", "1001@a", "voicemail", "--rhost", "192.0.2.1"},
       sends<AuthTry>([](const AuthTry& a) {
         return a.user == "1001@a" && a.kind == Kind::kVoicemail && a.rhost == "192.0.2.1" &&
                as_text(a.secret.bytes) == "4711";
       }),
       "4711\n"},
      {{"explain", "1001@a", "phone", "--service", "www-data", "--rhost", "::1", "--at", "2024-05-01 10:00"},
       sends<ExplainQuery>([](const ExplainQuery& e) {
         return e.user == "1001@a" && e.kind == Kind::kPhone && e.service == "www-data" && e.rhost == "::1" &&
                e.at == Time(std::chrono::seconds(1714557600));
       }),
       ""},
      {{"explain", "1001@a", "phone"}, sends<ExplainQuery>([](const ExplainQuery& e) { return !e.at; }), ""},
      {{"status"}, sends<StatusQuery>(), ""},
      {{"lock", "list"}, sends<LockQuery>(), ""},
      {{"store", "check"}, sends<StoreCheck>(), ""},
      {{"store", "stat"}, sends<StoreStatQuery>(), ""},
      {{"key", "list"}, sends<KeyQuery>(), ""},
      {{"key", "rotate"}, sends<KeyRotate>(), ""},
      {{"key", "retire", "12"}, sends<KeyRetire>([](const KeyRetire& r) { return r.id == 12; }), ""},
      {{"reload"}, sends<ReloadRequest>(), ""},
  });
}

CASE(request_of_import_carries_sealed_rows) {
  const TempDir dir;
  const std::string path = dir.file("u.csv", "domain,extension,voicemail\na,1001,4711\na,1002,\n");
  FakeDaemon daemon({{done_ok()}});
  run_command(daemon.run_dir(), {"import", "csv", path, "--dry-run", "--skip-bad"});
  const Received& request = daemon.stop().at(0);
  ImportRequest import;
  assert_true(decode_packet(Bytes(request.packet), import));
  assert_true(import.rows == 2 && import.dry_run && import.skip_bad);
  assert_int_equal(request.seals, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
  ByteReader frames(as_bytes(request.attachment));
  ImportRow row;
  assert_true(decode_packet(frames.take(frames.integer<std::uint32_t>()), row));
  assert_true(row.file == path && row.line == 2 && row.domain == "a" && row.extension == "1001");
  assert_true(as_text(row.secrets[0].secret.bytes) == "4711");
  ImportRow second;
  assert_true(decode_packet(frames.take(frames.integer<std::uint32_t>()), second));
  assert_true(second.extension == "1002" && second.secrets.empty() && frames.at_end());
}

CASE(request_of_import_maps_contexts) {
  const TempDir dir;
  const std::string path = dir.file("voicemail.conf", "[general]\nformat=wav\n[default]\n1001 => 4711,Ada Byron\n");
  FakeDaemon daemon({{done_ok()}});
  run_command(daemon.run_dir(), {"import", "asterisk", path, "--map", "default=acme.example", "--mode", "add"});
  const Received& request = daemon.stop().at(0);
  ByteReader frames(as_bytes(request.attachment));
  ImportRow row;
  assert_true(decode_packet(frames.take(frames.integer<std::uint32_t>()), row));
  assert_true(row.domain == "acme.example" && row.extension == "1001" && frames.at_end());
}

CASE(request_of_import_carries_its_modes) {
  const TempDir dir;
  const std::string path = dir.file("u.csv", "domain,extension,first,password,voicemail,login\na,1,'=x,$6$s$h,-,\n");
  FakeDaemon daemon({{done_ok()}});
  run_command(daemon.run_dir(), {"import", "csv", path, "--mode", "sync", "--weak", "refuse", "--max-disable", "7"});
  const Received& request = daemon.stop().at(0);
  ImportRequest import;
  assert_true(decode_packet(Bytes(request.packet), import));
  assert_true(import.mode == ImportMode::kSync && import.weak == WeakSecrets::kRefuse);
  assert_true(import.max_disable == 7 && !import.max_disable_is_percent && !import.dry_run && !import.skip_bad);
  ByteReader frames(as_bytes(request.attachment));
  ImportRow row;
  assert_true(decode_packet(frames.take(frames.integer<std::uint32_t>()), row));
  assert_true(row.secrets.empty() && as_text(row.hashes[0].secret.bytes) == "$6$s$h" && row.data.first == "=x");
  assert_true(row.cleared == only(Kind::kVoicemail));
}

CASE(request_of_import_takes_all_as_clear_if_told_so) {
  const TempDir dir;
  const std::string path = dir.file("u.csv", "domain,extension,password\na,1,$6$s$h\n");
  FakeDaemon daemon({{done_ok()}});
  run_command(daemon.run_dir(), {"import", "csv", path, "--clear"});
  const Received& request = daemon.stop().at(0);
  ImportRequest import;
  assert_true(decode_packet(Bytes(request.packet), import));
  assert_true(import.mode == ImportMode::kAdd && import.weak == WeakSecrets::kKeep && import.max_disable == 5 &&
              import.max_disable_is_percent);
  ByteReader frames(as_bytes(request.attachment));
  ImportRow row;
  assert_true(decode_packet(frames.take(frames.integer<std::uint32_t>()), row));
  assert_true(row.hashes.empty() && as_text(row.secrets[0].secret.bytes) == "$6$s$h");
}

CASE(request_of_export) {
  for (const bool all : {true, false}) {
    FakeDaemon daemon({{done_ok()}});
    std::vector<std::string> words = {"export", "csv", "-"};
    if (!all) words.insert(words.end(), {"--domain", "a.example", "--with-verifiers"});
    run_command(daemon.run_dir(), words);
    const Received& request = daemon.stop().at(0);
    ExportRequest message;
    assert_true(decode_packet(Bytes(request.packet), message));
    assert_true(message.selection.all == all && message.with_verifiers == !all);
    assert_true(message.selection.domain == (all ? "" : "a.example") && request.attachment.empty());
  }
}

RUN_CASES(cmocka_unit_test(request_of_domain_commands), cmocka_unit_test(request_of_user_commands),
          cmocka_unit_test(request_of_admin_commands), cmocka_unit_test(request_of_secret_commands),
          cmocka_unit_test(request_of_checks_and_care), cmocka_unit_test(request_of_import_carries_sealed_rows),
          cmocka_unit_test(request_of_import_maps_contexts), cmocka_unit_test(request_of_import_carries_its_modes),
          cmocka_unit_test(request_of_import_takes_all_as_clear_if_told_so), cmocka_unit_test(request_of_export))
