// SPDX-License-Identifier: BSD-2-Clause
// SELECTION, from the command line to the message; and the memory file it may travel in.
#include "selection.h"

#include <fcntl.h>
#include <unistd.h>

#include "client/row_file.h"
#include "ctl/fake_daemon.h"
#include "support/check.h"
#include "wire/limits.h"

using namespace pbxcred;
using namespace pbxcred::ctl;
using test::TempDir;

namespace {

/// Sets what a command line would set.
class FakeSyntax final : public Syntax {
 public:
  FakeSyntax(std::vector<std::pair<std::string, std::string>> given, Texts operands)
      : given_(std::move(given)), operands_(std::move(operands)) {}
  void flag(const char* name, bool& target, const char*) override { target = find(name) != nullptr; }
  void option(const char* name, const char*, std::string& target, const char*) override {
    if (const std::string* value = find(name)) target = *value;
  }
  void option(const char* name, const char*, std::optional<std::string>& target, const char*) override {
    if (const std::string* value = find(name)) target = *value;
  }
  void option(const char*, const char*, Texts&, const char*) override {}
  void option(const char*, const char*, std::optional<Texts>&, const char*) override {}
  void operand(const char*, std::string&, const char*) override {}
  void operands(const char*, Texts& target, const char*) override { target = operands_; }

 private:
  const std::string* find(const std::string& name) const {
    for (const auto& [key, value] : given_)
      if (key == name) return &value;
    return nullptr;
  }
  std::vector<std::pair<std::string, std::string>> given_;
  Texts operands_;
};

SelectionOptions options_of(std::vector<std::pair<std::string, std::string>> given, Texts operands = {}) {
  SelectionOptions options;
  FakeSyntax syntax(std::move(given), std::move(operands));
  options.declare(syntax, "USER", "", true);
  return options;
}

/// Frames of a memory file.
Texts frames_of(int fd) {
  const off_t size = lseek(fd, 0, SEEK_END);
  lseek(fd, 0, SEEK_SET);
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(size));
  assert_int_equal(read(fd, bytes.data(), bytes.size()), size);
  Texts frames;
  ByteReader reader(bytes);
  while (!reader.at_end()) {
    const Bytes frame = reader.take(reader.integer<std::uint32_t>());
    assert_true(reader.ok());
    frames.emplace_back(as_text(frame));
  }
  return frames;
}

}  // namespace

CASE(selection_carries_users_and_filters) {
  SelectionOptions users = options_of({{"--dry-run", ""}}, {"1001@a", "1002@a"});
  assert_true(users.prepare(true).ok());
  assert_true(users.dry_run());
  auto open = OpenSelection::open(users);
  assert_true(open.ok());
  const Selection named = open->message();
  assert_int_equal(named.users.size(), 2);
  assert_true(named.users[1] == "1002@a");
  assert_false(named.all);
  assert_false(named.has_file);
  assert_int_equal(open->attachment(), -1);

  SelectionOptions filters = options_of(
      {{"--domain", "a"}, {"--location", "B"}, {"--find", "Ad"}, {"--without", "login"}, {"--role", "admin"}});
  assert_true(filters.prepare(true).ok());
  assert_true(filters.role() == Role::kAdmin);
  open = OpenSelection::open(filters);
  const Selection filtered = open->message();
  assert_true(filtered.domain == "a" && filtered.location == "B" && filtered.find == "Ad");
  assert_true(filtered.without == Kind::kLogin);
  assert_false(filtered.all);
}

CASE(selection_refuses_what_makes_no_sense) {
  assert_false(options_of({}).prepare(true).ok());
  assert_false(options_of({{"--domain", "a"}}, {"1001"}).prepare(true).ok());
  assert_false(options_of({{"--all", ""}}, {"1001"}).prepare(true).ok());
  assert_false(options_of({{"--without", "pin"}}).prepare(true).ok());
  assert_false(options_of({{"--role", "root"}}).prepare(true).ok());
  assert_false(options_of({}, {""}).prepare(true).ok());
  for (const char* filter : {"--domain", "--location", "--find", "--without", "--role", "--file"})
    for (const char* empty : {"", "  "}) {
      const std::pair<std::string, std::string> says_nothing(filter, empty);
      assert_false(options_of({says_nothing}).prepare(false).ok());
      assert_false(options_of({{"--all", ""}, says_nothing}).prepare(true).ok());
    }
  assert_false(options_of({}, {std::string(kMaxName + 1, 'x')}).prepare(true).ok());
}

