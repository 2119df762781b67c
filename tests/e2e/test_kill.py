# SPDX-License-Identifier: BSD-2-Clause
"""Promise 9: what was acknowledged survives kill -9; what was not is wholly there or wholly absent."""
import itertools
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


def import_and_kill(fraction, duration):
    """Kills the daemon during an import, after that fraction of the time it takes; that time, if fraction is None."""
    with fresh_server() as server:
        rows = "".join(f"acme.example,{i},secret number {i:05}\n" for i in range(2000, 2600))
        path = server.write("users.csv", "domain,extension,password\n" + rows)
        command = threading.Thread(target=lambda: server.ctl("import", "csv", path, status=None), daemon=True)
        begin = time.monotonic()
        command.start()
        if fraction is not None:
            command.join(duration * fraction)
            server.kill()
        command.join(60)
        took = time.monotonic() - begin
        if fraction is not None:
            server.start()
        users = server.ctl_json("user", "list", "--all")
        expect(len(users) in ((600,) if fraction is None else (0, 600)), f"{len(users)} of 600 users")
        server.ctl("store", "check")
        print(f"# {fraction}: {len(users)} users")
        return took


def test_kill_9_during_an_import_leaves_all_or_nothing():
    duration = import_and_kill(None, 0)
    for fraction in (0.3, 0.7, 0.9, 1.0):
        import_and_kill(fraction, duration)


if __name__ == "__main__":
    main()
