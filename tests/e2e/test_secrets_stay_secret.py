# SPDX-License-Identifier: BSD-2-Clause
"""Promise 6: a marked secret is in no memory, log, argument, environment or file one second after it was used.

Each test uses its secret in one way, waits one second, and looks once. It must first find planted strings, on the heap
and in the mapped store: who reads nothing finds nothing. Pieces of a secret count as much as the whole: free()
overwrites the first bytes of what it gets."""
import os
import random
import string
import time

import wire
from checks import Skipped, contains, diagnose, equal, expect
from harness import LISTED_UID, entry, fresh_server, is_sanitized
from tap import main

USER, PASSWORD, PIN = "101@acme.example", "correct horse battery", "482915"
ON_HEAP = "planted-on-the-heap.control.example"
IN_STORE = "planted in the mapped store, as a contact"
PIECE = 12


def marked(length=48):
    """A secret like no other string on this machine."""
    return "".join(random.SystemRandom().choices(string.ascii_letters + string.digits, k=length))


def marked_pin():
    return "".join(random.SystemRandom().choices(string.digits, k=15))


def prepared():
    if is_sanitized():
        raise Skipped("a sanitizer keeps freed memory")
    entries = [entry(f"#{LISTED_UID}", ["password", "voicemail"], domains=["acme.example", ON_HEAP], change=True)]
    return fresh_server(services=entries)


def with_user(server):
    server.ctl("domain", "add", "acme.example", "--contact", IN_STORE)
    server.add_user(USER, password=PASSWORD, voicemail=PIN)
    server.service("portal", "account=password")
    server.service("mailbox", "account=voicemail")


# ---- looking

