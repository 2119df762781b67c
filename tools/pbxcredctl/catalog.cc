// SPDX-License-Identifier: BSD-2-Clause
// All commands there are, and the groups they are in.
#include "catalog.h"

#include <fmt/format.h>

#include <algorithm>

namespace pbxcred::ctl {
namespace {

constexpr Group kGroups[] = {
    {"domain", "domains and their settings", "domain add acme.example --timezone Europe/Berlin --country DE"},
    {"user", "users", "user list --domain acme.example"},
    {"admin", "administrators", "admin add alice --domain acme.example"},
    {"secret", "passwords, PINs and other secrets", "secret set 1001@acme.example voicemail"},
    {"lock", "lockouts", "lock clear 1001@acme.example"},
    {"import", "moving in", "import asterisk /etc/asterisk/voicemail.conf --dry-run"},
    {"export", "moving out", "export csv users.csv"},
    {"job", "long work", "job list"},
    {"store", "the store", "store check"},
    {"key", "the key ring", "key list"},
};

constexpr const char* kGlobalOptions =
    "Options:\n"
    "  --run-dir DIR   where the daemon's sockets are (/run/pbxcred)\n"
    "  --json          print one JSON document\n"
    "  --version       print the version\n"
    "  -h, --help      print this\n";

std::string first_word(std::string_view words) {
  return std::string(words.substr(0, words.find(' ')));
}

std::string line_of(std::string_view word, const char* summary) {
  return fmt::format("  {:<10} {}\n", word, summary);
}

}  // namespace

std::span<const Group> groups() {
  return kGroups;
}

const Group* find_group(std::string_view word) {
  for (const Group& group : kGroups)
    if (word == group.word) return &group;
  return nullptr;
}

Commands all_commands() {
  Commands commands;
  add_domain_commands(commands);
  add_user_commands(commands);
  add_admin_commands(commands);
  add_secret_commands(commands);
  add_check_commands(commands);
  add_import_commands(commands);
  add_export_commands(commands);
  add_job_commands(commands);
  add_care_commands(commands);
  add_store_commands(commands);
  add_key_commands(commands);
  return commands;
}

Command* find_command(const Commands& commands, std::string_view words) {
  for (const auto& command : commands)
    if (words == command->words()) return command.get();
  return nullptr;
}

std::vector<std::string> global_options() {
  return {"--help", "--json", "--run-dir", "--version"};
}

std::string root_help(const Commands& commands) {
  std::string text = "Usage: pbxcredctl [--run-dir DIR] [--json] COMMAND\n\nCommands:\n";
  for (const Group& group : kGroups) text += line_of(group.word, group.summary);
  for (const auto& command : commands)
    if (find_group(first_word(command->words())) == nullptr) text += line_of(command->words(), command->summary());
  text += std::string("\n") + kGlobalOptions;
  return text + "\nExample:\n  pbxcredctl user add 1001@acme.example --first Ada --last Byron\n";
}

std::string group_help(const Commands& commands, const Group& group) {
  std::string text = fmt::format("{}\nUsage: pbxcredctl {} COMMAND\n\nCommands:\n", group.summary, group.word);
  for (const auto& command : commands) {
    const std::string_view words = command->words();
    if (first_word(words) == group.word) text += line_of(words.substr(words.find(' ') + 1), command->summary());
  }
  text += std::string("\n") + kGlobalOptions;
  return text + fmt::format("\nExample:\n  pbxcredctl {}\n", group.example);
}

std::vector<std::string> next_words(const Commands& commands, std::string_view group) {
  std::vector<std::string> words;
  for (const auto& command : commands) {
    const std::string_view all = command->words();
    std::string word = first_word(all);
    if (!group.empty()) {
      if (word != group) continue;
      word = std::string(all.substr(all.find(' ') + 1));
    }
    if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(std::move(word));
  }
  return words;
}

}  // namespace pbxcred::ctl
