// SPDX-License-Identifier: BSD-2-Clause
// A packet: 'P' 'B', protocol version u8, 0, message type u16le, then the message's encoded fields (base/fields.h).
// Messages borrow from the packet they were decoded from.
#pragma once

#include <cstdint>

#include "base/fields.h"

namespace pbxcred {

inline constexpr std::uint8_t kProtocolVersion = 1;
inline constexpr std::size_t kHeaderSize = 6;

/// Every message type has one number and `static constexpr std::uint16_t kType`.
///   0x00xx auth.sock · 0x01xx admin.sock requests · 0x02xx admin.sock replies · 0x03xx rows (views) · 0x04xx import rows
template <class M>
concept Message = requires { M::kType; M::kHasFields; };

/// Appends a whole packet to sink.
template <class Sink, Message M>
void encode_packet(Sink& sink, const M& message) {
  const std::uint8_t head[4] = {'P', 'B', kProtocolVersion, 0};
  sink.append(Bytes(head));
  append_integer(sink, M::kType);
  encode(sink, message);
}

/// What a packet's header says.
struct PacketHead {
  bool valid = false;          ///< our magic and a version we speak
  std::uint8_t version = 0;
  std::uint16_t type = 0;
  Bytes body;
};

inline PacketHead read_head(Bytes packet) {
  PacketHead head;
  ByteReader reader(packet);
  Bytes magic = reader.take(2);
  head.version = reader.integer<std::uint8_t>();
  const auto zero = reader.integer<std::uint8_t>();
  head.type = reader.integer<std::uint16_t>();
  head.body = reader.rest();
  head.valid = reader.ok() && magic[0] == 'P' && magic[1] == 'B' && zero == 0 && head.version == kProtocolVersion;
  return head;
}

/// Decodes a packet of exactly this type; false otherwise.
template <Message M>
[[nodiscard]] bool decode_packet(Bytes packet, M& message) {
  const PacketHead head = read_head(packet);
  return head.valid && head.type == M::kType && decode(head.body, message);
}

}  // namespace pbxcred
