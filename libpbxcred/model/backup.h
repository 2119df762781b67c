// SPDX-License-Identifier: BSD-2-Clause
// What a backup says of itself.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/fields.h"

namespace pbxcred {

/// A key that the records of a backup need.
struct BackupKey {
  std::uint32_t id = 0;
  std::array<std::uint8_t, 16> mark{};  ///< a keyed hash under it: tells it from another ring's key of that id
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& k) {
    v(1, "id", k.id);
    v(2, "mark", k.mark);
  }
};

struct BackupHeader {
  std::uint32_t schema = 0;
  std::array<std::uint8_t, 16> store_id{};
  Time made_at{};
  std::string program;           ///< version of pbxcred
  std::vector<BackupKey> keys;   ///< by ascending id
  std::uint32_t mac_key = 0;     ///< id of the key that the whole is MACed with; among keys
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& h) {
    v(1, "schema", h.schema);
    v(2, "store_id", h.store_id);
    v(3, "made_at", h.made_at);
    v(4, "program", h.program);
    v(5, "keys", h.keys);
    v(6, "mac_key", h.mac_key);
  }
};

}  // namespace pbxcred
