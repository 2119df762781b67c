# SPDX-License-Identifier: BSD-2-Clause
"""Who may ask: the kernel names the peer, the configuration says what it may do, and the client looks who answers."""
import os
import re
import signal
import socket
import threading
import time

import wire
from checks import contains, equal, expect, lacks, wait_until
from harness import LISTED_UID, NOBODY_UID, UNLISTED_UID, effective_uid, entry, fresh_server
from neighbour import need_namespace
from tap import main

USER, PASSWORD, PIN = "101@acme.example", "correct horse battery", "482915"


def with_user(server):
    server.ctl("domain", "add", "acme.example")
    server.add_user(USER, password=PASSWORD, voicemail=PIN)
    for name, words in (("portal", "account=password"), ("mailbox", "account=voicemail"),
                        ("hasty", "account=password timeout=1")):
        server.service(name, words)


def test_listed_uid_is_served_for_its_kinds_only():
    with fresh_server(services=[entry(f"#{LISTED_UID}", ["password"])]) as server:
        with_user(server)
        server.pam("portal", USER, "auth acct", [PASSWORD], uid=LISTED_UID).expect("SUCCESS", "SUCCESS")
        equal(server.login("portal", USER, "wrong", uid=LISTED_UID), "AUTH_ERR")
        server.pam("mailbox", USER, "auth acct", [PIN], uid=LISTED_UID).expect("SYSTEM_ERR", "SYSTEM_ERR")
        equal(server.kind(USER, "voicemail")["failures"], 0)


def test_unlisted_uid_is_refused():
    """Design §4: uid not permitted is PAM_SYSTEM_ERR, although its connection is closed at accept."""
    with fresh_server(services=[entry(f"#{LISTED_UID}", ["password"])]) as server:
        with_user(server)
        for _ in range(10):  # the answer and the closing race with what the client sends
            run = server.pam("portal", USER, "auth acct", [PASSWORD], uid=UNLISTED_UID)
            run.expect("SYSTEM_ERR", "SYSTEM_ERR")
            equal(run.env, {})
        equal(server.login("portal", USER, PASSWORD), "SUCCESS", "root, meanwhile")


def test_unlisted_uid_changes_nothing():
    with fresh_server(services=[entry(f"#{LISTED_UID}", ["password"])]) as server:
        with_user(server)
        for _ in range(5):
            run = server.pam("portal", USER, "chauthtok", [PASSWORD, "a brand new secret", "a brand new secret"],
                             uid=UNLISTED_UID)
            run.expect("PERM_DENIED")
        equal(server.login("portal", USER, PASSWORD), "SUCCESS")


def test_nobody_is_refused_whatever_the_configuration_says():
    with fresh_server(services=[entry(f"#{LISTED_UID}", ["password"])]) as server:
        with_user(server)
        server.pam("portal", USER, "auth", [PASSWORD], uid=NOBODY_UID).expect("SYSTEM_ERR")
        for name in (f"#{NOBODY_UID}", "nobody"):
            server.write_config(services=[entry(name, ["password"])])
            result = server.daemon("--check")
            equal(result.status, 7, str(result))
            contains(result.err, "65534")


def test_unlisted_uid_is_logged_once_a_minute_with_what_to_add():
    with fresh_server() as server:
        with_user(server)
        for _ in range(20):
            with effective_uid(UNLISTED_UID):
                wire.exchange(server.path("run/auth.sock"), wire.auth_request("password", USER, PASSWORD))
        lines = [line for line in server.log().splitlines() if f"uid {UNLISTED_UID}" in line]
        equal(len(lines), 1, f"lines about it: {lines}")
        contains(lines[0], f'user = "#{UNLISTED_UID}"')


def test_remote_address_counts_only_from_a_trusted_entry():
    entries = [entry(f"#{LISTED_UID}", ["password"], trust_rhost=True), entry(f"#{UNLISTED_UID}", ["password"])]
    with fresh_server(services=entries) as server:
        with_user(server)
        for uid, rhost, wanted in ((LISTED_UID, "192.0.2.7", "192.0.2.7"),
                                   (LISTED_UID, "::ffff:192.0.2.7", "192.0.2.7"), (LISTED_UID, "host.example", "-"),
                                   (UNLISTED_UID, "192.0.2.7", "-")):
            server.pam("portal", USER, "auth", [PASSWORD], uid=uid, options=["--rhost", rhost]).expect("SUCCESS")
            last = [line for line in server.log().splitlines() if "login account" in line][-1]
            contains(last, f"source={wanted} ", f"uid {uid}, rhost {rhost}")


def test_admin_socket_is_closed_to_others():
    with fresh_server(services=[entry(f"#{LISTED_UID}", ["password", "voicemail"], change=True)]) as server:
        with_user(server)
        for uid in (LISTED_UID, UNLISTED_UID, NOBODY_UID):
            server.ctl("status", uid=uid, status=4)
        os.chmod(server.path("run/admin.sock"), 0o777)  # even if its file let them in
        request = wire.packet(wire.STATUS_QUERY, b"")
        for uid in (LISTED_UID, UNLISTED_UID, NOBODY_UID):
            with effective_uid(uid):
                equal(wire.admin_call(server.path("run/admin.sock"), request), [], f"uid {uid}")
        expect(wire.is_done_ok(wire.admin_call(server.path("run/admin.sock"), request)), "root is served")


