// SPDX-License-Identifier: BSD-2-Clause
// A PamHandle that answers from a list and writes down everything it is told.
#pragma once

#include <security/pam_modules.h>
#include <string.h>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pam_pbx/handle.h"

namespace pbxcred::test {

class FakePam final : public PamHandle {
 public:
  // What the program and the user do.
  std::optional<std::string> name = "1001";
  std::map<int, std::string> items{{PAM_SERVICE, "portal"}, {PAM_RHOST, "192.0.2.7"}};
  std::deque<std::optional<std::string>> answers;  ///< nullopt, or none left: the conversation fails
  bool root = false;
  bool no_memory = false;  ///< for items, environment and state

  // What the module did.
  std::vector<std::string> prompts;
  std::vector<std::string> messages;  ///< `INFO text`, `ERROR text`
  std::map<std::string, std::string> env;
  std::vector<std::string> logs;
  unsigned delayed = 0;
  std::unique_ptr<LoginState> login_state;
  std::unique_ptr<ChangeState> change_state;

  const char* user() override { return name ? name->c_str() : nullptr; }
  const char* item(int type) override {
    const auto found = items.find(type);
    return found == items.end() ? nullptr : found->second.c_str();
  }
  bool set_item(int type, const char* value) override {
    if (!no_memory) items[type] = value;
    return !no_memory;
  }
  Answer ask(const char* prompt) override {
    prompts.emplace_back(prompt);
    if (answers.empty()) return Answer();
    const auto answer = answers.front();
    answers.pop_front();
    return answer ? Answer(strdup(answer->c_str())) : Answer();
  }
  void show(int style, std::string_view text) override {
    messages.push_back((style == PAM_ERROR_MSG ? "ERROR " : "INFO ") + std::string(text));
  }
  bool put_env(const char* name_and_value) override {
    const std::string entry = name_and_value;
    const auto equals = entry.find('=');
    if (!no_memory) env[entry.substr(0, equals)] = entry.substr(equals + 1);
    return !no_memory;
  }
  void unset_env(const char* variable) override { env.erase(variable); }
  void fail_delay(unsigned microseconds) override { delayed = microseconds; }
  void log(int, const char* what, const char* detail) override { logs.push_back(std::string(what) + ": " + detail); }
  bool is_root() override { return root; }
  LoginState* login() override { return login_state.get(); }
  ChangeState* change() override { return change_state.get(); }
  LoginState* make_login() override {
    login_state = no_memory ? nullptr : std::make_unique<LoginState>();
    return login_state.get();
  }
  ChangeState* make_change() override {
    change_state = no_memory ? nullptr : std::make_unique<ChangeState>();
    return change_state.get();
  }
  void drop_login() override { login_state.reset(); }
  void drop_change() override { change_state.reset(); }

  /// Whether text occurs in anything that was logged or shown.
  bool told(const std::string& text) const {
    for (const auto* lines : {&logs, &messages}) {
      for (const auto& line : *lines) {
        if (line.find(text) != std::string::npos) return true;
      }
    }
    return false;
  }
};

}  // namespace pbxcred::test
