// SPDX-License-Identifier: BSD-2-Clause
// The configuration as a whole: its plain keys, and the order of reading and checking.
#include "config.h"

#include <exception>

#include "config_lexeme.h"
#include "config_sections.h"
#include "model/name.h"
#include "units.h"

namespace pbxcred {
namespace {

constexpr std::uint64_t kLeastStore = 4ULL << 20;  // bytes; as LmdbStore

void read_default_domain(ConfigReader& reader, const Setting& setting, Settings& settings) {
  const auto typed = reader.string(setting);
  if (!typed) return;
  auto domain = typed->empty() ? Result<std::string>(std::string()) : canonical_domain(*typed);
  if (!domain) {
    reader.error(setting, "default_domain: " + domain.error().what);
    return;
  }
  settings.default_domain = std::move(*domain);
}

void read_workers(ConfigReader& reader, const Setting& setting, Settings& settings) {
  if (const auto workers = reader.number(setting, 0, 256)) settings.workers = *workers;
}

void read_store_size(ConfigReader& reader, const Setting& setting, Settings& settings) {
  const auto typed = reader.string(setting);
  if (!typed) return;
  const auto size = parse_size(*typed);
  if (!size || *size < kLeastStore) {
    reader.error(setting, "store_size: " + (size ? std::string("at least \"4M\"") : size.error().what));
    return;
  }
  settings.store_size = *size;
}

void read_credentials(ConfigReader& reader, const Setting& setting, Settings&) {
  const auto line = reader.string(setting);
  if (line && *line != "lmdb")
    reader.error(setting,
                 "credentials must be \"lmdb\", the only source of this version, not \"" + shown(*line) + "\"");
}

constexpr ConfigKey<Settings> kKeys[] = {
    {"run_dir", read_run_dir},
    {"state_dir", read_state_dir},
    {"key_file", read_key_file},
    {"user", read_user},
    {"default_domain", read_default_domain},
    {"workers", read_workers},
    {"store_size", read_store_size},
    {"credentials", read_credentials},
    {"hash", read_hash, hash_keys},
    {"kinds", read_kinds, kinds_keys},
    {"policies", read_policies, policies_keys},
    {"lockout", read_lockout, lockout_keys},
    {"services", read_services, services_keys},
};

/// Everything once the text is one tree.
void read_tree(const ConfigText& text, const Setting& root, ConfigResult& result) {
  ConfigReader reader(text);
  Settings settings;
  reader.keys<Settings>(root, kKeys, settings);
  check_kinds(reader, root, settings);
  check_paths(reader, root, settings);
  result.errors = reader.take_errors();
  if (result.errors.empty()) result.settings = std::move(settings);
}

ConfigResult read(const std::string& path) {
  ConfigResult result;
  const ConfigText text = scan_config(path);
  result.errors = text.errors;
  libconfig::Config config;
  if (result.errors.empty() && parse_config(text, config, result.errors)) read_tree(text, config.getRoot(), result);
  return result;
}

}  // namespace

ConfigResult read_config(const std::string& path) {
  try {
    return read(path);
  } catch (const std::exception& escaped) {
    return {std::nullopt, {{path, 0, std::string("cannot read the configuration: ") + escaped.what()}}};
  }
}

std::vector<std::string> config_keys() {
  return keys_of<Settings>(kKeys);
}

std::string to_text(const ConfigError& error) {
  return error.file + (error.line > 0 ? ":" + std::to_string(error.line) : "") + ": " + error.what;
}

}  // namespace pbxcred
