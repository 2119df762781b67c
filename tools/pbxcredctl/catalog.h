// SPDX-License-Identifier: BSD-2-Clause
// All commands there are, and the groups they are in.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "command.h"

namespace pbxcred::ctl {

/// Each file of commands adds its own.
void add_domain_commands(Commands& commands);
void add_user_commands(Commands& commands);
void add_admin_commands(Commands& commands);
void add_secret_commands(Commands& commands);
void add_check_commands(Commands& commands);
void add_import_commands(Commands& commands);
void add_export_commands(Commands& commands);
void add_job_commands(Commands& commands);
void add_care_commands(Commands& commands);
void add_store_commands(Commands& commands);
void add_key_commands(Commands& commands);

/// A first word that has commands below it.
struct Group {
  const char* word;
  const char* summary;
  const char* example;  ///< what follows `pbxcredctl `
};

std::span<const Group> groups();
/// nullptr: there is none of that name.
const Group* find_group(std::string_view word);

/// All commands, in the order in which help shows them.
Commands all_commands();
/// The command of exactly these words; nullptr: there is none.
Command* find_command(const Commands& commands, std::string_view words);

/// What may stand before a command.
std::vector<std::string> global_options();

/// Help of the whole command, or of one group.
std::string root_help(const Commands& commands);
std::string group_help(const Commands& commands, const Group& group);

/// The words that may follow `group` ("" at the top), each once, in the order of help.
std::vector<std::string> next_words(const Commands& commands, std::string_view group);

}  // namespace pbxcred::ctl
