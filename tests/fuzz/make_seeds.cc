// SPDX-License-Identifier: BSD-2-Clause
// Writes the first corpus of fuzz_message and fuzz_record, one file a type with every field set, and of fuzz_session,
// fuzz_backup and fuzz_pages.
//
//   make_seeds CORPUS_DIR
//
// Its output is kept in tests/fuzz/corpus; run it again when a type has changed.
#include <filesystem>
#include <fstream>
#include <string>

#include "crypto/key_backup.h"
#include "fixed_ring.h"
#include "message_types.h"
#include "round_trip.h"
#include "store/backup.h"
#include "store/lmdb_store.h"
#include "store/memory_store.h"

using namespace pbxcred;

namespace {

constexpr std::string_view kTexts[] = {"1001@pbx.example", "de", "+4991150000201", "M\xc3\xbcller",
                                       "a text of more words"};
int turn = 0;

template <class T>
void fill(T& value);

struct FillVisitor {
  template <class T>
  void operator()(std::uint8_t, const char*, T& value) {
    fill(value);
  }
};

template <class T>
void fill(T& value) {
  const std::string_view text = kTexts[static_cast<std::size_t>(++turn) % std::size(kTexts)];
  if constexpr (detail::IsOptional<T>) {
    fill(value.emplace());
  } else if constexpr (std::is_same_v<T, bool>) {
    value = true;
  } else if constexpr (std::is_enum_v<T>) {
    value = static_cast<T>(static_cast<std::uint64_t>(turn) % kEnumEnd<T>);
  } else if constexpr (std::is_integral_v<T>) {
    value = static_cast<T>(turn);
  } else if constexpr (detail::IsTime<T>) {
    value = T(typename T::duration(1'700'000'000'000 + turn));
  } else if constexpr (detail::IsDuration<T>) {
    value = T(turn);
  } else if constexpr (std::is_same_v<T, std::string_view> || detail::IsOwnedText<T>) {
    value = text;
  } else if constexpr (std::is_same_v<T, SecretView>) {
    value.bytes = as_bytes(text);
  } else if constexpr (detail::IsByteArray<T>) {
    std::memset(value.data(), turn, value.size());
  } else if constexpr (detail::IsOwnedBytes<T>) {
    value.assign(72, static_cast<std::uint8_t>(turn));
  } else if constexpr (requires { T::kHasFields; }) {
    FillVisitor visitor;
    T::fields(visitor, value);
  } else {
    value.clear();
    for (int i = 0; i < 2; ++i) {
      typename T::value_type item{};
      fill(item);
      value.push_back(item);
    }
  }
}

void write_file(const std::filesystem::path& path, Bytes bytes) {
  std::ofstream file(path, std::ios::binary);
  file << as_text(bytes);
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

template <Message M>
void write_message(const std::filesystem::path& dir) {
  M message;
  fill(message);
  fuzz::Buffer packet;
  encode_packet(packet, message);
  constexpr std::uint8_t kRaw[] = {M::kType >> 8, M::kType & 0xff};
  write_file(dir / ("type-" + to_hex(kRaw)), packet.bytes);
}

template <class S>
void write_record(const std::filesystem::path& dir) {
  typename S::Type record;
  fill(record);
  fuzz::Buffer value;
  append_integer(value, static_cast<std::uint8_t>(S::kIn));
  encode(value, record);
  write_file(dir / (std::string("table-") + name_of(S::kIn)), value.bytes);
}

/// An input of fuzz_session.
class Session {
 public:
  template <Message M>
  Session& admin(const M& message) {
    return add(1, message);
  }
  template <Message M>
  Session& auth(const M& message) {
    return add(0, message);
  }
  /// A request with rows in a memfd.
  template <Message M, Message Row>
  Session& admin(const M& message, std::initializer_list<Row> rows) {
    add(3, message);
    fuzz::Buffer file;
    for (const Row& row : rows) {
      fuzz::Buffer frame;
      encode_packet(frame, row);
      append_integer(file, static_cast<std::uint32_t>(frame.size()));
      file.append(frame.bytes);
    }
    append_sized(file.bytes);
    return *this;
  }
  Bytes bytes() const { return input_.bytes; }

 private:
  template <Message M>
  Session& add(std::uint8_t flags, const M& message) {
    fuzz::Buffer packet;
    encode_packet(packet, message);
    append_integer(input_, flags);
    append_sized(packet.bytes);
    return *this;
  }
  void append_sized(Bytes bytes) {
    append_integer(input_, static_cast<std::uint16_t>(bytes.size()));
    input_.append(bytes);
  }

  fuzz::Buffer input_;
};

constexpr std::string_view kDomain = "a.example", kUser = "1@a.example";
constexpr std::string_view kPassword = "kiesel-regen-lampe-7", kPin = "482915";

DomainPut new_domain() {
  DomainPut domain;
  domain.name = kDomain;
  domain.country = "DE";
  return domain;
}
AccountPut new_user() {
  AccountPut user;
  user.name = kUser;
  user.data.username = "p.hofmann";
  user.data.numbers.emplace().push_back("+4991150000201");
  return user;
}
Selection only_user() {
  Selection selection;
  selection.users.push_back(kUser);
  return selection;
}
SecretAct set_secret(Kind kind, std::string_view secret, bool temporary) {
  SecretAct act;
  act.selection = only_user();
  act.kind = kind;
  act.secret.bytes = as_bytes(secret);
  act.temporary = temporary;
  return act;
}
Subject subject_of(Kind kind) {
  return {kind, kUser, {}, "portal", "192.0.2.7"};
}
AuthRequest login(Kind kind, std::string_view secret) {
  AuthRequest request;
  request.subject = subject_of(kind);
  request.secret.bytes = as_bytes(secret);
  return request;
}
ChangeRequest change(ChangeRequest::Step step, ChangeRequest::Proof proof) {
  ChangeRequest request;
  request.subject = subject_of(Kind::kPassword);
  request.step = step;
  request.proof = proof;
  request.current.bytes = as_bytes(kPassword);
  if (step == ChangeRequest::Step::kCommit)
    request.secrets.push_back({Kind::kPassword, {as_bytes("another-regen-lampe")}});
  return request;
}
StatusRequest status() {
  StatusRequest request;
  request.subject = subject_of(Kind::kPassword);
  return request;
}
ImportRow row_of(std::string_view extension, std::string_view problem) {
  ImportRow row;
  row.file = "users.csv";
  row.line = 2;
  row.problem = problem;
  row.domain = kDomain;
  row.extension = extension;
  row.data.email = "x@a.example";
  row.secrets.push_back({Kind::kVoicemail, {as_bytes(kPin)}});
  return row;
}

Session with_user() {
  Session session;
  session.admin(new_domain()).admin(new_user()).admin(set_secret(Kind::kPassword, kPassword, false));
  return session;
}

void write_sessions(const std::filesystem::path& dir) {
  using Step = ChangeRequest::Step;
  using Proof = ChangeRequest::Proof;
  ImportRequest import;
  import.rows = 2;
  import.skip_bad = true;
  AccountQuery listed;
  listed.selection.all = true;
  AccountAct act;
  act.selection = only_user();
  act.action = AccountAct::Action::kRemove;
  AuthTry attempt;
  attempt.user = kUser;
  attempt.secret.bytes = as_bytes("wrong");
  ExplainQuery explain;
  explain.user = kUser;
  AccountMove move;
  move.user = kUser;
  move.to = "2@a.example";
  DomainRename rename;
  rename.name = kDomain;
  rename.new_name = "b.example";
  write_file(dir / "login", with_user().auth(login(Kind::kPassword, kPassword)).auth(status()).bytes());
  write_file(dir / "change", with_user()
                                 .auth(change(Step::kBegin, Proof::kNone))
                                 .auth(change(Step::kBegin, Proof::kSecret))
                                 .auth(change(Step::kCommit, Proof::kPrivilege))
                                 .auth(change(Step::kCommit, Proof::kGrant))
                                 .bytes());
  write_file(dir / "temporary", with_user()
                                    .admin(set_secret(Kind::kVoicemail, kPin, true))
                                    .auth(login(Kind::kVoicemail, kPin))
                                    .auth(login(Kind::kVoicemail, "0000"))
                                    .bytes());
  write_file(dir / "import",
             Session().admin(new_domain()).admin(import, {row_of("7", {}), row_of("8", "odd")}).admin(listed).bytes());
  write_file(dir / "administration",
             with_user().admin(attempt).admin(explain).admin(LockQuery{}).admin(StoreStatQuery{}).admin(act).bytes());
  write_file(dir / "names",
             with_user().admin(move).admin(rename).admin(listed).admin(StatusQuery{}).admin(StoreCheck{}).bytes());
}

Status put_some(Database& database) {
  PBXCRED_CHECK(database.initialise(Time{}));
  PBXCRED_TRY(Write write, database.write());
  AccountId account;
  Verifier verifier;
  verifier.generation = 3;
  write.put(secret_key(Table::kVerifier, account, Kind::kPassword), verifier);
  write.put(secret_key(Table::kLedger, account, Kind::kPassword), Ledger{});
  write.put(make_key(Table::kStray), StrayCount{7});
  return write.commit();
}

/// The first byte says how fuzz_backup reads the rest.
void write_backups(const std::filesystem::path& dir) {
  MemoryStore store;
  Database database(store, fuzz::fixed_ring());
  const Status put = put_some(database);
  auto read = database.read();
  fuzz::Buffer stream;
  append_integer(stream, std::uint8_t{0});
  const auto written = write_backup(*read, "1", Time{}, [&](Bytes bytes) {
    stream.append(bytes);
    return Status();
  }, [](std::uint64_t, std::uint64_t) { return Status(); });
  if (!put || !written) throw std::runtime_error("no backup");
  write_file(dir / "whole", stream.bytes);

  fuzz::Buffer records;
  append_integer(records, std::uint8_t{1});
  for (const std::string_view key : {"A1", "D1", "D2"}) {
    append_integer(records, static_cast<std::uint8_t>(key.size()));
    append_integer(records, std::uint16_t{3});
    records.append(as_bytes(key));
    records.append(as_bytes("xyz"));
  }
  write_file(dir / "records", records.bytes);

  const auto keys = seal_key_backup(as_bytes(fuzz::fixed_ring_file()), {as_bytes("another passphrase")}, {1, 8192});
  if (!keys) throw std::runtime_error("no backup of keys");
  fuzz::Buffer sealed;
  append_integer(sealed, std::uint8_t{2});
  sealed.append(*keys);
  write_file(dir / "keys", sealed.bytes);
}

/// A file with one leaf, and one with branches, pages that are free, and a value of several.
void write_pages(const std::filesystem::path& dir) {
  for (const int many : {3, 30}) {
    const TempDir work;
    auto store = LmdbStore::open(work.path(), std::uint64_t{4} << 20, true);
    for (int round = 0; store && round < 2; ++round) {
      const auto write = (*store)->write();
      for (int i = 0; i < many; ++i)
        (*write)->put(as_bytes("key " + std::to_string(100 + i)), as_bytes(std::string(150, static_cast<char>('a' + round))));
      if (many > 3) (*write)->put(as_bytes("long"), as_bytes(std::string(5000, 'l')));
      if (!(*write)->commit()) throw std::runtime_error("no store");
    }
    std::filesystem::copy_file(work.file(LmdbStore::kFileName), dir / (many > 3 ? "many" : "few"),
                               std::filesystem::copy_options::overwrite_existing);
  }
}

void write_corpus(const std::filesystem::path& corpus) {
  for (const char* name : {"backup", "message", "pages", "record", "session"}) std::filesystem::create_directories(corpus / name);
  fuzz::for_each_type(fuzz::Messages{}, [&]<class M>() { write_message<M>(corpus / "message"); });
  fuzz::for_each_type(fuzz::Records{}, [&]<class S>() { write_record<S>(corpus / "record"); });
  write_sessions(corpus / "session");
  write_backups(corpus / "backup");
  write_pages(corpus / "pages");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  try {
    write_corpus(argv[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "make_seeds: %s\n", error.what());
    return 1;
  }
  return 0;
}
