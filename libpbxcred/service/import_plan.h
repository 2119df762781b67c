// SPDX-License-Identifier: BSD-2-Clause
// What an import is going to do with each line, while it is checked, hashed and settled. Small, because there are many:
// the lines themselves stay in the memory file that came with the request and are read again when they are needed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/secret.h"
#include "model/domain.h"
#include "model/verifier.h"
#include "service/frame_file.h"
#include "wire/admin.h"

namespace pbxcred {

/// One secret column of one line.
struct PlannedSecret {
  enum class What : std::uint8_t {
    kClear,    ///< in clear: compared with the stored one, hashed if it is another
    kForeign,  ///< another system's hash
    kPortable, ///< an exported verifier
    kCleared,  ///< `-`
  };
  Kind kind = Kind::kPassword;
  What what = What::kClear;
  bool weak = false;
  bool must_change = false;
  bool unchanged = false;        ///< the worker found what is stored already
  std::optional<Verifier> made;  ///< by the worker; its hash is sealed for its generation
};

/// One line that is taken.
struct PlannedUser {
  std::uint64_t frame = 0;  ///< where its row begins in the memory file
  AccountId account;
  DomainId domain;
  bool is_new = true;
  std::vector<PlannedSecret> secrets;
};

/// What became of the lines.
struct ImportCounts {
  std::uint64_t added = 0, changed = 0, unchanged = 0, disabled = 0;

  ImportCounts& operator+=(const ImportCounts& more) {
    added += more.added;
    changed += more.changed;
    unchanged += more.unchanged;
    disabled += more.disabled;
    return *this;
  }
  std::uint64_t affected() const { return added + changed + disabled; }
};

/// A domain that lines name. New ones have no record yet; they are stored with the first user they get.
struct PlannedDomain {
  Domain domain;
  bool is_new = false;
  std::string first_place;  ///< of a line that is taken; empty: there is none
  std::string timezone;     ///< of its mailboxes so far that name one
  bool zones_agree = true;
};
using PlannedDomains = std::map<std::string, PlannedDomain>;  ///< by name or alias, canonical

/// A row of the memory file and what it borrows from.
struct HeldRow {
  SecureBuffer frame;
  ImportRow row;
};

/// `invalid` if there is no row at frame.
inline Status read_row(FrameFile& file, std::uint64_t frame, HeldRow& out) {
  file.seek(frame);
  PBXCRED_TRY(const bool there, file.next(out.frame));
  out.row = ImportRow{};
  if (!there || !decode_packet(out.frame.view(), out.row))
    return Error{Code::kInvalid, "the import's rows are malformed"};
  return {};
}

/// file:line
inline std::string place_of(const ImportRow& row) {
  return std::string(row.file) + ":" + std::to_string(row.line);
}

/// The text that a row gives for a kind; empty: none.
inline SecretView text_of(const BoundedList<NewSecret, 4>& secrets, Kind kind) {
  for (const NewSecret& one : secrets)
    if (one.kind == kind) return one.secret;
  return {};
}

}  // namespace pbxcred
