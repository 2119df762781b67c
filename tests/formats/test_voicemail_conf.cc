// SPDX-License-Identifier: BSD-2-Clause
// voicemail.conf: which lines are mailboxes and what is in them.
#include "formats/voicemail_conf.h"

#include "formats/rows.h"
#include "support/check.h"

using namespace pbxcred;

namespace {

const VoicemailOptions kSampleMap = {{{"default", "acme.example"}, {"branch", "branch.acme.example"}}};

Rows parsed(std::string_view text, const VoicemailOptions& options = {}) {
  Rows rows;
  rows.end(parse_voicemail_conf_text(text, "v.conf", options, rows.sink()));
  return rows;
}

struct TextCase {
  std::string text;
  std::string rows;
};

void expect_all(const std::vector<TextCase>& cases) {
  for (const TextCase& c : cases) assert_string_equal(parsed(c.text).text.c_str(), c.rows.c_str());
}

constexpr const char* kSpool =
    " (the PIN is in the spool directory (passwordlocation), which --spool names; the mailbox comes in without one)\n";

}  // namespace

CASE(voicemail_reads_the_fields_of_a_mailbox) {
  expect_all({
      {"[c]\n1 => 4242,Jo Doe,jo@x.example,pager@x.example,tz=central|attach=yes|language=de,more\n",
       "2 1@c first=Jo last=Doe email=jo@x.example language=de voicemail:4242\n"},
      {"[c]\n1=4242\n", "2 1@c voicemail:4242\n"},
      {"[c]\n007 => 0070\n", "2 007@c voicemail:0070\n"},
      {"[c]\n1 => -4242\n2 => -\n3 => \n4 => ,Jo\n5 =>,,a@x.example\n",
       "2 1@c voicemail:4242\n3 2@c\n4 3@c\n5 4@c first=Jo\n6 5@c email=a@x.example\n"},
      {"[c]\n1 => 1, Anna Lena  de la\tCruz ,a@x.example|b@x.example\n",
       "2 1@c first=Anna Lena  de la last=Cruz email=a@x.example voicemail:1\n"},
      {"[c]\n1 => 1,,,,|Language = es |tz\n", "2 1@c language=es voicemail:1\n"},
      {"[c]\n1 => $2a$10$x\n", "2 1@c voicemail:$2a$10$x\n"},
      {"[c]\n1 => a\\;b,J\xC3\xB6rg Wei\xC3\x9F ; c\n", "2 1@c first=J\xC3\xB6rg last=Wei\xC3\x9F voicemail:a;b\n"},
  });
}

CASE(voicemail_takes_mailboxes_only) {
  expect_all({
      {"[general]\nattach=yes\n1 => 1\n[ZoneMessages]\neuropean=Europe/Berlin|x\n[c]\n2 => 2\n", "7 2@c voicemail:2\n"},
      {"[general]\naliasescontext=MyAliases\n[myaliases]\n1@d => 1@c\n2 => 2\n[c]\n3 => 3\n", "7 3@c voicemail:3\n"},
      {"[myaliases]\n1@devices => 1@default\n[c]\n3 => 3\n", "4 3@c voicemail:3\n"},
      {"[c]\ndirectoryintro=dir-c\ntz = european\nAttach=no\n1 => 1\n", "5 1@c voicemail:1\n"},
      // these are mailboxes, though options have such names
      {"[c]\noperator => 1234\nreview = 77,Review Desk\n",
       "2 operator@c voicemail:1234\n3 review@c first=Review last=Desk voicemail:77\n"},
      {"[t](!)\n1 => 1\n", ""},
  });
}

CASE(voicemail_gives_templates_mailboxes_to_their_heirs) {
  expect_all({
      {"[t](!)\n1 => 1\n[a](t)\n2 => 2\n[b](t)\n", "2 1@a voicemail:1\n4 2@a voicemail:2\n2 1@b voicemail:1\n"},
      {"[a]\n1 => 1\n[b]\n2 => 2\n[a](+)\n3 => 3\n", "2 1@a voicemail:1\n6 3@a voicemail:3\n4 2@b voicemail:2\n"},
      {"[general]\naliasescontext=no\n[general](+)\npasswordlocation=spooldir\n[a]\n1 => 1\n",
       "6 1@a" + std::string(kSpool)},
  });
}

