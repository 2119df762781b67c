// SPDX-License-Identifier: BSD-2-Clause
// What is due once a minute: times of last success go to the store, expired grants go away.
#pragma once

#include "service/context.h"
#include "service/engine.h"

namespace pbxcred {

void keep_house(Engine& engine, const Context& context);

}  // namespace pbxcred
