// SPDX-License-Identifier: BSD-2-Clause
// A backup of the store as a stream.
//
// Integers little-endian: magic 16, header size u32, BackupHeader; for each entry by ascending key {key size u16, value
// size u32, key, value}, as they are in the store: secrets sealed, values MACed; then a u16 of zero, the number of
// entries u64, and 32 bytes of BLAKE2b under a subkey of the ring over all before. Nothing follows.
//
// It is as small as the records are, is checked while it streams, and can be read without trust in it. Grants are left
// out: who restores voids them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "model/backup.h"
#include "store/database.h"

namespace pbxcred {

/// Takes the next bytes of the stream.
using BackupSink = std::function<Status(Bytes)>;
/// Gives bytes from an offset on, as many as there are up to out's size; 0 at the end.
using BackupSource = std::function<Result<std::size_t>(std::uint64_t offset, MutableBytes out)>;
/// Told now and then how many of how many records are done (total 0: not known); an error ends the work.
using BackupProgress = std::function<Status(std::uint64_t done, std::uint64_t total)>;

struct BackupSummary {
  BackupHeader header;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
};

/// Streams all records, at the moment that read sees, in two passes: the first finds the keys they need.
/// `corrupt`: a record does not open (a backup of damage would be no backup); else what the store, sink or progress
/// failed with. `unavailable`: the store was to be reopened meanwhile.
Result<BackupSummary> write_backup(Read& read, const std::string& program, Time now, const BackupSink& sink,
                                   const BackupProgress& progress);

/// Reads a whole backup and checks everything about it: sizes, order, tables, that every record opens with the ring,
/// and at last its MAC. Nothing of it may be trusted before this has returned without an error.
/// each: given every entry, or null. `corrupt`: it is none, cut, changed, made with another ring or needs keys that are
/// missing; `invalid`: of a newer version or schema.
Result<BackupSummary> read_backup(const BackupSource& source, const KeyRing& ring,
                                  const std::function<Status(const Entry&)>& each, const BackupProgress& progress);

/// Reading from a descriptor of a regular file, which is borrowed. Never maps it: whoever cuts it meanwhile makes it
/// end early.
BackupSource read_from(int fd);

}  // namespace pbxcred
