# SPDX-License-Identifier: BSD-2-Clause
"""Packets that nobody should send, and clients that nobody should be: an error or a closed connection, never a crash,
a hang, or a yes; and an honest client is served all the while."""
import array
import fcntl
import os
import random
import resource
import socket
import struct
import time

import wire
from checks import Skipped, equal, expect, wait_until
from harness import LISTED_UID, effective_uid, entry, fresh_server, is_sanitized
from tap import main

USER, PASSWORD = "101@acme.example", "correct horse battery"


def with_user(server):
    server.ctl("domain", "add", "acme.example")
    server.add_user(USER, password=PASSWORD)


def auth_path(server):
    return server.path("run/auth.sock")


def admin_path(server):
    return server.path("run/admin.sock")


def expect_served(server):
    server.expect_alive()
    equal(wire.login(auth_path(server), "password", USER, PASSWORD), "granted", "an honest login")
    replies = wire.admin_call(admin_path(server), wire.packet(wire.STATUS_QUERY, b""))
    expect(wire.is_done_ok(replies), "an honest command")


def verdict_of(server, raw):
    """The verdict, or None if the connection was closed."""
    reply = wire.exchange(auth_path(server), raw)
    return wire.Reply(reply).verdict if reply else None


def expect_no(server, raw, what):
    """An error or a closed connection. An evaluated request is fine if it was a request: it is refused then."""
    verdict = verdict_of(server, raw)
    expect(verdict != "granted", f"{what}: granted")
    return verdict


def expect_malformed(server, raw, what):
    verdict = verdict_of(server, raw)
    expect(verdict in ("invalid", None), f"{what}: {verdict}")


def admin_code(server, raw, fd=None):
    """The code of Done, None if there was none; -1: ok."""
    replies = wire.admin_call(admin_path(server), raw, fd)
    if not replies:
        return None
    kind, found = replies[-1]
    equal(kind, wire.DONE, "the last packet")
    return -1 if found[1] == b"\1" else found[2][0]


def requests():
    """A good one of each kind."""
    return {"auth": wire.auth_request("password", USER, PASSWORD),
            "status": wire.status_request("password", USER),
            "change": wire.change_request("password", USER, wire.COMMIT, wire.PROOF_PRIVILEGE,
                                          secrets=[("password", "a brand new secret")])}


def test_truncated_at_every_length():
    """What ends within a field is malformed. What ends with one is a request that says less; it changes nothing."""
    with fresh_server() as server:
        with_user(server)
        for name, raw in requests().items():
            for size in range(1, len(raw)):
                verdict = verdict_of(server, raw[:size])
                if ends_with_a_field(raw, size):
                    expect(verdict != "granted" or name == "change", f"{name} cut to {size}: {verdict}")
                else:
                    expect(verdict in ("invalid", None), f"{name} cut to {size} of {len(raw)}: {verdict}")
        expect_served(server)


def ends_with_a_field(raw, size):
    """A message whose last fields are missing is well formed: they have their defaults."""
    try:
        wire.unpack(raw[:size])
        return True
    except ValueError:
        return False


def test_secrets_of_truncated_requests_are_never_taken():
    """Without its last field an AuthRequest has an empty secret, and a ChangeRequest stores nothing."""
    with fresh_server() as server:
        with_user(server)
        nonce = bytes(range(16))
        equal(verdict_of(server, wire.packet(wire.AUTH, wire.fields((1, nonce), (2, wire.subject("password", USER))))),
              "refused")
        expect_no(server, wire.packet(wire.AUTH, b""), "an empty message")
        expect_no(server, wire.packet(wire.CHANGE, wire.fields((3, b"\1"), (4, b"\3"))), "a change of nobody")
        request = wire.change_request("password", USER, wire.COMMIT, wire.PROOF_PRIVILEGE, secrets=[])
        expect_no(server, request, "a change of nothing")
        expect_served(server)


