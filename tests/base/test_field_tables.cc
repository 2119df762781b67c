// SPDX-License-Identifier: BSD-2-Clause
// What every message, record and view says about its fields: tags ascend, names are unique, types are distinct.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <tuple>

#include "base/secret.h"
#include "model/account.h"
#include "model/backup.h"
#include "model/domain.h"
#include "model/grant.h"
#include "model/index.h"
#include "model/ledger.h"
#include "model/verifier.h"
#include "model/views.h"
#include "support/check.h"
#include "wire/admin.h"
#include "wire/auth.h"

using namespace pbxcred;

namespace {

using AuthTypes = std::tuple<KindSet, Subject, AuthRequest, StatusRequest, NewSecret, ChangeRequest, Text, AuthReply>;
using AdminTypes =
    std::tuple<Selection, StatusQuery, PolicyChoice, DomainPut, DomainQuery, DomainRename, DomainRemove, AccountFields,
               AccountPut, AccountMove, AccountQuery, AccountAct, SecretAct, AuthTry, ExplainQuery, StoreCheck,
               StoreStatQuery, KeyQuery, StoreBackup, KeyRotate, KeyRetire, KeyBackup, ReloadRequest, LockQuery, JobQuery,
               JobAct, DomainImport, DomainExport, DomainRow, ImportRequest, ExportRequest, ImportRow, Done, Progress, Note,
               GeneratedRow>;
using Records = std::tuple<Account, DomainPolicy, Domain, Grant, GivenGrant, GivenGrants, NameHolder, NameEntry,
                           AccountRef, DomainRef, Tombstone, Probe, DomainCount, StrayCount, LastSuccess, StoreMeta, Resealing, BackupKey, BackupHeader,
                           RecentGuess, Ledger, HashParams, SealedHash, Verifier>;
using Views = std::tuple<KindView, AccountView, KindCount, DomainView, StatusView, AuthTryView, ExplainView,
                         StoreStatView, KeyView, LockView, NoteView, JobView>;

struct TagVisitor {
  int last = 0;
  int count = 0;
  std::set<std::string> names;
  template <class T>
  void operator()(std::uint8_t tag, const char* name, T&) {
    if (tag <= last) fail_msg("tag %d of %s does not ascend", tag, name);
    if (!names.insert(name).second) fail_msg("%s stands twice", name);
    if (*name == '\0') fail_msg("tag %d has no name", tag);
    last = tag;
    ++count;
  }
};

template <class T>
TagVisitor visited() {
  TagVisitor visitor;
  T value;
  T::fields(visitor, value);
  return visitor;
}

template <class Tuple, class F>
void for_each(F f) {
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (f.template operator()<std::tuple_element_t<I, Tuple>>(), ...);
  }(std::make_index_sequence<std::tuple_size_v<Tuple>>{});
}

template <class F>
void for_all(F f) {
  for_each<AuthTypes>(f);
  for_each<AdminTypes>(f);
  for_each<Records>(f);
  for_each<Views>(f);
}

/// How many types the headers of a folder (or one header) describe.
std::size_t described_in(const std::string& path) {
  const char* source = getenv("srcdir");
  const std::filesystem::path root = std::filesystem::path(source != nullptr ? source : ".") / "libpbxcred" / path;
  std::size_t found = 0;
  const auto count = [&](const std::filesystem::path& file) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);)
      found += line.find("static constexpr bool kHasFields = true;") != std::string::npos ? 1 : 0;
  };
  if (std::filesystem::is_directory(root)) {
    for (const auto& entry : std::filesystem::directory_iterator(root))
      if (entry.path().extension() == ".h") count(entry.path());
  } else {
    count(root);
  }
  return found;
}

CASE(field_tables_ascend_with_unique_names_in_every_type) {
  for_all([]<class T>() { (void)visited<T>(); });
}

CASE(field_tables_tested_here_are_all_there_are) {
  assert_int_equal(described_in("wire/auth.h") + described_in("wire/kind.h"), std::tuple_size_v<AuthTypes>);
  assert_int_equal(described_in("wire/admin.h"), std::tuple_size_v<AdminTypes>);
  assert_int_equal(described_in("wire"), std::tuple_size_v<AuthTypes> + std::tuple_size_v<AdminTypes>);
  assert_int_equal(described_in("model"), std::tuple_size_v<Records> + std::tuple_size_v<Views>);
}

CASE(field_tables_round_trip_the_defaults_of_every_type) {
  for_all([]<class T>() {
    SecureBuffer first;
    T value;
    encode(first, value);
    T back;
    assert_true(decode(first.view(), back));
    SecureBuffer second;
    encode(second, back);
    assert_true(as_text(first.view()) == as_text(second.view()));
    T empty;
    assert_true(decode({}, empty));
  });
}

CASE(field_tables_refuse_every_type_cut_within_a_field) {
  for_all([]<class T>() {
    SecureBuffer whole;
    T value;
    encode(whole, value);
    if (whole.empty()) return;
    T back;
    assert_false(decode(whole.view().first(1), back));
    assert_false(decode(whole.view().first(4), back));
  });
}

