// SPDX-License-Identifier: BSD-2-Clause
// What a shell may offer for the word that is being typed.
#pragma once

#include <string>
#include <vector>

namespace pbxcred::ctl {

/// words: the command line without the program's name; the last is incomplete, perhaps empty. Asks nobody: names of
/// commands, options, kinds and roles. Empty: nothing is known, or a file's name is wanted.
std::vector<std::string> completions(const std::vector<std::string>& words);

}  // namespace pbxcred::ctl
