// SPDX-License-Identifier: BSD-2-Clause
// The file of `domain import`: what it says, and where it is wrong.
#include "domain_file.h"

#include <fstream>
#include <string>
#include <vector>

#include "base/secret.h"
#include "support/check.h"
#include "support/temp_dir.h"

using namespace pbxcred;
using namespace pbxcred::ctl;

namespace {

std::string write_file(const TempDir& dir, const std::string& text) {
  std::ofstream(dir.file("d.conf"), std::ios::binary) << text;
  return dir.file("d.conf");
}

std::string texts_of(const std::optional<std::string_view>& value) {
  return value ? "'" + std::string(*value) + "'" : "-";
}
/// A row as one line.
std::string shown(const DomainRow& row) {
  const DomainPut& put = row.put;
  std::string text = std::to_string(row.line) + " " + std::string(put.name) + " " + texts_of(put.timezone) + " " +
                     texts_of(put.country) + " " + texts_of(put.contact) + " aliases";
  if (!put.aliases) text += " -";
  else for (std::string_view alias : *put.aliases) text += " " + std::string(alias);
  text += " policies";
  for (const PolicyChoice& choice : put.policies)
    text += " " + std::string(name_of(choice.kind)) + "=" + std::string(choice.policy);
  return text;
}

CASE(domain_file_gives_its_domains) {
  const TempDir dir;
  const std::string path = write_file(dir,
                                      "# a comment\n"
                                      "domains = (\n"
                                      "  { name = \"a.example\"; timezone = \"Europe/Berlin\"; },\n"
                                      "  { name = \"b.example\"; contact = \"\";\n"
                                      "    aliases = [ \"x\", \"y\" ]; policies = { voicemail = \"pin\"; }; },\n"
                                      "  { name = \"c.example\"; aliases = []; policies = {}; }\n"
                                      ");\n");
  std::vector<std::string> rows;
  const Status read = read_domain_file(path, [&](const DomainRow& row) -> Status {
    assert_string_equal(std::string(row.file).c_str(), path.c_str());
    rows.push_back(shown(row));
    return {};
  });
  if (!read) fail_msg("%s", read.error().what.c_str());
  const char* wanted[] = {
      "3 a.example 'Europe/Berlin' - - aliases - policies",
      "4 b.example - - '' aliases x y policies password= voicemail=pin login= phone= admin=",
      "6 c.example - - - aliases policies password= voicemail= login= phone= admin=",
  };
  assert_int_equal(rows.size(), std::size(wanted));
  for (std::size_t i = 0; i < rows.size(); ++i) assert_string_equal(rows[i].c_str(), wanted[i]);
}

CASE(domain_file_that_is_wrong_says_where) {
  struct Wrong {
    const char* text;
    const char* error;  ///< behind the path
  };
  const Wrong table[] = {
      {"", ": there is no list of domains in it"},
      {"domains = ( { timezone = \"UTC\"; } );", ":1: a domain needs a name"},
      {"domains = (\n{ name = \"a\"; colour = \"red\"; } );", ":2: unknown key \"colour\" in domains"},
      {"domains = ( { name = 99999999999; } );", ":1: name must be a string in quotes"},
      {"domains = (\n\n{ name = \"a\"; aliases = [ 1 ]; } );", ":3: aliases must be a string in quotes"},
      {"domains = ( { name = \"a\";\npolicies = { pin = \"x\"; }; } );", ":2: there is no kind \"pin\""},
      {"domains = ( { name = \"a\"; policies = \"x\"; } );", ":1: policies must be a group in braces"},
      {"domains = { name = \"a\"; };", ":1: domains must be a list of groups"},
      {"domains = ( \"a\" );", ":1: domains must be a group in braces"},
      {"domains = ( { name = \"a\"; } { name = \"b\"; } );", ":1: unexpected {"},
      {"domains = ( { name = \"a\"; name = \"b\"; } );", ":1: \"name\" is given twice"},
      {"domains = (\n{ name = \"a\"", ":2: \"{\" is never closed"},
      {"@include \"/\"\n", ":1: cannot include /: is a directory"},
      {"users = ();", ":1: unknown key \"users\""},
  };
  const TempDir dir;
  for (const Wrong& wrong : table) {
    const std::string path = write_file(dir, wrong.text);
    const Status read = read_domain_file(path, [](const DomainRow&) -> Status {
      fail_msg("%s", "a row of a file that is wrong");
      return {};
    });
    const std::string expected = path + wrong.error;
    if (read || read.error().what.find(expected) == std::string::npos)
      fail_msg("%s\n%s, not %s", wrong.text, read ? "nothing" : read.error().what.c_str(), expected.c_str());
    assert_true(read.error().code == Code::kInvalid);
  }
  const Status nul = read_domain_file(write_file(dir, std::string("domains\0", 8)), {});
  assert_true(!nul && nul.error().what.find("NUL") != std::string::npos);
  assert_false(read_domain_file(dir.file("none"), {}).ok());
}

CASE(domain_file_tells_all_errors_of_a_text_that_parses) {
  const TempDir dir;
  const Status read = read_domain_file(
      write_file(dir, "domains = (\n{ name = 1; },\n{ nome = \"b\"; },\n{ name = \"c\"; country = true; } );\n"), {});
  for (const char* part : {":2: name must be", ":3: unknown key", ":3: a domain needs a name", ":4: country must be"})
    if (read.error().what.find(part) == std::string::npos) fail_msg("no %s in\n%s", part, read.error().what.c_str());
}

CASE(domain_file_reads_back_what_export_writes) {
  DomainPut put;
  put.name = "a.example";
  put.timezone = "Europe/Berlin";
  put.country = "DE";
  put.contact = "the \"help\" desk \\ F\xc3\xbcrth";
  put.aliases = std::vector<std::string_view>{"x", "y"};
  put.policies = {{Kind::kVoicemail, "pin-standard"}};
  const TempDir dir;
  const std::string path = write_file(dir, "domains = (\n" + domain_text(put) + "\n);\n");
  std::string got;
  const Status read = read_domain_file(path, [&](const DomainRow& row) -> Status {
    got = shown(row);
    return {};
  });
  if (!read) fail_msg("%s", read.error().what.c_str());
  assert_string_equal(got.c_str(),
                      "2 a.example 'Europe/Berlin' 'DE' 'the \"help\" desk \\ F\xc3\xbcrth' aliases x y policies "
                      "password= voicemail=pin-standard login= phone= admin=");
}

}  // namespace

RUN_CASES(cmocka_unit_test(domain_file_gives_its_domains), cmocka_unit_test(domain_file_that_is_wrong_says_where),
          cmocka_unit_test(domain_file_tells_all_errors_of_a_text_that_parses),
          cmocka_unit_test(domain_file_reads_back_what_export_writes))
