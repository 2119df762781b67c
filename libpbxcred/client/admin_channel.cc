// SPDX-License-Identifier: BSD-2-Clause
// One request on admin.sock and its stream of reply packets.
#include "client/admin_channel.h"

#include <chrono>

#include "client/connect.h"
#include "wire/limits.h"
#include "wire/packet.h"

namespace pbxcred {
namespace {

constexpr auto kTimeout = std::chrono::seconds(5);

Error error_of(const IoStatus& status) {
  return {status.code, status.what};
}

}  // namespace

Result<AdminChannel> AdminChannel::connect(const std::string& run_dir) {
  Fd fd;
  if (const IoStatus status = connect_to_daemon(run_dir, kAdminSocket, Deadline::after(kTimeout), fd); !status)
    return Error{status.code, run_dir + "/" + std::string(kAdminSocket) + ": " + status.what};
  return AdminChannel(std::move(fd));
}

Status AdminChannel::send_encoded(Bytes packet, int attachment) {
  if (packet.size() > kMaxPacket) return Error{Code::kInvalid, "the request is longer than 64 KiB"};
  const IoStatus sent = pbxcred::send_packet(fd_.get(), packet, Deadline::after(kTimeout).at(), attachment);
  if (sent) return {};
  // A daemon that turned us away before reading may have said why.
  packet_.resize(kMaxPacket);
  Bytes received;
  if (!receive_packet_now(fd_.get(), {packet_.data(), packet_.size()}, received)) return error_of(sent);
  packet_.resize(received.size());
  early_ = true;
  return {};
}

Result<PacketHead> AdminChannel::next() {
  if (!early_) {
    packet_.clear();
    packet_.resize(kMaxPacket);
    Bytes received;
    const IoStatus got = receive_packet(fd_.get(), {packet_.data(), packet_.size()}, received, kNever);
    if (!got && got.code == Code::kUnavailable) return Error{got.code, "the daemon went away before it had answered"};
    if (!got) return Error{Code::kInternal, got.what};
    packet_.resize(received.size());
  }
  early_ = false;
  const PacketHead head = read_head(packet_.view());
  if (!head.valid) return Error{Code::kInternal, "the daemon speaks another protocol"};
  return head;
}

}  // namespace pbxcred
