// SPDX-License-Identifier: BSD-2-Clause
// Any bytes as what stands in a secret column: a hash that is taken keeps within the ceilings and looks like one to the
// client; what an exported verifier's reader takes, nobody without the ring has made.
#include "crypto/foreign_hash.h"
#include "crypto/portable_verifier.h"
#include "formats/secret_text.h"
#include "round_trip.h"
#include "support/test_ring.h"

using namespace pbxcred;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(Bytes(data, size));
  const auto hash = parse_foreign_hash(text);
  MUST(hash || !hash.error().what.empty());
  if (hash) {
    MUST(look_at_secret(text) == SecretText::kHash);
    if (hash->form == ForeignHash::Form::kArgon2id) {
      MUST(is_sane(hash->params) && hash->params.memory_kib <= kMaxForeignMemoryKib);
      MUST(hash->salt_size >= 8 && hash->salt_size <= 64 && hash->tag_size >= 16 && hash->tag_size <= 64);
    } else {
      MUST(hash->hash_size >= 31 && hash->hash_size < text.size() && text.size() <= kMaxForeignHash);
    }
  }
  MUST(!read_portable(test_ring(), Kind::kPassword, text));
  return 0;
}
