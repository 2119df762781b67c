// SPDX-License-Identifier: BSD-2-Clause
#include "closer.h"

#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace pbxcred {
namespace {

constexpr int kSoPassRights = 83;  // Debian 12's headers do not have it
constexpr unsigned kMostThreads = 32;

bool descriptors_are_refused = false;

/// Outlives the threads, which may hang in the kernel until the process ends.
struct Closing {
  std::mutex mutex;
  std::vector<Fd> waiting;
  unsigned threads = 0;
};

Closing& closing() {
  static auto* const one = new Closing;
  return *one;
}

void close_waiting() {
  Closing& all = closing();
  std::unique_lock lock(all.mutex);
  while (!all.waiting.empty()) {
    Fd socket = std::move(all.waiting.back());
    all.waiting.pop_back();
    lock.unlock();
    socket.reset();
    lock.lock();
  }
  --all.threads;
}

void close_elsewhere(Fd socket) {
  Closing& all = closing();
  const std::lock_guard lock(all.mutex);
  all.waiting.push_back(std::move(socket));
  if (all.threads >= kMostThreads) return;  // the next that is free takes it
  sigset_t every, before;
  sigfillset(&every);
  pthread_sigmask(SIG_SETMASK, &every, &before);  // signals belong to the event loop's thread
  try {
    std::thread(close_waiting).detach();
    ++all.threads;
  } catch (const std::system_error&) {
    // It stays open until a thread comes by.
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

/// Looks at the first packet and takes nothing out. Room for credentials only: what else came shows as MSG_CTRUNC.
struct Peek {
  explicit Peek(int socket) {
    iovec part = {&byte, 1};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    received = recvmsg(socket, &message, MSG_PEEK | MSG_DONTWAIT);
    if (received < 0) return;
    is_cut = (message.msg_flags & MSG_CTRUNC) != 0;
    has_control = message.msg_controllen > 0;
  }
  char byte = 0;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred))];
  ssize_t received = -1;
  bool is_cut = false, has_control = false;
};

/// Nothing is in the queue, and nothing can get in any more. An empty packet shows by its sender's credentials.
bool is_empty_for_good(int socket) {
  const int yes = 1;
  if (shutdown(socket, SHUT_RD) != 0 || setsockopt(socket, SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes) != 0) return false;
  const Peek peek(socket);
  return peek.received <= 0 && !peek.is_cut && !peek.has_control;
}

}  // namespace

bool refuse_descriptors(int listener) {
  const int no = 0;
  descriptors_are_refused = setsockopt(listener, SOL_SOCKET, kSoPassRights, &no, sizeof no) == 0;
  return descriptors_are_refused;
}

bool carries_descriptors(int socket) {
  if (descriptors_are_refused) return false;
  const Peek peek(socket);
  return peek.is_cut || peek.has_control;
}

void close_client(Fd socket) {
  if (!descriptors_are_refused && !is_empty_for_good(socket.get())) close_elsewhere(std::move(socket));
}

}  // namespace pbxcred
