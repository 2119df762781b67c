// SPDX-License-Identifier: BSD-2-Clause
// Commands of admin.sock, put to a World; what they answer is kept.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "client/row_file.h"
#include "service/admin_dispatch.h"
#include "service/world.h"

namespace pbxcred {

/// Keeps every packet; has room for as many as it is told.
class KeptReply final : public AdminReply {
 public:
  void send(SecureBuffer packet) override { packets.push_back(std::move(packet)); }
  bool has_room() const override { return true; }
  bool is_gone() const override { return false; }

  std::vector<SecureBuffer> packets;
};

/// What a command answered. Rows borrow from it.
class Answers {
 public:
  explicit Answers(std::shared_ptr<KeptReply> reply) : reply_(std::move(reply)) {}

  template <Message M>
  std::vector<M> rows() const {
    std::vector<M> rows;
    for (const SecureBuffer& packet : reply_->packets) {
      M row;
      if (decode_packet(packet.view(), row)) rows.push_back(std::move(row));
    }
    return rows;
  }
  /// The last packet: exactly one Done, and nothing after it.
  Done done() const {
    Done last;
    if (reply_->packets.empty() || !decode_packet(reply_->packets.back().view(), last))
      fail_msg("%s", "the last packet is not Done");
    assert_int_equal(rows<Done>().size(), 1);
    return last;
  }
  /// "ok 3 1" (affected, failed) or "invalid 0 2".
  std::string result() const {
    const Done last = done();
    return std::string(last.ok ? "ok" : pbxcred::name_of(last.code)) + " " + std::to_string(last.affected) + " " +
           std::to_string(last.failed);
  }
  std::string what() const { return std::string(done().what); }
  /// Notes as "where: what", errors with a leading "!", one a line.
  std::string notes() const {
    std::string all;
    for (const Note& note : rows<Note>())
      all += std::string(note.is_error ? "!" : "") + std::string(note.where) + ": " + std::string(note.what) + "\n";
    return all;
  }
  std::size_t size() const { return reply_->packets.size(); }

 private:
  std::shared_ptr<KeptReply> reply_;
};

inline AdminEdge test_edge() {
  AdminEdge edge;
  edge.facts.version = "1.2.3";
  edge.facts.workers = 2;
  edge.facts.hash_time = std::chrono::microseconds(500);
  edge.reload = [] { return Status(); };
  return edge;
}

/// Steps as the daemon's connection does, until the command has sent its last packet.
inline void finish(World& world, AdminTask& task) {
  while (!task.is_done()) {
    if (task.is_waiting()) world.pump_until([&] { return !task.is_waiting() || task.is_done(); });
    else task.step();
  }
  world.pump_idle();
}

/// Sends one request, as a packet of that uid, and runs it to its end.
template <Message M>
Answers command_of(std::uint32_t uid, World& world, const M& request, Fd file = {}, const AdminEdge& edge = test_edge()) {
  auto reply = std::make_shared<KeptReply>();
  SecureBuffer packet;
  encode_packet(packet, request);
  const auto task =
      make_admin_task({world.engine.get(), world.context(), uid, reply}, edge, std::move(packet), std::move(file));
  if (!task) fail_msg("%s", "the request is not understood");
  finish(world, *task);
  return Answers(reply);
}
template <Message M>
Answers command(World& world, const M& request, Fd file = {}, const AdminEdge& edge = test_edge()) {
  return command_of(1000, world, request, std::move(file), edge);
}

inline void expect_result(const Answers& answers, const char* wanted) {
  const std::string got = answers.result();
  if (got != wanted) fail_msg("%s (%s), not %s\n%s", got.c_str(), answers.what().c_str(), wanted, answers.notes().c_str());
}
inline void expect_notes(const Answers& answers, const char* wanted) {
  assert_string_equal(answers.notes().c_str(), wanted);
}

inline Selection users(std::vector<std::string_view> names) {
  Selection selection;
  selection.users = std::move(names);
  return selection;
}
inline Selection of_domain(std::string_view domain) {
  Selection selection;
  selection.domain = domain;
  return selection;
}

}  // namespace pbxcred