def test_over_long_packets():
    with fresh_server() as server:
        with_user(server)
        raw = requests()["auth"]
        for size in (16384, 16385, 65535, 65536, 65537, 200000):
            expect_no(server, raw + bytes(size - len(raw)), f"{size} bytes of zeros behind")
            expect_no(server, wire.auth_request("password", USER, b"x" * size), f"a secret of {size} bytes")
            expect(admin_code(server, wire.secret_set(USER, "password", b"x" * size)) != -1, f"admin, {size}")
        for size in (1025, 4096, 12000):
            secret = PASSWORD.encode() + b"x" * size
            equal(verdict_of(server, wire.auth_request("password", USER, secret)), "refused", "a long secret")
            expect_no(server, wire.auth_request("password", b"n" * size, PASSWORD), f"a name of {size} bytes")
        expect_served(server)


def test_wrong_magic_version_and_type():
    with fresh_server() as server:
        with_user(server)
        body = requests()["auth"][6:]
        for version in (0, 2, 255):
            expect_malformed(server, wire.packet(wire.AUTH, body, version=version), "version")
        expect_malformed(server, wire.packet(wire.AUTH, body, magic=b"BP"), "magic")
        for kind in (0, 4, 0x10, 0x0100, 0x0120, 0x0200, 0x0300, 0x0400, 0xFFFF):
            expect_malformed(server, wire.packet(kind, body), f"type {kind:#x}")
        for kind in (0, 1, 0x10, 0x0200, 0x0300, 0x0999, 0xFFFF):
            expect(admin_code(server, wire.packet(kind, b"")) not in (-1,), f"admin type {kind:#x}")
        expect_served(server)


def test_tags_and_sizes_that_do_not_fit():
    with fresh_server() as server:
        with_user(server)
        nonce, who, secret = bytes(16), wire.subject("password", USER), PASSWORD.encode()
        f = wire.field
        bad = {
            "a tag twice": f(1, nonce) + f(1, nonce) + f(2, who) + f(3, secret),
            "a secret twice": f(1, nonce) + f(2, who) + f(3, b"wrong") + f(3, secret),
            "tags descending": f(3, secret) + f(2, who) + f(1, nonce),
            "tag 0": f(0, b"") + f(1, nonce) + f(2, who) + f(3, secret),
            "short nonce": f(1, nonce[:15]) + f(2, who) + f(3, secret),
            "long nonce": f(1, nonce + b"x") + f(2, who) + f(3, secret),
            "kind out of range": f(1, nonce) + f(2, f(1, b"\5") + who[6:]) + f(3, secret),
            "kind of two bytes": f(1, nonce) + f(2, f(1, b"\0\0") + who[6:]) + f(3, secret),
            "size beyond the end": f(1, nonce) + f(2, who) + b"\3" + struct.pack("<I", 1 << 20) + secret,
            "size 4 GiB - 1": f(1, nonce) + f(2, who) + b"\3\xff\xff\xff\xff" + secret,
            "size wraps": f(1, nonce) + f(2, who) + b"\3" + struct.pack("<I", 0xFFFFFFFB) + secret,
            "subject's size beyond its end": f(1, nonce) + f(2, who[:-1]) + f(3, secret),
            "one byte behind": f(1, nonce) + f(2, who) + f(3, secret) + b"\x09",
        }
        for what, body in bad.items():
            expect_malformed(server, wire.packet(wire.AUTH, body), what)
        unknown = wire.packet(wire.AUTH, f(1, nonce) + f(2, who) + f(3, secret) + f(200, b"of a later version"))
        equal(verdict_of(server, unknown), "granted", "an unknown tag is skipped: later versions may add some")
        huge_list = wire.field(7, struct.pack("<I", 0xFFFFFFFF))
        for raw in (wire.packet(wire.CHANGE, f(1, nonce) + f(2, who) + huge_list),
                    wire.packet(wire.CHANGE, f(1, nonce) + f(2, who) + f(7, b"\0\0\0\0" * 5))):
            expect_malformed(server, raw, "list")
        for body in (f(1, f(1, b"\xff\xff\xff\xff")), f(1, f(1, struct.pack("<I", 0) * 16000)), f(1, f(5, b"\x09"))):
            expect(admin_code(server, wire.packet(wire.SECRET_ACT, body)) != -1, "admin")
        expect_served(server)


