// SPDX-License-Identifier: BSD-2-Clause
// hash, kinds, policies and lockout.
#include <algorithm>
#include <cstring>

#include "config_lexeme.h"
#include "config_sections.h"
#include "units.h"
#include "wire/limits.h"

namespace pbxcred {
namespace {

constexpr std::uint32_t kMostSteps = 32;
constexpr std::uint32_t kMostThreshold = 100;  // NIST SP 800-63B-4 §3.2.2
constexpr std::uint32_t kMostPermanent = 1000000;

/// A key that is a number within bounds.
template <auto Member, std::uint32_t Least, std::uint32_t Most, class Target>
void read_number(ConfigReader& reader, const Setting& setting, Target& target) {
  if (const auto value = reader.number(setting, Least, Most)) target.*Member = *value;
}

// RFC 9106 §3.1 allows more; these bounds keep a slip of the pen from taking the machine down.
constexpr ConfigKey<HashParams> kHashKeys[] = {
    {"memory_kib", read_number<&HashParams::memory_kib, 8, 4194304>},
    {"passes", read_number<&HashParams::passes, 1, 100>},
    {"lanes", read_number<&HashParams::lanes, 1, 16>},
};

template <Kind K>
void read_kind(ConfigReader& reader, const Setting& setting, Settings& settings) {
  if (auto name = reader.string(setting)) settings.kinds[static_cast<std::size_t>(K)] = std::move(*name);
}

constexpr ConfigKey<Settings> kKindKeys[] = {
    {name_of(Kind::kPassword), read_kind<Kind::kPassword>}, {name_of(Kind::kVoicemail), read_kind<Kind::kVoicemail>},
    {name_of(Kind::kLogin), read_kind<Kind::kLogin>},       {name_of(Kind::kPhone), read_kind<Kind::kPhone>},
    {name_of(Kind::kAdmin), read_kind<Kind::kAdmin>},
};
static_assert(std::size(kKindKeys) == std::size(kAllKinds));

void read_alphabet(ConfigReader& reader, const Setting& setting, Policy& policy) {
  const auto name = reader.string(setting);
  if (!name) return;
  if (*name == "any") {
    policy.alphabet = Alphabet::kAny;
  } else if (*name == "digits") {
    policy.alphabet = Alphabet::kDigits;
  } else if (*name == "alphanumeric") {
    policy.alphabet = Alphabet::kAlphanumeric;
  } else {
    reader.error(setting, "alphabet must be \"any\", \"digits\" or \"alphanumeric\", not \"" + shown(*name) + "\"");
  }
}

constexpr ConfigKey<Policy> kPolicyKeys[] = {
    {"min_length", read_number<&Policy::min_length, 1, kMaxSecret>},
    {"max_length", read_number<&Policy::max_length, 1, kMaxSecret>},
    {"alphabet", read_alphabet},
};

/// What the keys that are left out mean: the built-in policy of that name; for a new one the strict "standard".
Policy base_policy(const std::string& name) {
  const auto built_in = built_in_policies();
  const auto same = std::find_if(built_in.begin(), built_in.end(), [&](const Policy& p) { return p.name == name; });
  Policy policy = same != built_in.end() ? *same : built_in.front();
  policy.name = name;
  return policy;
}

void read_policy(ConfigReader& reader, const Setting& group, Settings& settings) {
  Policy policy = base_policy(group.getName());
  if (policy.name.size() > 64) reader.error(group, "the name of a policy has at most 64 characters");
  reader.keys<Policy>(group, kPolicyKeys, policy);
  if (policy.min_length > policy.max_length) {
    const Setting* longest = member(group, "max_length");
    const Setting* shortest = member(group, "min_length");
    reader.error(longest != nullptr    ? *longest
                 : shortest != nullptr ? *shortest
                                       : group,
                 "min_length (" + std::to_string(policy.min_length) + ") is over max_length (" +
                     std::to_string(policy.max_length) + ")");
  }
  for (Policy& known : settings.policies) {
    if (known.name != policy.name) continue;
    known = std::move(policy);
    return;
  }
  settings.policies.push_back(std::move(policy));
}

void read_steps(ConfigReader& reader, const Setting& setting, LockoutSettings& lockout) {
  std::vector<std::chrono::seconds> steps;
  for (const Setting* element : reader.strings(setting)) {
    const auto step = parse_duration(element->c_str());
    if (!step) {
      reader.error(*element, "steps: " + step.error().what);
    } else if (*step <= (steps.empty() ? std::chrono::seconds(0) : steps.back())) {
      reader.error(*element, steps.empty() ? "steps: a lock lasts at least \"1s\""
                                           : "steps must rise: each is longer than the one before");
    } else {
      steps.push_back(*step);
    }
  }
  if (steps.size() > kMostSteps) reader.error(setting, "steps: at most 32");
  if (!steps.empty()) lockout.steps = std::move(steps);
}

constexpr ConfigKey<LockoutSettings> kLockoutKeys[] = {
    {"threshold", read_number<&LockoutSettings::threshold, 1, kMostThreshold>},
    {"steps", read_steps},
    {"permanent_at", read_number<&LockoutSettings::permanent_at, 0, kMostPermanent>},
};

}  // namespace

void read_hash(ConfigReader& reader, const Setting& group, Settings& settings) {
  reader.keys<HashParams>(group, kHashKeys, settings.hash);
  const HashParams& hash = settings.hash;
  if (hash.memory_kib >= 8 * hash.lanes) return;
  const Setting* memory = member(group, "memory_kib");
  reader.error(memory != nullptr ? *memory : group, "memory_kib must be at least 8 for each of the lanes (RFC 9106)");
}
std::vector<std::string> hash_keys() {
  return keys_of<HashParams>(kHashKeys);
}

void read_kinds(ConfigReader& reader, const Setting& group, Settings& settings) {
  reader.keys<Settings>(group, kKindKeys, settings);
}
std::vector<std::string> kinds_keys() {
  return keys_of<Settings>(kKindKeys);
}

void read_policies(ConfigReader& reader, const Setting& group, Settings& settings) {
  if (!reader.is_group(group)) return;
  for (const Setting& policy : group) read_policy(reader, policy, settings);
}
std::vector<std::string> policies_keys() {
  auto keys = keys_of<Policy>(kPolicyKeys);
  for (std::string& key : keys) key.insert(0, "NAME.");
  return keys;
}

void read_lockout(ConfigReader& reader, const Setting& group, Settings& settings) {
  LockoutSettings& lockout = settings.lockout;
  reader.keys<LockoutSettings>(group, kLockoutKeys, lockout);
  if (lockout.permanent_at == 0 || lockout.permanent_at >= lockout.threshold) return;
  const Setting* permanent = member(group, "permanent_at");
  reader.error(permanent != nullptr ? *permanent : group, "permanent_at (" + std::to_string(lockout.permanent_at) +
                                                              ") is under threshold (" +
                                                              std::to_string(lockout.threshold) + "); 0 means never");
}
std::vector<std::string> lockout_keys() {
  return keys_of<LockoutSettings>(kLockoutKeys);
}

void check_kinds(ConfigReader& reader, const Setting& root, const Settings& settings) {
  const Setting* kinds = member(root, "kinds");
  if (kinds == nullptr) return;
  for (Kind kind : kAllKinds) {
    const std::string& policy = settings.kinds[static_cast<std::size_t>(kind)];
    const Setting* given = member(*kinds, name_of(kind));
    if (given != nullptr && find_policy(settings, policy) == nullptr)
      reader.error(*given, std::string(name_of(kind)) + ": there is no policy \"" + shown(policy) + "\"");
  }
}

}  // namespace pbxcred
