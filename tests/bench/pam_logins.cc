// SPDX-License-Identifier: BSD-2-Clause
// Times logins through the real libpam; every login is a handle of its own: start, authenticate, end.
//
//   pam_logins rate  CONFDIR SECONDS THREADS SERVICE=NAMES               prints logins per second
//   pam_logins burst CONFDIR ROUNDS THREADS SERVICE=NAMES                prints the median ms of each round
//   pam_logins each  CONFDIR ROUNDS LOGINS SERVICE=NAMES SERVICE=NAMES…  prints a line of µs a round
//
// NAMES: a file of user names, one a line. Standard input: the secret that they all have. rate: the threads log in for
// so long, without the first half second. burst: the threads all log in at the same moment, once a round. each: one
// after the other on one processor (a program that moves pays for every unloaded module on both), the services by turns
// within a round; a number is the median of LOGINS logins of one service. A service called "bare" is the one called
// "permit" and then a question to another process that lets a second thread answer it and does nothing else: what no
// daemon with workers can be faster than on this machine.
// Any refusal ends the program with status 1.
#include <sched.h>
#include <security/pam_appl.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <mutex>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Microseconds = std::chrono::duration<double, std::micro>;

const char* confdir = nullptr;
std::string secret;

/// A PAM service and who signs in to it, in an order of its own that is the same in every run.
struct Service {
  std::string name;
  std::vector<std::string> users;
  std::minstd_rand order{1};

  const std::string& next_user() { return users[order() % users.size()]; }
};

int converse(int count, const pam_message** messages, pam_response** replies, void*) {
  // libpam frees both.
  auto* answers = static_cast<pam_response*>(std::calloc(static_cast<std::size_t>(count), sizeof(pam_response)));
  if (answers == nullptr) return PAM_BUF_ERR;
  for (int i = 0; i < count; ++i)
    if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF) answers[i].resp = strdup(secret.c_str());
  *replies = answers;
  return PAM_SUCCESS;
}

/// Ends the program: a benchmark of refusals would be another one.
void stop_on(int result, const Service& service, const std::string& user) {
  if (result == PAM_SUCCESS) return;
  std::fprintf(stderr, "pam_logins: %s as %s: %s\n", service.name.c_str(), user.c_str(), pam_strerror(nullptr, result));
  std::_Exit(1);
}

