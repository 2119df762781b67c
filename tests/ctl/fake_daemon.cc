// SPDX-License-Identifier: BSD-2-Clause
// Stands in for pbxcredd on admin.sock.
#include "ctl/fake_daemon.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "parse.h"
#include "session.h"
#include "wire/limits.h"
#include "wire/packet.h"

namespace pbxcred::test {
namespace {

void check(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

std::string new_directory() {
  char path[] = "/tmp/pbxcred-ctl-XXXXXX";
  check(mkdtemp(path) != nullptr, "mkdtemp");
  return path;
}

std::string read_attachment(int fd) {
  std::string text;
  char chunk[4096];
  ssize_t got = 0;
  while ((got = read(fd, chunk, sizeof chunk)) > 0) text.append(chunk, static_cast<std::size_t>(got));
  return text;
}

std::string read_stream(std::FILE* stream) {
  std::rewind(stream);
  std::string text;
  char chunk[4096];
  std::size_t got = 0;
  while ((got = std::fread(chunk, 1, sizeof chunk, stream)) > 0) text.append(chunk, got);
  std::fclose(stream);
  return text;
}

}  // namespace

FakeDaemon::FakeDaemon(std::vector<Conversation> conversations)
    : run_dir_(new_directory()), conversations_(std::move(conversations)) {
  int ends[2];
  check(pipe(ends) == 0, "pipe");
  stop_read_ = Fd(ends[0]);
  stop_write_ = Fd(ends[1]);
  listener_ = Fd(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = run_dir_ + "/admin.sock";
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  check(bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "bind");
  check(listen(listener_.get(), 8) == 0, "listen");
  thread_ = std::thread([this] { serve(); });
}

FakeDaemon::~FakeDaemon() {
  stop();
  std::filesystem::remove_all(run_dir_);
}

const std::vector<Received>& FakeDaemon::stop() {
  stop_write_.reset();
  if (thread_.joinable()) thread_.join();
  return received_;
}

void FakeDaemon::serve() {
  for (;;) {
    pollfd ready[] = {{listener_.get(), POLLIN, 0}, {stop_read_.get(), POLLIN, 0}};
    if (poll(ready, 2, -1) < 0 || ready[0].revents == 0) return;
    const Fd connection(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    serve_one(connection.get());
  }
}

void FakeDaemon::serve_one(int connection) {
  Packet buffer(kMaxPacket);
  Bytes bytes;
  Fd attachment;
  if (!receive_packet(connection, buffer, bytes, kNever, &attachment)) return;
  Received request;
  request.packet = {bytes.begin(), bytes.end()};
  request.has_attachment = static_cast<bool>(attachment);
  if (attachment) {
    request.seals = fcntl(attachment.get(), F_GET_SEALS);
    request.attachment = read_attachment(attachment.get());
  }
  received_.push_back(std::move(request));
  if (conversations_.empty()) return;
  const std::size_t number = std::min(received_.size(), conversations_.size()) - 1;
  for (const Packet& reply : conversations_[number])
    if (!send_packet(connection, reply, kNever)) return;
}

Ran run_command(const std::string& run_dir, std::vector<std::string> args, const std::string& input,
                std::size_t width) {
  int ends[2];
  check(pipe(ends) == 0, "pipe");
  const Fd input_end(ends[0]);
  check(write(ends[1], input.data(), input.size()) == static_cast<ssize_t>(input.size()), "write");
  close(ends[1]);
  ctl::Session session;
  session.out = std::tmpfile();
  session.err = std::tmpfile();
  session.secret_fd = input_end.get();
  session.width = width;
  args.insert(args.begin(), {"--run-dir", run_dir});
  Ran ran;
  ran.status = ctl::run_command_line(args, session);
  ran.out = read_stream(session.out);
  ran.err = read_stream(session.err);
  return ran;
}

TempDir::TempDir() : path_(new_directory()) {}
TempDir::~TempDir() {
  std::filesystem::remove_all(path_);
}

std::string TempDir::file(const std::string& name, const std::string& text) const {
  std::ofstream(path_ + "/" + name, std::ios::binary) << text;
  return path_ + "/" + name;
}

std::string read_whole(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

}  // namespace pbxcred::test
