# SPDX-License-Identifier: BSD-2-Clause
"""Promise 12: a store that the first version has written is upgraded when the daemon starts, or is as it was."""
import os
import random
import shutil
import subprocess
import time

import wire
from checks import equal, expect, wait_until
from harness import BUILD, FAULTS, SOURCE, fresh_server
from tap import main

TOOL = os.path.join(BUILD, "tests/store/schema_store")
DUMP = os.path.join(SOURCE, "tests/store/schemas/schema-1")
POINTS = 50
PASSWORD = "correct horse battery"


def put_schema_1(server):
    """The old version's state directory and ring, in place of what there is."""
    for name in ("state", "keys"):
        shutil.rmtree(server.path(name), ignore_errors=True)
        os.mkdir(server.path(name), 0o700)
    subprocess.run([TOOL, "load", DUMP, server.path("state"), server.path("keys/ring")], check=True)


def check_upgraded(server):
    """A daemon that serves today's schema: all is there, logins work."""
    server.ctl("store", "check")
    for user, kind, secret, wanted in (("ada", "password", PASSWORD, "granted"),
                                       ("ada", "voicemail", "482915", "granted"),
                                       ("1001@branch.example", "password", PASSWORD, "granted"),
                                       ("zed", "voicemail", "735184", "granted"),
                                       ("ada", "password", "wrong", "refused")):
        equal(wire.login(server.path("run/auth.sock"), kind, user, secret), wanted, f"{user} {kind}")
    equal([user["account"] for user in server.ctl_json("user", "list", "--find", "alic")], ["2002@branch.example"])
    equal(len(server.ctl_json("user", "list", "--location", "fürth")), 2)


def test_R77_the_first_versions_store_is_upgraded_and_kept():
    with fresh_server(start=False) as server:
        put_schema_1(server)
        checked = server.daemon("--check")
        equal(checked.status, 0, str(checked))
        expect(not os.path.exists(server.path("state/store.mdb.schema-1")), "--check upgrades nothing")
        server.start()
        wait_until(lambda: "upgraded from schema 1 to 2" in server.log(), "the log says so")
        equal(oct(os.stat(server.path("state/store.mdb.schema-1")).st_mode & 0o777), "0o600")
        equal(server.kind("1002@acme.example", "password")["failures"], 3, "the ledger is the old one")
        check_upgraded(server)
        server.stop()
        server.start()
        equal(server.log().count("upgraded"), 1)


def killed_at(server, where):
    """Whether it was killed there before it was ready; where None: at some time."""
    server.env = {} if where is None else {"LD_PRELOAD": FAULTS, "PBXCRED_KILL": where}
    server.start(wait=False)
    if where is None:
        time.sleep(random.random() * 0.1)
        server.kill()
        return True
    while server.process.poll() is None and " ready: " not in server.log():
        time.sleep(0.01)
    killed = server.process.poll() == -9 and " ready: " not in server.log()
    server.kill()
    return killed


def expect_whole(server, where):
    """The next daemon finds the old store or the new one."""
    server.env = {}
    server.start()
    check_upgraded(server)
    server.stop()
    leftovers = [name for name in os.listdir(server.path("state")) if name.endswith(".new")]
    expect(not leftovers or "upgraded" not in server.log(), f"{where}: {leftovers} are left")
    os.remove(server.path("log"))


def test_kill_9_at_every_step_of_the_upgrade_leaves_the_old_store_or_the_new():
    with fresh_server(start=False) as server:
        steps = 0
        for step in range(1, 200):
            put_schema_1(server)
            killed = killed_at(server, f"{step} before")
            expect_whole(server, f"step {step} before")
            if not killed:
                break
            steps = step
        expect(5 < steps < 200, f"{steps} steps")
        places = [f"{step} after" for step in range(1, steps + 1)]
        places += [None] * max(0, POINTS - steps - len(places))
        for where in places:
            put_schema_1(server)
            expect(killed_at(server, where), f"not killed: {where}")
            expect_whole(server, where)
        print(f"# {steps} steps, each killed before and after, {places.count(None)} at some time")


def test_without_its_key_ring_nothing_is_begun():
    with fresh_server(start=False) as server:
        put_schema_1(server)
        os.rename(server.path("keys/ring"), server.path("keys/other"))
        refused = server.daemon()
        equal(refused.status, 8, str(refused))
        expect(not os.path.exists(server.path("state/store.mdb.schema-1")), "nothing was begun")


if __name__ == "__main__":
    main()
