// SPDX-License-Identifier: BSD-2-Clause
// What the configuration reader takes and what it refuses, with file and line (issue 2: broken configuration is refused
// with the rule, file and line named).
#include "daemon/config_files.h"

using namespace pbxcred;
using namespace pbxcred::test;
using namespace std::chrono_literals;

namespace {

struct Bad {
  std::string_view text;
  unsigned line;
  const char* phrase;
};

#define SERVICE(rest) "services = (\n{ user = \"www-data\";\n" rest "\n} )"

constexpr Bad kBad[] = {
    // The text itself.
    {"workers", 1, "in the middle of a setting"},
    {"workers =\n\n", 1, "in the middle of a setting"},
    {"workers 4;", 1, "unexpected 4"},
    {"\n\nworkers = = 4;", 3, "unexpected ="},
    {"workers = 4;;", 1, "unexpected ;"},
    {"= 4", 1, "unexpected ="},
    {"workers = 4\n}", 2, "unexpected \"}\""},
    {"hash = {\n passes = 2;\n", 1, "\"{\" is never closed"},
    {"hash = {\n passes = 2; ]", 2, "unexpected \"]\""},
    {"hash = { passes = 2 )", 1, "unexpected \")\""},
    {"run_dir = \"/run/x;\nworkers = 1;", 1, "not closed on its line"},
    {"run_dir = \"/run/x", 1, "not closed on its line"},
    {"\nrun_dir = \"/run/\\q\";", 2, "unknown escape"},
    {"run_dir = \"/run/\\x00\";", 1, "unknown escape"},
    {"run_dir = \"/run/\\x4\";", 1, "unknown escape"},
    {"run_dir = \"/run/\\", 1, "unknown escape"},
    {"run_dir = \"/run\" \"/pbxcred\";", 1, "unexpected string \"/pbxcred\""},
    {"workers = 4, \"x\"", 1, "unexpected string \"x\""},
    {"\"workers\" = 4", 1, "unexpected string \"workers\""},
    {"workers = 4;\n/* no end\n\n", 2, "comment that begins here is never closed"},
    {"workers = 4; /*/", 1, "comment that begins here is never closed"},
    {"workers = $4;", 1, "unexpected character \"$\""},
    {"wor*kers = 4;", 1, "unexpected character \"*\""},
    {"w\xc3\xb6rkers = 4;", 1, "unexpected character"},
    {"workers = 4; \x01", 1, "unexpected character \"?\""},
    {"workers = @4;", 1, "unexpected character \"@\""},
    {"a = (((((((((((((((((1)))))))))))))))));", 1, "nested too deeply"},
    {"workers = 1;\n# two\nworkers = 2;", 3, "\"workers\" is given twice"},
    {"hash = { passes = 1;\n passes = 1; };", 2, "\"passes\" is given twice"},
    {"policies = { a = {};\n a = {}; };", 2, "\"a\" is given twice"},
    {"lockout = { steps = [ \"1m\",\n 5 ] };", 2, "of one type"},
    {"lockout = { steps = [ 5,\n \"1m\"\n ] };", 2, "of one type"},
    // Numerals: libconfig 1.5 wraps these without a word.
    {"workers = 99999999999;", 1, "over 32 bits"},
    {"\nworkers = 4294967297;", 2, "over 32 bits"},
    {"workers = 0x100000001;", 1, "over 32 bits"},
    {"workers = 0xFFFFFFFF;", 1, "over 32 bits"},
    {"workers = -4294967295;", 1, "over 32 bits"},
    {"workers = 2147483648;", 1, "over 32 bits"},
    {"workers = 18446744073709551617L;", 1, "over 32 bits"},
    {"workers = 5m;", 1, "\"5m\" is not a number"},
    {"workers = 0x;", 1, "\"0x\" is not a number"},
    {"workers = 1-2;", 1, "\"1-2\" is not a number"},
    {"workers = -;", 1, "\"-\" is not a number"},
    {"workers = --1;", 1, "\"--1\" is not a number"},
    {"workers = 4.0;", 1, "workers must be a whole number"},
    {"workers = 1e2;", 1, "workers must be a whole number"},
    // Keys.
    {"worker = 4;", 1, "unknown key \"worker\""},
    {"Workers = 4;", 1, "unknown key \"Workers\""},
    {"workers = 4;\n\n\nmail = { smtp = \"x\"; };", 4, "unknown key \"mail\""},
    {"sources = {};", 1, "unknown key \"sources\""},
    {"recovery = {};", 1, "unknown key \"recovery\""},
    {"web = {};", 1, "unknown key \"web\""},
    {"audit = {};", 1, "unknown key \"audit\""},
    {"hash = {\n  memory = 64;\n};", 2, "unknown key \"memory\" in hash"},
    {"kinds = {\n  pin = \"pin-standard\";\n};", 2, "unknown key \"pin\" in kinds"},
    {"policies = { a = {\n classes = 4; }; };", 2, "unknown key \"classes\" in a"},
    {"lockout = {\n treshold = 5; };", 2, "unknown key \"treshold\" in lockout"},
    {SERVICE("kinds = [\"password\"];\ntrust_ruser = true;"), 4, "unknown key \"trust_ruser\" in services"},
    {SERVICE("kinds = [\"password\"];\nsession = true;"), 4, "unknown key \"session\" in services"},
    // Types.
    {"workers = \"4\";", 1, "workers must be a whole number"},
    {"workers = true;", 1, "workers must be a whole number"},
    {"workers = {};", 1, "workers must be a whole number"},
    {"run_dir = 5;", 1, "run_dir must be a string"},
    {"run_dir = [ \"/run/x\" ];", 1, "run_dir must be a string"},
    {"user = false;", 1, "user must be a string"},
    {"store_size = 16;", 1, "store_size must be a string"},
    {"store_size = 99999999999;", 1, "store_size must be a string"},
    {"credentials = [];", 1, "credentials must be a string"},
    {"hash = 5;", 1, "hash must be a group"},
    {"hash = ( 19456, 2, 1 );", 1, "hash must be a group"},
    {"kinds = [ \"password\" ];", 1, "kinds must be a group"},
    {"policies = \"x\";", 1, "policies must be a group"},
    {"policies = {\n standard = 15; };", 2, "standard must be a group"},
    {"lockout = true;", 1, "lockout must be a group"},
    {"lockout = { steps = \"1m\"; };", 1, "steps must be a list"},
    {"lockout = { steps = [\n60\n]; };", 2, "steps must be a string"},
    {"services = { user = \"www-data\"; };", 1, "services must be a list of groups"},
    {"services = [ \"www-data\" ];", 1, "services must be a list of groups"},
    {"services = (\n\n\"www-data\"\n\n);", 3, "services must be a group"},
    {SERVICE("kinds = [ \"password\" ];\nchange = 1;"), 4, "change must be true or false"},
    {SERVICE("kinds = [ \"password\" ];\ntrust_rhost = \"yes\";"), 4, "trust_rhost must be true or false"},
    {SERVICE("kinds = \"password\";"), 3, "kinds must be a list"},
    {SERVICE("kinds = [ \"password\" ];\ndomains = \"pbx.example.com\";"), 4, "domains must be a list"},
    {SERVICE("kinds = ( \"password\",\n5 );"), 4, "kinds must be a string"},
    // Values: places.
    {"run_dir = \"\";", 1, "run_dir must not be empty"},
    {"run_dir = \"run/pbxcred\";", 1, "run_dir must be an absolute path"},
    {"state_dir = \"lib\";", 1, "state_dir must be an absolute path"},
    {"key_file = \"ring\";", 1, "key_file must be an absolute path"},
    {"run_dir = \"/\";", 1, "must not be the root"},
    {"run_dir = \"/run/../run/x\";", 1, "must not contain"},
    {"run_dir = \"/run/..\";", 1, "must not contain"},
    {"state_dir = \"/var//lib\";", 1, "must not contain"},
    {"state_dir = \"/var/\\n\";", 1, "no usable path"},
    {"run_dir = \"/a23456789/a23456789/a23456789/a23456789/a23456789/a23456789/a23456789/a23456789/a23456789/a23456\";",
     1, "at most 95 bytes"},
    {"key_file = \"/etc/keys/\";", 1, "must name a file"},
    {"workers = 1;\nkey_file = \"/var/lib/pbxcred/ring\";", 2, "key_file lies in state_dir"},
    {"state_dir = \"/etc/pbxcred\";\nrun_dir = \"/run/x\";", 1, "key_file lies in state_dir"},
    {"key_file = \"/run/pbxcred/ring\";", 1, "key_file lies in run_dir"},
    {"state_dir = \"/run/pbxcred\";", 1, "state_dir lies in run_dir"},
    {"state_dir = \"/run/pbxcred/lib/\";", 1, "state_dir lies in run_dir"},
    {"\nrun_dir = \"/var/lib/pbxcred/run\";", 2, "run_dir lies in state_dir"},
    // Values: plain keys.
    {"user = \"nobody\";", 1, "65534"},
    {"user = \"#33\";", 1, "user must be a name"},
    {"user = \"33\";", 1, "user must be a name"},
    {"default_domain = \"pbx example\";", 1, "default_domain: a domain"},
    {"default_domain = \"a@b\";", 1, "default_domain: a domain"},
    {"workers = 257;", 1, "workers must be 0 to 256, not 257"},
    {"workers = -1;", 1, "workers must be 0 to 256, not -1"},
    {"store_size = \"16\";", 1, "store_size: a size is"},
    {"store_size = \"16GB\";", 1, "store_size: a size is"},
    {"store_size = \"9T\";", 1, "store_size: a size is at most"},
    {"store_size = \"512K\";", 1, "store_size: at least"},
    {"credentials = \"\";", 1, "credentials must be \"lmdb\""},
    {"credentials = \"lmdb [NOTFOUND=continue] asterisk\";", 1, "credentials must be \"lmdb\""},
    // Values: hash, kinds, policies, lockout.
    {"hash = { memory_kib = 7; };", 1, "memory_kib must be 8 to 4194304"},
    {"hash = {\n memory_kib = 4194305; };", 2, "memory_kib must be 8 to 4194304"},
    {"hash = { passes = 0; };", 1, "passes must be 1 to 100"},
    {"hash = { passes = 101; };", 1, "passes must be 1 to 100"},
    {"hash = { lanes = 0; };", 1, "lanes must be 1 to 16"},
    {"hash = { lanes = 17; };", 1, "lanes must be 1 to 16"},
    {"hash = { lanes = 4;\n memory_kib = 31; };", 2, "at least 8 for each of the lanes"},
    {"kinds = {\n voicemail = \"pins\"; };", 2, "voicemail: there is no policy \"pins\""},
    {"kinds = { password = \"\"; };", 1, "password: there is no policy \"\""},
    {"kinds = { admin = 5; };", 1, "admin must be a string"},
    {"policies = { a = { min_length = 0; }; };", 1, "min_length must be 1 to 1024"},
    {"policies = { a = { max_length = 1025; }; };", 1, "max_length must be 1 to 1024"},
    {"policies = { a = { min_length = 9;\n max_length = 8; }; };", 2, "min_length (9) is over max_length (8)"},
    {"policies = { pin-standard = {\n min_length = 16; }; };", 2, "min_length (16) is over max_length (15)"},
    {"policies = { pin = { alphabet = \"digits\";\n max_length = 6; }; };", 2,
     "min_length (15) is over max_length (6)"},
    {"policies = { a = { alphabet = \"digit\"; }; };", 1, "alphabet must be"},
    {"policies = { a234567890123456789012345678901234567890123456789012345678901234X = {}; };", 1, "64 characters"},
    {"lockout = { threshold = 0; };", 1, "threshold must be 1 to 100"},
    {"lockout = { threshold = 101; };", 1, "threshold must be 1 to 100"},
    {"lockout = { threshold = 60; };", 1, "permanent_at (50) is under threshold (60)"},
    {"lockout = { permanent_at = 4;\n };", 1, "permanent_at (4) is under threshold (5)"},
    {"lockout = { permanent_at = -1; };", 1, "permanent_at must be 0 to 1000000"},
    {"lockout = { steps = [ ]; };", 1, "steps must not be empty"},
    {"lockout = { steps = [ \"1m\",\n\n \"60s\",\n \"5m\" ]; };", 3, "steps must rise"},
    {"lockout = { steps = [ \"5m\",\n \"1m\" ]; };", 2, "steps must rise"},
    {"lockout = { steps = [\n \"0s\"\n ]; };", 2, "at least \"1s\""},
    {"lockout = { steps = [ \"1m\", \"5\" ]; };", 1, "steps: a duration"},
    {"lockout = { steps = [ \"1m\", \"\" ]; };", 1, "steps: a duration"},
    // Values: services.
    {"services = (\n{ kinds = [ \"password\" ]; } );", 2, "needs user"},
    {"services = (\n{ user = \"www-data\"; } );", 2, "needs kinds"},
    {SERVICE("kinds = [ ];"), 3, "kinds must not be empty"},
    {SERVICE("kinds = [ \"pin\" ];"), 3, "there is no kind \"pin\""},
    {SERVICE("kinds = [ \"Password\" ];"), 3, "there is no kind \"Password\""},
    {SERVICE("kinds = [ \"password\",\n\"phone\",\n\"password\" ];"), 5, "given twice"},
    {SERVICE("kinds = [ \"password\"\n\"phone\" ];"), 4, "a comma"},
    {SERVICE("kinds = [ \"password\" ];\ndomains = [ ];"), 4, "domains must not be empty"},
    {SERVICE("kinds = [ \"password\" ];\ndomains = [ \"a b\" ];"), 4, "domains: a domain"},
    {SERVICE("kinds = [ \"password\" ];\ndomains = [ \"A.example\",\n\"a.EXAMPLE\" ];"), 5, "given twice"},
    {"services = (\n{ user = \"no-such-user-of-pbxcred\"; kinds = [ \"password\" ]; } );", 2, "there is no user"},
    {"services = ( { user = \"\"; kinds = [ \"password\" ]; } );", 1, "user: must not be empty"},
    {"services = ( { user = \"nobody\"; kinds = [ \"password\" ]; } );", 1, "65534"},
    {"services = ( { user = \"#65534\"; kinds = [ \"password\" ]; } );", 1, "65534"},
    {"services = ( { user = \"#4294967295\"; kinds = [ \"password\" ]; } );", 1, "is no uid"},
    {"services = ( { user = \"#4294967296\"; kinds = [ \"password\" ]; } );", 1, "is no uid"},
    {"services = ( { user = \"#\"; kinds = [ \"password\" ]; } );", 1, "is no uid"},
    {"services = ( { user = \"#-1\"; kinds = [ \"password\" ]; } );", 1, "is no uid"},
    {"services = ( { user = \"#33x\"; kinds = [ \"password\" ]; } );", 1, "is no uid"},
    {"services = ( { user = \"33\"; kinds = [ \"password\" ]; } );", 1, "write \"#33\""},
    {"services = ( { user = \"#12\"; kinds = [ \"password\" ]; },\n{ user = \"#012\"; kinds = [ \"phone\" ]; } );", 2,
     "uid 12 has an entry already, as \"#12\""},
    {"services = ( { user = \"root\"; kinds = [ \"password\" ]; },\n{ kinds = [ \"phone\" ];\nuser = \"#0\"; } );", 3,
     "uid 0 has an entry already, as \"root\""},
};
static_assert(std::size(kBad) >= 80);

}  // namespace

