// SPDX-License-Identifier: BSD-2-Clause
// Where generated secrets go: the one place of the command that shows a secret.
#pragma once

#include <cstdint>
#include <string>

#include "base/fd.h"
#include "base/result.h"
#include "base/secret.h"
#include "session.h"
#include "wire/admin.h"

namespace pbxcred::ctl {

/// Takes each secret once, writes it at once, past every buffer of the C library, and wipes its copy.
class GeneratedOutput {
 public:
  /// To standard output, each alone on a line; with --json one array of objects. named: says on standard error, before
  /// each, whose it is.
  static GeneratedOutput to_stream(Session& session, bool named);
  /// To a new file of mode 0600, as CSV with the header account,kind,secret. `conflict` if it exists.
  static Result<GeneratedOutput> to_file(Session& session, const std::string& path);

  Status add(const GeneratedRow& row);
  /// Ends the document. A file in which nothing was written is removed again.
  Status finish();

 private:
  enum class Style { kLines, kJson, kCsv };
  GeneratedOutput(Session& session, Style style) : session_(&session), style_(style) {}
  Status write_out(const SecureBuffer& text);
  Error leave_out(const GeneratedRow& row, const Error& why);

  Session* session_;
  Style style_;
  bool named_ = false;
  std::string path_;
  Fd file_;
  std::uint64_t count_ = 0;
  std::uint64_t whole_ = 0;  ///< bytes of whole rows in the file
};

}  // namespace pbxcred::ctl
