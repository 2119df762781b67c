# SPDX-License-Identifier: BSD-2-Clause
"""The C library as a programmer gets it: installed into a directory of its own, found by pkg-config, linked by a C
compiler, asking the real daemon (R14, R20)."""
import contextlib
import os
import shutil
import subprocess
import tempfile

from checks import PATIENCE, Skipped, contains, equal, expect, lacks
from harness import (BUILD, LISTED_UID, NOBODY_UID, SOURCE, UNLISTED_UID, Result, as_user, child_environment, entry,
                     fresh_server)
from tap import main

USER, PASSWORD, PIN = "1001@acme.example", "four quiet blue kettles", "428617"
NEW = "three loud green teapots"
HEADERS = {"c99": ("cc", "c"), "c++98": ("c++", "c++"), "c++20": ("c++", "c++")}


def run(*command, env=None, cwd=None, text="", **kwargs):
    done = subprocess.run(command, capture_output=True, input=text.encode(), timeout=PATIENCE, cwd=cwd,
                          env=child_environment(env), **kwargs)
    return Result(list(command), done)


def must(*command, **kwargs):
    result = run(*command, **kwargs)
    equal(result.status, 0, str(result))
    return result.out


class Installed:
    """An installation under a directory that is nobody's prefix, and programs built against it alone."""

    def __init__(self, directory):
        self.root = directory
        must("make", "-s", "-C", BUILD, "install", f"DESTDIR={directory}")
        self.libdir = os.path.dirname(self.find("libpbxcred.so.1"))
        self.env = {"PKG_CONFIG_SYSROOT_DIR": directory,
                    "PKG_CONFIG_LIBDIR": os.path.join(self.libdir, "pkgconfig")}
        self.flags = must("pkg-config", "--cflags", "--libs", "libpbxcred", env=self.env).split()
        self.verify = self.build_example()
        self.client = self.compile(os.path.join(SOURCE, "tests/api/api_client.c"), "-pthread")

    def find(self, name):
        found = [os.path.join(folder, name) for folder, _, files in os.walk(self.root) if name in files]
        expect(found, f"{name} is not installed")
        return found[0]

    def build_example(self):
        """With the Makefile that is installed beside it."""
        folder = os.path.dirname(self.find("verify.c"))
        must("make", "-C", folder, "CFLAGS=-O2 -Wall -Wextra -Wpedantic -Werror", env=self.env)
        return os.path.join(folder, "verify")

    def compile(self, source, *flags):
        program = os.path.join(self.root, os.path.splitext(os.path.basename(source))[0])
        must("cc", "-Wall", "-Wextra", "-Werror", source, "-o", program, *flags, *self.flags)
        return program

    def run(self, server, *command, lines=(), uid=None):
        """command: verify's or api_client's, after the directory of the sockets."""
        return run(*command, env={"LD_LIBRARY_PATH": self.libdir}, text="".join(line + "\n" for line in lines),
                   **as_user(uid))

    def ask(self, server, kind, user, *lines, options=(), uid=None):
        """The example; its exit status and what it printed, as {word: value}, the result under ''."""
        result = self.run(server, self.verify, "-r", server.run_dir, *options, kind, user, lines=lines, uid=uid)
        told = {}
        for line in result.out.splitlines():
            name, _, value = line.rpartition(": ")
            told[name] = value
        return result, told


class Shared:
    """One installation for all tests of this file: built by the first."""
    installed = None
    stack = contextlib.ExitStack()

    @classmethod
    def get(cls):
        if cls.installed is None:
            for tool in ("cc", "c++", "make", "pkg-config"):
                if shutil.which(tool) is None:
                    raise Skipped(f"no {tool}")
            directory = tempfile.mkdtemp(prefix="pbxinst", dir=os.environ.get("PBXCRED_TEST_TMP", "/tmp"))
            cls.stack.callback(shutil.rmtree, directory, ignore_errors=True)
            os.chmod(directory, 0o755)
            cls.installed = Installed(directory)
        return cls.installed


@contextlib.contextmanager
def world(**settings):
    """The installation and a daemon with one user."""
    installed = Shared.get()
    with fresh_server(**settings) as server:
        server.ctl("domain", "add", "acme.example")
        server.add_user(USER, "--username", "anna", password=PASSWORD, voicemail=PIN)
        yield installed, server


def expect_result(asked, status, text):
    result, told = asked
    equal((result.status, told.get("")), (status, text), str(result))
    return told