CASE(config_has_defaults_when_empty) {
  for (std::string_view text : {"", "\n", "# nothing", "// nothing", "/* nothing\n */", "\xef\xbb\xbf", "\r\n"})
    assert_true(same(good(text), Settings()));
  assert_true(good("").services.empty());
}

CASE(config_reads_every_plain_key_when_given) {
  const Settings settings = good(
      "\xef\xbb\xbfrun_dir = \"/tmp/r/\";\r\nstate_dir : \"/srv/s\", key_file = \"/srv/k/ring\"; user = \"\"\n"
      "default_domain = \"PBX.Example\"; workers = 0x10; store_size = \"64M\"; credentials = \"lmdb\";");
  assert_string_equal(settings.run_dir.c_str(), "/tmp/r");
  assert_string_equal(settings.state_dir.c_str(), "/srv/s");
  assert_string_equal(settings.key_file.c_str(), "/srv/k/ring");
  assert_string_equal(settings.user.c_str(), "");
  assert_string_equal(settings.default_domain.c_str(), "pbx.example");
  assert_int_equal(settings.workers, 16);
  assert_int_equal(settings.store_size, 64 << 20);
}

CASE(config_reads_every_group_when_given) {
  const Settings settings = good(
      "hash = { memory_kib = 128; passes = 1L; lanes = 16; };\n"
      "kinds = { voicemail = \"short\"; password = \"standard\"; };\n"  // before its policy: order does not matter
      "policies = { short = { min_length = 4; max_length = 4; alphabet = \"digits\"; }; standard = { min_length = 8; "
      "};\n"
      " loose = { alphabet = \"alphanumeric\"; } };\n"
      "lockout = { threshold = 3; steps = ( \"90s\", \"2m\", \"1d\" ); permanent_at = 3; };\n");
  assert_true((settings.hash == HashParams{128, 1, 16}));
  assert_string_equal(settings.kinds[1].c_str(), "short");
  assert_string_equal(settings.kinds[2].c_str(), "login-standard");
  assert_int_equal(settings.policies.size(), built_in_policies().size() + 2);
  assert_true(same(*find_policy(settings, "short"), {"short", 4, 4, Alphabet::kDigits}));
  assert_true(same(*find_policy(settings, "standard"), {"standard", 8, 256, Alphabet::kAny}));
  assert_true(same(*find_policy(settings, "loose"), {"loose", 15, 256, Alphabet::kAlphanumeric}));
  assert_int_equal(settings.lockout.threshold, 3);
  assert_int_equal(settings.lockout.permanent_at, 3);
  assert_true((settings.lockout.steps == std::vector<std::chrono::seconds>{90s, 120s, 86400s}));
  assert_int_equal(good("lockout = { permanent_at = 0; };").lockout.permanent_at, 0);
}

