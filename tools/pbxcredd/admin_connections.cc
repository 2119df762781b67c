// SPDX-License-Identifier: BSD-2-Clause
#include "admin_connections.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <cerrno>
#include <deque>

#include "sockets.h"
#include "wire/limits.h"
#include "wire/packet.h"

namespace pbxcred {
namespace {

constexpr auto kSilenceAllowed = std::chrono::milliseconds(2000);
constexpr auto kReadsWithin = std::chrono::seconds(30);  ///< a client that takes longer to read is dropped
constexpr std::size_t kMostConnections = 256;
constexpr std::size_t kRoom = 64;  ///< packets waiting to be sent before a task pauses

}  // namespace

/// Outlives its connection, then swallows what is sent.
class AdminConnections::Reply final : public AdminReply {
 public:
  Reply(AdminConnections& owner, Number number) : owner_(&owner), number_(number) {}

  void send(SecureBuffer packet) override {
    if (owner_ == nullptr) return;
    if (packet.size() > kMaxPacket) return put(Note{true, "reply", "too large to be sent; it is left out"});
    packets_.push_back(std::move(packet));
    if (!held_ && packets_.size() == 1) owner_->flush(number_);
  }
  bool has_room() const override { return packets_.size() < kRoom; }
  bool is_gone() const override { return owner_ == nullptr; }

  std::deque<SecureBuffer>& packets() { return packets_; }
  /// Until then nothing is sent: to send may end the connection, which is being set up.
  void release() { held_ = false; }
  void detach() {
    owner_ = nullptr;
    packets_.clear();
  }

 private:
  AdminConnections* owner_;
  Number number_;
  std::deque<SecureBuffer> packets_;
  bool held_ = true;
};

struct AdminConnections::Connection {
  Number number = 0;
  Fd socket;
  PeerId peer;
  std::shared_ptr<Reply> reply;
  std::shared_ptr<AdminTask> task;
  std::unique_ptr<Event> readable, writable, next_step;
};

AdminConnections::AdminConnections(EventLoop& loop, int listener, Engine& engine, std::function<Context()> services,
                                   AdminEdge edge)
    : loop_(loop),
      listener_(listener),
      engine_(engine),
      services_(std::move(services)),
      edge_(std::move(edge)),
      listening_(loop, listener, EV_READ | EV_PERSIST, [this](short) { accept_some(); }, EventLoop::kAdministration),
      listen_again_(loop, -1, static_cast<short>(0), [this](short) {
        if (!stopped_) listening_.add();
      }) {
  listening_.add();
}

AdminConnections::~AdminConnections() {
  for (auto& [number, connection] : connections_) connection->reply->detach();
}

/// As AuthConnections does when descriptors have run out.
void AdminConnections::pause_listening() {
  listening_.remove();
  listen_again_.add(std::chrono::milliseconds(50));
}

void AdminConnections::accept_some() {
  for (;;) {
    Fd socket(accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM))
      return pause_listening();
    if (!socket) return;
    const auto peer = peer_of(socket.get());
    if (!peer || !is_administrator(socket.get(), *peer)) continue;
    if (connections_.size() - without_client_ >= kMostConnections) {
      services_().log->write(LogLevel::kWarning,
                             fmt::format("admin uid={}: not heard: there are {} others", peer->uid, kMostConnections));
      continue;
    }
    const Number number = next_++;
    auto connection = std::make_unique<Connection>();
    connection->number = number;
    connection->socket = std::move(socket);
    connection->peer = *peer;
    connection->reply = std::make_shared<Reply>(*this, number);
    const int fd = connection->socket.get();
    constexpr int kLow = EventLoop::kAdministration;
    connection->readable = std::make_unique<Event>(
        loop_, fd, static_cast<short>(EV_READ | EV_TIMEOUT), [this, number](short what) { on_readable(number, what); },
        kLow);
    connection->writable = std::make_unique<Event>(
        loop_, fd, static_cast<short>(EV_WRITE | EV_TIMEOUT),
        [this, number](short what) { (what & EV_TIMEOUT) != 0 ? close(number) : flush(number); }, kLow);
    connection->next_step =
        std::make_unique<Event>(loop_, -1, static_cast<short>(0), [this, number](short) { step(number); }, kLow);
    connection->readable->add(kSilenceAllowed);
    connections_.emplace(number, std::move(connection));
  }
}

void AdminConnections::on_readable(Number number, short what) {
  const auto found = connections_.find(number);
  if (found == connections_.end()) return;
  Connection& connection = *found->second;
  // Once the request is in, readable means that the client has gone (or talks out of turn).
  if (connection.task || (what & EV_TIMEOUT) != 0) return close(number);
  std::vector<std::uint8_t> buffer(kMaxPacket);
  Bytes packet;
  Fd file;
  const IoStatus received = receive_packet_now(connection.socket.get(), buffer, packet, &file);
  if (!received) return close(number);
  begin(connection, packet, std::move(file));
  wipe(buffer.data(), packet.size());
}

void AdminConnections::begin(Connection& connection, Bytes packet, Fd file) {
  SecureBuffer kept;
  kept.append(packet);
  const Number number = connection.number;
  connection.task = make_admin_task({&engine_, services_(), connection.peer.uid, connection.reply}, edge_,
                                    std::move(kept), std::move(file));
  connection.reply->release();
  if (!connection.task) {
    Done done;
    done.code = Code::kInvalid;
    done.what = "the daemon does not know this request; is pbxcredctl of the same version?";
    connection.reply->put(done);
    return close(number);
  }
  connection.readable->add();
  connection.next_step->activate();
}

void AdminConnections::step(Number number) {
  const auto found = connections_.find(number);
  if (found == connections_.end() || !found->second->task) return;
  const auto task = found->second->task;
  if (!task->is_done() && !task->is_waiting() && found->second->reply->has_room()) task->step();
  flush(number);
}

void AdminConnections::flush(Number number) {
  const auto found = connections_.find(number);
  if (found == connections_.end()) return;
  Connection& connection = *found->second;
  auto& packets = connection.reply->packets();
  while (!packets.empty()) {
    const Bytes packet = packets.front().view();
    const ssize_t sent = send(connection.socket.get(), packet.data(), packet.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EAGAIN || errno == ENOBUFS)) {
      connection.writable->add(kReadsWithin);
      break;
    }
    if (sent < 0) return close(number);
    packets.pop_front();
  }
  if (!connection.task) return;
  if (connection.task->is_done()) {
    if (packets.empty()) close(number);
  } else if (!connection.task->is_waiting() && connection.reply->has_room()) {
    connection.next_step->activate();
  }
}

void AdminConnections::resume() {
  for (auto& [number, connection] : connections_)
    if (connection->task) connection->next_step->activate();
}

void AdminConnections::close(Number number) {
  const auto found = connections_.find(number);
  if (found == connections_.end()) return;
  Connection& connection = *found->second;
  connection.reply->detach();
  const bool goes_on = connection.task && connection.task->is_job() && !connection.task->is_done();
  if (goes_on && connection.socket) {
    connection.readable->remove();
    connection.writable->remove();
    connection.socket = Fd();
    ++without_client_;
    connection.next_step->activate();
    services_().log->write(LogLevel::kNotice, fmt::format("admin uid={}: the client has gone, its job goes on",
                                                          connection.peer.uid));
  }
  if (goes_on) return;
  if (!connection.socket) --without_client_;
  connections_.erase(found);
}

}  // namespace pbxcred