def mutated(rng, raw):
    raw = bytearray(raw)
    for _ in range(rng.randint(1, 8)):
        how = rng.randrange(4)
        at = rng.randrange(len(raw)) if raw else 0
        if how == 0 and raw:
            raw[at] ^= 1 << rng.randrange(8)
        elif how == 1 and raw:
            raw[at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF))
        elif how == 2:
            raw[at:at] = rng.randbytes(rng.randint(1, 12))
        elif raw:
            del raw[at:at + rng.randint(1, 12)]
    return bytes(raw) or b"\0"


def test_random_packets_on_auth_sock():
    rng = random.Random(20181105)
    with fresh_server() as server:
        with_user(server)
        good = list(requests().values())[:2] + [wire.auth_request("password", USER, "wrong")]
        head = b"PB\1\0"
        for i in range(3000):
            how = i % 3
            raw = (rng.randbytes(rng.randint(1, 300)) if how == 0 else
                   head + struct.pack("<H", rng.randint(0, 4)) + rng.randbytes(rng.randint(0, 300)) if how == 1 else
                   mutated(rng, good[i % len(good)]))
            reply = wire.exchange(auth_path(server), raw)
            if reply:
                wire.Reply(reply)  # itself well formed, whatever it says
        server.expect_alive()
        server.ctl("lock", "clear", USER)
        expect_served(server)
        server.ctl("store", "check")


def test_random_packets_on_admin_sock():
    rng = random.Random(20181119)
    kinds = (0x0100, 0x0101, 0x0102, 0x0103, 0x0104, 0x0110, 0x0111, 0x0112, 0x0113, 0x0120, 0x0121, 0x0122, 0x0130,
             0x0131, 0x0132, 0x0133, 0x0140, 0x0150, 0x0160)
    good = [wire.secret_set(USER, "voicemail", "482915"), wire.user_add("102@acme.example")]
    with fresh_server() as server:
        with_user(server)
        for i in range(1500):
            raw = (wire.packet(rng.choice(kinds), rng.randbytes(rng.randint(0, 120))) if i % 3 else
                   mutated(rng, rng.choice(good)))
            for kind, found in wire.admin_call(admin_path(server), raw):
                expect(isinstance(found, dict), f"{kind:#x}")
        server.expect_alive()
        server.ctl("lock", "clear", USER, status=None)
        expect_served(server)
        server.ctl("store", "check")


def test_silent_clients_are_dropped_after_two_seconds():
    with fresh_server() as server:
        with_user(server)
        for path in (auth_path(server), admin_path(server)):
            begin = time.monotonic()
            with wire.connect(path, timeout=60) as sock:
                equal(sock.recv(10), b"", "closed")
            took = time.monotonic() - begin
            expect(1 <= took <= 15, f"{os.path.basename(path)}: after {took:.1f} s")
        expect_served(server)


def test_a_thousand_silent_clients_keep_nobody_waiting():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    with fresh_server(services=[entry(f"#{LISTED_UID}", ["password"])]) as server:
        with_user(server)
        begin = time.monotonic()
        wire.login(auth_path(server), "password", USER, PASSWORD)
        alone = time.monotonic() - begin
        silent = []
        try:
            with effective_uid(LISTED_UID):
                for _ in range(1000):
                    silent.append(wire.connect(auth_path(server)))
            begin = time.monotonic()
            for uid in (0, LISTED_UID):
                with effective_uid(uid):
                    equal(wire.login(auth_path(server), "password", USER, PASSWORD), "granted", "among a thousand")
            took = time.monotonic() - begin
            expect(took < 1.5 + 50 * alone, f"two logins took {took:.2f} s, one alone {alone:.3f}")

            def dropped():
                return all(is_closed(sock) for sock in silent)
            wait_until(dropped, "the silent ones are dropped")
        finally:
            for sock in silent:
                sock.close()
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        expect_served(server)


def is_closed(sock):
    sock.setblocking(False)
    try:
        return sock.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


def test_more_clients_than_the_daemon_has_descriptors():
    """The oldest silent ones make room."""
    if is_sanitized():
        raise Skipped("UBSan opens a pipe to check an object's type, and takes it for a fault that it cannot")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    def few_descriptors():
        resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))
    with fresh_server(start=False) as server:
        server.init()
        server.start(preexec_fn=few_descriptors)
        with_user(server)
        silent = [wire.connect(auth_path(server)) for _ in range(400)]
        try:
            equal(wire.login(auth_path(server), "password", USER, PASSWORD), "granted")
        finally:
            for sock in silent:
                sock.close()
        expect_served(server)


