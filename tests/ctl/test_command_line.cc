// SPDX-License-Identifier: BSD-2-Clause
// Command lines that never reach the daemon: help, usage, and secrets that are refused.
#include "catalog.h"
#include "complete.h"
#include "ctl/fake_daemon.h"
#include "support/check.h"

using namespace pbxcred;
using namespace pbxcred::test;
using ctl::Texts;

namespace {

/// Runs args beside a daemon that must not be asked.
Ran unasked(std::vector<std::string> args, const std::string& input = "") {
  FakeDaemon daemon;
  const Ran ran = run_command(daemon.run_dir(), std::move(args), input);
  assert_int_equal(daemon.stop().size(), 0);
  return ran;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Texts words_of(const std::string& words) {
  const std::size_t space = words.find(' ');
  if (space == std::string::npos) return {words};
  return {words.substr(0, space), words.substr(space + 1)};
}

}  // namespace

CASE(command_line_has_help_with_an_example_on_every_level) {
  const ctl::Commands commands = ctl::all_commands();
  std::vector<Texts> levels = {{}};
  for (const ctl::Group& group : ctl::groups()) levels.push_back({group.word});
  for (const auto& command : commands) levels.push_back(words_of(command->words()));
  for (Texts words : levels) {
    words.emplace_back("--help");
    const Ran ran = unasked(words);
    assert_int_equal(ran.status, 0);
    assert_true(has(ran.out, "Usage: pbxcredctl"));
    assert_true(has(ran.out, "Example:\n  pbxcredctl "));
    assert_string_equal(ran.err.c_str(), "");
  }
}

CASE(command_line_examples_name_their_own_command) {
  for (const auto& command : ctl::all_commands())
    assert_true(std::string(command->example()).starts_with(command->words()));
  for (const ctl::Group& group : ctl::groups()) assert_true(std::string(group.example).starts_with(group.word));
}

CASE(command_line_completes_its_words) {
  const struct {
    Texts words;
    const char* offered;
  } rows[] = {
      {{""},
       "domain user admin secret auth explain import export job status lock reload store key --help --json --run-dir "
       "--version"},
      {{"s"}, "secret status store"},
      {{"user", ""}, "add set show move list enable disable remove"},
      {{"user", "l"}, "list"},
      {{"frobnicate", "l"}, ""},
      {{"user", "frobnicate", ""}, ""},
      {{"--json", "--run-dir", "/run/x", "lo"}, "lock"},
      {{"secret", "set", "1001", "p"}, "password phone"},
      {{"secret", "set", "--without", "v"}, "voicemail"},
      {{"secret", "set", "--role", ""}, "user admin"},
      {{"secret", "set", "--te"}, "--temporary"},
      {{"secret", "set", "--domain", "a"}, ""},
      {{"status", "--w"}, "--watch"},
      {{"import", "csv", "use"}, ""},  // a file
  };
  for (const auto& row : rows) {
    std::string offered;
    for (const std::string& word : ctl::completions(row.words)) offered += (offered.empty() ? "" : " ") + word;
    assert_string_equal(offered.c_str(), row.offered);
  }
}

CASE(command_line_without_a_command_shows_help) {
  for (const Texts& words : {Texts{}, Texts{"user"}}) {
    const Ran ran = unasked(words);
    assert_int_equal(ran.status, 2);
    assert_true(has(ran.err, "Commands:\n"));
    assert_string_equal(ran.out.c_str(), "");
  }
}

CASE(command_line_suggests_what_was_meant) {
  assert_true(has(unasked({"usr", "list"}).err, "did you mean 'user'?"));
  assert_true(has(unasked({"user", "dissable"}).err, "did you mean 'disable'?"));
  assert_false(has(unasked({"frobnicate"}).err, "did you mean"));
  assert_true(
      has(unasked({"user", "list", "--domian", "a"}).err, "no such option here: --domian, did you mean '--domain'?"));
  assert_true(has(unasked({"--jsn", "status"}).err, "did you mean '--json'?"));
}

CASE(command_line_refuses_as_usage) {
  const std::vector<Texts> lines = {{"frobnicate"},
                                    {"--bogus"},
                                    {"user", "--bogus"},
                                    {"user", "list", "--bogus"},
                                    {"user", "add"},
                                    {"user", "show", "a", "b"},
                                    {"user", "disable"},
                                    {"user", "set", "a"},
                                    {"domain", "set", "a"},
                                    {"domain", "add", "a", "--policy", "voicemail"},
                                    {"domain", "add", "a", "--policy", "pin=x"},
                                    {"domain", "rename", "a"},
                                    {"secret", "set", "a"},
                                    {"secret", "set", "a", "pin"},
                                    {"secret", "set", "password"},
                                    {"secret", "set", "a", "password", "--expires", "24"},
                                    {"secret", "clear", "a", "password", "--temporary"},
                                    {"secret", "set", "--role", "admin", "--all", "password"},
                                    {"auth", "a", "pin"},
                                    {"auth", "a", "password", "--from", "7"},
                                    {"explain", "a", "password", "--at", "soon"},
                                    {"import", "csv", "f", "--mode", "merge"},
                                    {"import", "csv", "f", "--mode", "Sync"},
                                    {"import", "csv", "f", "--weak", "drop"},
                                    {"import", "csv", "f", "--max-disable", "3"},
                                    {"import", "csv", "f", "--mode", "sync", "--max-disable", "101%"},
                                    {"import", "csv", "f", "--mode", "sync", "--max-disable", "-1"},
                                    {"import", "csv", "f", "--mode", "sync", "--max-disable", "%"},
                                    {"import", "csv", "f", "--spool", "d"},
                                    {"import", "asterisk", "f", "--clear"},
                                    {"export", "csv"},
                                    {"export", "csv", "-", "--force"},
                                    {"import", "csv", "f", "--map", "a=b"},
                                    {"import", "asterisk", "f", "--map", "a"},
                                    {"user", "add", "1@a", "--email"},
                                    {"job", "cancel"},
                                    {"job", "show", "one"},
                                    {"domain", "import"},
                                    {"domain", "export"},
                                    {"store", "backup"},
                                    {"store", "backup", "a", "b"},
                                    {"key", "rotate", "now"},
                                    {"key", "retire"},
                                    {"key", "retire", "one"},
                                    {"key", "retire", "0"},
                                    {"key", "backup"},
                                    // of later issues
                                    {"policy", "list"},
                                    {"rollout", "show"},
                                    {"list", "show"},
                                    {"mail", "queue"},
                                    {"audit", "list"}};
  for (const Texts& line : lines) {
    const Ran ran = unasked(line, "secret\n");
    if (ran.status != 2 || !ran.err.starts_with("pbxcredctl: ") || !ran.out.empty())
      fail_msg("%s %s: %d %s", line[0].c_str(), line.size() > 1 ? line[1].c_str() : "", ran.status, ran.err.c_str());
  }
}

CASE(command_line_repeats_no_secret_that_was_put_on_it) {
  for (const Texts& line :
       {Texts{"secret", "set", "1@a", "password", "hunter2"}, Texts{"auth", "1@a", "password", "hunter2"},
        Texts{"secret", "set", "1@a", "password", "--secret=hunter2"}})
    assert_false(has(unasked(line).err, "hunter2"));
}

CASE(command_line_takes_global_options_before_and_after) {
  FakeDaemon daemon;
  assert_string_equal(run_command(daemon.run_dir(), {"--version"}).out.c_str(), "pbxcredctl " PBXCRED_VERSION "\n");
  const TempDir nobody;
  assert_int_equal(run_command(daemon.run_dir(), {"key", "list", "--run-dir", nobody.path()}).status, 3);
  assert_int_equal(daemon.stop().size(), 0);
}

CASE(command_line_refuses_bad_secrets_on_standard_input) {
  const Texts line = {"secret", "set", "1@a", "password"};
  assert_true(has(unasked(line, "").err, "no secret on standard input"));
  for (const std::string& input : {std::string(), std::string("\n"), std::string("\r\n"), std::string(1025, 'x'),
                                   std::string(1025, 'x') + "\n", std::string(1025, 'x') + "\r\n"})
    assert_int_equal(unasked(line, input).status, 7);
}

CASE(command_line_takes_a_secret_of_1024_bytes) {
  FakeDaemon daemon;
  run_command(daemon.run_dir(), {"secret", "set", "1@a", "password"}, std::string(1024, 'x') + "\r\n");
  assert_int_equal(daemon.stop().size(), 1);
}

CASE(command_line_reports_files_it_cannot_read) {
  const TempDir dir;
  assert_int_equal(unasked({"import", "csv", dir.path() + "/none"}).status, 5);
  assert_int_equal(unasked({"import", "asterisk", dir.path() + "/none"}).status, 5);
  assert_int_equal(unasked({"user", "list", "--file", dir.path() + "/none"}).status, 5);
  assert_int_equal(unasked({"import", "csv", dir.file("bad.csv", "what,ever\n1,2\n")}).status, 7);
}

RUN_CASES(cmocka_unit_test(command_line_completes_its_words),
          cmocka_unit_test(command_line_has_help_with_an_example_on_every_level),
          cmocka_unit_test(command_line_examples_name_their_own_command),
          cmocka_unit_test(command_line_without_a_command_shows_help),
          cmocka_unit_test(command_line_suggests_what_was_meant), cmocka_unit_test(command_line_refuses_as_usage),
          cmocka_unit_test(command_line_repeats_no_secret_that_was_put_on_it),
          cmocka_unit_test(command_line_takes_global_options_before_and_after),
          cmocka_unit_test(command_line_refuses_bad_secrets_on_standard_input),
          cmocka_unit_test(command_line_takes_a_secret_of_1024_bytes),
          cmocka_unit_test(command_line_reports_files_it_cannot_read))
