// SPDX-License-Identifier: BSD-2-Clause
// CSV of users: columns, quoting, line numbers, and files that are not what they should be.
#include "formats/csv.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "formats/csv_fields.h"
#include "formats/csv_reader.h"
#include "formats/csv_writer.h"
#include "formats/rows.h"
#include "support/check.h"

using namespace pbxcred;

namespace {

Rows parsed(std::string_view text) {
  Rows rows;
  rows.end(parse_csv_text(text, "u.csv", rows.sink()));
  return rows;
}

void expect(std::string_view text, const char* rows) {
  assert_string_equal(parsed(text).text.c_str(), rows);
}

/// A table row: what stands below the header `domain,extension,first,last,password`, and the rows of it.
struct BodyCase {
  std::string body;
  std::string rows;
};

void expect_bodies(const std::vector<BodyCase>& cases) {
  for (const BodyCase& c : cases) {
    const Rows rows = parsed("domain,extension,first,last,password\n" + c.body);
    assert_string_equal(rows.text.c_str(), c.rows.c_str());
  }
}

constexpr const char* kBare = "misplaced quotes: a field with a quote in it is written \"like \"\"this\"\"\"";
constexpr const char* kLong = "a field is longer than 4096 bytes";

std::string problem(int line, const char* what) {
  return std::to_string(line) + " !" + what + "\n";
}

}  // namespace

CASE(csv_takes_every_column_of_the_design) {
  expect(
      "domain,extension,username,first,last,email,number,alternate_id,location,language,trusted_extension,password,"
      "voicemail,login,phone\n"
      "d,007,u,f,l,e@d,+1 002,x-1 y,loc,de,10 11,pw word, 12,34,ph\n",
      "2 007@d username=u first=f last=l email=e@d location=loc language=de number=[+1|002] id=[x-1|y] "
      "trusted=[10|11] password:pw word voicemail: 12 login:34 phone:ph\n");
}

CASE(csv_takes_columns_in_any_order_and_case_and_separator) {
  expect("Password;EXTENSION; Domain \nx,y;1;d\n", "2 1@d password:x,y\n");
  expect("domain\textension\tfirst\nd\t1\ta;b,c\n", "2 1@d first=a;b,c\n");
  expect("\xEF\xBB\xBF\"domain\",extension\r\nd,1\r\n", "2 1@d\n");
  expect("\r\n\n\ndomain;extension\n\nd;1", "6 1@d\n");
}

CASE(csv_refuses_a_header_and_names_what_is_wrong) {
  const std::vector<std::pair<std::string_view, const char*>> cases = {
      {"", "ERROR u.csv:1: is empty; a header line is needed\n"},
      {"\xEF\xBB\xBF", "ERROR u.csv:1: is empty; a header line is needed\n"},
      {"\n\r\n", "ERROR u.csv:1: is empty; a header line is needed\n"},
      {"domain,extension,pasword\n", "ERROR u.csv:1: unknown column 'pasword'\n"},
      {"domain,extension,a\x1b[2J\n", "ERROR u.csv:1: unknown column number 3\n"},
      {"domain,extension,\n", "ERROR u.csv:1: unknown column number 3\n"},
      {"\ndomain,extension,Domain\n", "ERROR u.csv:2: column 'Domain' is there twice\n"},
      {"domain;extension,first\n",
       "ERROR u.csv:1: a header line with at least the columns domain and extension is needed here\n"},
      {"extension,first\n1,a\n",
       "ERROR u.csv:1: a header line with at least the columns domain and extension is needed here\n"},
      {"domain,ext\"ension\n",
       "ERROR u.csv:1: in the header line, misplaced quotes: a field with a quote in it is written \"like "
       "\"\"this\"\"\"\n"},
      {std::string_view("\xFF\xFE"
                        "d\0o\0",
                        6),
       "ERROR u.csv:1: is UTF-16; save it as UTF-8\n"},
      {std::string_view("\xFE\xFF\0d\0o", 6), "ERROR u.csv:1: is UTF-16; save it as UTF-8\n"},
      {std::string_view("d\0o\0m\0,\0", 8),
       "ERROR u.csv:1: a header line with at least the columns domain and extension is needed here\n"},
  };
  for (const auto& [text, rows] : cases) expect(text, rows);
}