CASE(voicemail_maps_contexts_to_domains) {
  const VoicemailOptions options = {{{"default", "acme.example"}, {"Other", "o.example"}}};
  assert_string_equal(parsed("[Default]\n1 => 1\n[other]\n1 => 2\n[third]\n1 => 3\n", options).text.c_str(),
                      "2 1@acme.example voicemail:1\n4 1@o.example voicemail:2\n6 1@third voicemail:3\n");
}

CASE(voicemail_refuses_to_map_a_context_that_is_not_there) {
  Rows rows;
  const VoicemailOptions options = {{{"defualt", "acme.example"}}};
  const Status status = parse_voicemail_conf_text("[default]\n1 => 1\n", "v.conf", options, rows.sink());
  assert_true(status.error().code == Code::kInvalid && rows.text.empty());
  assert_non_null(strstr(status.error().what.c_str(), "--map defualt=acme.example"));
}

CASE(voicemail_reports_a_mailbox_that_is_there_twice) {
  expect_all({
      {"[a]\n1 => 1\n1 => 2\n[b]\n1 => 3\n[A]\n1 => 4\n",
       "2 1@a voicemail:1\n3 !the context has this mailbox already, from v.conf:2\n5 1@b voicemail:3\n"
       "7 !the context has this mailbox already, from v.conf:2\n"},
      {"[t](!)\n1 => 1\n[a](t)\n1 => 2\n",
       "2 1@a voicemail:1\n4 !the context has this mailbox already, from v.conf:2\n"},
  });
}

CASE(voicemail_leaves_out_pins_that_lie_in_the_spool) {
  const std::string spool = kSpool;
  assert_string_equal(parsed("[c]\n1 => 1,,,,passwordlocation=spooldir\n2 => 2\n").text.c_str(),
                      ("2 1@c" + spool + "3 2@c voicemail:2\n").c_str());
  assert_string_equal(parsed("[c]\n1 => 1,,,,tz=x\n2 => 2,,,,passwordlocation=voicemail.conf\n[general]\n"
                             "PasswordLocation = SpoolDir\npasswordlocation = voicemail.conf\n")
                          .text.c_str(),
                      ("2 1@c" + spool + "3 2@c voicemail:2\n").c_str());
}

CASE(voicemail_reads_pins_in_the_spool_as_asterisk_does) {
  const TestFolder spool;
  spool.write("c/1/secret.conf", "[general]\npassword=4711\n");
  spool.write("c/2/secret.conf", "; comment\n[general]\nother=1\npassword = -4712\npassword=9\n");
  spool.write("c/4/secret.conf", "[general]\n");
  spool.write("c/5/secret.conf", "[other]\npassword=4715\n");
  spool.write("c/6/secret.conf", std::string(5000, ';'));
  std::filesystem::create_directories(spool / "c/7/secret.conf");
  spool.write("secret.conf", "[general]\npassword=6666\n");
  spool.write("d/1/secret.conf", "[general]\npassword=4720\n");
  VoicemailOptions options;
  options.spool = spool / "";
  options.map = {{"d", "domain.example"}};
  std::string text = "[general]\npasswordlocation=spooldir\n[c]\n";
  for (int i = 1; i < 8; ++i) text += std::to_string(i) + " => 100" + std::to_string(i) + "\n";
  text +=
      ".. => 1\n. => 1\na/../../c/1 => 1\n8 => 1008,,,,passwordlocation=voicemail.conf\n[d]\n1 => 1\n[..]\n1 => 1\n";
  const std::string no_folder = " !the context or mailbox is no name of a folder\n";
  assert_string_equal(parsed(text, options).text.c_str(),
                      ("4 1@c voicemail:4711\n5 2@c voicemail:4712\n6 3@c voicemail:1003\n7 4@c voicemail:1004\n"
                       "8 5@c voicemail:1005\n9 !secret.conf of the spool directory: too big\n"
                       "10 !secret.conf of the spool directory: not a regular file\n11" +
                       no_folder + "12" + no_folder + "13" + no_folder +
                       "14 8@c voicemail:1008\n16 1@domain.example voicemail:4720\n18" + no_folder)
                          .c_str());
}

