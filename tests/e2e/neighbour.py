# SPDX-License-Identifier: BSD-2-Clause
"""Other people's programs, on loopback, with files of ours in the place of the machine's."""
import os
import socket
import subprocess

from checks import Failure, Skipped, diagnose, wait_until
from harness import child_environment, in_namespace, unshare


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Neighbour:
    """A server that uses the module, in a mount namespace where server.path("etc-pam.d") is /etc/pam.d."""

    def __init__(self, server, command, mounts=()):
        """command: words; stays in the foreground. mounts: shell commands to run in the namespace first."""
        self.log_path = server.path("neighbour.log")
        setup = [f'mount --bind "{server.path("etc-pam.d")}" /etc/pam.d', *mounts]
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(in_namespace(setup, *command), stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, env=child_environment(), start_new_session=True)

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def wait_for_port(self, port):
        def is_up():
            if self.process.poll() is not None:
                raise Failure(f"it ended with {self.process.returncode}:\n{self.log()}")
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0
        wait_until(is_up, "it listens")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is not None and issubclass(kind, Failure):
            print("# the program's log:")
            diagnose(self.log()[-3000:])
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def need_namespace(*programs):
    """Skips where a program is not installed or mounting is not allowed."""
    for program in programs:
        if not os.path.exists(program):
            raise Skipped(f"{program} is not installed")
    if subprocess.run([*unshare(), "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True).returncode != 0:
        raise Skipped("no private mount namespace here")