CASE(csv_repeats_no_secret_when_the_header_is_missing) {
  const Rows rows = parsed("Tr0ub4dor&3,acme.example,Tr0ub4dor&3\nd,1,Tr0ub4dor&3\n");
  assert_int_equal(rows.count, 0);
  assert_true(rows.text.find("Tr0ub") == std::string::npos);
}

CASE(csv_tells_empty_from_clear) {
  expect("domain,extension,username,number,password,voicemail\nd,1,,,,\nd,2,-,-,-,--\nd,3,\"-\",\"\",\"-\",\"\"\n",
         "2 1@d\n3 2@d username= number=[] voicemail:-- password-\n4 3@d username= password-\n");
}

CASE(csv_makes_a_problem_of_a_line_it_cannot_read_and_goes_on) {
  expect_bodies({
      {"d,1,a,b\nd,2,,,p\n", "2 !4 fields, but the header line has 5\n3 2@d password:p\n"},
      {"d,1,a,b,c,secret\n", "2 !6 fields, but the header line has 5\n"},
      {",1,,,p\n", "2 !domain: is empty\n"},
      {"-,1,,,p\n", "2 !domain: is empty\n"},
      {"d,,,,p\n", "2 !extension: is empty\n"},
      {"d,-,,,p\n", "2 !extension: is empty\n"},
      {"d,1,\xFC,b,p\nd,2,\xC3\xBC,,\n", "2 !first: is not UTF-8\n3 2@d first=\xC3\xBC\n"},
      {"d,1,\xED\xA0\x80,b,p\n", "2 !first: is not UTF-8\n"},
      {"d,1,a,b,\xFF\xFE\n", "2 1@d first=a last=b password:\xFF\xFE\n"},
      {std::string("d,1,a\0,b,p\n", 11), "2 !first: has a NUL byte\n"},
      {std::string("d,1,a,b,p\0q\n", 12), "2 !password: has a NUL byte\n"},
      {std::string(70, ',') + "\nd,1,,,\n", "2 !too many fields\n3 1@d\n"},
  });
}

CASE(csv_tells_hashes_from_secrets_in_clear) {
  const std::string unknown =
      " !phone: looks like a hash of another system, of a form that is not taken (--clear: no secret of the file is a "
      "hash)\n";
  struct Text {
    const char* text;
    char as;  // # a hash, : in clear, ! neither
  };
  const Text texts[] = {
      {"$argon2id$v=19$m=1$x", '#'},
      {"$2a$10$x", '#'},
      {"$2b$10$x", '#'},
      {"$2y$10$x", '#'},
      {"$5$s$x", '#'},
      {"$6$s$x", '#'},
      {"$y$j9T$x", '#'},
      {"$pbxcred$1$1$AAAA", '#'},
      {"$6$", '#'},
      {"$1$salt$hash", '!'},
      {"$2x$10$x", '!'},
      {"$argon2i$v=19$m=1$x", '!'},
      {"$7$x", '!'},
      {"$3$", '!'},
      {"$ecret$auce", '!'},
      {"$pbkdf2-sha256$1$x", '!'},
      {"{SSHA}abc", '!'},
      {"{CRYPT}$6$x", '!'},
      {"abJnggxhB/yWI", '!'},
      {"_J9..CCCCXBrJUJV154M", '!'},
      {"$", ':'},
      {"$$", ':'},
      {"$$$", ':'},
      {"$ecret", ':'},
      {"$money $talks", ':'},
      {"$a b$c", ':'},
      {"x$6$salt$hash", ':'},
      {" $6$s$x", ':'},
      {"{abc}d", ':'},
      {"{}x", ':'},
      {"{ABC", ':'},
      {"abcdefghijklm", ':'},
      {"1234567890123", ':'},
      {"Abcdefghijkl!", ':'},
      {"AbcdefghijklmN", ':'},
      {"=cmd", ':'},
      {"'=cmd", ':'},
      {"''-1", ':'},
  };
  for (const Text& c : texts) {
    const std::string line = std::string("domain,extension,phone\nd,1,\"") + c.text + "\"\n";
    const std::string wanted = c.as == '!' ? "2" + unknown : "2 1@d phone" + std::string(1, c.as) + c.text + "\n";
    expect(line, wanted.c_str());
    Rows clear;
    clear.end(parse_csv_text(line, "u.csv", clear.sink(), {true}));
    assert_string_equal(clear.text.c_str(), ("2 1@d phone:" + std::string(c.text) + "\n").c_str());
  }
  expect("domain,extension,first\nd,1,$6$x\n", "2 1@d first=$6$x\n");  // no column of secrets
}

