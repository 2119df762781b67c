// SPDX-License-Identifier: BSD-2-Clause
// The one function of the C++ runtime that the module refers to, so that it need not load libstdc++.
#include <stdlib.h>

/// Stands in the vtable of PamHandle, an interface that is never an object by itself. Hidden by pam_pbx.map.
extern "C" void __cxa_pure_virtual();
extern "C" void __cxa_pure_virtual() {
  abort();
}
