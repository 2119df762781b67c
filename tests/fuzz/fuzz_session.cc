// SPDX-License-Identifier: BSD-2-Clause
// Any packets to a running daemon's two sockets, one connection each: every one is answered by a well-formed reply or
// a closed connection, and the store is sound afterwards.
//
// An input is a list of packets: flags u8 (1: admin.sock; 2: a sealed memfd comes with it), size u16le, bytes; for the
// memfd another size and bytes.
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <optional>

#include "admin_connections.h"
#include "auth_connections.h"
#include "round_trip.h"
#include "store/check.h"
#include "store/memory_store.h"
#include "support/test_ring.h"
#include "wire/limits.h"

using namespace pbxcred;

namespace {

constexpr std::size_t kMostPackets = 12;

class NoLog final : public Log {
 public:
  void write(LogLevel, std::string_view line) override { MUST(line.find('\n') == std::string_view::npos); }
};

/// A listener at an address without a file.
struct Listener {
  Fd socket;
  sockaddr_un address{};
  socklen_t size = sizeof(sa_family_t);

  Listener() : socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    address.sun_family = AF_UNIX;
    MUST(bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    size = sizeof address;
    MUST(getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    MUST(listen(socket.get(), 16) == 0);
  }
};

/// The daemon as its Server puts it together, over a store in memory and at the least cost of a hash.
class World {
 public:
  World() {
    auto settings = std::make_shared<Settings>();
    settings->hash = {8, 1, 1};
    ServiceEntry self{"fuzzer", geteuid(), {}, {}, true, true};
    for (Kind kind : kAllKinds) self.kinds.add(kind);
    settings->services.push_back(self);
    settings_ = settings;
    MUST(database_.initialise(clock_.now()));
    engine_ =
        std::make_unique<Engine>(database_, clock_, log_, Engine::Options{1, 256, std::chrono::milliseconds(1000)},
                                 [fd = wake_fd_.get()] { (void)eventfd_write(fd, 1); });
    wake_.emplace(loop_, wake_fd_.get(), static_cast<short>(EV_READ | EV_PERSIST), [this](short) { deliver(); });
    wake_->add();
    const auto services = [this] { return Context{settings_, &log_, &tally_, &successes_}; };
    auth_.emplace(loop_, auth_listener_.socket.get(), *engine_, services);
    AdminEdge edge;
    edge.facts = {"fuzzed", clock_.now(), 1, std::chrono::microseconds(1)};
    edge.reload = [] { return Status(); };
    admin_.emplace(loop_, admin_listener_.socket.get(), *engine_, services, std::move(edge));
  }

  /// Sends one packet and reads what comes back to its end.
  void converse(bool admin, Bytes packet, const Fd& attachment) {
    const Listener& listener = admin ? admin_listener_ : auth_listener_;
    const Fd client(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    MUST(connect(client.get(), reinterpret_cast<const sockaddr*>(&listener.address), listener.size) == 0);
    if (!send_packet(client.get(), packet, kNever, attachment.get())) return;
    std::uint16_t last = 0;
    Event readable(loop_, client.get(), static_cast<short>(EV_READ | EV_PERSIST), [&](short) {
      std::vector<std::uint8_t> buffer(kMaxPacket);
      Bytes reply;
      if (!receive_packet_now(client.get(), buffer, reply)) return loop_.stop();
      const PacketHead head = read_head(reply);
      MUST(head.valid);
      last = head.type;
    });
    readable.add();
    loop_.run();
    MUST(last == (admin ? Done::kType : AuthReply::kType) || packet.empty() ||
         (!admin && packet.size() > kMaxAuthPacket));
  }

  void check_store() {
    auto read = database_.read();
    MUST(read);
    const auto report = pbxcred::check_store(*read);
    MUST(report && report->faults == 0);
    MUST(engine_->idle() && !engine_->degraded());
  }

 private:
  void deliver() {
    eventfd_t count = 0;
    (void)eventfd_read(wake_fd_.get(), &count);
    engine_->deliver();
    admin_->resume();
  }

  NoLog log_;
  SystemClock clock_;
  Tally tally_;
  Successes successes_;
  std::shared_ptr<const Settings> settings_;
  MemoryStore store_;
  Database database_{store_, test_ring()};
  EventLoop loop_;
  Fd wake_fd_{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  Listener auth_listener_, admin_listener_;
  std::unique_ptr<Engine> engine_;
  std::optional<Event> wake_;
  std::optional<AuthConnections> auth_;
  std::optional<AdminConnections> admin_;
};

Fd sealed_file(Bytes bytes) {
  Fd fd(memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  MUST(write(fd.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  MUST(fcntl(fd.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) == 0);
  return fd;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  World world;
  ByteReader input(Bytes(data, size));
  for (std::size_t i = 0; i < kMostPackets && !input.at_end(); ++i) {
    const auto flags = input.integer<std::uint8_t>();
    const Bytes packet = input.take(input.integer<std::uint16_t>());
    const Bytes file = (flags & 2U) != 0 ? input.take(input.integer<std::uint16_t>()) : Bytes();
    if (!input.ok()) break;
    world.converse((flags & 1U) != 0, packet, (flags & 2U) != 0 ? sealed_file(file) : Fd());
  }
  world.check_store();
  return 0;
}
