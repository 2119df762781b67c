// SPDX-License-Identifier: BSD-2-Clause
// A directory for one test, gone with what is in it afterwards.
#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <string>

/// 0700, under $TMPDIR, else /dev/shm (where synced commits cost nothing), else /tmp.
class TempDir {
 public:
  TempDir() {
    const char* base = getenv("TMPDIR");
    if (base == nullptr) base = access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp";
    path_ = std::string(base) + "/pbxcred-test-XXXXXX";
    if (mkdtemp(path_.data()) == nullptr) throw std::runtime_error("no temporary directory");
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};