CASE(config_reads_services_when_given) {
  const Settings settings = good(
      "services = ( { user = \"root\"; kinds = [ \"admin\" ]; },\n"
      "{ user = \"#4321\"; kinds = ( \"voicemail\", \"login\", \"phone\" ); domains = [ \"A.example\", \"b\" ];\n"
      "  change = true; trust_rhost = True; } );");
  assert_int_equal(settings.services.size(), 2);
  const ServiceEntry& root = settings.services[0];
  assert_true(root.uid == 0 && root.user == "root" && root.kinds == only(Kind::kAdmin) && root.domains.empty());
  assert_false(root.change || root.trust_rhost);
  const ServiceEntry& other = settings.services[1];
  assert_true(other.uid == 4321 && other.user == "#4321" && other.change && other.trust_rhost);
  assert_true(other.kinds.has(Kind::kVoicemail) && other.kinds.has(Kind::kLogin) && other.kinds.has(Kind::kPhone));
  assert_false(other.kinds.has(Kind::kPassword) || other.kinds.has(Kind::kAdmin));
  assert_true((other.domains == std::vector<std::string>{"a.example", "b"}));
  assert_true(good("services = ( );").services.empty());
}

CASE(config_takes_values_at_their_limits) {
  assert_int_equal(good("workers = 256;").workers, 256);
  assert_int_equal(good("workers = 0;").workers, 0);
  assert_true((good("hash = { memory_kib = 4194304; passes = 100; lanes = 1; };").hash == HashParams{4194304, 100, 1}));
  assert_int_equal(good("hash = { memory_kib = 8; };").hash.memory_kib, 8);
  assert_int_equal(good("store_size = \"4M\";").store_size, 4 << 20);
  assert_int_equal(good("run_dir = \"/" + std::string(94, 'x') + "\";").run_dir.size(), 95);
}

