# SPDX-License-Identifier: BSD-2-Clause
"""A daemon that is killed while it takes a new key and brings the records under it: the ring and the store fit, what was
acknowledged is there, and the next daemon goes on."""
import itertools
import os
import random
import shutil
import threading
import time

import wire
from checks import equal, expect, wait_until
from harness import FAULTS, fresh_server
from tap import main

POINTS = 50
OLD = "correct horse battery"
USERS = range(1000, 1200)


class Changer(threading.Thread):
    """Sets the password of one user again and again and signs in with it, until the daemon dies."""

    def __init__(self, server, user):
        super().__init__(daemon=True)
        self.auth, self.admin, self.user = server.path("run/auth.sock"), server.path("run/admin.sock"), user
        self.asked = self.acknowledged = 0
        self.faults = []

    def secret(self, number):
        return f"secret number {number:05}" if number > 0 else OLD

    def run(self):
        try:
            for number in itertools.count(1):
                self.asked = number
                if not wire.is_done_ok(wire.admin_call(self.admin, wire.secret_set(self.user, "password", self.secret(number)))):
                    return
                self.acknowledged = number
                reply = wire.exchange(self.auth, wire.auth_request("password", self.user, self.secret(number)))
                if reply and wire.Reply(reply).verdict != "granted":
                    self.faults.append(f"{wire.Reply(reply).verdict} with secret {number}")
        except OSError:
            return

    def expect_kept(self, where):
        """The last acknowledged secret works, or the one that was asked for after it."""
        equal(self.faults, [], where)
        for number in {self.acknowledged, self.asked}:
            if wire.login(self.auth, "password", self.user, self.secret(number)) == "granted":
                return
        expect(False, f"{where}: {self.user}: neither {self.acknowledged} nor {self.asked} works")


class Rotation:
    """A machine with one key, put back as often as it is wanted. Its ring stands where failio counts what is written."""

    def __init__(self, server):
        self.server = server
        self.ring = server.path("state-keys/ring")
        rows = "".join(f"acme.example,{i},{OLD}\n" for i in USERS)
        server.ctl("import", "csv", server.write("users.csv", "domain,extension,password\n" + rows))
        server.stop()
        for name in ("state", "state-keys"):
            shutil.copytree(server.path(name), server.path(f"kept-{name}"))

    def put_back(self):
        for name in ("state", "state-keys"):
            shutil.rmtree(self.server.path(name))
            shutil.copytree(self.server.path(f"kept-{name}"), self.server.path(name))

    def rotate(self, where, seconds=None):
        """Rotates until the daemon dies at that step, or after so long, or is done. Returns whether it was killed, and
        whether the command was told that there is a new key."""
        server = self.server
        server.env = {"LD_PRELOAD": FAULTS, "PBXCRED_KILL": where} if where else {}
        server.start()
        self.changer = Changer(server, "1000@acme.example")
        self.changer.start()
        command = server.begin_ctl("key", "rotate")
        begin = time.monotonic()
        while "all records are under key 2" not in server.log() and server.process.poll() is None:
            if seconds is not None and time.monotonic() - begin > seconds:
                server.kill()
                break
            time.sleep(0.002)
        killed = server.process is None or server.process.poll() is not None
        if server.process is not None:
            server.kill()
        told = command.wait(60) == 0
        self.changer.join(60)
        server.env = {}
        return killed, told

    def check(self, told, where):
        """The next daemon has a ring that opens everything; it finishes what was begun."""
        server = self.server
        server.start()
        ids = [key["id"] for key in server.ctl_json("key", "list")]
        expect(ids == [1, 2] or (ids == [1] and not told), f"{where}: keys {ids}, told: {told}")
        self.changer.expect_kept(where)
        for user in (1001, 1100, 1199):
            equal(wire.login(self.changer.auth, "password", f"{user}@acme.example", OLD), "granted", where)
        equal(wire.login(self.changer.auth, "password", "1001@acme.example", "wrong"), "refused", where)
        server.ctl("store", "check")
        if ids == [1, 2]:
            wait_until(lambda: server.ctl_json("key", "list")[0]["records"] == 0, f"{where}: all are resealed")
            server.ctl("key", "retire", "1")
            server.ctl("store", "check")
            self.changer.expect_kept(where)
        equal([name for name in os.listdir(server.path("state-keys")) if name != "ring"],
              [] if ids == [1, 2] else [name for name in os.listdir(server.path("state-keys")) if name == "ring.new"], where)
        server.stop()
        os.remove(server.path("log"))
        return ids == [1, 2]


def test_kill_9_at_50_points_of_a_rotation_loses_nothing():
    seed = int(os.environ.get("PBXCRED_SEED", time.time_ns() % 100000))
    chance = random.Random(seed)
    with fresh_server(start=False, memory_kib=64) as server:
        server.write_config(key_file=server.path("state-keys/ring"))
        server.init()
        server.start()
        rotation = Rotation(server)
        # The first steps are the ring's file, one by one; then at random, as far as it usually goes.
        places = [f"{step} {when}" for step in range(1, 9) for when in ("before", "after")]
        places += [f"{chance.randint(9, 60)} {chance.choice(('before', 'after'))}" for _ in range(24)]
        places += [None] * (POINTS - len(places))
        outcomes = {"with a new key": 0, "without": 0, "to the end": 0}
        for where in places:
            rotation.put_back()
            seconds = None if where else chance.uniform(0, 0.3)
            killed, told = rotation.rotate(where, seconds)
            name = f"{where or f'after {seconds:.3f} s'}, seed {seed}"
            has_new = rotation.check(told, name)
            outcomes["to the end" if not killed else "with a new key" if has_new else "without"] += 1
        print(f"# seed {seed}: {outcomes}")
        expect(outcomes["with a new key"] > 10 and outcomes["without"] > 2, str(outcomes))


if __name__ == "__main__":
    main()
