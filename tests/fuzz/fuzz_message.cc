// SPDX-License-Identifier: BSD-2-Clause
// Any bytes as a packet: no message type reads beyond it, and what is accepted survives encoding again.
#include "message_types.h"
#include "round_trip.h"

using namespace pbxcred;

namespace {

/// A writer with less room than the packet needs writes nothing beyond it and says so.
template <Message M>
void check_short_buffer(const M& message, std::size_t needed) {
  for (const std::size_t room : {std::size_t{0}, needed / 3, needed / 2, needed - 1, needed}) {
    std::vector<std::uint8_t> space(room);
    ByteWriter writer(space);
    encode_packet(writer, message);
    MUST(writer.ok() == (room == needed));
    MUST(writer.size() <= room);
  }
}

template <Message M>
void check_message(Bytes packet) {
  M message;
  const PacketHead head = read_head(packet);
  const bool decoded = decode_packet(packet, message);
  MUST(!decoded || (head.valid && head.type == M::kType));
  if (!decoded) return;
  MUST(fuzz::check_round_trip<M>(head.body));
  fuzz::Buffer again;
  encode_packet(again, message);
  M second;
  MUST(decode_packet(Bytes(again.bytes), second));
  MUST(fuzz::dumped(message) == fuzz::dumped(second));
  check_short_buffer(message, again.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes packet(data, size);
  fuzz::for_each_type(fuzz::Messages{}, [&]<class M>() { check_message<M>(packet); });
  return 0;
}