CASE(selection_of_nothing_is_all_for_a_list_only) {
  SelectionOptions options = options_of({});
  assert_true(options.prepare(false).ok());
  assert_true(OpenSelection::open(options)->message().all);
}

CASE(selection_gives_its_last_operand_away) {
  SelectionOptions options = options_of({}, {"1001", "password"});
  assert_string_equal(options.take_last_operand().c_str(), "password");
  assert_string_equal(options.only_user().c_str(), "1001");
  assert_string_equal(options.take_last_operand().c_str(), "1001");
  assert_string_equal(options.take_last_operand().c_str(), "");
}

CASE(selection_sends_a_file_as_frames) {
  const TempDir dir;
  const std::string path = dir.file("names",
                                    "\xEF\xBB\xBF"
                                    "1001@a\r\n\n  1002@a \nlast");
  SelectionOptions options = options_of({{"--file", path}}, {});
  assert_true(options.prepare(true).ok());
  const auto open = OpenSelection::open(options);
  assert_true(open.ok());
  assert_true(open->message().has_file);
  const Texts frames = frames_of(open->attachment());
  assert_int_equal(frames.size(), 3);
  assert_string_equal(frames[0].c_str(), "1001@a");
  assert_string_equal(frames[1].c_str(), "1002@a");
  assert_string_equal(frames[2].c_str(), "last");
}

CASE(selection_names_file_and_line_of_a_long_name) {
  const TempDir dir;
  const std::string path = dir.file("names", "ok\n" + std::string(256, 'x') + "\n");
  SelectionOptions options = options_of({{"--file", path}});
  assert_true(options.prepare(true).ok());
  const auto open = OpenSelection::open(options);
  assert_false(open.ok());
  assert_true(open.error().code == Code::kInvalid);
  assert_non_null(strstr(open.error().what.c_str(), "names:2: "));
}

CASE(selection_moves_too_many_operands_into_the_file) {
  Texts users;
  for (int i = 0; i < 2000; ++i) users.push_back(std::string(20, 'u') + std::to_string(i));
  SelectionOptions options = options_of({}, users);
  assert_true(options.prepare(true).ok());
  const auto open = OpenSelection::open(options);
  const Selection message = open->message();
  assert_true(message.has_file);
  assert_true(message.users.empty());
  const Texts frames = frames_of(open->attachment());
  assert_int_equal(frames.size(), 2000);
  assert_true(frames == users);
}

CASE(row_file_is_sealed_and_starts_at_its_beginning) {
  auto rows = RowFile::create();
  assert_true(rows.ok());
  const std::string big(kMaxPacket, 'x');
  for (int i = 0; i < 9; ++i) assert_true(rows->append(as_bytes(big)).ok());
  assert_true(rows->append(Bytes()).ok());
  assert_int_equal(rows->frames(), 10);
  assert_true(rows->append(as_bytes(big + "y")).error().code == Code::kInvalid);
  const auto sealed = rows->seal();
  assert_true(sealed.ok());
  assert_int_equal(lseek(sealed->get(), 0, SEEK_CUR), 0);
  assert_int_equal(write(sealed->get(), "x", 1), -1);
  assert_int_equal(ftruncate(sealed->get(), 0), -1);
  assert_int_equal(fcntl(sealed->get(), F_ADD_SEALS, F_SEAL_WRITE), -1);
  const Texts frames = frames_of(sealed->get());
  assert_int_equal(frames.size(), 10);
  assert_true(frames[8] == big && frames[9].empty());
}

RUN_CASES(cmocka_unit_test(selection_carries_users_and_filters),
          cmocka_unit_test(selection_refuses_what_makes_no_sense),
          cmocka_unit_test(selection_of_nothing_is_all_for_a_list_only),
          cmocka_unit_test(selection_gives_its_last_operand_away), cmocka_unit_test(selection_sends_a_file_as_frames),
          cmocka_unit_test(selection_names_file_and_line_of_a_long_name),
          cmocka_unit_test(selection_moves_too_many_operands_into_the_file),
          cmocka_unit_test(row_file_is_sealed_and_starts_at_its_beginning))
