# SPDX-License-Identifier: BSD-2-Clause
"""PBX users sign in through a real OpenSSH server, with keyboard-interactive and with password."""
import os
import subprocess

from checks import PATIENCE, Skipped, contains, equal, expect, lacks
from harness import Result, child_environment, fresh_server, is_sanitized
from neighbour import Neighbour, free_port, need_namespace
from tap import main

PASSWORD, NEW, PIN = "correct horse battery", "staple on a new page", "482915"
METHODS = ("keyboard-interactive", "password")

# petra is a Unix account; ghost is in the PBX only.
PASSWD = """root:x:0:0:root:/root:/bin/sh
sshd:x:100:65534::/run/sshd:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
petra:x:20001:20001:Petra:/:/bin/sh
"""

CONFIG = """
Port {port}
ListenAddress 127.0.0.1
HostKey {host_key}
PidFile none
UsePAM yes
KbdInteractiveAuthentication yes
PasswordAuthentication yes
PubkeyAuthentication no
StrictModes no
UseDNS no
LogLevel DEBUG1
"""

# ssh asks it for every answer; it gives one line of the file after the other.
ASKPASS = """#!/bin/sh
printf '%s\\n' "$1" >> {prompts}
head -n 1 {answers}
sed -i 1d {answers}
"""


class Sshd:
    """sshd on a free port, and ssh to it."""

    def __init__(self, server, words="account=password"):
        if is_sanitized():
            raise Skipped("sshd does not load a module with a sanitizer")
        need_namespace("/usr/sbin/sshd", "/usr/bin/ssh")
        self.server, self.port = server, free_port()
        server.ctl("domain", "add", "acme.example")
        for name, extension in (("petra", 201), ("ghost", 202)):
            server.add_user(f"{extension}@acme.example", "--username", name, password=PASSWORD, voicemail=PIN)
        server.service("sshd", words, folder="etc-pam.d")
        server.service("other", words, folder="etc-pam.d")
        key = server.path("host_key")
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True, stdin=subprocess.DEVNULL)
        server.write("sshd_config", CONFIG.format(port=self.port, host_key=key))
        passwd = server.write("passwd", PASSWD)
        server.write("askpass", ASKPASS.format(prompts=server.path("prompts"), answers=server.path("answers")), 0o755)
        mounts = ["mount -t tmpfs tmpfs /run", "mkdir /run/sshd", "mount -t tmpfs tmpfs /var/log",
                  f'mount --bind "{passwd}" /etc/passwd']
        self.neighbour = Neighbour(server, ["/usr/sbin/sshd", "-D", "-e", "-f", server.path("sshd_config")], mounts)
        self.neighbour.wait_for_port(self.port)

    def __enter__(self):
        self.neighbour.__enter__()
        return self

    def __exit__(self, *what):
        self.neighbour.__exit__(*what)

    def ssh(self, user, method, answers):
        """Runs `env` over there."""
        self.server.write("answers", "".join(a + "\n" for a in answers), 0o600)
        self.server.write("prompts", "")
        command = ["ssh", "-F", "/dev/null", "-p", str(self.port), "-o", f"PreferredAuthentications={method}",
                   "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
                   "-o", "NumberOfPasswordPrompts=1", f"{user}@127.0.0.1", "env"]
        env = child_environment({"SSH_ASKPASS": self.server.path("askpass"), "SSH_ASKPASS_REQUIRE": "force"})
        done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=PATIENCE, env=env,
                              start_new_session=True)
        return Result(command[-2:], done)

    def prompts(self):
        with open(self.server.path("prompts"), encoding="utf-8") as file:
            return file.read().splitlines()


def test_R5_right_password_signs_in():
    with fresh_server() as server, Sshd(server) as sshd:
        for method in METHODS:
            run = sshd.ssh("petra", method, [PASSWORD])
            equal(run.status, 0, f"{method}: {run}")
            contains(run.out, "PBXCRED_ACCOUNT=201@acme.example", method)
            contains(run.out, "USER=petra", method)
            lacks(run.out, "GRANT", method)


def test_R1_wrong_password_and_pin_do_not():
    with fresh_server() as server, Sshd(server) as sshd:
        for method in METHODS:
            for answer in (f"wrong by {method}", PIN):
                run = sshd.ssh("petra", method, [answer])
                expect(run.status != 0, f"{method}: {run}")
                lacks(run.out, "USER=petra", method)
        # Not once more for the PIN by the other method: the same wrong secret again counts once.
        equal(server.kind("petra", "password")["failures"], 3)


def test_junk_password_for_users_without_a_unix_account_is_no_guess():
    with fresh_server() as server, Sshd(server) as sshd:
        for method in METHODS:
            run = sshd.ssh("ghost", method, [PASSWORD])
            expect(run.status != 0, f"{method}: {run}")
        contains(server.log(), 'account="202@acme.example"', "sshd asks for the user all the same")
        equal(server.kind("ghost", "password")["failures"], 0)
        for method in METHODS:
            expect(sshd.ssh("nobody-at-all", method, [PASSWORD]).status != 0, method)


def test_R29_R82_password_that_must_change_is_changed_in_the_login():
    with fresh_server() as server, Sshd(server) as sshd:
        server.set_secret("petra", "password", PASSWORD, "--temporary")
        run = sshd.ssh("petra", "keyboard-interactive", [PASSWORD, NEW, NEW])
        equal(run.status, 0, str(run))
        asked = [line.split(") ")[-1].strip() for line in sshd.prompts()]
        equal([line for line in asked if line.endswith(":")], ["Password:", "New password:", "Retype new password:"])
        expect(any("15 to 256" in line for line in asked), f"the rules are told: {asked}")
        equal(server.kind("petra", "password")["must_change"], False)
        equal(sshd.ssh("petra", "keyboard-interactive", [NEW]).status, 0)
        expect(sshd.ssh("petra", "keyboard-interactive", [PASSWORD]).status != 0, "the old one")


def test_password_that_must_change_does_not_get_in_without_being_changed():
    with fresh_server() as server, Sshd(server) as sshd:
        server.set_secret("petra", "password", PASSWORD, "--must-change")
        for method, answers in (("keyboard-interactive", [PASSWORD, "short", "short"]), ("password", [PASSWORD])):
            run = sshd.ssh("petra", method, answers)
            lacks(run.out, "USER=petra", f"{method}: the command ran")
        equal(server.kind("petra", "password")["must_change"], True)


def test_strict_refuses_at_once():
    with fresh_server() as server, Sshd(server, "account=password strict") as sshd:
        server.set_secret("petra", "password", PASSWORD, "--must-change")
        for method in METHODS:
            expect(sshd.ssh("petra", method, [PASSWORD]).status != 0, method)


def test_daemon_away_refuses():
    with fresh_server() as server, Sshd(server) as sshd:
        server.stop()
        for method in METHODS:
            run = sshd.ssh("petra", method, [PASSWORD])
            expect(run.status != 0 and "USER=petra" not in run.out, f"{method}: {run}")
        server.start()
        equal(sshd.ssh("petra", "password", [PASSWORD]).status, 0, "and it is back")


def test_disabled_user_is_refused():
    with fresh_server() as server, Sshd(server) as sshd:
        server.ctl("user", "disable", "petra")
        for method in METHODS:
            expect(sshd.ssh("petra", method, [PASSWORD]).status != 0, method)
        expect(os.path.exists(server.path("run/auth.sock")), "the daemon's directory is as it was")


if __name__ == "__main__":
    main()
