# SPDX-License-Identifier: BSD-2-Clause
"""A restore that is killed at any point leaves the old store or the new one, whole; and the next restore succeeds."""
import glob
import os
import random
import shutil
import signal
import subprocess
import time

import wire
from checks import contains, equal, expect
from harness import DAEMON, FAULTS, child_environment, fresh_server
from tap import main

POINTS = 50
OLD, NEW = "correct horse battery", "staple on a new page"


class Drill:
    """A stopped machine with a backup and a store that has gone on since."""

    def __init__(self, server):
        self.server = server
        self.backup, self.kept = server.path("backup"), server.path("kept")
        rows = "".join(f"acme.example,{i},{OLD}\n" for i in range(1000, 1600))
        server.ctl("import", "csv", server.write("users.csv", "domain,extension,password\n" + rows))
        server.ctl("store", "backup", self.backup)
        server.set_secret("1001@acme.example", "password", NEW)
        server.ctl("user", "disable", "1002@acme.example")
        server.stop()
        shutil.copytree(server.path("state"), self.kept)

    def put_back(self):
        shutil.rmtree(self.server.path("state"))
        shutil.copytree(self.kept, self.server.path("state"))

    def restore(self, where=None, seconds=None):
        """Its exit status; killed at that step, or after so long."""
        faults = {"LD_PRELOAD": FAULTS, "PBXCRED_KILL": where} if where else {}
        process = subprocess.Popen([DAEMON, "--config", self.server.path("pbxcred.conf"), "--restore", self.backup],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   env=child_environment(faults))
        if seconds is not None:
            try:
                return process.wait(seconds)
            except subprocess.TimeoutExpired:
                process.kill()
        return process.wait(120)

    def verdict(self, user, secret):
        return wire.login(self.server.path("run/auth.sock"), "password", user + "@acme.example", secret)

    def check(self, status, where):
        """The store is the old one or the new one, wholly; the new one, if that was told."""
        server = self.server
        checked = server.daemon("--store-check")
        equal(checked.status, 0, f"{where}: {checked}")
        server.start()
        is_new = self.verdict("1001", NEW) == "refused"
        expect(is_new or status != 0, f"{where}: it was told that it is restored")
        equal(self.verdict("1001", OLD if is_new else NEW), "granted", where)
        equal(server.kind("1001@acme.example", "password")["must_change"], is_new, where)
        equal(self.verdict("1002", OLD), "refused", f"{where}: disabled in both")
        for user in ("1000", "1300", "1599"):
            equal(self.verdict(user, OLD), "granted", where)
        server.stop()
        os.remove(server.path("log"))
        return is_new

    def finish(self, where):
        """What a killed one leaves does not stand in the way of the next, nor stay."""
        equal(self.restore(), 0, where)
        left = [os.path.basename(path) for path in glob.glob(self.server.path("state/*"))]
        left = [name for name in left if name not in ("store.mdb", "lock", "store.mdb-lock")
                and not name.startswith("store.mdb.replaced-")]
        equal(left, [], where)
        equal(os.stat(self.server.path("state/store.mdb")).st_nlink, 1, where)


def test_kill_9_at_every_step_of_a_restore_leaves_the_old_store_or_the_new():
    seed = int(os.environ.get("PBXCRED_SEED", time.time_ns() % 100000))
    chance = random.Random(seed)
    with fresh_server(memory_kib=64) as server:
        drill = Drill(server)
        begin = time.monotonic()
        equal(drill.restore(), 0)
        took = time.monotonic() - begin
        outcomes = {False: 0, True: 0}
        steps = 0
        for step in range(1, 200):
            drill.put_back()
            status = drill.restore(f"{step} before")
            outcomes[drill.check(status, f"{step} before")] += 1
            drill.finish(f"{step} before")
            if status != -signal.SIGKILL:
                break
            steps = step
        expect(5 < steps < 199, f"{steps} steps")
        places = [f"{step} after" for step in range(1, steps + 1)]
        places += [None] * max(10, POINTS - 2 * steps)
        for where in places:
            drill.put_back()
            seconds = None if where else chance.uniform(0, 1.1) * took
            status = drill.restore(where, seconds)
            if where:
                equal(status, -signal.SIGKILL, where)
            outcomes[drill.check(status, where or f"after {seconds:.3f} s, seed {seed}")] += 1
        print(f"# {steps} steps, before and after each, and {places.count(None)} times: "
              f"{outcomes[False]} old, {outcomes[True]} new")
        expect(outcomes[False] > 0 and outcomes[True] > 0, str(outcomes))


def test_restore_on_a_full_disk_leaves_the_old_store():
    with fresh_server(memory_kib=64) as server:
        drill = Drill(server)
        state = server.path("state")
        size = os.stat(state + "/store.mdb").st_size
        if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size + 65536},mode=700", "tmpfs", state],
                          check=False).returncode != 0:
            return  # no mounts here
        try:
            shutil.copy(drill.kept + "/store.mdb", state)
            os.chmod(state + "/store.mdb", 0o600)
            result = server.daemon("--restore", drill.backup)
            equal(result.status, 8, str(result))
            contains(result.err, "pbxcredd: ")
            expect(not [path for path in glob.glob(state + "/*") if "restored" in path], "nothing is left over")
            drill.check(result.status, "disk full")
        finally:
            subprocess.run(["umount", state], check=True)


if __name__ == "__main__":
    main()
