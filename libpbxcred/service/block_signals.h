// SPDX-License-Identifier: BSD-2-Clause
// Threads that are begun while one of these lives get no signals: those belong to the event loop's thread.
#pragma once

#include <pthread.h>
#include <signal.h>

namespace pbxcred {

class BlockSignals {
 public:
  BlockSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~BlockSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockSignals(const BlockSignals&) = delete;
  BlockSignals& operator=(const BlockSignals&) = delete;

 private:
  sigset_t before_;
};

}  // namespace pbxcred
