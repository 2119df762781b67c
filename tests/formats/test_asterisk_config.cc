// SPDX-License-Identifier: BSD-2-Clause
// Asterisk's configuration syntax: comments, sections, templates, includes, and files that mean harm.
#include "formats/asterisk_config.h"

#include <sys/stat.h>

#include "formats/comment_filter.h"
#include "formats/rows.h"
#include "support/check.h"

using namespace pbxcred;

namespace {

/// `[name]` or `{template}`, then `name=value` lines with `>` for arrows; faults as `!LINE what`.
std::string shown(const Result<AsteriskConfig>& config) {
  if (!config) return "ERROR " + config.error().what;
  std::string out;
  for (const ConfigSection& section : config->sections()) {
    out.append(section.is_template ? "{" : "[").append(section.name).append(section.is_template ? "}" : "]");
    for (const std::uint32_t index : section.lines) {
      const ConfigLine& line = config->line(index);
      out.append(" ").append(line.name).append(line.has_arrow ? ">" : "=").append(line.value);
    }
    out.append("\n");
  }
  for (const ConfigFault& fault : config->faults()) {
    out.append("!").append(std::to_string(fault.line)).append(" ").append(fault.what).append("\n");
  }
  return out;
}

std::string parsed(std::string_view text) {
  return shown(AsteriskConfig::read_text(text, "v.conf"));
}

struct TextCase {
  const char* text;
  const char* sections;
};

void expect_all(const std::vector<TextCase>& cases) {
  for (const TextCase& c : cases) assert_string_equal(parsed(c.text).c_str(), c.sections);
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace

CASE(comment_filter_keeps_what_is_no_comment) {
  const std::vector<TextCase> cases = {
      {"a = b", "a = b"},
      {"a ; b", "a "},
      {";", ""},
      {"a\\;b;c", "a;b"},
      {"\\;\\;a\\;", ";;a;"},
      {"\\;;a", ";"},
      {"a ;-- b --; c", "a  c"},
      {"a ;-- b ;-- c --; d --; e", "a  e"},
      {"a ;-- b ; c --; d", "a  d"},
      {"a ;--- b --; c", "a "},
      {"a ;--- b", "a "},
      {"a ;--b--;;--c--;d", "a d"},
      {"a ;-- \\; --; d", "a  d"},
      {"a --; b", "a --"},
      {"a;--;b --; c", "a c"},
  };
  for (const TextCase& c : cases) {
    std::string line = c.text;
    CommentFilter filter;
    const std::string kept(filter.keep({reinterpret_cast<std::uint8_t*>(line.data()), line.size()}, 1));
    assert_string_equal(kept.c_str(), c.sections);
    assert_false(filter.in_block());
  }
}

CASE(config_drops_block_comments_over_lines) {
  expect_all({
      {"[a]\nx=1 ;-- from here\ny=2\n;-- deeper\n--; z=3\n --; w=4\nv=5", "[a] x=1 w=4 v=5\n"},
      {"[a]\nx=1\n\n;-- open\ny=2\n", "[a] x=1\n!4 a block comment is opened here and never closed\n"},
      {"[a]\n;-----\nx=1\n;-----\n", "[a] x=1\n"},
  });
}

CASE(config_reads_variables_as_asterisk_does) {
  expect_all({
      {"[a]\n x = 1 \r\ny=>2\nz => a = b\n\tw=\n", "[a] x=1 y>2 z>a = b w=\n"},
      {"[a]\nx=1\nx=2\n", "[a] x=1 x=2\n"},
      {"\xEF\xBB\xBF[a]\nx=1\n", "[a] x=1\n"},
      {"[a]\n\\#x=1\n\\[y]=2\n\\=z=3\n", "[a] #x=1 [y]=2 =z=3\n"},
      {"[a]\nx=1\nx+=2\nx += 3\ny+=4\n", "[a] x=12 3 y=4\n"},
      {"[a]\nx=1;c\ny=a\\;b\n", "[a] x=1 y=a;b\n"},
  });
}

CASE(config_reports_lines_it_cannot_read_and_goes_on) {
  expect_all({
      {"x=1\n[a]\ny=2\n", "[a] y=2\n!1 stands before the first section\n"},
      {"[a]\nhello\ny=2\n", "[a] y=2\n!2 has no =\n"},
      {"[a]\n=1\n =>2\n+=3\n",
       "[a]\n!2 has no name before the =\n!3 has no name before the =\n!4 has no name before the =\n"},
      {"[a\nx=1\n", "!1 a section's name is not closed by ]\n!2 stands before the first section\n"},
      {"[a](b\nx=1\n", "[a] x=1\n!1 a section's options are not closed by )\n"},
      {"[a]\n\\\n\\ x=1\n", "[a]\n!2 a backslash escapes nothing\n!3 a backslash escapes nothing\n"},
      {"#frob x\n#include\n#include \"\"\n", "!1 unknown directive\n!2 names no file\n!3 names no file\n"},
  });
  assert_string_equal(parsed(std::string_view("[a]\nx=1\0 2\ny=2\n", 16)).c_str(), "[a] y=2\n!2 has a NUL byte\n");
}

CASE(config_inherits_from_templates_and_sections) {
  expect_all({
      {"[t](!)\nx=1\n[a](t)\ny=2\n", "{t} x=1\n[a] x=1 y=2\n"},
      {"[t](!)\nx=1\n[u](!,t)\ny=2\n[a](u)\n[b](t,u)\nz=3\n",
       "{t} x=1\n{u} x=1 y=2\n[a] x=1 y=2\n[b] x=1 x=1 y=2 z=3\n"},
      {"[a]\nx=1\n[B](A)\n", "[a] x=1\n[B] x=1\n"},
      {"[t](!)\nx=1\n[a](t)\n[t](+)\ny=2\n", "{t} x=1\n[a] x=1\n[t] y=2\n!4 no such section further up to add to\n"},
      {"[t](!)\nx=1\n[t](+TEMPLATES=include)\ny=2\n[a](t)\n", "{t} x=1 y=2\n[a] x=1 y=2\n"},
      {"[t](!)\nx=1\n[a](t)\nx+=2\n[b](t)\n", "{t} x=1\n[a] x=12\n[b] x=1\n"},
      {"[a] (!)\nx=1\n", "[a] x=1\n"},
  });
}

CASE(config_adds_to_a_section) {
  expect_all({
      {"[a]\nx=1\n[b]\n[A](+)\ny=2\n", "[a] x=1 y=2\n[b]\n"},
      {"[t](!)\nx=1\n[a]\ny=2\n[a](t,+)\nz=3\n", "{t} x=1\n[a] y=2 x=1 z=3\n"},
      {"[t](!)\nx=1\n[a]\ny=2\n[a](+,t)\nz=3\n", "{t} x=1\n[a] y=2 x=1 z=3\n"},
      {"[a]\nx=1\n[a](+,!)\n", "{a} x=1\n"},
      {"[a]\nx=1\n[a]\ny=2\n[a](+)\nz=3\n", "[a] x=1 z=3\n[a] y=2\n"},
      {"[a](+)\nx=1\n", "[a] x=1\n!1 no such section further up to add to\n"},
      {"[a]\nx=1\n[a](+,+)\n", "[a] x=1\n!3 no such section further up to add to\n"},
  });
}

CASE(config_has_no_template_loops) {
  expect_all({
      {"[a](a)\nx=1\n", "[a] x=1\n!1 no section of that name further up to inherit from\n"},
      {"[a](b)\nx=1\n[b](a)\ny=2\n", "[a] x=1\n[b] x=1 y=2\n!1 no section of that name further up to inherit from\n"},
      {"[a](,)\n", "[a]\n!1 no section of that name further up to inherit from\n"},
  });
  std::string doubling = "[a0](!)\nx=1\n";
  for (int i = 1; i < 60; ++i) {
    const std::string base = "a" + std::to_string(i - 1);
    doubling += "[a" + std::to_string(i) + "](" + base + "," + base + ")\n";
  }
  assert_string_equal(parsed(doubling).c_str(), "ERROR v.conf:21: sections inherit more than 1000000 lines");
}

CASE(config_bounds_lines_sections_and_faults) {
  const std::string long_value(8187, 'v');
  assert_string_equal(parsed("[a]\nx=" + long_value).c_str(), ("[a] x=" + long_value + "\n").c_str());
  assert_string_equal(parsed("[a]\nx=" + long_value + "v\ny=1").c_str(), "[a] y=1\n!2 longer than 8189 bytes\n");
  assert_string_equal(parsed("[a]\nx=" + std::string(1U << 20U, 'v') + "\ny=1").c_str(),
                      "[a] y=1\n!2 longer than 8189 bytes\n");
  assert_string_equal(parsed("[a]\n  ;" + std::string(9000, 'v') + "\ny=1").c_str(), "[a] y=1\n");
  assert_string_equal(parsed(repeated("[a]\n", 65537)).c_str(), "ERROR v.conf:65537: more than 65536 sections");
  assert_string_equal(parsed(repeated("?\n", 10001)).c_str(), "ERROR v.conf:10001: too many lines that cannot be read");
  const std::string growing = "[a]\nx=1\n" + repeated("x+=" + std::string(8000, 'v') + "\n", 200);
  assert_true(parsed(growing).starts_with("ERROR v.conf:1"));
  assert_true(parsed(growing).ends_with("more than 64 MiB"));
}

CASE(config_includes_files_as_asterisk_does) {
  const TestFolder folder;
  folder.write("b.conf", "y=2\n[b]\nz=3\n");
  folder.write("c.conf", "w=4\n");
  folder.write("d/1.conf", "[d1]\n#include \"c.conf\"\n#include e.conf\n");
  folder.write("d/2.conf", "[d2]\n");
  folder.write("d/e.conf", "beside=1\n");
  const auto read = [&](const std::string& text) { return shown(AsteriskConfig::read(folder.write("a.conf", text))); };
  // lines after an include stay in the includer's section; a file starts in the section used last
  assert_string_equal(read("[a]\nx=1\n#include \"b.conf\"\nx=5\n#Include c.conf\n").c_str(),
                      "[a] x=1 y=2 x=5\n[b] z=3 w=4\n");
  assert_string_equal(read("[a]\n#include <c.conf>\n#include \"" + folder / "c.conf" + "\"\n").c_str(),
                      "[a] w=4 w=4\n");
  assert_string_equal(read("#include d/*.conf ; all\n").c_str(), "[d1] w=4 beside=1\n[d2] beside=1\n");
}

CASE(config_reports_includes_that_fail) {
  const TestFolder folder;
  mkdir((folder / "dir").c_str(), 0700);
  mkfifo((folder / "fifo").c_str(), 0600);
  const auto read = [&](const std::string& text) { return shown(AsteriskConfig::read(folder.write("a.conf", text))); };
  assert_string_equal(read("[a]\n#include \"gone\"\n#tryinclude \"gone\"\n#include \"g*\"\nx=1\n").c_str(),
                      "[a] x=1\n!2 the file to include does not exist\n!4 the file to include does not exist\n");
  assert_string_equal(read("[a]\n#include dir\n#include fifo\n#tryinclude dir\n").c_str(),
                      "[a]\n!2 the file to include: not a regular file\n!3 the file to include: not a regular file\n"
                      "!4 the file to include: not a regular file\n");
  assert_string_equal(parsed("[a]\n#include \"a.conf\"\n").c_str(), "[a]\n!2 files cannot be included here\n");
}

CASE(config_refuses_exec_loops_and_depth) {
  const TestFolder folder;
  const auto read = [&](const std::string& text) {
    std::string out = shown(AsteriskConfig::read(folder.write("a.conf", text)));
    for (auto at = out.find(folder / ""); at != std::string::npos; at = out.find(folder / "")) {
      out.erase(at, (folder / "").size());
    }
    return out;
  };
  folder.write("exec.conf", "\n#exec /bin/true\n");
  folder.write("loop1.conf", "#include \"./loop2.conf\"\n");
  folder.write("loop2.conf", "[x]\n\n#tryinclude \"" + folder / "loop1.conf" + "\"\n");
  for (int i = 2; i < 20; ++i) {
    folder.write(std::to_string(i) + ".conf", "#include " + std::to_string(i + 1) + ".conf\n");
  }
  assert_string_equal(read("[a]\n#exec \"/bin/true\"\n").c_str(),
                      "ERROR a.conf:2: #exec is refused; run it and import what it prints");
  assert_string_equal(read("#include exec.conf\n").c_str(),
                      "ERROR exec.conf:2: #exec is refused; run it and import what it prints");
  assert_string_equal(read("\n#include a.conf\n").c_str(), "ERROR a.conf:2: the file includes itself");
  assert_string_equal(read("#include \"loop1.conf\"\n").c_str(), "ERROR ./loop2.conf:3: the file includes itself");
  assert_string_equal(read("#include ?.conf\n").c_str(), "ERROR 10.conf:1: files include each other deeper than 10");
  assert_string_equal(read("#include 2.conf\n").c_str(), "ERROR 10.conf:1: files include each other deeper than 10");
  folder.write("12.conf", "[twelve]\n");
  assert_string_equal(read("#include 3.conf\n#include 3.conf\n").c_str(),
                      "ERROR 11.conf:1: files include each other deeper than 10");
  assert_string_equal(read("#include 4.conf\n#include 4.conf\n").c_str(), "[twelve]\n[twelve]\n");
}

CASE(config_bounds_the_number_of_files) {
  const TestFolder folder;
  for (int i = 1; i < 8; ++i) {
    folder.write(std::to_string(i), repeated("#include " + std::to_string(i + 1) + "\n", 10));
  }
  folder.write("8", "");
  const std::string out = shown(AsteriskConfig::read(folder / "1"));
  assert_true(out.starts_with("ERROR ") && out.ends_with("more than 4096 files"));
}

CASE(config_finds_includes_in_folders_with_odd_names) {
  const TestFolder folder;
  folder.write("a[b]{c,d}*?~\\/e f/b.conf", "[b]\n");
  const std::string path = folder.write("a[b]{c,d}*?~\\/e f/a.conf", "#include \"b*.conf\"\n#include b.conf\n");
  assert_string_equal(shown(AsteriskConfig::read(path)).c_str(), "[b]\n[b]\n");
}

CASE(config_says_why_the_first_file_cannot_be_read) {
  const TestFolder folder;
  const auto gone = AsteriskConfig::read(folder / "gone");
  assert_true(!gone && gone.error().code == Code::kNotFound);
  const auto not_a_file = AsteriskConfig::read(folder / ".");
  assert_true(!not_a_file && not_a_file.error().code == Code::kInternal);
}

CASE(config_survives_noise) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    (void)parsed(noise("[]a(b)!+,;-\\=>\n\n #", seed % 300, seed));
    if (seed % 10 == 0) (void)parsed("[a]\n" + noise(bytes, 500, seed));
  }
}

RUN_CASES(cmocka_unit_test(comment_filter_keeps_what_is_no_comment),
          cmocka_unit_test(config_drops_block_comments_over_lines),
          cmocka_unit_test(config_reads_variables_as_asterisk_does),
          cmocka_unit_test(config_reports_lines_it_cannot_read_and_goes_on),
          cmocka_unit_test(config_inherits_from_templates_and_sections), cmocka_unit_test(config_adds_to_a_section),
          cmocka_unit_test(config_has_no_template_loops), cmocka_unit_test(config_bounds_lines_sections_and_faults),
          cmocka_unit_test(config_includes_files_as_asterisk_does), cmocka_unit_test(config_reports_includes_that_fail),
          cmocka_unit_test(config_refuses_exec_loops_and_depth), cmocka_unit_test(config_bounds_the_number_of_files),
          cmocka_unit_test(config_finds_includes_in_folders_with_odd_names),
          cmocka_unit_test(config_says_why_the_first_file_cannot_be_read), cmocka_unit_test(config_survives_noise))