CASE(voicemail_finds_the_time_zones_of_mailboxes) {
  const std::string zones = "[zonemessages]\neastern = America/New_York|'vm-received' Q\ncentral=America/Chicago\n"
                            "bad=\xff|x\neastern=Europe/Berlin\n";
  assert_string_equal(
      parsed(zones + "[c]\n1 => 1,,,,tz=eastern\n2 => 2,,,,attach=no|tz = central\n3 => 3\n4 => 4,,,,tz=nowhere\n"
                     "5 => 5,,,,tz=bad\n").text.c_str(),
      "7 1@c voicemail:1 zone=America/New_York\n8 2@c voicemail:2 zone=America/Chicago\n9 3@c voicemail:3\n"
      "10 4@c voicemail:4\n11 5@c voicemail:5\n");
  assert_string_equal(parsed("[general]\ntz=central\n" + zones + "[c]\n1 => 1\n2 => 2,,,,tz=eastern\n").text.c_str(),
                      "9 1@c voicemail:1 zone=America/Chicago\n10 2@c voicemail:2 zone=America/New_York\n");
}

CASE(voicemail_reports_text_that_is_not_utf8) {
  const std::string problem = " !context, mailbox, name, e-mail or language is not UTF-8\n";
  assert_string_equal(
      parsed("[c]\n1 => 1,J\xF6rg\n2 => 2,,a\xFF@x\n\xFF => 3\n4 => \xFF,,\xE2\x82\xAC\n[\xFC]\n1 => 1\n").text.c_str(),
      ("2" + problem + "3" + problem + "4" + problem + "5 4@c email=\xE2\x82\xAC voicemail:\xFF\n7" + problem).c_str());
  assert_string_equal(parsed("[]\n1 => 1\n").text.c_str(), "2 !stands in a section without a name\n");
}

CASE(voicemail_reports_faults_of_the_file_first) {
  assert_string_equal(parsed("1 => 1\n[c]\n2 => 2\nhello\n").text.c_str(),
                      "1 !stands before the first section\n4 !has no =\n3 2@c voicemail:2\n");
  assert_string_equal(parsed("[c]\n2 => 2\n#exec x\n").text.c_str(),
                      "ERROR v.conf:3: #exec is refused; run it and import what it prints\n");
}

CASE(voicemail_stops_when_the_sink_says_so) {
  int rows = 0;
  const Status status = parse_voicemail_conf_text("[c]\n1 => 1\n2 => 2\n", "v", {}, [&](const ImportRow&) -> Status {
    ++rows;
    return Error{Code::kExhausted, "full"};
  });
  assert_int_equal(rows, 1);
  assert_true(!status && status.error().code == Code::kExhausted);
}

