// SPDX-License-Identifier: BSD-2-Clause
// Stands in for pbxcredd on admin.sock: keeps what it is asked, says what it was told to say.
#pragma once

#include <string>
#include <thread>
#include <vector>

#include "base/fd.h"
#include "base/secret.h"
#include "wire/message.h"

namespace pbxcred::test {

/// A whole packet as owned bytes.
using Packet = std::vector<std::uint8_t>;

template <Message M>
Packet packet_of(const M& message) {
  SecureBuffer buffer;
  encode_packet(buffer, message);
  return {buffer.view().begin(), buffer.view().end()};
}

/// One request as it came.
struct Received {
  Packet packet;
  bool has_attachment = false;
  int seals = 0;           ///< of the attachment
  std::string attachment;  ///< its bytes
};

/// Serves one connection after the other on RUN_DIR/admin.sock until stop(). Connection number i gets conversations[i]
/// as answer (the last one serves all further ones; none: no answer) and is closed.
class FakeDaemon {
 public:
  using Conversation = std::vector<Packet>;
  explicit FakeDaemon(std::vector<Conversation> conversations = {});
  ~FakeDaemon();
  FakeDaemon(const FakeDaemon&) = delete;
  FakeDaemon& operator=(const FakeDaemon&) = delete;

  const std::string& run_dir() const { return run_dir_; }
  /// Ends the service; then the requests may be read.
  const std::vector<Received>& stop();

 private:
  void serve();
  void serve_one(int connection);

  std::string run_dir_;
  std::vector<Conversation> conversations_;
  std::vector<Received> received_;
  Fd listener_, stop_read_, stop_write_;
  std::thread thread_;
};

/// A command line that was run, and what came out of it.
struct Ran {
  int status = -1;
  std::string out, err;
};

/// Runs args in this process against run_dir. input: what is on standard input. width: as Session::width.
Ran run_command(const std::string& run_dir, std::vector<std::string> args, const std::string& input = "",
                std::size_t width = 0);

/// A new directory, removed with everything directly in it when it goes.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::string& path() const { return path_; }
  /// Writes a file in it; returns its path.
  std::string file(const std::string& name, const std::string& text) const;

 private:
  std::string path_;
};

std::string read_whole(const std::string& path);

}  // namespace pbxcred::test