CASE(csv_takes_formulas_as_they_stand) {
  expect_bodies({
      {"d,1,=cmd|' /C calc'!A0,+1-2,=2+5\n", "2 1@d first==cmd|' /C calc'!A0 last=+1-2 password:=2+5\n"},
      {"d,1,@x,-x,-x\n", "2 1@d first=@x last=-x password:-x\n"},
      {"d,1,'=cmd,''=cmd,'=cmd\n", "2 1@d first==cmd last='=cmd password:'=cmd\n"},
      {"d,1,'x,','\n", "2 1@d first='x last=' password:'\n"},
      {"d,1,'-,-,'-\n", "2 1@d first=- last= password:'-\n"},
  });
  expect("domain,extension,number\nd,1,\"+49 30\\ 12 a\\b \\\\ c\\\"\n", "2 1@d number=[+49|30 12|a\\b|\\|c\\]\n");
}

/// What is written is read back exactly, whatever the values.
CASE(csv_reads_back_what_it_writes) {
  const std::string_view texts[] = {"x",           "=cmd|' /C calc'!A0",
                                    "+49 30 1234", "+49",
                                    "+x",          "-",
                                    "-5",          "@a",
                                    "'",           "'=",
                                    "''=x",        "'x",
                                    "\"",          "\"\"",
                                    "a,b",         " a ",
                                    "a\nb",        "a\r\nb",
                                    "\ttab",       "\rcr",
                                    "\xC3\xBC",    "$6$x",
                                    "a\\ b",       "\\",
                                    "\\\\ ",       "007",
                                    "1e5",         "TRUE",
                                    "''",          "+",
                                    "+ ",          "'+49",
                                    "\\ '"};
  for (const std::string_view one : texts) {
    for (const std::string_view other : texts) {
      ImportRow row;
      row.domain = "d";
      row.extension = "-1";
      row.data.first = one;
      row.data.last = other;
      row.data.numbers = std::vector<std::string_view>{one, other, one};
      row.data.alternate_ids = std::vector<std::string_view>{other};
      row.hashes.push_back({Kind::kLogin, {as_bytes("$pbxcred$1$1$AA")}});
      row.secrets.push_back({Kind::kPhone, {as_bytes("never written")}});
      SecureBuffer text;
      text.append(as_bytes(csv_header()));
      append_csv_line(text, row);
      assert_true(as_text(text.view()).find("never") == std::string_view::npos);
      row.secrets.clear();
      row.line = 2;
      assert_string_equal(parsed(as_text(text.view())).text.c_str(), (shown(row) + "\n").c_str());
    }
  }
}

/// No field that a spreadsheet would compute.
CASE(csv_writes_no_formula) {
  for (const std::string text : {"=1", "@x", "-1", "+x", "\tx", "\rx", "+1+2", "+49-30"}) {
    const std::string field = escape_formula(text);
    assert_string_equal(field.c_str(), ("'" + text).c_str());
  }
  assert_string_equal(escape_formula("+49 30 1234").c_str(), "+49 30 1234");
}

