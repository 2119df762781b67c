// SPDX-License-Identifier: BSD-2-Clause
// Any bytes as a value of the store: the first byte is its table, the rest the record. Nothing that was not sealed with
// the ring's key opens; what was sealed opens, and not with one bit of it changed; what decodes survives encoding
// again.
#include <cstdlib>
#include <string>

#include "message_types.h"
#include "round_trip.h"
#include "store/database.h"
#include "support/test_ring.h"

using namespace pbxcred;

namespace {

void check_seal(const std::string& key, Bytes record) {
  MUST(!open_value(test_ring(), key, as_text(record)));
  std::string sealed = seal_value(test_ring(), key, record);
  const auto opened = open_value(test_ring(), key, sealed);
  MUST(opened && *opened == as_text(record));
  MUST(!open_value(test_ring(), key + '\0', sealed));
  std::size_t place = 0;
  for (const std::uint8_t byte : record) place = place * 31 + byte;
  place %= sealed.size() * 8;
  sealed[place / 8] = static_cast<char>(sealed[place / 8] ^ (1 << (place % 8)));
  MUST(!open_value(test_ring(), key, sealed));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes record = Bytes(data, size).subspan(1);
  fuzz::for_each_type(fuzz::Records{}, [&]<class S>() {
    if (data[0] == static_cast<std::uint8_t>(S::kIn)) (void)fuzz::check_round_trip<typename S::Type>(record);
  });
  check_seal(std::string(as_text(Bytes(data, size).first(size < 17 ? size : 17))), record);
  return 0;
}
