// SPDX-License-Identifier: BSD-2-Clause
// pbxcredd: see pbxcredd(8).
#include <fmt/format.h>
#include <getopt.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <string>

#include "config.h"
#include "crypto/random.h"
#include "journal.h"
#include "offline.h"
#include "server.h"
#include "sockets.h"
#include "startup.h"

namespace pbxcred {
namespace {

// As pbxcredctl's (pbxcredctl(8) EXIT STATUS).
constexpr int kRefused = 1;
constexpr int kUsage = 2;
constexpr int kConflict = 6;
constexpr int kBadInput = 7;
constexpr int kFailed = 8;

constexpr const char* kHelp =
    "usage: pbxcredd --config FILE [--init | --check | --store-check | --restore FILE | --restore-keys FILE]\n"
    "  --config FILE  the configuration, pbxcred.conf(5)\n"
    "  --init         make state directory, key ring and store, once\n"
    "  --check        report the configuration's errors\n"
    "  --store-check  check every record and index; no daemon may run\n"
    "  --restore FILE\n"
    "                 put a backup of the store in its place; no daemon may run\n"
    "  --restore-keys FILE\n"
    "                 make the key ring from its backup; asks for the passphrase\n"
    "  --version\n";

enum class Mode { kServe, kInit, kCheck, kStoreCheck, kRestore, kRestoreKeys };

struct Arguments {
  std::string config;
  Mode mode = Mode::kServe;
  std::string file;  ///< to restore
};

std::optional<Mode> mode_of(int option) {
  switch (option) {
    case 'i': return Mode::kInit;
    case 'k': return Mode::kCheck;
    case 's': return Mode::kStoreCheck;
    case 'r': return Mode::kRestore;
    case 'y': return Mode::kRestoreKeys;
    default: return std::nullopt;
  }
}

/// Ends the process on usage errors, --help and --version.
Arguments parse(int argc, char** argv) {
  static constexpr option kOptions[] = {
      {"config", required_argument, nullptr, 'c'},       {"init", no_argument, nullptr, 'i'},
      {"check", no_argument, nullptr, 'k'},              {"store-check", no_argument, nullptr, 's'},
      {"restore", required_argument, nullptr, 'r'},      {"restore-keys", required_argument, nullptr, 'y'},
      {"help", no_argument, nullptr, 'h'},               {"version", no_argument, nullptr, 'v'},
      {nullptr, 0, nullptr, 0}};
  Arguments arguments;
  int modes = 0;
  for (int c = 0; (c = getopt_long(argc, argv, "h", kOptions, nullptr)) != -1;) {
    if (c == 'c') arguments.config = optarg;
    if (const auto mode = mode_of(c)) {
      arguments.mode = *mode;
      if (optarg != nullptr) arguments.file = optarg;
      ++modes;
    }
    if (c == 'h') {
      std::fputs(kHelp, stdout);
      std::exit(0);
    }
    if (c == 'v') {
      std::puts("pbxcredd " PBXCRED_VERSION);
      std::exit(0);
    }
    if (c == '?') std::exit(kUsage);
  }
  if (arguments.config.empty() || modes > 1 || optind != argc) {
    std::fputs(kHelp, stderr);
    std::exit(kUsage);
  }
  return arguments;
}

int status_of(const Error& error) {
  switch (error.code) {
    case Code::kRefused: return kRefused;
    case Code::kConflict: return kConflict;
    case Code::kInvalid: return kBadInput;
    default: return kFailed;
  }
}

int fail(const Error& error) {
  fmt::print(stderr, "pbxcredd: {}\n", error.what);
  return status_of(error);
}

Status serve_on(Listeners& listeners, const std::string& config_path, std::shared_ptr<const Settings> settings,
                const RunAs& who) {
  Journal journal;
  PBXCRED_CHECK(drop_privileges(who));
  PBXCRED_TRY(OpenStore store, open_store_to_serve(*settings, who, journal));
  PBXCRED_TRY(const auto hash_time, measure_hash(settings->hash));
  Server({config_path, settings, store.database.get(), &listeners, &journal, hash_time,
          {settings->key_file, who.uid, who.gid}}).run();
  journal.write(LogLevel::kNotice, "stopped");
  return {};
}

Status serve(const std::string& config_path, Settings settings, const RunAs& who) {
  std::signal(SIGHUP, SIG_IGN);  // until the event loop takes it
  // As root: the sockets' owners. Everything else is opened by whom the daemon becomes.
  PBXCRED_TRY(Listeners listeners, open_listeners(settings, who.uid, who.gid));
  const auto shared = std::make_shared<const Settings>(std::move(settings));
  const Status served = serve_on(listeners, config_path, shared, who);
  remove_sockets(*shared, listeners);
  return served;
}

Status run_mode(const Arguments& arguments, Settings settings, const RunAs& who) {
  switch (arguments.mode) {
    case Mode::kServe: return serve(arguments.config, std::move(settings), who);
    case Mode::kInit: return initialise(settings, who, SystemClock().now());
    case Mode::kStoreCheck: return check_offline(settings, who);
    case Mode::kRestore: return restore_offline(settings, who, arguments.file);
    case Mode::kRestoreKeys: return restore_keys(settings, who, arguments.file);
    case Mode::kCheck: break;
  }
  return {};
}

int run(const Arguments& arguments) {
  ConfigResult config = read_config(arguments.config);
  if (!config.settings) {
    for (const ConfigError& error : config.errors) fmt::print(stderr, "pbxcredd: {}\n", to_text(error));
    return kBadInput;
  }
  if (arguments.mode == Mode::kCheck) return 0;
  if (const Status ready = start_crypto(); !ready) return fail(ready.error());
  if (const Status hardened = harden_process(); !hardened) return fail(hardened.error());
  const auto who = run_as(*config.settings);
  if (!who) return fail(who.error());
  const Status done = run_mode(arguments, std::move(*config.settings), *who);
  return done ? 0 : fail(done.error());
}

}  // namespace
}  // namespace pbxcred

int main(int argc, char** argv) {
  try {
    return pbxcred::run(pbxcred::parse(argc, argv));
  } catch (const std::exception& error) {
    fmt::print(stderr, "pbxcredd: {}\n", error.what());
    return pbxcred::kFailed;
  }
}
