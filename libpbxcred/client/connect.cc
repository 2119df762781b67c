// SPDX-License-Identifier: BSD-2-Clause
// Connecting, and checking who answers.
#include "client/connect.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

namespace pbxcred {
namespace {

constexpr uid_t kNobody = 65534;  // also what a foreign uid looks like inside a user namespace
constexpr IoStatus kNotRunning = {Code::kUnavailable, "no daemon answers in run_dir"};
constexpr IoStatus kNotAllowed = {Code::kDenied, "this uid may not use the socket in run_dir"};

bool fill_address(std::string_view run_dir, std::string_view name, sockaddr_un& address) {
  ByteWriter path({reinterpret_cast<std::uint8_t*>(address.sun_path), sizeof address.sun_path});
  address.sun_family = AF_UNIX;
  path.append(as_bytes(run_dir));
  path.append(as_bytes("/"));
  path.append(as_bytes(name));
  path.append(as_bytes({"", 1}));
  return path.ok() && !run_dir.empty() && run_dir.find('\0') == std::string_view::npos;
}

/// Who may answer besides root: the owner of run_dir, provided that nobody else can put a socket there.
IoStatus check_run_dir(std::string_view run_dir, uid_t& owner) {
  char path[sizeof(sockaddr_un::sun_path)] = {};
  std::memcpy(path, run_dir.data(), run_dir.size());  // fits: fill_address has checked
  struct stat info {};
  if (stat(path, &info) != 0) return errno == EACCES ? kNotAllowed : kNotRunning;
  if (!S_ISDIR(info.st_mode)) return {Code::kUnavailable, "run_dir is not a directory"};
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) return {Code::kUnavailable, "run_dir is writable by others"};
  if (info.st_uid == kNobody) return {Code::kUnavailable, "run_dir belongs to nobody"};
  owner = info.st_uid;
  return {};
}

/// A descriptor of 0-2 would be taken for the host program's own input or output.
IoStatus open_socket(Fd& out) {
  Fd fd(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (fd && fd.get() <= STDERR_FILENO) fd = Fd(fcntl(fd.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (!fd) return {Code::kExhausted, "no descriptor left for a socket"};
  out = static_cast<Fd&&>(fd);
  return {};
}

IoStatus connect_socket(int socket, const sockaddr_un& address, const Deadline& deadline) {
  constexpr auto kLongest = std::chrono::milliseconds(16);
  auto pause = std::chrono::milliseconds(1);
  for (;;) {
    if (connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return {};
    if (errno == EISCONN) return {};
    if (errno == EACCES || errno == EPERM) return kNotAllowed;
    if (errno == ENOMEM || errno == ENOBUFS) return {Code::kExhausted, "no memory left for a socket"};
    if (errno != EAGAIN && errno != EINTR) return kNotRunning;
    if (deadline.passed()) return {Code::kUnavailable, "the daemon accepts no connection in time"};
    if (errno == EINTR) continue;
    deadline.pause(pause);  // the backlog is full, and poll() cannot wait for that
    if (pause < kLongest) pause *= 2;
  }
}

/// owner is not kNobody: check_run_dir has seen to that.
IoStatus check_peer(int socket, uid_t owner) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return {Code::kUnavailable, "no peer named"};
  if (peer.uid != 0 && peer.uid != owner) return {Code::kUnavailable, "a stranger answers in run_dir"};
  return {};
}

}  // namespace

IoStatus connect_to_daemon(std::string_view run_dir, std::string_view socket_name, const Deadline& deadline,
                           Fd& connection) {
  sockaddr_un address{};
  if (!fill_address(run_dir, socket_name, address)) return {Code::kInvalid, "run_dir is not a usable path"};
  uid_t owner = kNobody;
  if (const IoStatus status = check_run_dir(run_dir, owner); !status) return status;
  Fd fd;
  if (const IoStatus status = open_socket(fd); !status) return status;
  if (const IoStatus status = connect_socket(fd.get(), address, deadline); !status) return status;
  if (const IoStatus status = check_peer(fd.get(), owner); !status) return status;
  connection = static_cast<Fd&&>(fd);
  return {};
}

}  // namespace pbxcred