CASE(voicemail_reads_the_sample) {
  Rows rows;
  std::string files;
  rows.end(parse_voicemail_conf(sample("voicemail.conf"), kSampleMap, [&](const ImportRow& row) {
    files += row.file.substr(row.file.rfind('/') + 1) == "voicemail-branch.conf" ? 'b' : 'v';
    return rows.sink()(row);
  }));
  assert_string_equal(
      rows.text.c_str(),
      "25 100@acme.example first=Zentrale email=zentrale@acme.example language=de voicemail:1357 zone=Europe/Berlin\n"
      "26 099@acme.example first=Fax-Eingang\n"
      "37 101@acme.example first=Erika last=Mustermann email=erika.mustermann@acme.example language=de "
      "voicemail:4711 zone=Europe/Berlin\n"
      "38 102@acme.example first=Jörg last=Weiß email=joerg.weiss@acme.example language=de "
      "voicemail:2580\n"
      "39 103@acme.example first=Konferenzraum last=Süd voicemail:8642 zone=Europe/Berlin\n"
      "40 104@acme.example first=Anna-Lena de la last=Cruz email=a.delacruz@acme.example language=es "
      "voicemail:907316\n"
      "41 105@acme.example first=Tom last=Baker email=tom.baker@acme.example voicemail:3141 zone=America/Chicago\n"
      "42 007@acme.example first=James last=Agentson email=james.agentson@acme.example language=en "
      "voicemail:0070\n"
      "43 106@acme.example first=Praktikum\n"
      "25 100@branch.acme.example first=Zentrale email=zentrale@acme.example language=de "
      "voicemail:1357 zone=Europe/Berlin\n"
      "26 099@branch.acme.example first=Fax-Eingang\n"
      "4 101@branch.acme.example first=Sönke last=Nachtigall email=s.nachtigall@branch.acme.example "
      "language=de voicemail:6543 zone=Europe/Berlin\n"
      "5 120@branch.acme.example first=Aylin last=Öztürk email=a.oeztuerk@branch.acme.example "
      "language=de voicemail:121212\n");
  assert_string_equal(files.c_str(), "vvvvvvvvvvvbb");
}

CASE(voicemail_survives_every_truncation_of_the_sample) {
  const std::string text = read_file(sample("voicemail.conf"));
  assert_true(text.size() > 1000);
  for (std::size_t size = 0; size < text.size(); ++size) (void)parsed(std::string_view(text).substr(0, size));
}

CASE(voicemail_repeats_nothing_of_a_line_in_its_problem) {
  const std::vector<std::string> lines = {"MARKER",
                                          "1 => \xFF\nMARKER",
                                          "\\ MARKER=1",
                                          "= MARKER",
                                          "[MARKER",
                                          "[c](MARKER)",
                                          "#MARKER",
                                          "#include MARKER",
                                          "1 => MARKER\n1 => MARKER",
                                          "MARKER => MARKER,\xFF",
                                          "[](MARKER\n1 => MARKER",
                                          "#exec MARKER"};
  for (const std::string& line : lines) {
    int problems = 0;
    const Status status =
        parse_voicemail_conf_text("[c]\n" + line + "\n", "v", {}, [&](const ImportRow& row) -> Status {
          if (row.problem.empty()) return {};
          ++problems;
          assert_true(row.problem.find("MARKER") == std::string_view::npos);
          assert_true(row.extension.empty() && row.secrets.empty());
          return {};
        });
    assert_true(problems > 0 || !status);
    if (!status) assert_true(status.error().what.find("MARKER") == std::string::npos);
  }
}

RUN_CASES(cmocka_unit_test(voicemail_reads_the_fields_of_a_mailbox), cmocka_unit_test(voicemail_takes_mailboxes_only),
          cmocka_unit_test(voicemail_gives_templates_mailboxes_to_their_heirs),
          cmocka_unit_test(voicemail_maps_contexts_to_domains),
          cmocka_unit_test(voicemail_refuses_to_map_a_context_that_is_not_there),
          cmocka_unit_test(voicemail_reports_a_mailbox_that_is_there_twice),
          cmocka_unit_test(voicemail_leaves_out_pins_that_lie_in_the_spool),
          cmocka_unit_test(voicemail_reads_pins_in_the_spool_as_asterisk_does),
          cmocka_unit_test(voicemail_finds_the_time_zones_of_mailboxes),
          cmocka_unit_test(voicemail_reports_text_that_is_not_utf8),
          cmocka_unit_test(voicemail_reports_faults_of_the_file_first),
          cmocka_unit_test(voicemail_stops_when_the_sink_says_so), cmocka_unit_test(voicemail_reads_the_sample),
          cmocka_unit_test(voicemail_survives_every_truncation_of_the_sample),
          cmocka_unit_test(voicemail_repeats_nothing_of_a_line_in_its_problem))