def patterns_of(secret):
    """The pieces of a secret as they may lie in memory: UTF-8, and as code points while it is normalised."""
    pieces = {secret[i:i + PIECE] for i in range(0, max(1, len(secret) - PIECE + 1), PIECE // 2)}
    return [piece.encode(form) for piece in pieces for form in ("utf-8", "utf-32-le", "utf-16-le")]


def is_looked_at(words):
    """Everything that can have been written to: not the programs' own text."""
    name = words[5] if len(words) > 5 else ""
    return "r" in words[1] and name not in ("[vvar]", "[vsyscall]") and (
        not name.startswith("/") or "w" in words[1] or name.endswith("store.mdb"))


def read_pages(memory, begin, end):
    """Pages that are not all zero, with their addresses. A file's mapping may go on behind its end."""
    step, zeros = 1 << 20, bytes(4096)
    for at in range(begin, end, step):
        try:
            memory.seek(at)
            part = memory.read(min(step, end - at))
        except (OSError, ValueError):
            return
        for offset in range(0, len(part), 4096):
            page = part[offset:offset + 4096]
            if page != zeros[:len(page)]:
                yield at + offset, page


def mappings(pid):
    """(name and address, bytes) of every run of pages that hold something."""
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps.read().splitlines():
            words = line.split(None, 5)
            if not is_looked_at(words):
                continue
            name = words[5] if len(words) > 5 else "anonymous"
            begin, end = (int(x, 16) for x in words[0].split("-"))
            run, first = bytearray(), begin
            for address, page in read_pages(memory, begin, end):
                if address != first + len(run):
                    yield f"{name} {first:#x}", bytes(run)
                    run, first = bytearray(), address
                run += page
            yield f"{name} {first:#x}", bytes(run)


def search_memory(pid, patterns):
    """Where patterns are, with what is around."""
    found = []
    for name, run in mappings(pid):
        for pattern in patterns:
            at = run.find(pattern)
            if at >= 0:
                found.append(f"{name}+{at:#x}: {run[max(0, at - 40):at + 60]!r}")
    return found


def search_files(server, patterns):
    """In everything on disk that is the daemon's, its log, arguments and environment."""
    pid = server.process.pid
    paths = [f"/proc/{pid}/cmdline", f"/proc/{pid}/environ", server.path("log"), server.path("pbxcred.conf")]
    for folder in ("state", "keys"):
        paths += [os.path.join(server.path(folder), name) for name in os.listdir(server.path(folder))]
    found = []
    for path in paths:
        with open(path, "rb") as file:
            content = file.read()
        found += [f"{path}: {pattern!r}" for pattern in patterns if pattern in content]
    return found


def expect_forgotten(server, *secrets):
    """One look, one second later."""
    time.sleep(1.0)
    pid = server.process.pid
    heap = search_memory(pid, [ON_HEAP.encode()])
    expect(any(place.startswith(("[heap]", "anonymous")) for place in heap), f"the planted string on the heap: {heap}")
    store = search_memory(pid, [IN_STORE.encode()])
    expect(any("store.mdb" in place for place in store), f"the planted string in the store: {store}")
    patterns = [pattern for secret in secrets for pattern in patterns_of(secret)]
    found = search_memory(pid, patterns) + search_files(server, patterns)
    for place in found[:20]:
        diagnose(place)
    equal(len(found), 0, f"places where a secret was found ({', '.join(secrets)})")
    server.expect_alive()


# ---- using

def test_searching_finds_what_is_there():
    """The look itself: a name that the log and the store may have is found."""
    with prepared() as server:
        with_user(server)
        found = search_memory(server.process.pid, patterns_of(ON_HEAP))
        expect(found, "pieces of the planted string")
        server.ctl("user", "set", USER, "--first", "Planted-First-Name")
        expect(search_files(server, [b"Planted-First-Name"]), "the store's file is read")
        contains(server.log(), "ready")


def test_secret_set_by_an_administrator():
    secret, pin = marked(), marked_pin()
    with prepared() as server:
        with_user(server)
        server.set_secret(USER, "password", secret)
        server.set_secret(USER, "voicemail", pin)
        expect_forgotten(server, secret, pin)


def test_secret_with_accents():
    """It is normalised: as code points it is in further buffers."""
    secret = "Zu\u0308rich-" + marked()
    with prepared() as server:
        with_user(server)
        server.set_secret(USER, "password", secret)
        equal(server.login("portal", USER, secret), "SUCCESS")
        equal(server.login("portal", USER, secret + "x"), "AUTH_ERR")
        expect_forgotten(server, secret[9:])


def test_right_secret():
    secret, pin = marked(), marked_pin()
    with prepared() as server:
        with_user(server)
        server.set_secret(USER, "password", secret)
        server.set_secret(USER, "voicemail", pin)
        for _ in range(3):
            equal(server.login("portal", USER, secret, uid=LISTED_UID), "SUCCESS")
            equal(server.login("mailbox", USER, pin, uid=LISTED_UID), "SUCCESS")
        equal(server.ctl("auth", USER, "password", secret=secret).status, 0)
        expect_forgotten(server, secret, pin)


def test_wrong_secret():
    wrong, wrong_pin, stray = marked(), marked_pin(), marked()
    with prepared() as server:
        with_user(server)
        equal(server.login("portal", USER, wrong), "AUTH_ERR")
        equal(server.login("mailbox", USER, wrong_pin), "AUTH_ERR")
        equal(server.login("portal", "nobody-here", stray), "USER_UNKNOWN")
        server.ctl("auth", USER, "password", secret=wrong, status=1)
        expect_forgotten(server, wrong, wrong_pin, stray)


def test_secret_typed_as_a_name():
    """People do that. 48 letters: no small-string buffer hides it."""
    secret = marked()
    with prepared() as server:
        with_user(server)
        equal(server.login("portal", secret, "whatever"), "USER_UNKNOWN")
        expect_forgotten(server, secret)


def test_secret_typed_as_a_name_with_a_domain_and_accents():
    secret, other = marked(), marked()
    with prepared() as server:
        with_user(server)
        equal(server.login("portal", f"{secret}@acme.example", "whatever"), "USER_UNKNOWN")
        equal(server.login("portal", f"Zu\u0308rich-{other}", "whatever"), "USER_UNKNOWN")
        server.pam("portal", f"{other}@acme.example", "acct").expect("USER_UNKNOWN")
        expect_forgotten(server, secret, other, secret.lower(), other.lower())


def test_short_secret_typed_as_a_name():
    """Short enough for a string's own buffer, in whatever object that is."""
    secret = marked(14)
    with prepared() as server:
        with_user(server)
        equal(server.login("portal", secret, "whatever"), "USER_UNKNOWN")
        expect_forgotten(server, secret)


def test_secret_in_a_service_name_or_remote_host():
    """Neither is a place for one, but the daemon cannot know what a service puts there."""
    secret = marked()
    with prepared() as server:
        with_user(server)
        server.pam("portal", USER, "auth", [PASSWORD], options=["--rhost", secret]).expect("SUCCESS")
        expect_forgotten(server, secret)


def test_imported_secrets():
    good, poor, pin, twisted = marked(), marked(10), marked_pin(), marked()
    with prepared() as server:
        with_user(server)
        path = server.write("users.csv", "domain,extension,password,voicemail\n"
                                         f"acme.example,201,{good},{pin}\n"
                                         f"acme.example,202,{poor},\n"
                                         f"acme.example,203,Gru\u0308n-{twisted},\n")
        server.ctl("import", "csv", path, "--dry-run")
        server.ctl("import", "csv", path)
        os.unlink(path)
        server.ctl("user", "show", "203@acme.example")
        expect_forgotten(server, good, poor, pin, twisted)


def test_secrets_of_a_refused_import():
    secret, other = marked(), marked()
    with prepared() as server:
        with_user(server)
        path = server.write("users.csv", f"domain,extension,password,voicemail\nacme.example,201,{secret},not-digits\n"
                                         f"acme.example,201,{other},\nacme.example,bad name,{other},\n")
        server.ctl("import", "csv", path, status=None)
        os.unlink(path)
        expect_forgotten(server, secret, other)


def test_imported_pins_of_asterisk():
    pin = marked_pin()
    with prepared() as server:
        with_user(server)
        path = server.write("voicemail.conf", f"[acme.example]\n301 => {pin},Ada Byron,ada@acme.example\n")
        server.ctl("import", "asterisk", path)
        os.unlink(path)
        equal(server.login("mailbox", "301@acme.example", pin), "SUCCESS")
        expect_forgotten(server, pin)


def test_changed_secrets():
    first, second, broken = marked(), marked(), marked()
    with prepared() as server:
        with_user(server)
        server.pam("portal", USER, "chauthtok", [PASSWORD, first, first], uid=LISTED_UID).expect("SUCCESS")
        server.pam("portal", USER, "chauthtok", [second, second]).expect("SUCCESS")
        server.pam("mailbox", USER, "chauthtok", [PIN, *[broken, broken] * 3], uid=LISTED_UID).expect("AUTHTOK_ERR")
        server.set_secret(USER, "voicemail", broken, status=1)
        expect_forgotten(server, first, second, broken)


def test_demanded_change():
    first, second = marked(), marked()
    with prepared() as server:
        with_user(server)
        server.set_secret(USER, "password", first, "--temporary")
        server.pam("portal", USER, "auth acct chauthtok", [first, second, second], uid=LISTED_UID,
                   options=["--expired"]).expect("SUCCESS", "NEW_AUTHTOK_REQD", "SUCCESS")
        expect_forgotten(server, first, second)


def test_generated_secret():
    with prepared() as server:
        with_user(server)
        secret = server.ctl("secret", "generate", USER, "password").out.strip()
        expect(len(secret) >= 15, f"generated: {len(secret)} characters")
        equal(server.login("portal", USER, secret), "SUCCESS")
        expect_forgotten(server, secret)


def test_secrets_in_packets_that_are_refused():
    cut, long, old, odd = marked(), marked(), marked(), marked()
    with prepared() as server:
        with_user(server)
        auth, admin = server.path("run/auth.sock"), server.path("run/admin.sock")
        wire.exchange(auth, wire.auth_request("password", USER, cut)[:-1])
        wire.exchange(auth, wire.auth_request("password", USER, long * 400))
        wire.exchange(auth, wire.packet(wire.AUTH, wire.auth_request("password", USER, old)[6:], version=9))
        wire.exchange(auth, wire.packet(0x4242, odd.encode()))
        wire.exchange(admin, wire.packet(0x4242, odd.encode()))
        wire.exchange(admin, wire.secret_set(USER, "password", long * 1500))
        expect_forgotten(server, cut, long, old, odd)


def test_secret_whose_client_has_gone():
    secret = marked()
    with prepared() as server:
        with_user(server)
        for raw, name in ((wire.auth_request("password", USER, secret), "auth"),
                          (wire.secret_set(USER, "password", secret), "admin")):
            with wire.connect(server.path(f"run/{name}.sock")) as sock:
                sock.send(raw)
        expect_forgotten(server, secret)


def test_secrets_that_wait_for_their_turn():
    """One verification at a time per account: the others keep their copies until then."""
    secrets = [marked() for _ in range(20)]
    with prepared() as server:
        with_user(server)
        socks = []
        for secret in secrets:
            socks.append(wire.connect(server.path("run/auth.sock")))
            socks[-1].send(wire.auth_request("password", USER, secret))
        for sock in socks:
            wire.receive(sock)
            sock.close()
        expect_forgotten(server, *secrets)


if __name__ == "__main__":
    main()
