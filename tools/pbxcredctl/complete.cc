// SPDX-License-Identifier: BSD-2-Clause
// What a shell may offer for the word that is being typed.
#include "complete.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "catalog.h"
#include "wire/kind.h"

namespace pbxcred::ctl {
namespace {

using Words = std::vector<std::string>;

/// Keeps the names of what a command accepts. Options: name to what its value is called, "" for a flag.
class NameCollector final : public Syntax {
 public:
  std::map<std::string, std::string> options = {{"--help", ""}, {"--json", ""}, {"--run-dir", "DIR"}};
  std::string operands_wanted;

  void flag(const char* name, bool&, const char*) override { options[name] = ""; }
  void option(const char* name, const char* value, std::string&, const char*) override { options[name] = value; }
  void option(const char* name, const char* value, std::optional<std::string>&, const char*) override {
    options[name] = value;
  }
  void option(const char* name, const char* value, Texts&, const char*) override { options[name] = value; }
  void option(const char* name, const char* value, std::optional<Texts>&, const char*) override {
    options[name] = value;
  }
  void operand(const char* name, std::string&, const char*) override { operands_wanted += std::string(name) + " "; }
  void operands(const char* name, Texts&, const char*) override { operands_wanted += std::string(name) + " "; }
};

/// The values that something of this name has, as help names it.
Words values_of(std::string_view name) {
  Words values;
  if (name.find("KIND") != std::string_view::npos)
    for (const Kind kind : kAllKinds) values.emplace_back(name_of(kind));
  if (name == "R") values = {"user", "admin"};
  if (name == "MODE") values = {"add", "update", "sync"};
  if (name == "FATE") values = {"keep", "must-change", "refuse"};
  return values;
}

Words starting_with(Words candidates, const std::string& begun) {
  std::erase_if(candidates, [&](const std::string& word) { return !word.starts_with(begun); });
  return candidates;
}

/// words: what follows the command's own.
Words of_command(Command& command, const Words& words) {
  NameCollector names;
  command.declare(names);
  const std::string& begun = words.back();
  if (words.size() > 1) {
    const auto option = names.options.find(words[words.size() - 2]);
    if (option != names.options.end() && !option->second.empty()) return starting_with(values_of(option->second), begun);
  }
  if (!begun.starts_with("-")) return starting_with(values_of(names.operands_wanted), begun);
  Words options;
  for (const auto& option : names.options) options.push_back(option.first);
  return starting_with(std::move(options), begun);
}

/// The command line without what stands before the command.
Words without_global_options(Words words) {
  while (words.size() > 1 && words.front().starts_with("-")) {
    const bool has_value = words.front() == "--run-dir";
    words.erase(words.begin());
    if (has_value && words.size() > 1) words.erase(words.begin());
  }
  return words;
}

}  // namespace

std::vector<std::string> completions(const std::vector<std::string>& given) {
  if (given.empty()) return {};
  const Words words = without_global_options(given);
  const Commands commands = all_commands();
  if (words.size() == 1) {
    Words first = next_words(commands, "");
    for (std::string& option : global_options()) first.push_back(std::move(option));
    return starting_with(std::move(first), words.front());
  }
  const bool grouped = find_group(words.front()) != nullptr;
  if (grouped && words.size() == 2) return starting_with(next_words(commands, words[0]), words[1]);
  const std::size_t own = grouped ? 2 : 1;
  Command* command = find_command(commands, grouped ? words[0] + " " + words[1] : words[0]);
  if (command == nullptr) return {};
  return of_command(*command, {words.begin() + static_cast<std::ptrdiff_t>(own), words.end()});
}

}  // namespace pbxcred::ctl
