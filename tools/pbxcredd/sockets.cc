// SPDX-License-Identifier: BSD-2-Clause
#include "sockets.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "directory.h"

namespace pbxcred {
namespace {

constexpr int kBacklog = 4096;
constexpr uid_t kOverflowUid = 65534;

std::optional<gid_t> admin_group() {
  std::vector<char> buffer(16384);
  group entry{};
  group* found = nullptr;
  if (getgrnam_r(kAdminGroup, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return std::nullopt;
  return entry.gr_gid;
}

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return Error{Code::kInvalid, fmt::format("{}: too long for a socket (at most {} bytes)", path,
                                             sizeof address.sun_path - 1)};
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

bool answers(const sockaddr_un& address) {
  const Fd probe(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto* where = reinterpret_cast<const sockaddr*>(&address);
  return probe && (connect(probe.get(), where, sizeof address) == 0 || errno == EAGAIN);
}

/// By descriptor, and only if it is the socket: its directory may belong to somebody who puts something else there.
Status give_socket(const std::string& path, uid_t uid, gid_t gid) {
  const Fd file(open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat info {};
  if (!file || fstat(file.get(), &info) != 0) return failed(path);
  if (!S_ISSOCK(info.st_mode) || info.st_uid != geteuid() || info.st_nlink != 1)
    return Error{Code::kConflict, fmt::format("{}: somebody has put something else there", path)};
  return fchownat(file.get(), "", uid, gid, AT_EMPTY_PATH) == 0 ? Status() : Status(failed(path));
}

/// The socket's file appears with the rights it is to have: nobody connects in between.
Result<Fd> listen_at(const std::string& path, mode_t mode, uid_t uid, gid_t gid) {
  PBXCRED_TRY(const sockaddr_un address, address_of(path));
  if (answers(address)) return Error{Code::kConflict, fmt::format("{}: another daemon answers there", path)};
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return failed(path);
  Fd listener(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener) return failed("socket");
  const mode_t before = umask(~mode & 0777);
  const int bound = bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  umask(before);
  if (bound != 0) return failed(path);
  if (geteuid() == 0) PBXCRED_CHECK(give_socket(path, uid, gid));
  if (listen(listener.get(), kBacklog) != 0) return failed(path);
  return listener;
}

Status make_run_dir(const std::string& path, uid_t uid, gid_t gid) {
  if (mkdir(path.c_str(), 0755) == 0) {
    // Whatever the umask: everybody must reach auth.sock.
    if (chmod(path.c_str(), 0755) != 0 || (geteuid() == 0 && chown(path.c_str(), uid, gid) != 0)) return failed(path);
    return {};
  }
  if (errno != EEXIST) return failed(path);
  return check_directory(path, uid, "755");
}

Result<std::optional<Listeners>> inherited() {
  char** names = nullptr;
  const int count = sd_listen_fds_with_names(1, &names);
  if (count <= 0) return std::optional<Listeners>();
  Listeners listeners;
  listeners.activated = true;
  for (int i = 0; i < count; ++i) {
    Fd fd(SD_LISTEN_FDS_START + i);
    const bool fits = sd_is_socket_unix(fd.get(), SOCK_SEQPACKET, 1, nullptr, 0) > 0;
    fcntl(fd.get(), F_SETFL, fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
    const std::string name = names[i];
    std::free(names[i]);
    if (!fits) continue;
    if (name == "auth") listeners.auth = std::move(fd);
    else if (name == "admin") listeners.admin = std::move(fd);
  }
  std::free(names);
  if (!listeners.auth || !listeners.admin)
    return Error{Code::kInvalid, "systemd passed sockets, but not both of auth and admin (FileDescriptorName=)"};
  return std::optional<Listeners>(std::move(listeners));
}

}  // namespace

Result<Listeners> open_listeners(const Settings& settings, uid_t uid, gid_t gid) {
  PBXCRED_TRY(auto given, inherited());
  if (given) return std::move(*given);
  PBXCRED_CHECK(make_run_dir(settings.run_dir, uid, gid));
  Listeners listeners;
  const auto group = admin_group();
  PBXCRED_TRY(listeners.auth, listen_at(settings.run_dir + "/auth.sock", 0666, uid, gid));
  PBXCRED_TRY(listeners.admin, listen_at(settings.run_dir + "/admin.sock", group ? 0660 : 0600, uid, group.value_or(gid)));
  return listeners;
}

void remove_sockets(const Settings& settings, const Listeners& listeners) {
  if (listeners.activated) return;
  unlink((settings.run_dir + "/auth.sock").c_str());
  unlink((settings.run_dir + "/admin.sock").c_str());
}

Result<PeerId> peer_of(int socket) {
  ucred who{};
  socklen_t size = sizeof who;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0 || size != sizeof who || who.uid == kOverflowUid)
    return Error{Code::kDenied, "the peer is nobody"};
  return PeerId{who.uid, who.gid};
}

bool is_administrator(int socket, const PeerId& peer) {
  if (peer.uid == 0 || peer.uid == geteuid()) return true;
  const auto group = admin_group();
  if (!group) return false;
  if (peer.gid == *group) return true;
  std::vector<gid_t> groups(65536);
  socklen_t size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
  if (getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) != 0) return false;
  groups.resize(size / sizeof(gid_t));
  return std::find(groups.begin(), groups.end(), *group) != groups.end();
}

}  // namespace pbxcred
