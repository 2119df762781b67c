// SPDX-License-Identifier: BSD-2-Clause
// The groups of the configuration: each has its reader, its keys and, where values depend on one another, a check that
// runs when everything has been read.
#pragma once

#include <string>
#include <vector>

#include "config_reader.h"
#include "service/settings.h"

namespace pbxcred {

// config_rules.cc
void read_hash(ConfigReader& reader, const Setting& group, Settings& settings);
std::vector<std::string> hash_keys();
void read_kinds(ConfigReader& reader, const Setting& group, Settings& settings);
std::vector<std::string> kinds_keys();
void read_policies(ConfigReader& reader, const Setting& group, Settings& settings);
std::vector<std::string> policies_keys();
void read_lockout(ConfigReader& reader, const Setting& group, Settings& settings);
std::vector<std::string> lockout_keys();
/// Whether every kind's policy is defined. root: the whole configuration.
void check_kinds(ConfigReader& reader, const Setting& root, const Settings& settings);

// config_services.cc
void read_services(ConfigReader& reader, const Setting& list, Settings& settings);
std::vector<std::string> services_keys();
void read_user(ConfigReader& reader, const Setting& setting, Settings& settings);

// config_paths.cc
void read_run_dir(ConfigReader& reader, const Setting& setting, Settings& settings);
void read_state_dir(ConfigReader& reader, const Setting& setting, Settings& settings);
void read_key_file(ConfigReader& reader, const Setting& setting, Settings& settings);
/// Whether the three places are far enough from one another. root: the whole configuration.
void check_paths(ConfigReader& reader, const Setting& root, const Settings& settings);

}  // namespace pbxcred
