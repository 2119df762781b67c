// SPDX-License-Identifier: BSD-2-Clause
// conf/pbxcred.conf tells the truth: its values are the defaults, its keys are the reader's, both ways.
#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include <libconfig.h++>

#include "daemon/config_files.h"

using namespace pbxcred;
using namespace pbxcred::test;

namespace {

std::string source_path(const std::string& name) {
  const char* source = getenv("srcdir");  // automake's test driver sets it
  return std::string(source != nullptr ? source : ".") + "/" + name;
}

std::string sample_path() {
  return source_path("conf/pbxcred.conf");
}

/// Lines that begin with "#" and one blank are text; every other "#" begins a setting that is left out.
bool is_setting(const std::string& line) {
  const bool is_text = line.size() > 2 && line[1] == ' ' && line[2] != ' ';
  return line.size() > 1 && line[0] == '#' && !is_text;
}

/// The sample with every setting taken in.
std::string uncommented() {
  std::ifstream file(sample_path());
  std::string line, text;
  while (std::getline(file, line)) text += (is_setting(line) ? line.substr(1) : line) + "\n";
  return text;
}

/// Keys in the notation of config_keys(): what is in a list has no index, what is in policies is called NAME.
void collect_keys(const libconfig::Setting& group, const std::string& prefix, std::set<std::string>& keys) {
  for (const libconfig::Setting& setting : group) {
    std::string name = setting.getName() != nullptr ? setting.getName() : "";
    if (prefix == "policies.") name = "NAME";
    const std::string path = name.empty() ? prefix : prefix + name;
    const bool holds_groups = setting.isGroup() || setting.isList();
    if (!holds_groups) keys.insert(path);
    if (holds_groups) collect_keys(setting, name.empty() ? path : path + ".", keys);
  }
}

}  // namespace

CASE(sample_is_all_defaults_when_installed) {
  const ConfigResult result = read_config(sample_path());
  if (!result.settings) print_error("%s", all_of(result).c_str());
  assert_true(result.settings.has_value());
  assert_true(same(*result.settings, Settings()));
  assert_true(result.settings->services.empty());
}

CASE(sample_shows_the_defaults_when_uncommented) {
  Settings settings = good(uncommented());
  const std::vector<ServiceEntry> services = std::move(settings.services);
  settings.services.clear();
  assert_true(same(settings, Settings()));
  assert_int_equal(services.size(), 1);
  assert_string_equal(services[0].user.c_str(), "www-data");
  assert_true(services[0].kinds == only(Kind::kPassword));
  assert_int_equal(services[0].domains.size(), 2);
  assert_true(services[0].trust_rhost && !services[0].change);
}

CASE(sample_has_every_key_and_no_other) {
  libconfig::Config config;
  config.readString(uncommented());
  std::set<std::string> shown;
  collect_keys(config.getRoot(), "", shown);
  const std::vector<std::string> list = config_keys();
  const std::set<std::string> known(list.begin(), list.end());
  assert_int_equal(known.size(), list.size());
  for (const std::string& key : known)
    if (!shown.contains(key)) print_error("not in the sample: %s\n", key.c_str());
  for (const std::string& key : shown)
    if (!known.contains(key)) print_error("not known to the reader: %s\n", key.c_str());
  assert_true(shown == known);
}

/// What has keys of its own is described by them.
CASE(manual_has_every_key_and_no_other) {
  std::set<std::string> known, written;
  const std::vector<std::string> list = config_keys();
  for (const std::string& key : list) {
    const auto within = [&](const std::string& other) { return other.starts_with(key + "."); };
    if (std::none_of(list.begin(), list.end(), within)) known.insert(key);
  }
  std::ifstream page(source_path("man/pbxcred.conf.5"));
  for (std::string line; std::getline(page, line);)
    if (line.starts_with(".It Ic ")) written.insert(line.substr(7));
  for (const std::string& key : known)
    if (!written.contains(key)) print_error("not in pbxcred.conf(5): %s\n", key.c_str());
  for (const std::string& key : written)
    if (!known.contains(key)) print_error("not known to the reader: %s\n", key.c_str());
  assert_true(written == known);
}

RUN_CASES(cmocka_unit_test(manual_has_every_key_and_no_other), cmocka_unit_test(sample_is_all_defaults_when_installed),
          cmocka_unit_test(sample_shows_the_defaults_when_uncommented),
          cmocka_unit_test(sample_has_every_key_and_no_other))
