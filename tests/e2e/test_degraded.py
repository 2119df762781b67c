# SPDX-License-Identifier: BSD-2-Clause
"""Disk full and I/O errors: the daemon evaluates no secret that it could not count, says so, and comes back whole."""
import os

import wire
from checks import Failure, Skipped, contains, equal, expect, lacks, wait_until
from harness import FAULTS, fresh_server, is_sanitized
from neighbour import need_namespace
from tap import main

USER, PASSWORD = "101@acme.example", "correct horse battery"


def faulty_server(**settings):
    """A server whose daemon runs with the shim; fault() switches it."""
    if not os.path.exists(FAULTS):
        raise Skipped("tests/faults/failio.so is not built")
    if is_sanitized():
        raise Skipped("a sanitizer's runtime must be the first to be loaded")
    return fresh_server(start=False, **settings)


def begin(server):
    server.env = {"LD_PRELOAD": FAULTS, "PBXCRED_FAULT": server.path("fault")}
    server.init()
    server.start()
    server.ctl("domain", "add", "acme.example")
    server.add_user(USER, password=PASSWORD)
    server.service("portal", "account=password")


def fault(server, text):
    """Atomically: the daemon reads it at any time."""
    if text is None:
        os.unlink(server.path("fault"))
    else:
        os.rename(server.write("fault.new", text), server.path("fault"))


def is_degraded(server):
    result = server.ctl("--json", "status", status=None)
    if result.status not in (0, 3):
        raise Failure(str(result))
    degraded = result.json()["degraded"]
    equal(result.status, 3 if degraded else 0, "exit status of status")
    return degraded


def degrade_and_recover(text):
    with faulty_server() as server:
        begin(server)
        equal(server.login("portal", USER, "wrong one"), "AUTH_ERR")
        fault(server, text)
        for i in range(3):
            equal(server.login("portal", USER, f"wrong, not counted {i}"), "AUTHINFO_UNAVAIL", "cannot be counted")
        expect(is_degraded(server), "status says degraded")
        equal(server.login("portal", USER, PASSWORD), "AUTHINFO_UNAVAIL", "the right secret while degraded")
        equal(server.pam("portal", USER, "chauthtok", ["a brand new secret"] * 2).codes(), ["PAM_TRY_AGAIN"])
        server.set_secret(USER, "password", "a brand new secret", status=3)
        server.ctl("user", "add", "102@acme.example", status=3)
        contains(server.log(), "degraded: the store cannot be written")
        fault(server, None)
        wait_until(lambda: not is_degraded(server), "it comes back")
        wait_until(lambda: "no longer degraded" in server.log(), "the log says so")
        equal(server.kind(USER, "password")["failures"], 1, "what was acknowledged is kept, what was not is not")
        equal(server.login("portal", USER, "a brand new secret"), "AUTH_ERR")
        equal(server.login("portal", USER, PASSWORD), "SUCCESS")
        server.ctl("user", "add", "102@acme.example")
        server.ctl("store", "check")
        server.kill()
        server.start()
        equal(server.login("portal", USER, PASSWORD), "SUCCESS", "after kill -9")
        equal(len(server.ctl_json("user", "list", "--all")), 2)
        server.ctl("store", "check")


def test_write_errors_degrade_and_recover():
    degrade_and_recover("write EIO")


def test_full_disk_injected_degrades_and_recovers():
    degrade_and_recover("write ENOSPC")


def test_sync_errors_degrade_and_recover():
    degrade_and_recover("sync EIO")


def test_short_writes_degrade_and_recover():
    degrade_and_recover("short")


def test_degraded_daemon_answers_at_once_and_survives_kill_9():
    with faulty_server() as server:
        begin(server)
        for i in range(2):
            equal(server.login("portal", USER, f"wrong {i}"), "AUTH_ERR")
        fault(server, "sync EIO")
        equal(server.login("portal", USER, "wrong, not counted"), "AUTHINFO_UNAVAIL")
        expect(is_degraded(server), "it is degraded")
        for _ in range(50):
            equal(wire.login(server.path("run/auth.sock"), "password", USER, PASSWORD), "unavailable")
        server.kill()
        fault(server, None)
        server.start()
        failures = server.kind(USER, "password")["failures"]
        expect(failures in (2, 3), f"two acknowledged failures, {failures} kept")  # the third may have reached the disk
        equal(server.login("portal", USER, PASSWORD), "SUCCESS")
        server.ctl("store", "check")


