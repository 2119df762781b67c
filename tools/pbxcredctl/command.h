// SPDX-License-Identifier: BSD-2-Clause
// A command: what it accepts and what it does. parse.cc brings the two together.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "exit_status.h"
#include "session.h"

namespace pbxcred::ctl {

using Texts = std::vector<std::string>;

/// Takes a command's options and operands; each call says where the value goes. The targets outlive the parsing.
class Syntax {
 public:
  virtual ~Syntax() = default;
  virtual void flag(const char* name, bool& target, const char* help) = 0;
  /// An option with one value. An optional target stays empty if the option is not given.
  virtual void option(const char* name, const char* value, std::string& target, const char* help) = 0;
  virtual void option(const char* name, const char* value, std::optional<std::string>& target, const char* help) = 0;
  /// An option that may be repeated, one value each time.
  virtual void option(const char* name, const char* value, Texts& target, const char* help) = 0;
  virtual void option(const char* name, const char* value, std::optional<Texts>& target, const char* help) = 0;
  /// An operand that must be there, and a list of operands that may be empty.
  virtual void operand(const char* name, std::string& target, const char* help) = 0;
  virtual void operands(const char* name, Texts& target, const char* help) = 0;
};

/// One leaf of the command tree. Its options are its members.
class Command {
 public:
  /// All three live for ever. words: "user add"; summary: a line without a stop; example: what follows `pbxcredctl `.
  Command(const char* words, const char* summary, const char* example)
      : words_(words), summary_(summary), example_(example) {}
  virtual ~Command() = default;
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  const char* words() const { return words_; }
  const char* summary() const { return summary_; }
  const char* example() const { return example_; }

  virtual void declare(Syntax& syntax) = 0;
  /// Makes sense of what was parsed, without any I/O. Every error is a usage error.
  virtual Status prepare() { return {}; }
  /// Does it. An error is reported by the caller and becomes the exit status of its code.
  virtual Result<Exit> run(Session& session) = 0;

 private:
  const char* words_;
  const char* summary_;
  const char* example_;
};

using Commands = std::vector<std::unique_ptr<Command>>;

}  // namespace pbxcred::ctl
