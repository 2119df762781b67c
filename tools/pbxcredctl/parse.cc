// SPDX-License-Identifier: BSD-2-Clause
// From the words of a command line to a command that runs. The one file that knows CLI11.
#include "parse.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "catalog.h"
#include "complete.h"
#include "report.h"
#include "spelling.h"

namespace pbxcred::ctl {
namespace {

/// CLI11 fills the targets of a command. Values are taken as they are written: no splitting, no conversion.
class CliSyntax final : public Syntax {
 public:
  explicit CliSyntax(CLI::App& app) : app_(app) {}

  void flag(const char* name, bool& target, const char* help) override { app_.add_flag(name, target, help); }
  void option(const char* name, const char* value, std::string& target, const char* help) override {
    one(name, value, help, [&target](const CLI::results_t& given) { target = given.back(); });
  }
  void option(const char* name, const char* value, std::optional<std::string>& target, const char* help) override {
    one(name, value, help, [&target](const CLI::results_t& given) { target = given.back(); });
  }
  void option(const char* name, const char* value, Texts& target, const char* help) override {
    many(name, value, help, [&target](const CLI::results_t& given) { target = given; });
  }
  void option(const char* name, const char* value, std::optional<Texts>& target, const char* help) override {
    many(name, value, help, [&target](const CLI::results_t& given) { target = given; });
  }
  void operand(const char* name, std::string& target, const char* help) override {
    one(name, "", help, [&target](const CLI::results_t& given) { target = given.back(); })->required();
  }
  void operands(const char* name, Texts& target, const char* help) override {
    add(name, "", help, [&target](const CLI::results_t& given) { target = given; })
        ->expected(0, CLI::detail::expected_max_vector_size)
        ->allow_extra_args()
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  }

 private:
  template <class Take>
  CLI::Option* add(const char* name, const char* value, const char* help, Take take) {
    const CLI::callback_t callback = [take](const CLI::results_t& given) {
      take(given);
      return true;
    };
    return app_.add_option(name, callback, help)->type_name(value);
  }
  template <class Take>
  CLI::Option* one(const char* name, const char* value, const char* help, Take take) {
    return add(name, value, help, take)->expected(1);
  }
  template <class Take>
  void many(const char* name, const char* value, const char* help, Take take) {
    add(name, value, help, take)
        ->expected(1, CLI::detail::expected_max_vector_size)
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  }

  CLI::App& app_;
};

/// CLI11 takes the next word as the value of `--email=`: an empty value becomes a word of its own.
std::vector<std::string> reversed_for_cli(const std::vector<std::string>& args) {
  std::vector<std::string> words;
  bool options = true;
  for (const std::string& word : args) {
    if (word == "--") options = false;
    if (options && word.size() > 3 && word.starts_with("--") && word.ends_with('=')) {
      words.push_back(word.substr(0, word.size() - 1));
      words.emplace_back();
    } else {
      words.push_back(word);
    }
  }
  std::reverse(words.begin(), words.end());
  return words;
}

void add_global_options(CLI::App& app, Session& session) {
  app.add_option("--run-dir", session.run_dir, "where the daemon's sockets are")->type_name("DIR");
  app.add_flag("--json", session.json, "print one JSON document");
}

/// What was not understood. The value of an option and an operand too many are not repeated: people do put secrets
/// there.
std::string unexpected(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  for (const std::string& word : app.remaining()) {
    if (!word.starts_with('-')) continue;
    const std::string name = word.substr(0, word.find('='));
    return "no such option here: " + name + did_you_mean(names, name);
  }
  return "too many operands";
}

/// Parses words; empty if the command may go on, else the exit status.
std::optional<Exit> parse_words(CLI::App& app, const std::vector<std::string>& words, Session& session) {
  try {
    app.parse(reversed_for_cli(words));
    return std::nullopt;
  } catch (const CLI::CallForHelp&) {
    write_text(session.out, app.help());
    return Exit::kDone;
  } catch (const CLI::ExtrasError&) {
    return report_usage(session, unexpected(app));
  } catch (const CLI::ParseError& error) {
    return report_usage(session, error.what());
  }
}

std::optional<Exit> parse_leaf(Command& command, const std::vector<std::string>& words, Session& session) {
  CLI::App app(command.summary(), std::string("pbxcredctl ") + command.words());
  app.set_help_flag("-h,--help", "print this");
  app.footer(std::string("Example:\n  pbxcredctl ") + command.example());
  CliSyntax syntax(app);
  command.declare(syntax);
  add_global_options(app, session);
  if (const auto stop = parse_words(app, words, session)) return stop;
  if (Status prepared = command.prepare(); !prepared) return report_usage(session, prepared.error().what);
  return std::nullopt;
}

Exit run_leaf(Command& command, const std::vector<std::string>& words, Session& session) {
  session.command = command.words();
  if (const auto stop = parse_leaf(command, words, session)) return *stop;
  Result<Exit> done = command.run(session);
  if (done) return *done;
  report(session, session.command, done.error().what);
  return exit_of(done.error().code);
}

bool asks_for_help(const std::string& word) {
  return word == "--help" || word == "-h";
}

/// A word that is no command below group ("" at the top).
Exit report_unknown(const Commands& commands, const std::string& group, const std::string& word, Session& session) {
  if (word.starts_with('-'))
    return report_usage(session, "no such option here: " + word + did_you_mean(global_options(), word));
  return report_usage(session, "no such command: " + word + did_you_mean(next_words(commands, group), word));
}

/// words: what follows the name of the group.
Exit run_group(const Commands& commands, const Group& group, std::vector<std::string> words, Session& session) {
  session.command = group.word;
  if (words.empty()) {
    write_text(session.err, group_help(commands, group));
    return Exit::kUsage;
  }
  if (asks_for_help(words.front())) {
    write_text(session.out, group_help(commands, group));
    return Exit::kDone;
  }
  const std::string word = words.front();
  words.erase(words.begin());
  Command* command = find_command(commands, std::string(group.word) + " " + word);
  if (command == nullptr) return report_unknown(commands, group.word, word, session);
  return run_leaf(*command, words, session);
}

/// Runs what is left after the global options.
Exit run_words(std::vector<std::string> words, Session& session) {
  const Commands commands = all_commands();
  if (words.empty()) {
    write_text(session.err, root_help(commands));
    return Exit::kUsage;
  }
  const std::string word = words.front();
  words.erase(words.begin());
  if (const Group* group = find_group(word)) return run_group(commands, *group, std::move(words), session);
  if (Command* command = find_command(commands, word)) return run_leaf(*command, words, session);
  return report_unknown(commands, "", word, session);
}

}  // namespace

int run_command_line(std::vector<std::string> args, Session& session) {
  if (!args.empty() && args.front() == "--complete") {
    args.erase(args.begin());
    for (const std::string& word : completions(args)) write_text(session.out, word + "\n");
    return static_cast<int>(Exit::kDone);
  }
  CLI::App app("", "pbxcredctl");
  bool version = false;
  bool help = false;
  app.set_help_flag();
  app.add_flag("-h,--help", help);
  app.add_flag("--version", version);
  add_global_options(app, session);
  app.prefix_command();
  if (const auto stop = parse_words(app, args, session)) return static_cast<int>(*stop);
  if (version) {
    write_text(session.out, "pbxcredctl " PBXCRED_VERSION "\n");
    return 0;
  }
  if (help) {
    write_text(session.out, root_help(all_commands()));
    return 0;
  }
  return static_cast<int>(run_words(app.remaining(), session));
}

}  // namespace pbxcred::ctl