CASE(csv_ignores_lines_without_anything) {
  expect_bodies({{"\n\r\n\r\nd,1,,,\n\n,,,,\n\"\",,,,\nd,2,,,", "5 1@d\n9 2@d\n"}});
}

CASE(csv_reads_quotes_as_rfc_4180) {
  expect_bodies({
      {"d,1,\"a,b\",\"x \"\"y\"\" z\",\" p \"\n", "2 1@d first=a,b last=x \"y\" z password: p \n"},
      {"d,1,\"two\nlines\",\"and\r\nmore\",p\nd,2,,,q\n",
       "2 1@d first=two\nlines last=and\r\nmore password:p\n5 2@d password:q\n"},
      {"d,1,\"\"\"\",\"\"\"\"\"\",\n", "2 1@d first=\" last=\"\"\n"},
      {"d, 1 , a,b ,p\n", "2  1 @d first= a last=b  password:p\n"},
  });
}

CASE(csv_finds_the_next_record_after_misplaced_quotes) {
  expect_bodies({
      {"d,1,5\" disk,b,p\nd,2,,,q\n", problem(2, kBare) + "3 2@d password:q\n"},
      {"d,1,Jim \"Bob\" Smith,\"c,\",p\nd,2,,,q\n", problem(2, kBare) + "3 2@d password:q\n"},
      {"d,1,\"a\"b,c,p\nd,2,,,q\n", problem(2, kBare) + "3 2@d password:q\n"},
      {"d,1, \"a\",c,p\nd,2,,,q\n", problem(2, kBare) + "3 2@d password:q\n"},
      {"d,1, \"a\nb\",c,p\nd,2,,,q\n", "ERROR u.csv:2: misplaced quotes: cannot tell where this record ends\n"},
      {"d,1,\"Jim \"Bob\" Smith\",c,p\r\nd,2,,,q\n", problem(2, kBare) + "3 2@d password:q\n"},
      {"d,1,5\" disk,\"x\ny\",p\nd,2,,,q\n", "ERROR u.csv:2: misplaced quotes: cannot tell where this record ends\n"},
  });
}

CASE(csv_stops_with_the_line_when_it_cannot_tell_where_a_record_ends) {
  const char* const unclear = "ERROR u.csv:3: misplaced quotes: cannot tell where this record ends\n";
  const char* const open = "ERROR u.csv:3: a quote is opened here and never closed\n";
  const std::string first = "d,1,,,\n";
  const std::string row = "2 1@d\n";
  expect_bodies({
      {first + "d,2,\"5\" disk\",b,p\nd,3,,,q\n", row + unclear},
      {first + "d,2,\"open,b,p\nd,3,,,q\nd,4,,,r\n", row + open},
      {first + "d,2,\"open", row + open},
      {first + "d,2,\"" + std::string(9000, 'x') + "\nd,3,,,q\n", row + open},
  });
}

CASE(csv_bounds_a_field_and_skips_exactly_its_record) {
  const std::string fits(kMaxCsvField, 'x');
  const std::string more = fits + "x";
  expect_bodies({
      {"d,1," + fits + ",,p\n", "2 1@d first=" + fits + " password:p\n"},
      {"d,1," + more + ",,p\nd,2,,,q\n", problem(2, kLong) + "3 2@d password:q\n"},
      {"d,1,\"" + fits + "\",,p\nd,2,,,q\n", "2 1@d first=" + fits + " password:p\n3 2@d password:q\n"},
      {"d,1,\"" + more + "\",,p\nd,2,,,q\n", problem(2, kLong) + "3 2@d password:q\n"},
      {"d,1,,," + more, problem(2, kLong)},
      {"d,1,,," + more + "xx\"x\nd,2,,,q\n", problem(2, kLong) + "3 2@d password:q\n"},
      // what stands inside the long field is not a record, whatever it looks like
      {"d,1,\"" + more + "\nd,666,,,evil\n\"\"d,667,,,evil\n\",,p\nd,2,,,q\n",
       problem(2, kLong) + "6 2@d password:q\n"},
      {"d,1,\"" + fits + "\"\"\nd,666,,,evil\n\",,p\nd,2,,,q\n", problem(2, kLong) + "5 2@d password:q\n"},
  });
  const Rows rows = parsed("domain,extension,password\nd,1," + std::string(10U << 20U, 'x') + "\nd,2,p\n");
  assert_string_equal(rows.text.c_str(), (problem(2, kLong) + "3 2@d password:p\n").c_str());
}

