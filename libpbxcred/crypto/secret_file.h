// SPDX-License-Identifier: BSD-2-Clause
// A small file that only its owner may read, in a directory that only its owner may enter: the key ring's.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/locked_bytes.h"

namespace pbxcred {

/// A whole secret file.
struct SecretFile {
  LockedBytes bytes;
  std::size_t size = 0;
  Bytes view() const { return bytes.view().first(size); }
};

/// Reads the regular file at path whole. what: names it in messages ("key ring").
/// Refuses, in one sentence: `not found`; `invalid`: a link, not a regular file, file or directory with another owner
/// (the directory may be root's), open to group or others, more than limit bytes; `unavailable`: cannot be read.
Result<SecretFile> read_secret_file(const std::string& what, const std::string& path, uid_t owner, std::size_t limit);

/// Makes the file at path, 0600, of that owner and group, durable when it returns; its directory too (0700, the last
/// component only) if it is missing. `conflict` if there is something at path, which stays as it is; `invalid` if the
/// directory is open to others or not the owner's; `unavailable` or `exhausted` (disk full) otherwise.
Status create_secret_file(const std::string& what, const std::string& path, uid_t owner, gid_t group, Bytes contents);

/// Puts another content in the place of the file at path, which read_secret_file() must find in order. At every moment
/// the old or the new one is there whole; durable when it returns. Errors of both.
Status replace_secret_file(const std::string& what, const std::string& path, uid_t owner, gid_t group, Bytes contents);

}  // namespace pbxcred
