// SPDX-License-Identifier: BSD-2-Clause
// Keeps a number of `user set` requests in flight on admin.sock and prints how many were acknowledged a second.
//
//   admin_writes SOCKET NAMES IN_FLIGHT TOTAL
//
// NAMES: a file of users, one a line; each request sets the last name of another one. A request is a connection of its
// own, as the command makes it.
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/secret.h"
#include "wire/admin.h"
#include "wire/limits.h"
#include "wire/packet.h"

namespace pbxcred::bench {
namespace {

struct Writer {
  std::string socket_path;
  std::vector<std::string> names;
  std::size_t asked = 0, acknowledged = 0;

  Fd ask() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, socket_path.c_str(), sizeof address.sun_path - 1);
    Fd fd(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    if (!fd || connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return {};
    const std::string last = "Writer " + std::to_string(asked);
    AccountPut put;
    put.mode = PutMode::kSet;
    put.name = names[asked++ % names.size()];
    put.data.last = last;
    SecureBuffer packet;
    encode_packet(packet, put);
    return send(fd.get(), packet.view().data(), packet.size(), MSG_NOSIGNAL) > 0 ? std::move(fd) : Fd();
  }

  bool take(const Fd& fd) {
    std::vector<std::uint8_t> buffer(kMaxPacket);
    const ssize_t size = recv(fd.get(), buffer.data(), buffer.size(), 0);
    Done done;
    if (size <= 0 || !decode_packet(Bytes(buffer.data(), static_cast<std::size_t>(size)), done) || !done.ok)
      return false;
    ++acknowledged;
    return true;
  }

  bool run(std::size_t in_flight, std::size_t total) {
    std::vector<Fd> open(in_flight);
    std::vector<pollfd> waiting(in_flight);
    while (acknowledged < total) {
      for (std::size_t i = 0; i < in_flight; ++i) {
        if (!open[i] && asked < total && !(open[i] = ask())) return false;
        waiting[i] = {open[i] ? open[i].get() : -1, POLLIN, 0};
      }
      if (poll(waiting.data(), waiting.size(), 60000) <= 0) return false;
      for (std::size_t i = 0; i < in_flight; ++i) {
        if (waiting[i].fd < 0 || waiting[i].revents == 0) continue;
        if (!take(open[i])) return false;
        open[i] = Fd();
      }
    }
    return true;
  }
};

}  // namespace
}  // namespace pbxcred::bench

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("usage: admin_writes SOCKET NAMES IN_FLIGHT TOTAL\n", stderr);
    return 2;
  }
  pbxcred::bench::Writer writer;
  writer.socket_path = argv[1];
  std::ifstream file(argv[2]);
  for (std::string name; std::getline(file, name);) writer.names.push_back(name);
  const auto begin = std::chrono::steady_clock::now();
  const std::size_t total = std::stoul(argv[4]);
  if (writer.names.empty() || !writer.run(std::stoul(argv[3]), total)) {
    std::fputs("admin_writes: a write was not acknowledged\n", stderr);
    return 1;
  }
  std::printf("%.1f\n", static_cast<double>(total) /
                            std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  return 0;
}
