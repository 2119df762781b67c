// SPDX-License-Identifier: BSD-2-Clause
// Bringing the records under a new key, some at a time, and finding out who still needs an old one.
//
// Every batch is a transaction of its own and writes down how far it came (Resealing), so that whoever is killed goes
// on where it was. What others put meanwhile is under the current key already (store/database.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "store/database.h"

namespace pbxcred {

/// Brings the next records, at most `most`, under the current key of write's ring. Returns how far all have come; done
/// equal to total at the end, which StoreMeta then names, and from then on.
/// What does not open stays as it is and is counted. An error: the store cannot be read.
Result<Resealing> reseal_some(Write& write, std::size_t most);

/// Whether there is anything for reseal_some() to do.
Result<bool> is_resealed(Read& read);

/// Key ids to the number of records that need them. A verifier needs two keys, of its MAC and of its seal.
using KeyUse = std::map<std::uint32_t, std::uint64_t>;

/// Counts for the records from the key `from` on ("" is the first), at most `most`. Returns where to go on; none at the
/// end. Takes records at their word: a MAC is not checked.
Result<std::optional<std::string>> count_key_use(Read& read, const std::string& from, std::size_t most, KeyUse& use);

}  // namespace pbxcred