def test_members_of_group_pbxadmin_are_administrators():
    """The group is one of ours: a file in the place of /etc/group."""
    need_namespace()
    group = 4242
    with fresh_server(start=False) as server:
        server.init()
        groups = server.write("group", f"root:x:0:\npbxadmin:x:{group}:\n")
        server.start(mounts=[f'mount --bind "{groups}" /etc/group'])
        equal(os.stat(server.path("run/admin.sock")).st_gid, group)
        equal(oct(os.stat(server.path("run/admin.sock")).st_mode & 0o777), "0o660")
        server.ctl("domain", "add", "acme.example", uid=UNLISTED_UID, groups=[group])
        server.ctl("domain", "list", uid=group)
        server.ctl("domain", "list", uid=UNLISTED_UID, status=4)
        equal(server.ctl_json("domain", "list")[0]["domain"], "acme.example")


def test_module_refuses_a_run_dir_that_others_may_write():
    with fresh_server() as server:
        with_user(server)
        for mode in (0o777, 0o775):
            os.chmod(server.run_dir, mode)
            equal(server.login("portal", USER, PASSWORD), "AUTHINFO_UNAVAIL", f"mode {mode:o}")
            server.ctl("status", status=3)
        os.chmod(server.run_dir, 0o755)
        equal(server.login("portal", USER, PASSWORD), "SUCCESS")


def test_module_refuses_an_answer_from_a_stranger():
    """A process of another uid listens in a directory that belongs to root."""
    with fresh_server() as server:
        with_user(server)
        server.stop()
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        path = server.path("run/auth.sock")
        listener.bind(path)
        os.chmod(path, 0o666)
        child = os.fork()
        if child == 0:
            try:
                os.setgid(UNLISTED_UID)
                os.setuid(UNLISTED_UID)
                listener.listen(8)
                signal.alarm(60)
                while True:
                    accepted, _ = listener.accept()
                    accepted.recv(65536)
            finally:
                os._exit(0)
        try:
            def is_up():
                with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as probe:
                    return probe.connect_ex(path) == 0
            wait_until(is_up, "the stranger listens")
            equal(server.login("hasty", USER, PASSWORD), "AUTHINFO_UNAVAIL")
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            listener.close()


def test_module_refuses_nonsense_answers():
    """What answers as root may still talk nonsense: another nonce, another kind, no account, garbage."""
    with fresh_server() as server:
        with_user(server)
        server.stop()
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        listener.bind(server.path("run/auth.sock"))
        listener.listen(8)
        replies = []

        def serve():
            for reply in replies:
                accepted, _ = listener.accept()
                with accepted:
                    nonce = wire.unpack(accepted.recv(65536))[1][1]
                    accepted.send(reply(nonce))

        def grant(nonce, kind=0, account="101@acme.example", version=1, verdict=1):
            body = wire.fields((1, nonce), (2, wire.u8(kind)), (3, wire.u8(verdict)), (4, account.encode()))
            return wire.packet(wire.AUTH_REPLY, body, version=version)

        cases = [("the right answer", grant, "SUCCESS"),
                 ("another nonce", lambda n: grant(bytes(16)), "AUTHINFO_UNAVAIL"),
                 ("another kind", lambda n: grant(n, kind=1), "AUTHINFO_UNAVAIL"),
                 ("no account", lambda n: grant(n, account=""), "AUTHINFO_UNAVAIL"),
                 ("another version", lambda n: grant(n, version=2), "AUTHINFO_UNAVAIL"),
                 ("a verdict that does not exist", lambda n: grant(n, verdict=200), "AUTHINFO_UNAVAIL"),
                 ("garbage", lambda n: b"garbage", "AUTHINFO_UNAVAIL"),
                 ("a grant without its nonce field", lambda n: wire.packet(wire.AUTH_REPLY, wire.fields((3, b"\1"))),
                  "AUTHINFO_UNAVAIL")]
        replies.extend(reply for _, reply, _ in cases)
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            for what, _, wanted in cases:
                equal(server.login("portal", USER, PASSWORD), wanted, what)
        finally:
            listener.close()


def test_daemon_that_hangs_is_given_up_in_time():
    with fresh_server() as server:
        with_user(server)
        server.process.send_signal(signal.SIGSTOP)
        try:
            begin = time.monotonic()
            equal(server.login("hasty", USER, PASSWORD), "AUTHINFO_UNAVAIL")
            took = time.monotonic() - begin
            expect(0.9 <= took < 5, f"one second, not {took:.2f}")
        finally:
            server.process.send_signal(signal.SIGCONT)
        wait_until(lambda: server.login("portal", USER, PASSWORD) == "SUCCESS", "it goes on")


def test_password_typed_as_a_name_is_not_logged():
    with fresh_server() as server:
        with_user(server)
        equal(server.login("portal", "my-Secret-Typed-Here", "whatever it is"), "USER_UNKNOWN")
        lacks(server.log().lower(), "typed-here")
        contains(server.log(), "account=unknown:")
        expect(re.search(r"unknown:[0-9a-f]{32} ", server.log()), "a keyed hash stands for it")


if __name__ == "__main__":
    main()
