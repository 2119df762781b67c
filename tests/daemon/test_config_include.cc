// SPDX-License-Identifier: BSD-2-Clause
// Files of a configuration: what is opened, what @include does, and that nothing in them ends the process.
#include <sys/stat.h>
#include <unistd.h>

#include <random>

#include "daemon/config_files.h"

using namespace pbxcred;
using namespace pbxcred::test;

namespace {

/// chain-0.conf includes chain-1.conf and so on; the last sets workers.
std::string write_chain(int depth) {
  for (int i = 0; i < depth; ++i)
    write_file("chain-" + std::to_string(i) + ".conf", "@include \"chain-" + std::to_string(i + 1) + ".conf\"\n");
  write_file("chain-" + std::to_string(depth) + ".conf", "workers = 7;\n");
  return folder() + "/chain-0.conf";
}

struct BadInclude {
  std::string_view text;
  unsigned line;
  const char* phrase;
};

constexpr BadInclude kBadIncludes[] = {
    {"workers = 1;\n@include \"missing.conf\"\n", 2, "missing.conf: No such file"},
    {"@include \"a-folder\"\n", 1, "a-folder: is a directory"},
    {"@include \"/\"\n", 1, "cannot include /: is a directory"},
    {"@include \"\"\n", 1, "is a directory"},
    {"\n@include \"/dev/null\"\n", 2, "/dev/null: is not a regular file"},
    {"@include \"a-pipe\"\n", 1, "a-pipe: is not a regular file"},
    {"@include \"nul.conf\"\n", 1, "nul.conf: contains a NUL byte"},
    {"@include \"test.conf\"\n", 1, "test.conf: it includes itself"},
    {"@include \"a-folder/../test.conf\"\n", 1, "it includes itself"},
    {"@include \"a-link\"\n", 1, "a-link: it includes itself"},
    {"@include good.conf\n", 1, "needs a path in quotes"},
    {"@include\n", 1, "needs a path in quotes"},
    {"@includes \"good.conf\"\n", 1, "needs a path in quotes"},
    {"@import \"good.conf\"\n", 1, "unexpected character \"@\""},
    {"@include \"good.conf\n", 1, "not closed on its line"},
    {"@include \"good.conf\";\n", 1, "nothing may follow"},
    {"@include \"good.conf\" user = \"x\";\n", 1, "nothing may follow"},
    {"user = \"x\"; @include \"good.conf\"\n", 1, "first on its line"},
    {"@include \"good.conf\" @include \"good.conf\"\n", 1, "nothing may follow"},
};

void write_odd_files() {
  write_file("good.conf", "workers = 3;");
  write_file("a-folder/inner.conf", "workers = 4;");
  write_file("nul.conf", std::string_view("workers = 3;\0\n", 14));
  (void)mkfifo((folder() + "/a-pipe").c_str(), 0600);
  std::error_code ignored;
  std::filesystem::create_symlink("test.conf", folder() + "/a-link", ignored);
}

}  // namespace

CASE(include_takes_path_from_including_file_when_relative) {
  write_odd_files();
  write_file("a-folder/outer.conf", "@include \"inner.conf\"\n");
  assert_int_equal(chdir("/"), 0);
  assert_int_equal(good("@include \"good.conf\"").workers, 3);
  assert_int_equal(good("\t @include   \"good.conf\" # as it should").workers, 3);
  assert_int_equal(good("@include \"good.conf\"\r\nuser = \"\";").workers, 3);
  assert_int_equal(good("@include \"a-folder/outer.conf\"\n").workers, 4);
  assert_int_equal(good("@include \"" + folder() + "/good.conf\"\n").workers, 3);
  assert_int_equal(chdir(folder().c_str()), 0);
  assert_int_equal(read_config("good.conf").settings->workers, 3);
  write_file("relative.conf", "@include \"a-folder/inner.conf\"");
  assert_int_equal(read_config("relative.conf").settings->workers, 4);
  assert_int_equal(chdir("/"), 0);
}

CASE(include_counts_lines_of_each_file_when_something_is_wrong) {
  write_file("bad.conf", "# one\n\nworkers = 999;\n");
  write_file("cut.conf", "# one\nworkers =\n");
  write_file("part.conf", "{ user = \"root\"; kinds = [ \"password\" ];\n }");
  assert_true(is_error(read_text("user = \"\";\n@include \"bad.conf\"\n"), "bad.conf", 3, "0 to 256"));
  assert_true(is_error(read_text("\n@include \"good.conf\"\n\nhash = { passes = 0; };"), "test.conf", 4, "1 to 100"));
  assert_true(is_error(read_text("@include \"good.conf\"\n\nworkers = 1;"), "test.conf", 3, "given twice"));
  assert_true(is_error(read_text("workers = 1;\n@include \"good.conf\"\n"), "good.conf", 1, "given twice"));
  assert_true(is_error(read_text("@include \"cut.conf\"\n= 4;"), "test.conf", 2, "unexpected ="));
  assert_int_equal(good("services = (\n@include \"part.conf\"\n);").services.size(), 1);
  assert_int_equal(good("/*\n@include \"/\"\n*/\n# @include \"/\"\n//@include \"/\"\nworkers = 2;").workers, 2);
  assert_true(is_error(read_text("default_domain = \"@include \\\"/\\\"\";"), "test.conf", 1, "default_domain"));
}

