# SPDX-License-Identifier: BSD-2-Clause
"""Runs the tests of a file, every function test_*, in the order in which they are written: TAP on standard output.

The name of a test carries the requirement that it proves. PBXCRED_E2E=no skips everything, PBXCRED_E2E="change kill" all
files but test_change.py and test_kill.py. By hand, in the build
directory:  srcdir=SOURCE python3 SOURCE/tests/e2e/test_change.py [PART-OF-A-NAME...]
"""
import fcntl
import os
import sys
import time
import traceback

from checks import Failure, Skipped, diagnose
from harness import BUILD, CTL, DAEMON, MODULE, PAM_CLIENT


def serialise(alone):
    """Tests of one tree run side by side under make -j, but those that measure run alone."""
    lock = os.open(os.path.join(BUILD, ".e2e-lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
    return lock


def skip_reason():
    chosen = os.environ.get("PBXCRED_E2E", "").split()
    if chosen and os.path.basename(sys.argv[0]).removeprefix("test_").removesuffix(".py") not in chosen:
        return "not in PBXCRED_E2E"
    if os.geteuid() != 0:
        return "needs root: other uids must connect"
    for binary in (DAEMON, CTL, MODULE, PAM_CLIENT):
        if not os.path.exists(binary):
            raise SystemExit(f"Bail out! {binary} is not built")
    return None


def run_one(number, name, function):
    begin = time.monotonic()
    directive = ""
    try:
        function()
        word = "ok"
    except Skipped as why:
        word, directive = "ok", f" # SKIP {why}"
    except Failure as failure:
        diagnose(failure)
        word = "not ok"
    except Exception:  # a test's own mistake is a failure too
        diagnose(traceback.format_exc())
        word = "not ok"
    print(f"{word} {number} - {name}{directive}")
    print(f"# {time.monotonic() - begin:.1f} s")
    sys.stdout.flush()
    return word == "ok"


def main(module_name="__main__", alone=False):
    """Runs the tests of a file in the order in which they are written; names on the command line select."""
    module = sys.modules[module_name]
    tests = [(name, f) for name, f in vars(module).items() if name.startswith("test_") and callable(f)]
    if len(sys.argv) > 1:
        tests = [(name, f) for name, f in tests if any(word in name for word in sys.argv[1:])]
    why = skip_reason()
    if why:
        print(f"1..0 # SKIP {why}")
        return
    os.umask(0o022)
    lock = serialise(alone)
    print(f"1..{len(tests)}")
    sys.stdout.flush()
    good = [run_one(i + 1, name, function) for i, (name, function) in enumerate(tests)]
    os.close(lock)
    sys.exit(0 if all(good) else 1)