CASE(csv_counts_lines_of_every_kind_of_line_end) {
  for (const std::string end : {"\n", "\r\n", "\r"}) {
    std::string text = "domain,extension,first";
    text += end + "d,1,\"a" + end + "b" + end + end + "c\"" + end + end + "d,2," + end;
    const std::string rows = "2 1@d first=a" + end + "b" + end + end + "c\n7 2@d\n";
    assert_string_equal(parsed(text).text.c_str(), rows.c_str());
  }
}

CASE(csv_reads_the_same_however_the_file_is_cut) {
  const std::string text = "domain,extension,first\r\nd,1,\"a\r\n\"\"b\"\r\n\r\nd,2,x\"y\"\"\r\nd,3,\r\nd,4," +
                           std::string(5000, 'z') + "\r\nd,5,\"\"\n";
  std::string whole;
  for (std::size_t size = text.size(); size > 0; size = size > 40 ? size / 2 : size - 1) {
    std::string records;
    CsvReader reader("u.csv", ',', [&](const CsvRecord& record) -> Status {
      records += std::to_string(record.line) + std::string(record.problem);
      for (const auto field : record.fields) records.append("<").append(field).append(">");
      return {};
    });
    for (std::string_view rest = text; !rest.empty(); rest.remove_prefix(std::min(size, rest.size()))) {
      assert_true(reader.feed(rest.substr(0, size)).ok());
    }
    assert_true(reader.finish().ok());
    if (whole.empty()) whole = records;
    assert_string_equal(records.c_str(), whole.c_str());
  }
  assert_true(whole.starts_with("1<domain><extension><first>2<d><1><a\r\n\"b>5"));
  assert_true(whole.ends_with("8<d><5><>"));
}

CASE(csv_stops_when_the_sink_says_so) {
  int rows = 0;
  const Status status = parse_csv_text("domain,extension\nd,1\nd,2\n", "u.csv", [&](const ImportRow&) -> Status {
    ++rows;
    return Error{Code::kExhausted, "full"};
  });
  assert_int_equal(rows, 1);
  assert_true(!status && status.error().code == Code::kExhausted);
}

CASE(csv_reads_the_sample_from_a_file) {
  const Fd fd(open(sample("users.csv").c_str(), O_RDONLY | O_CLOEXEC));
  Rows rows;
  rows.end(parse_csv(fd.get(), "users.csv", rows.sink()));
  assert_int_equal(rows.count, 8);
  assert_int_equal(rows.problems, 0);
  assert_non_null(strstr(rows.text.c_str(), "5 204@acme.example username=m.groesser first=Märta last=Größer, Dr. "));
  assert_non_null(strstr(rows.text.c_str(), "id=[11635-05]"));
  assert_non_null(strstr(rows.text.c_str(), "password:Sieben \"Zwerge\", ein Schuh voicemail:570238 login:815093\n"));
  assert_non_null(strstr(rows.text.c_str(), "7 0208@acme.example"));
}

CASE(csv_reads_a_file_larger_than_its_buffer) {
  const TestFolder folder;
  std::string text = "domain,extension,first\n";
  for (int i = 0; i < 20000; ++i) text += "d," + std::to_string(10000 + i) + ",\"n\n" + std::to_string(i) + "\"\n";
  const Fd fd(open(folder.write("big.csv", text).c_str(), O_RDONLY | O_CLOEXEC));
  Rows rows;
  rows.end(parse_csv(fd.get(), "big.csv", rows.sink()));
  assert_int_equal(rows.count, 20000);
  assert_int_equal(rows.problems, 0);
  assert_true(rows.text.ends_with("40000 29999@d first=n\n19999\n"));
}

