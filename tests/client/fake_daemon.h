// SPDX-License-Identifier: BSD-2-Clause
// A daemon for tests of clients: listens on auth.sock in a directory of its own, and does what a function tells it.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "wire/auth.h"
#include "wire/limits.h"
#include "wire/packet.h"

namespace pbxcred::test {

/// A directory that goes with everything directly in it.
class TempDir {
 public:
  TempDir() {
    char name[] = "/tmp/pbxcred-test-XXXXXX";
    if (mkdtemp(name) != nullptr) path_ = name;
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir() {
    for (const auto& file : files_) std::remove(file.c_str());
    rmdir(path_.c_str());
  }
  const std::string& path() const { return path_; }
  /// A path inside, removed at the end.
  std::string file(const std::string& name) {
    files_.push_back(path_ + "/" + name);
    return files_.back();
  }

 private:
  std::string path_;
  std::vector<std::string> files_;
};

/// A listening SOCK_SEQPACKET socket at path.
inline Fd listen_at(const std::string& path, int backlog) {
  Fd fd(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return Fd();
  if (listen(fd.get(), backlog) != 0) return Fd();
  return fd;
}

/// A request as it came, in memory of its own.
struct Seen {
  std::uint16_t type = 0;
  Nonce nonce{};
  Kind kind = Kind::kPassword;
  std::string user, domain, service, rhost;
  std::string secret;  ///< AuthRequest: secret; ChangeRequest: current
  ChangeRequest::Step step = ChangeRequest::Step::kBegin;
  ChangeRequest::Proof proof = ChangeRequest::Proof::kNone;
  GrantToken grant{};
  std::vector<std::pair<Kind, std::string>> secrets;

  bool is_auth() const { return type == AuthRequest::kType; }
  bool is_status() const { return type == StatusRequest::kType; }
  bool is_begin() const { return type == ChangeRequest::kType && step == ChangeRequest::Step::kBegin; }
  bool is_commit() const { return type == ChangeRequest::kType && step == ChangeRequest::Step::kCommit; }
};

/// What to do with a request. The texts of reply are borrowed: literals.
struct Act {
  enum class Mode { kReply, kRaw, kClose, kSilent };
  Mode mode = Mode::kReply;
  AuthReply reply;
  std::vector<std::uint8_t> raw;
};

/// A reply to seen, and the account if it grants.
inline AuthReply reply_to(const Seen& seen, Verdict verdict) {
  AuthReply reply;
  reply.nonce = seen.nonce;
  reply.kind = seen.kind;
  reply.verdict = verdict;
  if (verdict == Verdict::kGranted) reply.account = "1001@example.org";
  return reply;
}

class FakeDaemon {
 public:
  using Answerer = std::function<Act(const Seen&)>;

  /// Answers every request with what answerer says, from a thread of its own.
  explicit FakeDaemon(Answerer answerer) : answerer_(std::move(answerer)) {
    listener_ = listen_at(dir_.file("auth.sock"), 64);
    thread_ = std::thread([this] { serve(); });
  }
  /// Answers everything with verdict.
  explicit FakeDaemon(Verdict verdict)
      : FakeDaemon([verdict](const Seen& seen) {
          return Act{Act::Mode::kReply, reply_to(seen, verdict), {}};
        }) {}
  FakeDaemon(const FakeDaemon&) = delete;
  FakeDaemon& operator=(const FakeDaemon&) = delete;
  ~FakeDaemon() {
    shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }

  const std::string& run_dir() const { return dir_.path(); }
  std::vector<Seen> seen() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return seen_;
  }
  void answer_with(Answerer answerer) {
    const std::lock_guard<std::mutex> lock(mutex_);
    answerer_ = std::move(answerer);
  }

 private:
  void serve() {
    for (;;) {
      Fd connection(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!connection) return;
      std::uint8_t buffer[kMaxPacket];
      Bytes packet;
      if (receive_packet(connection.get(), buffer, packet, kNever)) answer(std::move(connection), packet);
    }
  }

  void answer(Fd connection, Bytes packet) {
    const std::lock_guard<std::mutex> lock(mutex_);
    seen_.push_back(read(packet));
    const Act act = answerer_(seen_.back());
    std::uint8_t space[2 * kMaxAuthPacket];
    ByteWriter writer(space);
    if (act.mode == Act::Mode::kReply) encode_packet(writer, act.reply);
    if (act.mode == Act::Mode::kRaw) writer.append(act.raw);
    // A client that has gone is its own test's business.
    if (writer.size() > 0)
      static_cast<void>(static_cast<bool>(send_packet(connection.get(), writer.written(), kNever)));
    if (act.mode == Act::Mode::kSilent) silent_.push_back(std::move(connection));
  }

  static void read_subject(const Nonce& nonce, const Subject& subject, Seen& seen) {
    seen.nonce = nonce;
    seen.kind = subject.kind;
    seen.user = subject.user;
    seen.domain = subject.domain;
    seen.service = subject.service;
    seen.rhost = subject.rhost;
  }

  static Seen read(Bytes packet) {
    Seen seen;
    seen.type = read_head(packet).type;
    AuthRequest auth;
    StatusRequest status;
    ChangeRequest change;
    if (decode_packet(packet, auth)) {
      read_subject(auth.nonce, auth.subject, seen);
      seen.secret = as_text(auth.secret.bytes);
    } else if (decode_packet(packet, status)) {
      read_subject(status.nonce, status.subject, seen);
    } else if (decode_packet(packet, change)) {
      read_subject(change.nonce, change.subject, seen);
      seen.secret = as_text(change.current.bytes);
      seen.step = change.step;
      seen.proof = change.proof;
      seen.grant = change.grant;
      for (const auto& item : change.secrets) seen.secrets.emplace_back(item.kind, as_text(item.secret.bytes));
    }
    return seen;
  }

  TempDir dir_;
  Answerer answerer_;
  std::mutex mutex_;
  std::vector<Seen> seen_;
  std::vector<Fd> silent_;
  Fd listener_;
  std::thread thread_;
};

}  // namespace pbxcred::test