def test_clients_that_vanish_after_asking_still_count():
    with fresh_server() as server:
        with_user(server)
        for i in range(3):
            with wire.connect(auth_path(server)) as sock:
                sock.send(wire.auth_request("password", USER, f"wrong secret {i}"))
        wait_until(lambda: server.kind(USER, "password")["failures"] == 3, "three failures are counted")
        for _ in range(200):
            with wire.connect(auth_path(server)):
                pass
            with wire.connect(admin_path(server)) as sock:
                sock.send(wire.packet(wire.STORE_CHECK, b""))
        expect_served(server)


def test_second_packets_are_not_read():
    """One request a connection: what follows is neither evaluated nor counted."""
    with fresh_server() as server:
        with_user(server)
        with wire.connect(auth_path(server)) as sock:
            sock.send(wire.auth_request("password", USER, "wrong secret 1"))
            try:
                sock.send(wire.auth_request("password", USER, "wrong secret 2"))
            except OSError:
                pass
            equal(wire.Reply(wire.receive(sock)).verdict, "refused")
            equal(wire.receive(sock), b"")
        equal(server.kind(USER, "password")["failures"], 1)
        expect_served(server)


def memfd(content, seals):
    fd = os.memfd_create("rows", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(fd, content)
    if seals:
        fcntl.fcntl(fd, 1033, seals)  # F_ADD_SEALS
    return fd


ALL_SEALS = 0x1 | 0x2 | 0x4 | 0x8  # SEAL SHRINK GROW WRITE


def import_row():
    body = wire.fields((1, b"file"), (2, struct.pack("<Q", 1)), (4, b"acme.example"), (5, b"301"))
    row = wire.packet(0x0400, body)
    return struct.pack("<I", len(row)) + row


def import_request(rows):
    return wire.packet(wire.IMPORT, wire.fields((1, struct.pack("<Q", rows))))


def test_descriptors_that_are_no_sealed_memfd():
    with fresh_server() as server:
        with_user(server)
        row = import_row()
        reader, writer = os.pipe()
        ordinary = os.open(server.write("rows", row.decode("latin-1")), os.O_RDWR)
        for what, fd in (("a pipe", reader), ("an ordinary file", ordinary), ("not sealed", memfd(row, 0)),
                         ("sealed against growing only", memfd(row, 0x4)), ("a directory", os.open("/", os.O_RDONLY))):
            equal(admin_code(server, import_request(1), fd), 0, what)
            os.close(fd)
        os.close(writer)
        equal(admin_code(server, import_request(1)), 0, "none at all")
        for what, content in (("a cut size", row[:3]), ("a cut row", row[:-1]),
                              ("a huge size", b"\xff\xff\xff\xff" + row), ("garbage", bytes(range(256)) * 4)):
            fd = memfd(content, ALL_SEALS)
            equal(admin_code(server, import_request(1), fd), 0, what)
            os.close(fd)
        equal(len(server.ctl_json("user", "list", "--all")), 1, "nothing came in")
        fd = memfd(row, ALL_SEALS)
        equal(admin_code(server, import_request(1), fd), -1, "a good one")
        os.close(fd)
        equal(len(server.ctl_json("user", "list", "--all")), 2)
        expect_served(server)


def open_descriptors(server):
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


def test_passed_descriptors_do_not_pile_up():
    with fresh_server() as server:
        with_user(server)
        before = open_descriptors(server)
        fds = [os.open("/dev/null", os.O_RDONLY) for _ in range(20)]
        for path, raw in ((auth_path(server), requests()["auth"]), (admin_path(server), wire.packet(0x0999, b""))):
            for _ in range(30):
                with wire.connect(path) as sock:
                    try:
                        sock.sendmsg([raw], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))])
                    except PermissionError:
                        continue  # the kernel (6.16 and later) turns them away already, as the daemon asked it to
                    wire.receive(sock)
        for fd in fds:
            os.close(fd)
        wait_until(lambda: open_descriptors(server) <= before, "the daemon closes what it did not ask for")
        expect_served(server)


if __name__ == "__main__":
    main()
