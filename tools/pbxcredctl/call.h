// SPDX-License-Identifier: BSD-2-Clause
// One conversation with the daemon.
#pragma once

#include <functional>

#include "base/result.h"
#include "base/secret.h"
#include "outcome.h"
#include "report.h"
#include "session.h"
#include "wire/message.h"

namespace pbxcred::ctl {

/// Takes one row packet, which is wiped afterwards; an error ends the conversation.
using OnRow = std::function<Status(const PacketHead&)>;

/// Sends a whole packet (and a descriptor, unless it is -1, borrowed), reports notes and progress, hands every other
/// packet to on_row, and returns what Done said. An error is one of the connection or of on_row.
Result<Outcome> converse(Session& session, Bytes packet, int attachment, const OnRow& on_row);

/// For requests whose replies are only notes.
template <Message M>
Result<Outcome> ask(Session& session, const M& request, int attachment = -1) {
  SecureBuffer packet;
  encode_packet(packet, request);
  return converse(session, packet.view(), attachment, [](const PacketHead&) -> Status {
    return Error{Code::kInternal, "unexpected reply"};
  });
}

/// For requests whose replies are rows of one type: on_row(Row&&).
template <Message Row, Message M, class OnEach>
Result<Outcome> ask_rows(Session& session, const M& request, int attachment, OnEach on_each) {
  SecureBuffer packet;
  encode_packet(packet, request);
  return converse(session, packet.view(), attachment, [&](const PacketHead& head) -> Status {
    Row row;
    if (head.type != Row::kType || !decode(head.body, row)) return Error{Code::kInternal, "unexpected reply"};
    return on_each(std::move(row));
  });
}

}  // namespace pbxcred::ctl