def test_R20_installs_header_library_and_pkg_config_file():
    api = Shared.get()
    for name in ("libpbxcred.so", "libpbxcred.so.1", "libpbxcred.pc", "pbxcred.h", "libpbxcred.3", "verify.c"):
        api.find(name)
    equal(os.path.basename(os.path.dirname(api.find("pbxcred.h"))), "pbxcred")
    needed = must("readelf", "-dW", api.verify)
    contains(needed, "libpbxcred.so.1")
    lacks(needed, "libstdc++")
    version = must("pkg-config", "--modversion", "libpbxcred", env=api.env).strip()
    contains(must(os.path.join(BUILD, "tools/pbxcredd/pbxcredd"), "--version"), version)


def test_header_alone_is_clean_c99_and_cxx():
    api = Shared.get()
    for standard, (compiler, language) in HEADERS.items():
        must(compiler, f"-std={standard}", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-x", language,
             *api.flags[:1], "-", text="#include <pbxcred/pbxcred.h>\nint main(void) { return PBXCRED_NONE; }\n")


def test_R14_right_secret_is_a_yes_and_names_the_account():
    with world() as (api, server):
        told = expect_result(api.ask(server, "password", "anna", PASSWORD), 0, "yes")
        equal((told["account"], told["method"], told["phase"]), (USER, "password", "closed"))
        told = expect_result(api.ask(server, "voicemail", "anna", PIN), 0, "yes")
        equal(told["method"], "pin")


def test_R14_wrong_secrets_are_refused_and_counted():
    with world() as (api, server):
        for kind, secret in (("password", "wrong"), ("password", PIN), ("login", PIN)):
            told = expect_result(api.ask(server, kind, USER, secret), 1, "refused")
            equal(set(told), {""}, "a refusal tells nothing else")
        equal(server.kind(USER, "password")["failures"], 2)
        expect_result(api.ask(server, "password", USER, ""), 1, "refused")
        expect_result(api.ask(server, "password", USER, "x" * 1025), 1, "refused")
        equal(server.kind(USER, "password")["failures"], 2, "what can be no secret is not counted")


def test_R14_unknown_user_and_disabled_account():
    with world() as (api, server):
        expect_result(api.ask(server, "password", "nobody@acme.example", PASSWORD), 1, "no such user")
        expect_result(api.ask(server, "password", USER, PASSWORD, options=["-d", "other.example"]), 1, "no such user")
        expect_result(api.ask(server, "password", "1001", PASSWORD, options=["-d", "acme.example"]), 0, "yes")
        server.ctl("user", "disable", USER)
        expect_result(api.ask(server, "password", USER, PASSWORD), 1, "refused")


def test_R82_secret_that_must_be_changed_is_no_yes_until_it_is():
    with world() as (api, server):
        server.set_secret(USER, "password", PASSWORD, "--must-change")
        told = expect_result(api.ask(server, "password", USER, PASSWORD), 10, "the secret must be changed first")
        equal((told["must change"], told["account"]), ("password", USER))
        told = expect_result(api.ask(server, "password", USER, PASSWORD, "short", options=["-c"]), 1,
                             "the new secret breaks a rule")
        contains(told["text"], "at least")
        told = expect_result(api.ask(server, "password", USER, PASSWORD, NEW, options=["-c"]), 0, "yes")
        equal((told["changed"], "must change" in told), ("password", False))
        expect_result(api.ask(server, "password", USER, PASSWORD), 1, "refused")
        expect_result(api.ask(server, "password", USER, NEW), 0, "yes")


def test_R14_change_by_the_current_secret():
    with world() as (api, server):
        expect_result(api.ask(server, "password", "anna", "wrong", NEW, options=["-c"]), 1, "refused")
        expect_result(api.ask(server, "password", "anna", PASSWORD), 0, "yes")
        told = expect_result(api.ask(server, "password", "anna", PASSWORD, NEW, options=["-c"]), 0, "yes")
        equal((told["changed"], told["account"]), ("password", USER))
        expect_result(api.ask(server, "password", "anna", NEW), 0, "yes")
        expect_result(api.ask(server, "voicemail", "anna", PIN), 0, "yes")