CASE(csv_says_when_the_file_cannot_be_read) {
  const Fd folder(open("/", O_RDONLY | O_CLOEXEC));
  const Status status = parse_csv(folder.get(), "u.csv", [](const ImportRow&) { return Status(); });
  assert_true(!status && status.error().code == Code::kInternal);
}

CASE(csv_survives_every_truncation_of_the_sample) {
  const std::string text = read_file(sample("users.csv"));
  assert_true(text.size() > 1000);
  for (std::size_t size = 0; size < text.size(); ++size) {
    const Rows rows = parsed(std::string_view(text).substr(0, size));
    assert_true(rows.count <= 8);
  }
}

CASE(csv_survives_noise) {
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    const std::string body = noise("d,1\"\"\n\r;\t \xC3\xBC-\\$", seed % 400, seed);
    (void)parsed("domain,extension,first\n" + body);
    (void)parsed(body);
  }
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  for (std::uint64_t seed = 0; seed < 500; ++seed) (void)parsed("domain,extension,first\n" + noise(bytes, 300, seed));
}

CASE(csv_repeats_nothing_of_a_line_in_its_problem) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    const std::string cut = noise("\",;\n\r", 1 + seed % 5, seed);
    for (const char* shape : {"d,1,MARKER%", "%MARKER,1,d", "d,%MARKER%", "d,1,$6$MARKER%", "MARKER,%"}) {
      std::string line = shape;
      for (auto at = line.find('%'); at != std::string::npos; at = line.find('%')) line.replace(at, 1, cut);
      const Status status =
          parse_csv_text("domain,extension,password\n" + line + "\n", "u.csv", [](const ImportRow& row) -> Status {
            assert_true(row.problem.find("MARKER") == std::string_view::npos);
            if (!row.problem.empty()) assert_true(row.domain.empty() && row.secrets.empty());
            return {};
          });
      if (!status) assert_true(status.error().what.find("MARKER") == std::string::npos);
    }
  }
}

RUN_CASES(cmocka_unit_test(csv_takes_every_column_of_the_design),
          cmocka_unit_test(csv_takes_columns_in_any_order_and_case_and_separator),
          cmocka_unit_test(csv_refuses_a_header_and_names_what_is_wrong),
          cmocka_unit_test(csv_repeats_no_secret_when_the_header_is_missing),
          cmocka_unit_test(csv_tells_empty_from_clear),
          cmocka_unit_test(csv_makes_a_problem_of_a_line_it_cannot_read_and_goes_on),
          cmocka_unit_test(csv_tells_hashes_from_secrets_in_clear), cmocka_unit_test(csv_takes_formulas_as_they_stand),
          cmocka_unit_test(csv_reads_back_what_it_writes), cmocka_unit_test(csv_writes_no_formula),
          cmocka_unit_test(csv_ignores_lines_without_anything), cmocka_unit_test(csv_reads_quotes_as_rfc_4180),
          cmocka_unit_test(csv_finds_the_next_record_after_misplaced_quotes),
          cmocka_unit_test(csv_stops_with_the_line_when_it_cannot_tell_where_a_record_ends),
          cmocka_unit_test(csv_bounds_a_field_and_skips_exactly_its_record),
          cmocka_unit_test(csv_counts_lines_of_every_kind_of_line_end),
          cmocka_unit_test(csv_reads_the_same_however_the_file_is_cut),
          cmocka_unit_test(csv_stops_when_the_sink_says_so), cmocka_unit_test(csv_reads_the_sample_from_a_file),
          cmocka_unit_test(csv_reads_a_file_larger_than_its_buffer),
          cmocka_unit_test(csv_says_when_the_file_cannot_be_read),
          cmocka_unit_test(csv_survives_every_truncation_of_the_sample), cmocka_unit_test(csv_survives_noise),
          cmocka_unit_test(csv_repeats_nothing_of_a_line_in_its_problem))