class Handle {
 public:
  Handle(const Service& service, const std::string& user) {
    const pam_conv conversation{converse, nullptr};
    stop_on(pam_start_confdir(service.name.c_str(), user.c_str(), &conversation, confdir, &handle_), service, user);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { pam_end(handle_, PAM_SUCCESS); }
  int authenticate() { return pam_authenticate(handle_, 0); }

 private:
  pam_handle_t* handle_ = nullptr;
};

void log_in(const Service& service, const std::string& user) {
  Handle handle(service, user);
  stop_on(handle.authenticate(), service, user);
}

template <class Number>
Number median(std::vector<Number> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

Service read_service(const std::string& word) {
  const auto equals = word.find('=');
  if (equals == std::string::npos) throw std::invalid_argument("not SERVICE=NAMES: " + word);
  Service service;
  service.name = word.substr(0, equals);
  std::ifstream file(word.substr(equals + 1));
  for (std::string line; std::getline(file, line);) service.users.push_back(line);
  if (service.users.empty()) throw std::invalid_argument("no names: " + word);
  return service;
}

/// Everybody has an account of his own: the daemon checks one secret at a time of each.
void rate(Service& service, double seconds, std::size_t threads) {
  std::atomic<bool> stopping = false;
  std::atomic<std::uint64_t> logins = 0;
  std::vector<std::thread> clients;
  for (std::size_t i = 0; i < threads; ++i)
    clients.emplace_back([&, i] {
      const std::string& user = service.users[i % service.users.size()];
      for (; !stopping.load(std::memory_order_relaxed); ++logins) log_in(service, user);
    });
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  const auto begin = Clock::now();
  const std::uint64_t before = logins.load();
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  const std::chrono::duration<double> took = Clock::now() - begin;
  std::printf("%.3f\n", static_cast<double>(logins.load() - before) / took.count());
  stopping = true;
  for (std::thread& client : clients) client.join();
}

void burst(Service& service, std::size_t rounds, std::size_t threads) {
  std::vector<double> took(threads);
  std::barrier together(static_cast<std::ptrdiff_t>(threads));
  std::vector<std::thread> clients;
  for (std::size_t i = 0; i < threads; ++i)
    clients.emplace_back([&, i] {
      const std::string& user = service.users[i % service.users.size()];
      for (std::size_t round = 0; round < rounds; ++round) {
        Handle handle(service, user);
        together.arrive_and_wait();
        const auto begin = Clock::now();
        stop_on(handle.authenticate(), service, user);
        took[i] = Microseconds(Clock::now() - begin).count();
        together.arrive_and_wait();
        if (i == 0) std::printf("%.3f\n", median(took) / 1000);
        together.arrive_and_wait();
      }
    });
  for (std::thread& client : clients) client.join();
}

/// A child that answers every connection's first packet by way of a second thread.
class BareDaemon {
 public:
  BareDaemon() {
    size_ = sizeof(sa_family_t);  // the kernel chooses a name
    address_.sun_family = AF_UNIX;
    const int listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    if (bind(listener, reinterpret_cast<sockaddr*>(&address_), size_) != 0 || listen(listener, 8) != 0)
      throw std::runtime_error("no socket for the bare daemon");
    size_ = sizeof address_;
    getsockname(listener, reinterpret_cast<sockaddr*>(&address_), &size_);
    if (fork() == 0) answer(listener);
    close(listener);
  }

  void ask() const {
    char packet[128] = {};
    const int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&address_), size_) != 0 ||
        send(fd, packet, sizeof packet, 0) < 0 || recv(fd, packet, sizeof packet, 0) <= 0)
      throw std::runtime_error("the bare daemon does not answer");
    close(fd);
  }

 private:
  [[noreturn]] static void answer(int listener) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::mutex mutex;
    std::condition_variable ready;
    bool asked = false;
    const int answered = eventfd(0, 0);
    std::thread worker([&] {
      for (;;) {
        std::unique_lock lock(mutex);
        ready.wait(lock, [&] { return asked; });
        asked = false;
        lock.unlock();
        (void)eventfd_write(answered, 1);
      }
    });
    for (;;) {
      char packet[128];
      eventfd_t count = 0;
      pollfd waiting[] = {{listener, POLLIN, 0}, {answered, POLLIN, 0}};
      poll(waiting, 1, -1);
      const int fd = accept(listener, nullptr, nullptr);
      const ssize_t size = recv(fd, packet, sizeof packet, 0);
      {
        const std::lock_guard lock(mutex);
        asked = true;
      }
      ready.notify_one();
      poll(waiting + 1, 1, -1);
      (void)eventfd_read(answered, &count);
      if (size > 0) (void)send(fd, packet, static_cast<std::size_t>(size), 0);
      close(fd);
    }
  }

  sockaddr_un address_{};
  socklen_t size_ = 0;
};

double time_logins(Service& service, const BareDaemon* bare, std::size_t logins) {
  std::vector<double> took;
  for (std::size_t i = 0; i < logins; ++i) {
    const std::string& user = service.next_user();
    const auto begin = Clock::now();
    log_in(service, user);
    if (bare != nullptr) bare->ask();
    took.push_back(Microseconds(Clock::now() - begin).count());
  }
  return median(std::move(took));
}

void stay_on_this_processor() {
  cpu_set_t here;
  CPU_ZERO(&here);
  CPU_SET(static_cast<std::size_t>(sched_getcpu()), &here);
  (void)sched_setaffinity(0, sizeof here, &here);
}

void each(std::vector<Service>& services, std::size_t rounds, std::size_t logins) {
  const BareDaemon daemon;  // free to run where it likes
  stay_on_this_processor();
  const auto time = [&](Service& service) {
    const bool bare = service.name == "bare";
    if (bare) service.name = "permit";
    const double took = time_logins(service, bare ? &daemon : nullptr, logins);
    if (bare) service.name = "bare";
    return took;
  };
  for (Service& service : services) time(service);  // not counted
  for (std::size_t round = 0; round < rounds; ++round) {
    for (Service& service : services) std::printf("%.3f ", time(service));
    std::printf("\n");
  }
}

void run(int argc, char** argv) {
  if (argc < 6) throw std::invalid_argument("usage: pam_logins rate|burst|each CONFDIR NUMBER NUMBER SERVICE=NAMES...");
  const std::string what = argv[1];
  confdir = argv[2];
  std::getline(std::cin, secret);
  std::vector<Service> services;
  for (int i = 5; i < argc; ++i) services.push_back(read_service(argv[i]));
  if (what == "rate") return rate(services.front(), std::stod(argv[3]), std::stoul(argv[4]));
  if (what == "burst") return burst(services.front(), std::stoul(argv[3]), std::stoul(argv[4]));
  if (what == "each") return each(services, std::stoul(argv[3]), std::stoul(argv[4]));
  throw std::invalid_argument("neither rate, burst nor each: " + what);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "pam_logins: %s\n", error.what());
    return 2;
  }
  return 0;
}
