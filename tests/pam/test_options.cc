// SPDX-License-Identifier: BSD-2-Clause
// Tests of pam_pbx/options: every word of design §4, right and wrong.
#include "pam_pbx/options.h"

#include <string>
#include <vector>

#include "support/check.h"

using namespace pbxcred;

namespace {

using Words = std::vector<const char*>;

OptionFault parse(const Words& words, Options& options) {
  return parse_options(static_cast<int>(words.size()), words.data(), options);
}

Options parse_good(const Words& words) {
  Options options;
  const OptionFault fault = parse(words, options);
  if (fault) fail_msg("%s: %s", fault.word, fault.why);
  return options;
}

CASE(options_have_defaults_when_only_account_is_given) {
  const Options options = parse_good({"account=voicemail"});
  assert_int_equal(options.kind, Kind::kVoicemail);
  assert_string_equal(options.run_dir, "/run/pbxcred");
  assert_string_equal(options.domain, "");
  assert_false(options.sounds);
  assert_int_equal(options.pass, Pass::kAsk);
  assert_false(options.strict);
  assert_false(options.hide_unknown);
  assert_false(options.debug);
  assert_int_equal(options.timeout.count(), 5);
  assert_int_equal(options.delay.count(), 0);
}

CASE(options_take_every_kind) {
  for (const Kind kind : kAllKinds) {
    const std::string word = std::string("account=") + name_of(kind);
    assert_int_equal(parse_good({word.c_str()}).kind, kind);
  }
}

CASE(options_take_every_word) {
  const Options options = parse_good({"debug", "strict", "delay=60", "timeout=60", "unknown=hide", "prompts=sounds",
                                      "domain=example.org", "run_dir=/srv/pbx", "use_first_pass", "account=admin"});
  assert_string_equal(options.run_dir, "/srv/pbx");
  assert_string_equal(options.domain, "example.org");
  assert_true(options.sounds && options.strict && options.hide_unknown && options.debug);
  assert_int_equal(options.pass, Pass::kFirst);
  assert_int_equal(options.timeout.count(), 60);
  assert_int_equal(options.delay.count(), 60);
  assert_int_equal(parse_good({"account=password", "try_first_pass"}).pass, Pass::kTry);
  assert_int_equal(parse_good({"account=password", "timeout=1", "delay=0", "prompts=text"}).timeout.count(), 1);
}

CASE(options_are_refused_when_wrong) {
  const std::string long_path = "run_dir=/" + std::string(100, 'x');
  const std::string long_domain = "domain=" + std::string(256, 'x');
  const struct {
    Words words;
    const char* culprit;
  } rows[] = {
      {{}, "account="},
      {{"debug"}, "account="},
      {{"account="}, "account="},
      {{"account=pin"}, "account=pin"},
      {{"account=Password"}, "account=Password"},
      {{"account=password", "account=password"}, "account=password"},
      {{"account=password", "account=login"}, "account=login"},
      {{"account=password", "trust=ruser"}, "trust=ruser"},
      {{"account=password", "nullok"}, "nullok"},
      {{"account=password", ""}, ""},
      {{"account=password", "account"}, "account"},
      {{"account=password", "strict=yes"}, "strict=yes"},
      {{"account=password", "strict", "strict"}, "strict"},
      {{"account=password", "Debug"}, "Debug"},
      {{"account=password", "run_dir=run"}, "run_dir=run"},
      {{"account=password", "run_dir="}, "run_dir="},
      {{"account=password", long_path.c_str()}, long_path.c_str()},
      {{"account=password", "domain="}, "domain="},
      {{"account=password", long_domain.c_str()}, long_domain.c_str()},
      {{"account=password", "prompts=none"}, "prompts=none"},
      {{"account=password", "unknown=show"}, "unknown=show"},
      {{"account=password", "timeout=0"}, "timeout=0"},
      {{"account=password", "timeout=61"}, "timeout=61"},
      {{"account=password", "timeout="}, "timeout="},
      {{"account=password", "timeout=5s"}, "timeout=5s"},
      {{"account=password", "timeout=-1"}, "timeout=-1"},
      {{"account=password", "timeout=4294967297"}, "timeout=4294967297"},
      {{"account=password", "delay=61"}, "delay=61"},
      {{"account=password", "use_first_pass", "try_first_pass"}, "try_first_pass"},
      {{"account=password", "try_first_pass", "use_first_pass"}, "use_first_pass"},
  };
  for (const auto& row : rows) {
    Options options;
    options.domain = "untouched";
    const OptionFault fault = parse(row.words, options);
    if (!fault) fail_msg("accepted: %s", row.culprit);
    assert_string_equal(fault.word, row.culprit);
    assert_true(fault.why[0] != '\0');
    assert_string_equal(options.domain, "untouched");
  }
}

}  // namespace

RUN_CASES(cmocka_unit_test(options_have_defaults_when_only_account_is_given), cmocka_unit_test(options_take_every_kind),
          cmocka_unit_test(options_take_every_word), cmocka_unit_test(options_are_refused_when_wrong))