def test_faults_come_and_go_without_loss():
    """Changes while writes fail now and then: what was acknowledged is there."""
    with faulty_server() as server:
        begin(server)
        last = PASSWORD
        for i in range(12):
            if i % 3 == 1:
                fault(server, ("write EIO", "sync EIO", "short", "write ENOSPC")[i // 3])
            secret = f"secret number {i}"
            if server.set_secret(USER, "password", secret, status=None).status == 0:
                last = secret
            if i % 3 == 1:
                fault(server, None)
                wait_until(lambda: not is_degraded(server), "it comes back")
                equal(server.login("portal", USER, last), "SUCCESS", f"after fault {i // 3}")
        server.ctl("store", "check")


def test_a_fault_at_start_stops_it_or_is_survived():
    with faulty_server() as server:
        begin(server)
        server.stop()
        fault(server, "write EIO")
        server.start()
        equal(server.login("portal", USER, "wrong"), "AUTHINFO_UNAVAIL")
        expect(is_degraded(server), "it is degraded")
        fault(server, None)
        wait_until(lambda: not is_degraded(server), "it comes back")
        equal(server.login("portal", USER, PASSWORD), "SUCCESS")


def test_a_store_that_is_taken_away_degrades_and_comes_back():
    """What is written to a file that nobody finds again would be lost at the next start."""
    with fresh_server() as server:
        server.ctl("domain", "add", "acme.example")
        server.add_user(USER, password=PASSWORD)
        server.service("portal", "account=password")
        store, away = server.path("state/store.mdb"), server.path("away")
        os.rename(store, away)
        expect(is_degraded(server), "degraded without its store")
        equal(server.login("portal", USER, PASSWORD), "AUTHINFO_UNAVAIL")
        contains(server.log(), "taken away under the running daemon")
        os.rename(away, store)
        wait_until(lambda: not is_degraded(server), "it comes back")
        equal(server.login("portal", USER, PASSWORD), "SUCCESS")
        server.ctl("store", "check")


class SmallDisk:
    """The daemon in a mount namespace of its own, where its state directory is a small file system."""

    def __init__(self, server, size):
        state = server.path("state")
        os.mkdir(state, 0o700)
        server.start(mounts=[f'mount -t tmpfs -o size={size},mode=0700 tmpfs "{state}"', '"$0" "$@" --init'])
        self.fill_path = f"/proc/{server.process.pid}/root{state}/fill"

    def fill(self):
        with open(self.fill_path, "wb", buffering=0) as file:
            for size in (65536, 4096):
                try:
                    while file.write(bytes(size)) > 0:
                        pass
                except OSError:
                    pass

    def free(self):
        os.unlink(self.fill_path)


def test_a_disk_that_is_really_full():
    need_namespace()
    with fresh_server(start=False) as server:
        disk = SmallDisk(server, "1m")
        server.ctl("domain", "add", "acme.example")
        server.add_user(USER, password=PASSWORD)
        server.service("portal", "account=password")
        equal(server.login("portal", USER, "wrong"), "AUTH_ERR")
        disk.fill()
        added = []
        for number in range(200, 2000):
            result = server.ctl("user", "add", f"{number}@acme.example", status=None)
            if result.status != 0:
                expect(result.status in (3, 8), str(result))
                break
            added.append(f"{number}@acme.example")
        else:
            raise Failure("the disk was never full")
        print(f"# {len(added)} users fitted")
        contains(server.log(), "degraded")
        equal(server.login("portal", USER, PASSWORD), "AUTHINFO_UNAVAIL")
        disk.free()
        wait_until(lambda: not is_degraded(server), "it comes back")
        equal(server.login("portal", USER, PASSWORD), "SUCCESS")
        listed = {user["account"] for user in server.ctl_json("user", "list", "--all")}
        equal(set(added) - listed, set(), "users that were acknowledged and are gone")
        server.ctl("user", "add", "9999@acme.example")
        server.ctl("store", "check")


def test_a_full_store_still_counts_and_removes():
    """store_size reached: new accounts are refused, and the reserve keeps counters and deletions going."""
    with fresh_server(store_size="4M") as server:
        server.ctl("domain", "add", "acme.example")
        server.add_user(USER, password=PASSWORD)
        server.service("portal", "account=password")
        for batch in range(100):
            rows = "".join(f"acme.example,{batch}-{i},{'N' * 200},{'N' * 200}\n" for i in range(100))
            path = server.write("batch.csv", "domain,extension,first,last\n" + rows)
            result = server.ctl("import", "csv", path, status=None)
            if result.status != 0:
                break
        else:
            raise Failure("the store was never full")
        contains(result.err, "full", "what the import says")
        equal(result.status, 8, str(result))
        expect(not is_degraded(server), "a full store is no fault of the disk")
        for i in range(20):
            server.ctl("lock", "clear", USER)
            equal(server.login("portal", USER, f"wrong {i}"), "AUTH_ERR", "still counted")
            equal(server.kind(USER, "password")["failures"], 1)
        equal(server.login("portal", USER, PASSWORD), "SUCCESS")
        server.ctl("user", "remove", "--find", "0-")
        lacks(server.log(), "degraded")
        server.ctl("user", "add", "102@acme.example")
        server.ctl("store", "check")


if __name__ == "__main__":
    main()
