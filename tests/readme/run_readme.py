#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs every ```sh block of README.md, in order, as root, in one shell.

Everything happens in private mount and process namespaces: /etc, /usr, /var and this tree are overlays that vanish
with them, /run is empty. `tools/demo` and `tools/check` are left out: tools/check runs the one and is the other.
"""
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RUN_ELSEWHERE = ("tools/demo", "tools/demo --keep", "tools/check")


def commands():
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as readme:
        blocks = re.findall(r"^```sh\n(.*?)^```", readme.read(), re.M | re.S)
    lines = [line for block in blocks for line in block.splitlines()]
    for command in ("tools/demo", "tools/check"):
        if command not in [line.strip() for line in lines]:
            sys.exit(f"README.md does not show {command}")
    kept = [line for line in lines if line.strip() not in RUN_ELSEWHERE]
    if len(kept) < 10:
        sys.exit("README.md has hardly a command to run")
    return "\n".join(kept)


def root_is_a_mount_point():
    """Not in a chroot; there its propagation cannot be changed."""
    with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
        return any(line.split()[4] == "/" for line in mounts)


def mount(*args):
    subprocess.run(["mount", *args], check=True)


def overlay(directory, scratch):
    """Makes directory writable without anything reaching the real one."""
    base = os.path.join(scratch, directory.strip("/").replace("/", "-"))
    upper, work = base + ".upper", base + ".work"
    os.makedirs(upper)
    os.makedirs(work)
    mount("-t", "overlay", "overlay", "-o", f"lowerdir={directory},upperdir={upper},workdir={work}", directory)


def inside():
    scratch = tempfile.mkdtemp(prefix="pbxcred-readme.")
    mount("-t", "tmpfs", "tmpfs", scratch)
    for directory in ("/etc", "/usr", "/var", ROOT):
        overlay(directory, scratch)
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
    os.chdir(ROOT)  # again: the directory under the new mount
    script = "set -euxo pipefail\n" + commands()
    return subprocess.run(["bash", "-c", script], stdin=subprocess.DEVNULL, check=False).returncode


if __name__ == "__main__":
    if sys.argv[1:] == ["--inside"]:
        sys.exit(inside())
    commands()
    # The namespaces' first process takes everything with it when it ends, daemons too.
    propagation = "private" if root_is_a_mount_point() else "unchanged"
    sys.exit(subprocess.run(["unshare", "--mount", "--pid", "--fork", "--mount-proc", "--propagation", propagation,
                             sys.executable, os.path.abspath(__file__), "--inside"], check=False).returncode)
