// SPDX-License-Identifier: BSD-2-Clause
// The six functions that libpam calls.
#include <security/pam_modules.h>
#include <syslog.h>

#include "pam_pbx/linux_pam.h"
#include "pam_pbx/module.h"
#include "pam_pbx/options.h"

#define PBXCRED_ENTRY extern "C" __attribute__((visibility("default")))

namespace {

using Operation = int (*)(pbxcred::PamHandle& pam, const pbxcred::Options& options, int flags);

/// Reads the arguments and runs operation; wrong arguments refuse.
int run(pam_handle_t* handle, int flags, int argc, const char** argv, Operation operation) {
  pbxcred::LinuxPam pam(handle);
  pbxcred::Options options;
  if (const pbxcred::OptionFault fault = pbxcred::parse_options(argc, argv, options)) {
    pam.log(LOG_ERR, fault.word, fault.why);
    return PAM_SYSTEM_ERR;
  }
  return operation(pam, options, flags);
}

}  // namespace

PBXCRED_ENTRY int pam_sm_authenticate(pam_handle_t* handle, int flags, int argc, const char** argv) {
  pbxcred::LinuxPam pam(handle);
  pbxcred::forget_login(pam);
  return run(handle, flags, argc, argv, pbxcred::authenticate);
}

PBXCRED_ENTRY int pam_sm_acct_mgmt(pam_handle_t* handle, int flags, int argc, const char** argv) {
  return run(handle, flags, argc, argv, pbxcred::check_account);
}

PBXCRED_ENTRY int pam_sm_chauthtok(pam_handle_t* handle, int flags, int argc, const char** argv) {
  const bool first_pass = (static_cast<unsigned>(flags) & PAM_PRELIM_CHECK) != 0;
  return run(handle, flags, argc, argv, first_pass ? pbxcred::begin_change : pbxcred::commit_change);
}

// Nothing to set, open or close: sshd calls these in a process that has not authenticated.
PBXCRED_ENTRY int pam_sm_setcred(pam_handle_t*, int, int, const char**) {
  return PAM_SUCCESS;
}
PBXCRED_ENTRY int pam_sm_open_session(pam_handle_t*, int, int, const char**) {
  return PAM_SUCCESS;
}
PBXCRED_ENTRY int pam_sm_close_session(pam_handle_t*, int, int, const char**) {
  return PAM_SUCCESS;
}
