// SPDX-License-Identifier: BSD-2-Clause
// Files of an Asterisk configuration: loading one, and finding those that an #include names.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace pbxcred {

/// Which file it is, under whatever name.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const FileIdentity&) const = default;
};

struct LoadedFile {
  SecureBuffer text;
  FileIdentity identity;
};

enum class FileRule { kAny, kRegular };

/// Loads a whole file, of at most max_size bytes. kRegular refuses pipes, devices and folders without waiting for them.
/// Errors: `not_found`, `invalid` (too big, not regular), `internal` (cannot be read); the text names no file.
Result<LoadedFile> load_file(const std::string& path, std::size_t max_size, FileRule rule);

/// The files that `#include name` means, sorted; name may be absolute or a pattern (`*` `?` `[…]` `{a,b}`). A relative
/// name counts from the first of folders, as in Asterisk from its configuration folder, and if nothing is there from
/// the next. Empty: there is none.
std::vector<std::string> find_included(std::string_view name, const std::vector<std::string>& folders);

/// The folder of path: `.` if it names none.
std::string folder_of(const std::string& path);

}  // namespace pbxcred