CASE(messages_have_types_of_their_own) {
  std::set<std::uint16_t> types;
  int messages = 0;
  for_all([&]<class T>() {
    if constexpr (requires { T::kType; }) {
      ++messages;
      types.insert(T::kType);
    }
  });
  assert_int_equal(messages, static_cast<int>(types.size()));
  assert_true(messages > 30);
}

CASE(messages_open_as_their_own_type_only) {
  for_all([]<class T>() {
    if constexpr (requires { T::kType; }) {
      SecureBuffer packet;
      T value;
      encode_packet(packet, value);
      T back;
      assert_true(decode_packet(packet.view(), back));
      assert_int_equal(read_head(packet.view()).type, T::kType);
      for (std::size_t at = 0; at < kHeaderSize; ++at) {  // magic, version, zero, type
        SecureBuffer changed;
        changed.append(packet.view());
        changed.data()[at] ^= 0x40;
        assert_false(decode_packet(changed.view(), back));
      }
      for (std::size_t size = 0; size < kHeaderSize; ++size)
        assert_false(decode_packet(packet.view().first(size), back));
    }
  });
}

/// The part of an auth.sock packet's numbers that may never change: the module of an older version sends them.
CASE(messages_keep_the_numbers_of_the_wire) {
  static_assert(AuthRequest::kType == 1 && StatusRequest::kType == 2 && ChangeRequest::kType == 3);
  static_assert(AuthReply::kType == 0x10);
  static_assert(static_cast<int>(Kind::kPassword) == 0 && static_cast<int>(Kind::kAdmin) == 4);
  static_assert(static_cast<int>(Verdict::kRefused) == 0 && static_cast<int>(Verdict::kGranted) == 1);
  assert_true(AuthReply{}.verdict == Verdict::kRefused);
  Verdict verdict{};
  assert_true(verdict == Verdict::kRefused);
}

CASE(views_keep_the_names_of_the_json) {
  const auto account = visited<AccountView>().names;
  for (const char* key : {"account", "account_id", "domain", "extension", "username", "email", "enabled", "kinds"})
    if (account.count(key) == 0) fail_msg("user show --json lacks %s", key);
  const auto kind = visited<KindView>().names;
  for (const char* key :
       {"set", "set_at", "must_change", "expires_at", "weak", "failures", "locked_until", "locked_permanently"})
    if (kind.count(key) == 0) fail_msg("user show --json lacks kinds.KIND.%s", key);
}

CASE(views_are_the_only_types_that_may_be_printed) {
  for_each<Views>([]<class T>() { static_assert(View<T>); });
  for_each<Records>([]<class T>() { static_assert(!View<T>); });
  for_each<AuthTypes>([]<class T>() { static_assert(!View<T>); });
  static_assert(!View<GeneratedRow> && !View<SecretAct> && !View<KeyBackup> && !View<AuthTry>);
}

CASE(kinds_have_one_name_each) {
  std::set<std::string> names;
  for (Kind kind : kAllKinds) {
    names.insert(name_of(kind));
    Kind back = kind == Kind::kAdmin ? Kind::kPassword : Kind::kAdmin;
    assert_true(kind_from_name(name_of(kind), back));
    assert_true(back == kind);
  }
  const std::set<std::string> wanted = {"password", "voicemail", "login", "phone", "admin"};
  assert_true(names == wanted);
  Kind kind = Kind::kPhone;
  for (const char* none : {"", "Password", "pin", "password ", "passwor"}) assert_false(kind_from_name(none, kind));
  assert_true(kind == Kind::kPhone);
}

CASE(kind_set_holds_what_was_added) {
  for (unsigned bits = 0; bits < 32; ++bits) {
    KindSet set;
    for (Kind kind : kAllKinds)
      if (bits >> static_cast<unsigned>(kind) & 1U) set.add(kind);
    assert_int_equal(set.bits, bits);
    assert_true(set.empty() == (bits == 0));
    for (Kind kind : kAllKinds) assert_true(set.has(kind) == ((bits >> static_cast<unsigned>(kind) & 1U) != 0));
  }
}

}  // namespace

RUN_CASES(cmocka_unit_test(field_tables_ascend_with_unique_names_in_every_type),
          cmocka_unit_test(field_tables_tested_here_are_all_there_are),
          cmocka_unit_test(field_tables_round_trip_the_defaults_of_every_type),
          cmocka_unit_test(field_tables_refuse_every_type_cut_within_a_field),
          cmocka_unit_test(messages_have_types_of_their_own), cmocka_unit_test(messages_open_as_their_own_type_only),
          cmocka_unit_test(messages_keep_the_numbers_of_the_wire), cmocka_unit_test(views_keep_the_names_of_the_json),
          cmocka_unit_test(views_are_the_only_types_that_may_be_printed),
          cmocka_unit_test(kinds_have_one_name_each), cmocka_unit_test(kind_set_holds_what_was_added))