CASE(include_is_refused_when_it_cannot_be_right) {
  write_odd_files();
  bool right = true;
  for (const BadInclude& row : kBadIncludes) right &= is_error(read_text(row.text), "test.conf", row.line, row.phrase);
  assert_true(right);
}

CASE(include_ends_when_files_include_one_another) {
  write_file("ping.conf", "\n@include \"pong.conf\"\n");
  write_file("pong.conf", "\n\n@include \"ping.conf\"\n");
  assert_true(is_error(read_text("@include \"ping.conf\""), "pong.conf", 3, "it includes itself"));
}

CASE(include_goes_eight_deep_and_no_deeper) {
  const ConfigResult eight = read_config(write_chain(8));
  assert_true(eight.settings.has_value());
  assert_int_equal(eight.settings->workers, 7);
  assert_true(is_error(read_config(write_chain(9)), "chain-8.conf", 1, "more than 8 files deep"));
}

CASE(include_may_be_repeated_when_nothing_is_given_twice) {
  write_file("nothing.conf", "# nothing\n");
  assert_int_equal(good("@include \"nothing.conf\"\n@include \"nothing.conf\"\n@include \"good.conf\"").workers, 3);
}

CASE(config_file_must_be_a_readable_regular_file) {
  write_odd_files();
  assert_true(is_error(read_config(folder() + "/missing.conf"), "missing.conf", 0, "No such file"));
  assert_true(is_error(read_config(folder() + "/a-folder"), "a-folder", 0, "is a directory"));
  assert_true(is_error(read_config(folder() + "/a-pipe"), "a-pipe", 0, "is not a regular file"));
  assert_true(is_error(read_config(folder() + "/nul.conf"), "nul.conf", 0, "NUL byte"));
  const ConfigResult zero = read_config("/dev/zero");
  assert_int_equal(zero.errors.size(), 1);
}

CASE(config_file_is_refused_when_it_is_too_large) {
  const std::size_t most = 4U << 20;
  assert_true(read_text(std::string(most, '\n')).settings.has_value());
  assert_true(is_error(read_text(std::string(most + 1, '\n')), "test.conf", 0, "larger than 4 MiB"));
  write_file("half.conf", std::string(most / 2, '\n'));
  assert_true(is_error(read_text("@include \"half.conf\"\n@include \"half.conf\"\n"), "test.conf", 2, "larger than"));
  std::string many;
  for (int i = 0; i < 30000; ++i) many += "k" + std::to_string(i) + "=1;\n";
  assert_true(is_error(read_text(many), "test.conf", 25001, "too many settings"));
  assert_true(is_error(read_text("run_dir = \"/" + std::string(5000, 'x') + "\";"), "test.conf", 1, "4096 bytes"));
}

/// libconfig 1.5 alone calls exit(2) for some of these; then this program ends before it has told its results.
CASE(config_never_ends_the_process_when_text_is_random) {
  write_odd_files();
  const std::string seed =
      "run_dir = \"/r\\x41\\\"\"; /* c */ workers = 0x10L; # c\n@include \"good.conf\"\n@include \"a-folder\"\n"
      "hash = { passes = 2; lanes = -1.5e3; }; policies : { a-b = { alphabet = \"digits\"; }; };\n"
      "services = ( { user = \"root\"; kinds = [ \"password\", \"phone\" ]; change = true; }, [ 1, 2 ], ( 3 ) );\n";
  std::mt19937 random(4711);
  const auto below = [&](std::size_t end) { return static_cast<std::size_t>(random()) % end; };
  int accepted = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string text = seed;
    for (std::size_t changes = below(6); changes > 0; --changes) {
      const std::size_t at = below(text.size());
      switch (below(4)) {
        case 0: text[at] = static_cast<char>(below(256)); break;
        case 1: text.erase(at, 1 + below(30)); break;
        case 2: text.insert(at, seed.substr(below(seed.size()), 1 + below(30))); break;
        default: text[at] = "@\"\\{}[]();=,#/*\n"[below(16)]; break;
      }
      if (text.empty()) text = ";";
    }
    const ConfigResult result = read_text(text);
    assert_true(result.settings.has_value() == result.errors.empty());
    accepted += result.settings.has_value();
    for (const ConfigError& error : result.errors) assert_false(error.what.empty() || error.file.empty());
  }
  assert_true(accepted < 3000);
}

RUN_CASES(cmocka_unit_test(include_takes_path_from_including_file_when_relative),
          cmocka_unit_test(include_counts_lines_of_each_file_when_something_is_wrong),
          cmocka_unit_test(include_is_refused_when_it_cannot_be_right),
          cmocka_unit_test(include_ends_when_files_include_one_another),
          cmocka_unit_test(include_goes_eight_deep_and_no_deeper),
          cmocka_unit_test(include_may_be_repeated_when_nothing_is_given_twice),
          cmocka_unit_test(config_file_must_be_a_readable_regular_file),
          cmocka_unit_test(config_file_is_refused_when_it_is_too_large),
          cmocka_unit_test(config_never_ends_the_process_when_text_is_random))
