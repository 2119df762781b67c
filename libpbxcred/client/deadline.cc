// SPDX-License-Identifier: BSD-2-Clause
// One deadline for a whole call.
#include "client/deadline.h"

#include <poll.h>

namespace pbxcred {

Deadline Deadline::after(std::chrono::milliseconds from_now) {
  return Deadline(monotonic_now() + from_now);
}

void Deadline::pause(std::chrono::milliseconds length) const {
  auto left = length;
  if (at_ != kNever) {
    const auto until_end = std::chrono::ceil<std::chrono::milliseconds>(at_ - monotonic_now());
    if (until_end < left) left = until_end;
  }
  if (left.count() > 0) poll(nullptr, 0, static_cast<int>(left.count()));
}

}  // namespace pbxcred