CASE(config_names_line_and_rule_when_something_is_wrong) {
  bool right = true;
  for (const Bad& row : kBad) right &= is_error(read_text(row.text), "test.conf", row.line, row.phrase);
  assert_true(right);
}

CASE(config_tells_all_errors_in_order_when_there_are_several) {
  const ConfigResult result = read_text(
      "kinds = { password = \"none\"; };\n"
      "workers = 999; nonsense = 99999999999;\n"
      "hash = { passes = 0; lanes = \"x\"; };\n"
      "key_file = \"/run/pbxcred/ring\";\n"
      "policies = { a = { min_length = 3; max_length = 2; }; };\n"
      "services = ( { user = \"nobody\"; kinds = [ \"x\", \"y\" ]; }, { } );\n");
  const unsigned lines[] = {1, 2, 2, 3, 3, 4, 5, 6, 6, 6, 6, 6};
  if (result.errors.size() != std::size(lines)) print_error("%s", all_of(result).c_str());
  assert_int_equal(result.errors.size(), std::size(lines));
  for (std::size_t i = 0; i < std::size(lines); ++i) assert_int_equal(result.errors[i].line, lines[i]);
  assert_false(result.settings.has_value());
}

CASE(config_follows_links_when_it_compares_places) {
  std::filesystem::create_directories(folder() + "/state/keys");
  std::error_code ignored;
  std::filesystem::create_directory_symlink(folder() + "/state/keys", folder() + "/keys", ignored);
  const std::string state = "state_dir = \"" + folder() + "/state\";\n";
  assert_true(
      is_error(read_text(state + "key_file = \"" + folder() + "/keys/ring\";"), "test.conf", 2, "in state_dir"));
  assert_true(read_text(state + "key_file = \"" + folder() + "/state-keys/ring\";").settings.has_value());
}

CASE(config_error_reads_as_file_line_and_reason) {
  assert_string_equal(to_text({"/etc/x.conf", 7, "wrong"}).c_str(), "/etc/x.conf:7: wrong");
  assert_string_equal(to_text({"/etc/x.conf", 0, "missing"}).c_str(), "/etc/x.conf: missing");
}

RUN_CASES(cmocka_unit_test(config_has_defaults_when_empty), cmocka_unit_test(config_reads_every_plain_key_when_given),
          cmocka_unit_test(config_reads_every_group_when_given), cmocka_unit_test(config_reads_services_when_given),
          cmocka_unit_test(config_takes_values_at_their_limits),
          cmocka_unit_test(config_names_line_and_rule_when_something_is_wrong),
          cmocka_unit_test(config_tells_all_errors_in_order_when_there_are_several),
          cmocka_unit_test(config_follows_links_when_it_compares_places),
          cmocka_unit_test(config_error_reads_as_file_line_and_reason))
