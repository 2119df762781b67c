// SPDX-License-Identifier: BSD-2-Clause
#include "auth_connections.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <cerrno>

#include "closer.h"
#include "crypto/random.h"
#include "service/account_status.h"
#include "service/change_begin.h"
#include "service/change_commit.h"
#include "service/login.h"
#include "sockets.h"
#include "wire/limits.h"

namespace pbxcred {
namespace {

constexpr auto kSilenceAllowed = std::chrono::milliseconds(2000);
constexpr std::size_t kMostConnections = 8192;
constexpr int kAcceptsAtOnce = 64;

ChangeProof proof_of(const ChangeRequest& request) { return {request.proof, request.grant}; }

std::vector<OfferedSecret> offered_in(const ChangeRequest& request) {
  std::vector<OfferedSecret> offered;
  for (const NewSecret& one : request.secrets) offered.push_back({one.kind, Secret::copy_of(one.secret)});
  return offered;
}

bool is_overlong(const Asked& asked) {
  const auto over = [](const std::string& text) { return text.size() > kMaxName; };
  return over(asked.service) || over(asked.rhost);
}

/// One small packet into an empty socket: it goes now or its reader is gone.
void send_reply(int socket, const AuthReply& reply) {
  std::uint8_t buffer[kMaxAuthPacket];
  ByteWriter writer{MutableBytes(buffer)};
  encode_packet(writer, reply);
  if (writer.ok()) (void)send(socket, buffer, writer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  wipe(buffer, writer.size());
}

}  // namespace

bool OncePerMinute::may(const std::string& key, Time now) {
  auto [place, first] = last_.try_emplace(key, now);
  const bool long_ago = now - place->second >= std::chrono::minutes(1) || now < place->second;
  if (!first && !long_ago) return false;
  place->second = now;
  if (last_.size() > 1024) last_.clear();
  return true;
}

struct AuthConnections::Connection {
  Connection(Number n, Fd s, Access a) : number(n), socket(std::move(s)), access(std::move(a)) {}
  Number number;
  Fd socket;
  Access access;
  bool asked = false;
  std::list<Number>::iterator place;
  std::unique_ptr<Event> readable;  ///< after socket: goes first
};

AuthConnections::AuthConnections(EventLoop& loop, int listener, Engine& engine, std::function<Context()> services)
    : loop_(loop),
      listener_(listener),
      engine_(engine),
      services_(std::move(services)),
      // In turn with administration, which somebody who does nothing but connect would shut out otherwise.
      listening_(loop, listener, EV_READ | EV_PERSIST, [this](short) { accept_some(); }, EventLoop::kAdministration),
      listen_again_(loop, -1, static_cast<short>(0), [this](short) {
        if (!stopped_) listening_.add();
      }) {
  (void)refuse_descriptors(listener);
  listening_.add();
}

AuthConnections::~AuthConnections() = default;

/// The oldest of those that have not said anything makes room for who may have something to say.
bool AuthConnections::make_room() {
  if (silent_.empty()) return false;
  close(silent_.front());
  return true;
}

/// A listener that stays readable while nothing can be accepted would starve everything of lower priority, also what
/// would free descriptors.
void AuthConnections::pause_listening() {
  listening_.remove();
  listen_again_.add(std::chrono::milliseconds(50));
}

void AuthConnections::accept_some() {
  for (int i = 0; i < kAcceptsAtOnce; ++i) {
    if (connections_.size() >= kMostConnections && !make_room()) return pause_listening();
    Fd socket(accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (socket) {
      admit(std::move(socket));
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      if (!make_room()) return pause_listening();
    } else if (errno != EINTR && errno != ECONNABORTED) {
      return;
    }
  }
}

void AuthConnections::admit(Fd socket) {
  const Context services = services_();
  // Without having read anything: the peer is told that it is turned away, and no more.
  AuthReply denied;
  denied.verdict = Verdict::kDenied;
  const auto peer = peer_of(socket.get());
  if (!peer) {
    send_reply(socket.get(), denied);
    return close_client(std::move(socket));
  }
  auto access = access_of(*services.settings, peer->uid);
  if (!access) {
    send_reply(socket.get(), denied);
    if (said_.may(std::to_string(peer->uid), engine_.clock().now()))
      services.log->write(LogLevel::kWarning,
                          fmt::format("uid {} is turned away: services has no entry for it; add {{ user = \"#{}\"; kinds "
                                      "= [ KIND ]; }} to let it verify secrets of that kind",
                                      peer->uid, peer->uid));
    return close_client(std::move(socket));
  }
  const Number number = next_++;
  auto connection = std::make_unique<Connection>(number, std::move(socket), std::move(*access));
  connection->place = silent_.insert(silent_.end(), number);
  Connection& admitted = *connection;
  connections_.emplace(number, std::move(connection));
  // Clients send with connect: most have spoken by now, and are spared a round of the loop.
  on_request(admitted);
}

void AuthConnections::on_event(Number number, short what) {
  const auto found = connections_.find(number);
  if (found == connections_.end()) return;
  if ((what & EV_TIMEOUT) != 0) return close(number);
  on_request(*found->second);
}

void AuthConnections::await(Connection& connection) {
  if (connection.readable) return;
  connection.readable = std::make_unique<Event>(
      loop_, connection.socket.get(), static_cast<short>(EV_READ | EV_TIMEOUT),
      [this, number = connection.number](short what) { on_event(number, what); });
  connection.readable->add(kSilenceAllowed);
}

void AuthConnections::on_request(Connection& connection) {
  if (carries_descriptors(connection.socket.get())) return close(connection.number);
  std::uint8_t buffer[kMaxAuthPacket];
  Bytes packet;
  const IoStatus received = receive_packet_now(connection.socket.get(), buffer, packet);
  if (!received && received.code == Code::kBusy) return await(connection);
  if (!received) return close(connection.number);
  connection.asked = true;
  silent_.erase(connection.place);
  if (connection.readable) connection.readable->remove();
  dispatch(connection, packet);
  wipe(buffer, packet.size());
}

Answer AuthConnections::answer_to(Number number) {
  return [this, number](const AuthReply& reply) {
    // A client that has gone still counts: it was evaluated. Only its answer is dropped.
    const auto found = connections_.find(number);
    if (found == connections_.end()) return;
    send_reply(found->second->socket.get(), reply);
    close(number);
  };
}

void AuthConnections::dispatch(Connection& connection, Bytes packet) {
  const Context services = services_();
  const Number number = connection.number;
  const Access access = connection.access;
  const auto refuse = [&] {
    AuthReply invalid;
    invalid.verdict = Verdict::kInvalid;
    send_reply(connection.socket.get(), invalid);
    close(number);
  };
  const auto submit = [&](std::unique_ptr<UseCase> use_case, const Asked& asked) {
    if (is_overlong(asked)) return refuse();  // it would fill the log
    engine_.submit(std::move(use_case), Share{access.uid, source_of(access, asked.rhost), false});
  };
  const auto told = [answer = answer_to(number)](const AuthReply& reply, Outcome, const Status&) { answer(reply); };

  AuthRequest auth;
  StatusRequest status;
  ChangeRequest change;
  if (decode_packet(packet, auth)) {
    const Asked asked = copy_of(auth.nonce, auth.subject);
    submit(std::make_unique<Login>(services, access, asked, Secret::copy_of(auth.secret), Login::Use::kSignIn, told),
           asked);
  } else if (decode_packet(packet, status)) {
    const Asked asked = copy_of(status.nonce, status.subject);
    submit(std::make_unique<AccountStatus>(services, access, asked, answer_to(number)), asked);
  } else if (decode_packet(packet, change)) {
    const Asked asked = copy_of(change.nonce, change.subject);
    const ChangeProof proof = proof_of(change);
    if (change.step == ChangeRequest::Step::kCommit) {
      submit(std::make_unique<ChangeCommit>(services, access, asked, proof, offered_in(change), answer_to(number)),
             asked);
    } else if (change.proof == ChangeRequest::Proof::kSecret) {
      submit(std::make_unique<Login>(services, access, asked, Secret::copy_of(change.current), Login::Use::kProof, told),
             asked);
    } else {
      submit(std::make_unique<ChangeBegin>(services, access, asked, proof, answer_to(number)), asked);
    }
  } else {
    refuse();
  }
}

void AuthConnections::close(Number number) {
  const auto found = connections_.find(number);
  if (found == connections_.end()) return;
  if (!found->second->asked) silent_.erase(found->second->place);
  found->second->readable.reset();
  close_client(std::move(found->second->socket));
  connections_.erase(found);
}

}  // namespace pbxcred