def test_services_decide_what_a_uid_may_ask():
    services = [entry(f"#{LISTED_UID}", ["password"])]
    with world(services=services) as (api, server):
        expect_result(api.ask(server, "password", USER, PASSWORD, uid=LISTED_UID), 0, "yes")
        for uid, kind in ((LISTED_UID, "voicemail"), (UNLISTED_UID, "password"), (NOBODY_UID, "password")):
            expect_result(api.ask(server, kind, USER, PASSWORD, uid=uid), 3, "this program may not ask that")
        expect_result(api.ask(server, "password", USER, PASSWORD, NEW, options=["-c"], uid=LISTED_UID), 3,
                      "this program may not ask that")
        server.set_secret(USER, "password", PASSWORD, "--must-change")
        expect_result(api.ask(server, "password", USER, PASSWORD, uid=LISTED_UID), 10,
                      "the secret must be changed first")


def test_set_is_roots():
    with world(services=[entry(f"#{LISTED_UID}", ["password"], change=True)]) as (api, server):
        words = ("set", server.run_dir, "password", USER)
        equal(api.run(server, api.client, *words, lines=[NEW]).out, "set: yes\n")
        expect_result(api.ask(server, "password", USER, NEW), 0, "yes")
        refused = api.run(server, api.client, *words, lines=[PASSWORD], uid=LISTED_UID)
        equal(refused.out, f"set: {'this program may not ask that'}\n", str(refused))
        expect_result(api.ask(server, "password", USER, NEW), 0, "yes")


def test_set_stores_several_kinds_or_none():
    with world() as (api, server):
        words = ("set", server.run_dir, "password", USER)
        broken = api.run(server, api.client, *words, lines=[NEW, "abc"])
        equal(broken.out, "set: the new secret breaks a rule\n", str(broken))
        expect_result(api.ask(server, "password", USER, PASSWORD), 0, "yes")
        equal(api.run(server, api.client, *words, lines=[NEW, "730264"]).out, "set: yes\n")
        expect_result(api.ask(server, "password", USER, NEW), 0, "yes")
        expect_result(api.ask(server, "voicemail", USER, "730264"), 0, "yes")


def test_rules_tell_what_a_change_changes():
    with world() as (api, server):
        server.set_secret(USER, "login", "730264")
        told = api.run(server, api.client, "rules", server.run_dir, "phone", USER).out.splitlines()
        equal(told[:2], ["rules: yes", "changes: login"], "a phone service without a secret of the device")
        contains(told[2], "text: The new PIN must have")
        asked = api.ask(server, "phone", USER, "730264", "915372", options=["-c"])
        expect_result(asked, 3, "an argument makes no sense")
        contains(asked[0].err, "proves no right to change these kinds")


def test_daemon_away_is_no_yes_and_says_why():
    with world() as (api, server):
        server.stop()
        asked = api.ask(server, "password", USER, PASSWORD)
        expect_result(asked, 3, "the service is not available")
        contains(asked[0].err, "no daemon answers in run_dir")
        expect_result(api.ask(server, "password", USER, PASSWORD, NEW, options=["-c"]), 3,
                      "the service is not available")
        server.start()
        expect_result(api.ask(server, "password", USER, PASSWORD), 0, "yes")


def test_a_stranger_in_place_of_the_daemon_is_not_believed():
    with world() as (api, server):
        os.chmod(server.run_dir, 0o777)
        asked = api.ask(server, "password", USER, PASSWORD)
        expect_result(asked, 3, "the service is not available")
        contains(asked[0].err, "run_dir is writable by others")


def test_32_threads_with_a_handle_each():
    with world() as (api, server):
        run_ = api.run(server, api.client, "threads", server.run_dir, "32", "8", "password", USER, lines=[PASSWORD])
        equal(run_.out, "yes: 128\nrefused: 128\nstrange: 0\n", str(run_))
        equal(run_.status, 0)


def test_a_handle_survives_fork():
    with world() as (api, server):
        run_ = api.run(server, api.client, "fork", server.run_dir, "password", USER, lines=[PASSWORD])
        equal(sorted(run_.out.splitlines()), ["child: yes", "parent: yes"], str(run_))


def test_secrets_are_wiped_from_the_programs_memory():
    with world() as (api, server):
        run_ = api.run(server, api.client, "memory", server.run_dir, "password", USER, lines=[PASSWORD, NEW])
        equal(run_.out, "verify: yes\nchange: yes\nbefore: 1 1\nafter: 0 0\n", str(run_))


if __name__ == "__main__":
    with Shared.stack:
        main()
