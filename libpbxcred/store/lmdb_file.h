// SPDX-License-Identifier: BSD-2-Clause
// A look at an LMDB data file before it is mapped: to touch a mapped page that the file lacks ends the process.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace pbxcred {

/// Whether the file at path is an LMDB data file (format 1) whose pages are all there and fit together
/// (store/lmdb_pages.h). Of a file of more than whole_up_to bytes that is as long as it should be only the meta pages are
/// looked at: to read all of it takes time.
/// A file may rightly end before its last page when the pages after its end are free; it is then made as long as its
/// header says, so that the next look is short. Nobody may have the file open.
/// `not found`; `invalid`: a link or not a regular file; `corrupt`: another kind of file, cut or damaged; `unavailable`.
Status check_lmdb_file(const std::string& path, std::uint64_t whole_up_to);

}  // namespace pbxcred
