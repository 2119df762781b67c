// SPDX-License-Identifier: BSD-2-Clause
// Kinds by number and name, and the version.
#include "api/names.h"

#include <cstring>

#include "api/pbxcred.h"

namespace pbxcred {

// Numbers of the C interface count from 1, so that a kind that was forgotten is none.
static_assert(PBXCRED_KIND_PASSWORD == static_cast<int>(Kind::kPassword) + 1);
static_assert(PBXCRED_KIND_VOICEMAIL == static_cast<int>(Kind::kVoicemail) + 1);
static_assert(PBXCRED_KIND_LOGIN == static_cast<int>(Kind::kLogin) + 1);
static_assert(PBXCRED_KIND_PHONE == static_cast<int>(Kind::kPhone) + 1);
static_assert(PBXCRED_KIND_ADMIN == static_cast<int>(Kind::kAdmin) + 1);
static_assert(PBXCRED_KIND_ADMIN == kEnumEnd<Kind>);

bool read_kind(int number, Kind& out) {
  if (number < 1 || number > static_cast<int>(kEnumEnd<Kind>)) return false;
  out = static_cast<Kind>(number - 1);
  return true;
}

}  // namespace pbxcred

const char* pbxcred_kind_name(int kind) {
  pbxcred::Kind found{};
  return pbxcred::read_kind(kind, found) ? pbxcred::name_of(found) : "";
}

int pbxcred_kind_from_name(const char* name) {
  pbxcred::Kind kind{};
  if (name == nullptr || !pbxcred::kind_from_name(name, kind)) return 0;
  return static_cast<int>(kind) + 1;
}

const char* pbxcred_version_text() {
  return PBXCRED_VERSION;
}
