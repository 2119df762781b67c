// SPDX-License-Identifier: BSD-2-Clause
// The file that an export writes: whole, or not there.
#pragma once

#include <string>

#include "base/fd.h"
#include "base/result.h"
#include "base/secret.h"
#include "session.h"

namespace pbxcred::ctl {

/// 0600, for it holds people's data. Gone again if it was not finished.
class ExportFile {
 public:
  /// path `-`: the session's standard output. Else a new file; `conflict` if it exists, unless force: then what is
  /// there is replaced when all is written, `invalid` if that is no regular file.
  static Result<ExportFile> open(Session& session, const std::string& path, bool force);
  ExportFile(ExportFile&& other) noexcept;
  ExportFile& operator=(ExportFile&&) = delete;
  ~ExportFile();

  Status append(Bytes text);
  /// Writes and syncs what is left, and puts the file into its place.
  Status finish();

 private:
  explicit ExportFile(Session& session) : session_(&session) {}
  Status flush();
  Status name();

  Session* session_;
  std::string path_;  ///< where it is to be
  bool force_ = false;
  std::string made_;  ///< where it is now; empty: nowhere yet, standard output, or finished
  Fd file_;
  SecureBuffer pending_;
};

}  // namespace pbxcred::ctl
