# SPDX-License-Identifier: BSD-2-Clause
"""Promise 9: what was acknowledged survives kill -9; what was not is wholly there or wholly absent."""
import itertools
import os
import random
import subprocess
import threading
import time

import wire
from checks import equal, expect, wait_until
from harness import fresh_server
from tap import main

THREADS, CHANGES = 100, 10


class Changer(threading.Thread):
    """Changes the password of an account of its own again and again, and remembers what it was told."""

    def __init__(self, server, number):
        super().__init__(daemon=True)
        self.user = f"{1000 + number}@acme.example"
        self.by_pam = number % 2 == 0
        self.auth, self.admin = server.path("run/auth.sock"), server.path("run/admin.sock")
        self.asked = self.acknowledged = 0

    def secret(self, number):
        return f"secret number {number:04} of {self.user}"

    def change(self, number):
        if self.by_pam:
            request = wire.change_request("password", self.user, wire.COMMIT, wire.PROOF_PRIVILEGE,
                                          secrets=[("password", self.secret(number))])
            reply = wire.exchange(self.auth, request)
            return bool(reply) and wire.Reply(reply).verdict == "granted"
        return wire.is_done_ok(wire.admin_call(self.admin, wire.secret_set(self.user, "password", self.secret(number))))

    def run(self):
        for number in itertools.count(1):  # until the daemon dies
            self.asked = number
            try:
                if not self.change(number):
                    return
            except OSError:
                return
            self.acknowledged = number


def works(server, changer, number):
    return number > 0 and wire.login(server.path("run/auth.sock"), "password", changer.user,
                                     changer.secret(number)) == "granted"


def check(server, changer):
    """The last acknowledged secret works, or the one that was asked for after it; and no older one."""
    last = works(server, changer, changer.acknowledged)
    later = changer.asked > changer.acknowledged and works(server, changer, changer.asked)
    state = f"{changer.user}: asked for {changer.asked}, told of {changer.acknowledged}"
    if changer.acknowledged > 0:
        expect(last or later, f"{state}: neither works")
    expect(not (last and later), f"{state}: both work")
    if changer.acknowledged > 1:
        expect(not works(server, changer, changer.acknowledged - 1), f"{state}: the one before works")


def kill_during_changes(after):
    """Kills the daemon when so many changes have been acknowledged."""
    with fresh_server() as server:
        server.ctl("domain", "add", "acme.example")
        changers = [Changer(server, number) for number in range(THREADS)]
        rows = "".join(f"acme.example,{1000 + i}\n" for i in range(THREADS))
        server.ctl("import", "csv", server.write("users.csv", "domain,extension\n" + rows))
        for changer in changers:
            changer.start()
        wait_until(lambda: sum(c.acknowledged for c in changers) >= after, f"{after} changes")
        server.kill()
        for changer in changers:
            changer.join(60)
            expect(not changer.is_alive(), f"{changer.user} still waits")
        told = sum(c.acknowledged for c in changers)
        under_way = sum(c.asked - c.acknowledged for c in changers)
        expect(told >= after and under_way == THREADS, f"the kill came in between: {told} told, {under_way} under way")
        print(f"# {told} acknowledged, {under_way} under way")
        server.start()
        for changer in changers:
            check(server, changer)
        server.ctl("store", "check")


def test_kill_9_early_loses_no_acknowledged_change():
    kill_during_changes(20)


def test_kill_9_midway_loses_no_acknowledged_change():
    kill_during_changes(THREADS * CHANGES // 2)


def test_kill_9_late_loses_no_acknowledged_change():
    kill_during_changes(THREADS * CHANGES * 8 // 10)


def test_kill_9_loses_no_count():
    """A refusal that was told has been counted."""
    with fresh_server() as server:
        server.ctl("domain", "add", "acme.example")
        server.add_user("1000@acme.example", password="correct horse battery")
        for i in range(3):
            equal(wire.login(server.path("run/auth.sock"), "password", "1000@acme.example", f"wrong {i}"), "refused")
            server.kill()
            server.start()
            equal(server.kind("1000@acme.example", "password")["failures"], i + 1)
        for i in range(2):
            equal(wire.login(server.path("run/auth.sock"), "password", "1000@acme.example", f"again {i}"), "refused")
        server.kill()
        server.start()
        equal(wire.login(server.path("run/auth.sock"), "password", "1000@acme.example", "correct horse battery"),
              "refused", "the lock holds after kill -9")


class KilledImports:
    """Imports that are killed at random points, one after the other on one store."""
    USERS = 60

    def __init__(self, server):
        self.server = server
        self.round = self.done = 0  # of the import that runs, and of the last one that is there
        self.users = 1
        server.ctl("import", "csv", server.write("users.csv", self.rows("first", self.secret(0), 0)))
        expect(self.opens(self.secret(0)), "the first secret opens")

    def secret(self, number):
        return f"secret number {number:05}"

    def rows(self, first, secret, count):
        """The one user who is always there, with a new name and secret, and `count` new ones."""
        new = "".join(f"d.example,{self.round:02}{i:03},,{secret}\n" for i in range(count))
        return f"domain,extension,first,password\nd.example,1,{first},{secret}\n" + new

    def opens(self, secret):
        return wire.login(self.server.path("run/auth.sock"), "password", "1@d.example", secret) == "granted"

    def run(self, seconds):
        """One import, killed after so long, or None: never. How long it took."""
        self.round += 1
        path = self.server.write("users.csv", self.rows(f"round {self.round}", self.secret(self.round), self.USERS))
        begin = time.monotonic()
        command = self.server.begin_ctl("import", "csv", path, "--mode", "update")
        if seconds is not None:
            try:
                command.wait(seconds)
            except subprocess.TimeoutExpired:
                pass
            self.server.kill()
        told = command.wait(60) == 0
        took = time.monotonic() - begin
        if seconds is not None:
            self.server.start()
        self.check(told)
        return took

    def check(self, told):
        users = self.server.ctl_json("domain", "show", "d.example")["users"]
        expect(users in (self.users, self.users + self.USERS), f"{users - self.users} of {self.USERS} users")
        whole = users > self.users
        expect(whole or not told, "what was acknowledged is not there")
        first = self.server.ctl_json("user", "show", "1@d.example")["first"]
        equal(first == f"round {self.round}", whole, "the name came alone")
        equal(self.opens(self.secret(self.round)), whole, "the secret came alone")
        if whole:
            self.users, self.done = users, self.round
        else:
            expect(self.opens(self.secret(self.done)), "the secret before opens no more")
        self.server.ctl("store", "check")


def test_kill_9_at_50_points_of_an_import_leaves_all_or_nothing():
    seed = int(os.environ.get("PBXCRED_SEED", time.time_ns() % 100000))
    points = random.Random(seed)
    with fresh_server(memory_kib=256) as server:
        imports = KilledImports(server)
        took = imports.run(None)
        whole = 0
        for _ in range(50):
            imports.run(points.uniform(0, 1.1) * took)
            whole += imports.done == imports.round
        print(f"# seed {seed}: one takes {took:.2f} s, {whole} of 50 were there")


if __name__ == "__main__":
    main()
