# SPDX-License-Identifier: BSD-2-Clause
"""Configuration, key ring, start, reload, and what a daemon that is started as root becomes."""
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys

import wire
from checks import contains, equal, expect, lacks, wait_until
from harness import DAEMON, LISTED_UID, child_environment, entry, fresh_server, is_sanitized
from tap import main

USER, PASSWORD = "101@acme.example", "correct horse battery"


def with_user(server):
    server.ctl("domain", "add", "acme.example")
    server.add_user(USER, password=PASSWORD)
    server.service("portal", "account=password")


def test_check_names_every_mistake_with_file_and_line():
    with fresh_server(start=False) as server:
        path = server.path("pbxcred.conf")
        cases = [('frobnicate = 1;', "frobnicate"),
                 ('workers = "four";', "workers"),
                 ('workers = 99999999999;', "32 bits"),
                 ('workers = 300;', "workers"),
                 ('default_domain = "not a domain";', "default_domain"),
                 ('lockout = { threshold = 0; };', "threshold"),
                 ('lockout = { steps = [ "5m", "1m" ]; };', "steps"),
                 ('lockout = { steps = [ "5 minutes" ]; };', "steps"),
                 ('kinds = { password = "no-such-policy"; };', "no-such-policy"),
                 ('policies = { x = { min_length = 9; max_length = 3; }; };', "length"),
                 ('services = ( { user = "no-such-user-here"; kinds = [ "password" ]; } );', "no-such-user-here"),
                 ('services = ( { user = "#12345"; kinds = [ "mailbox" ]; } );', "mailbox"),
                 ('services = ( { user = "#12345"; } );', "kinds"),
                 ('services = ( { user = "#1"; kinds = [ "login" ]; }, { user = "#1"; kinds = [ "login" ]; } );', "#1"),
                 ('credentials = "mysql";', "credentials"),
                 ('@include "missing.conf"', "missing.conf"),
                 ('workers = ;', "")]
        server.write_config()
        equal(server.daemon("--check").status, 0, "a good one")
        for text, word in cases:
            server.write_config(extra="# a comment\n\n" + text)
            with open(path, encoding="utf-8") as file:
                line = [number for number, l in enumerate(file, 1) if text in l][0]
            result = server.daemon("--check")
            equal(result.status, 7, f"{text}: {result}")
            contains(result.err, f"{path}:{line}", text)
            contains(result.err, word, text)
            refused = server.daemon()
            equal(refused.status, 7, f"a start with {text}: {refused}")


def test_check_names_mistakes_in_included_files():
    with fresh_server(start=False) as server:
        server.write("more.conf", "\n\nfrobnicate = 1;\n")
        server.write_config(extra='@include "more.conf"')
        result = server.daemon("--check")
        equal(result.status, 7)
        contains(result.err, "more.conf:3")


def test_init_makes_everything_for_the_daemon_alone():
    with fresh_server(start=False) as server:
        server.init()
        for name, mode in (("state", 0o700), ("state/store.mdb", 0o600), ("keys", 0o700), ("keys/ring", 0o600)):
            equal(oct(os.stat(server.path(name)).st_mode & 0o7777), oct(mode), name)


def test_init_over_a_store_or_a_ring_refuses():
    with fresh_server(start=False) as server:
        server.init()
        store, ring = server.path("state/store.mdb"), server.path("keys/ring")

        def contents():
            return [open(path, "rb").read() if os.path.exists(path) else None for path in (store, ring)]

        def expect_refusal(what):
            before = contents()
            result = server.daemon("--init")
            equal(result.status, 6, f"{what}: {result}")
            contains(result.err, "exists", what)
            equal(contents() == before, True, f"{what}: nothing was made or changed")
        expect_refusal("both there")
        shutil.move(ring, server.path("ring"))
        expect_refusal("only the store")
        shutil.move(server.path("ring"), ring)
        shutil.move(store, server.path("store"))
        expect_refusal("only the ring")


def test_init_that_cannot_succeed_makes_nothing():
    """The directory of the ring is there already and root's: the daemon's user could not read its ring."""
    with fresh_server(start=False, user='"daemon"') as server:
        os.mkdir(server.path("keys"), 0o700)
        result = server.daemon("--init")
        if result.status != 0:
            for name in ("keys/ring", "state/store.mdb"):
                expect(not os.path.exists(server.path(name)), f"{name} is left, and --init never replaces it: {result}")
        else:
            server.start()


def expect_no_start(server, word, what):
    result = server.daemon()
    expect(result.status not in (0, 2) and result.status > 0, f"{what}: {result}")
    contains(result.err.lower(), word, what)
    contains(result.err, "pbxcredd: ", what)
    lacks(result.err, "ready", what)
    expect(not os.path.exists(server.path("run/auth.sock")), f"{what}: a socket is left behind")


def test_key_ring_that_is_missing_short_linked_foreign_or_readable_stops_the_start():
    with fresh_server(start=False) as server:
        server.init()
        ring, kept = server.path("keys/ring"), server.path("ring")
        shutil.copy(ring, kept)

        def restore():
            if os.path.lexists(ring):
                os.unlink(ring)
            shutil.copy(kept, ring)
            os.chmod(ring, 0o600)
            os.chmod(server.path("keys"), 0o700)

        with open(kept, "rb") as file:
            content = file.read()

        def write(bytes_):
            with open(ring, "wb") as file:
                file.write(bytes_)

        def wrong_bit():
            write(content[:40] + bytes([content[40] ^ 1]) + content[41:])

        def hard_link():
            os.link(ring, server.path("keys/other"))

        def symbolic_link():
            os.unlink(ring)
            os.symlink(kept, ring)

        def directory():
            os.unlink(ring)
            os.mkdir(ring, 0o700)

        def fifo():
            os.unlink(ring)
            os.mkfifo(ring, 0o600)

        cases = [("missing", lambda: os.unlink(ring), "missing"), ("empty", lambda: write(b""), "short"),
                 ("short", lambda: write(content[:-1]), "key ring"), ("cut", lambda: write(content[:20]), "short"),
                 ("too long", lambda: write(content + bytes(100000)), "long"), ("a wrong bit", wrong_bit, "checksum"),
                 ("hard link", hard_link, "linked"), ("symbolic link", symbolic_link, "symbolic link"),
                 ("another's", lambda: os.chown(ring, LISTED_UID, 0), f"belongs to uid {LISTED_UID}"),
                 ("readable", lambda: os.chmod(ring, 0o640), "0600"),
                 ("readable by all", lambda: os.chmod(ring, 0o604), "0600"),
                 ("open directory", lambda: os.chmod(server.path("keys"), 0o755), "0700"),
                 ("a directory", directory, "not a regular file"), ("a fifo", fifo, "not a regular file")]
        for what, harm, word in cases:
            harm()
            expect_no_start(server, word, what)
            if os.path.exists(server.path("keys/other")):
                os.unlink(server.path("keys/other"))
            if os.path.isdir(ring):
                os.rmdir(ring)
            restore()
        server.start()
        server.ctl("status")


def test_ring_of_another_store_stops_the_start():
    with fresh_server(start=False) as server, fresh_server(start=False) as other:
        server.init()
        other.init()
        shutil.copy(other.path("keys/ring"), server.path("keys/ring"))
        os.chmod(server.path("keys/ring"), 0o600)
        expect_no_start(server, "key", "the ring of another store")


def test_damaged_or_missing_store_stops_the_start():
    with fresh_server() as server:
        with_user(server)
        server.stop()
        store, kept = server.path("state/store.mdb"), server.path("store")
        shutil.copy(store, kept)
        size = os.path.getsize(store)
        for what, length in (("empty", 0), ("half", size // 2), ("one page", 4096), ("a stump", 100)):
            shutil.copy(kept, store)
            os.truncate(store, length)
            expect_no_start(server, "store", what)
        os.unlink(store)
        expect_no_start(server, "missing", "no store")
        shutil.copy(kept, store)
        os.chmod(store, 0o600)
        server.start()
        equal(server.login("portal", USER, PASSWORD), "SUCCESS", "the copy")


def test_records_that_were_edited_fail_instead_of_passing():
    """One bit of a stored record is flipped: nobody gets in by it, and store check finds it."""
    with fresh_server() as server:
        with_user(server)
        server.stop()
        store = server.path("state/store.mdb")
        with open(store, "rb") as file:
            good = file.read()
        noticed = 0
        places = [m.start() for m in re.finditer(rb"acme\.example", good)][:6]
        for place in places:
            with open(store, "wb") as file:
                file.write(good[:place] + bytes([good[place] ^ 1]) + good[place + 1:])
            server.start(wait=False)
            wait_until(lambda: server.process.poll() is not None or server.answers("admin.sock"), "it starts or ends")
            if server.process.poll() is not None:
                server.process = None
                noticed += 1
                continue
            if server.ctl("store", "check", status=None).status != 0:
                noticed += 1
            server.stop()
        print(f"# {noticed} of {len(places)} edited copies were noticed")  # free pages hold old copies
        expect(noticed > 0, "an edited record passes")


def test_second_daemon_on_the_same_store_is_turned_away():
    with fresh_server() as server:
        with_user(server)
        run_dir = server.run_dir
        server.write("other.conf", open(server.path("pbxcred.conf")).read().replace(run_dir, server.path("run2")))
        command = [DAEMON, "--config", server.path("other.conf")]
        done = subprocess.run(command, capture_output=True, timeout=60, env=child_environment())
        equal(done.returncode, 6, done.stderr.decode())
        contains(done.stderr.decode(), "another process has the store")
        equal(server.login("portal", USER, PASSWORD), "SUCCESS", "the first one goes on")


def test_second_daemon_on_the_same_run_dir_is_turned_away():
    with fresh_server() as server, fresh_server(start=False) as other:
        with_user(server)
        other.init()
        other.run_dir = server.run_dir
        other.write_config()
        result = other.daemon()
        equal(result.status, 6, str(result))
        contains(result.err, "another daemon answers")
        equal(server.login("portal", USER, PASSWORD), "SUCCESS", "the first one still has its socket")


def test_run_dir_that_others_may_write_is_refused():
    with fresh_server(start=False) as server:
        server.init()
        os.mkdir(server.run_dir)
        os.chmod(server.run_dir, 0o777)
        expect_no_start(server, "others may write", "0777")
        os.chmod(server.run_dir, 0o755)
        os.chown(server.run_dir, LISTED_UID, 0)
        expect_no_start(server, "belongs to", "another's directory")


def wait_for_log(server, text, since):
    wait_until(lambda: text in server.log()[since:], f"{text!r} in the log")


def test_sighup_with_a_bad_file_changes_nothing_and_is_reported():
    with fresh_server(services=[entry(f"#{LISTED_UID}", ["password"])]) as server:
        with_user(server)
        equal(server.login("portal", USER, PASSWORD, uid=LISTED_UID), "SUCCESS")
        for extra, word in (("frobnicate = 1;", "frobnicate"), ("workers = ;", "pbxcred.conf:"),
                            ('@include "/"', "pbxcred.conf:"), ("workers = 7;", "workers")):
            since = len(server.log())
            server.write_config(services=[], extra=extra)
            server.process.send_signal(signal.SIGHUP)
            wait_for_log(server, word, since)
            result = server.ctl("reload", status=None)
            expect(result.status in (6, 7), f"{extra}: {result}")
            equal(server.login("portal", USER, PASSWORD, uid=LISTED_UID), "SUCCESS", f"after {extra}")
        os.unlink(server.path("pbxcred.conf"))
        equal(server.ctl("reload", status=None).status, 7, "no file at all")
        equal(server.login("portal", USER, PASSWORD, uid=LISTED_UID), "SUCCESS")


def test_sighup_takes_new_services_policies_and_costs_over():
    with fresh_server() as server:
        with_user(server)
        expect(server.login("portal", USER, PASSWORD, uid=LISTED_UID) != "SUCCESS", "not listed yet")
        since = len(server.log())
        server.write_config(services=[entry(f"#{LISTED_UID}", ["password"])], memory_kib=2048,
                            extra="policies = { standard = { min_length = 4; }; };")
        server.process.send_signal(signal.SIGHUP)
        wait_for_log(server, "configuration reloaded", since)
        equal(server.login("portal", USER, PASSWORD, uid=LISTED_UID), "SUCCESS", "an old hash, at the new cost")
        equal(server.login("portal", USER, PASSWORD, uid=LISTED_UID), "SUCCESS", "again")
        server.set_secret(USER, "password", "four")
        server.write_config(services=[])
        server.ctl("reload")
        expect(server.login("portal", USER, "four", uid=LISTED_UID) != "SUCCESS", "taken off the list")
        equal(server.login("portal", USER, "four"), "SUCCESS")


def test_started_as_root_it_becomes_its_user():
    who = pwd.getpwnam("daemon")
    with fresh_server(start=False, user='"daemon"') as server:
        server.init()
        for name in ("state", "state/store.mdb", "keys/ring"):
            equal(os.stat(server.path(name)).st_uid, who.pw_uid, f"owner of {name}")
        server.start()
        status = dict(line.split(":\t", 1) for line in open(f"/proc/{server.process.pid}/status") if ":\t" in line)
        equal(status["Uid"].split(), [str(who.pw_uid)] * 4, "real, effective, saved and file system uid")
        equal(status["Gid"].split(), [str(who.pw_gid)] * 4)
        equal(int(status["CapPrm"], 16) | int(status["CapEff"], 16), 0, "capabilities")
        expect("0" not in status["Groups"].split(), f"groups {status['Groups']}")
        for thread in os.listdir(f"/proc/{server.process.pid}/task"):
            text = open(f"/proc/{server.process.pid}/task/{thread}/status").read()
            contains(text, f"Uid:\t{who.pw_uid}\t{who.pw_uid}\t{who.pw_uid}", f"thread {thread}")
        with_user(server)
        server.pam("portal", USER, "auth acct", [PASSWORD]).expect("SUCCESS", "SUCCESS")
        server.ctl("status", uid=who.pw_uid)
        equal(server.stop(), 0)
        server.start()
        equal(server.login("portal", USER, PASSWORD), "SUCCESS", "after a restart")


def test_ring_of_another_user_than_the_daemons_stops_the_start():
    with fresh_server(start=False) as server:
        server.init()
        server.write_config(user='"daemon"')
        expect_no_start(server, "permission denied", "root's directory and ring, daemon's daemon")
        server.write_config(user='"no-such-user-here"')
        expect_no_start(server, "no-such-user-here", "no such user")


def test_daemon_run_by_an_ordinary_user():
    """Without root: everything is its own, and its module's callers trust the owner of run_dir."""
    with fresh_server(start=False, services=[entry("#0", ["password"], change=True)]) as server:
        os.chown(server.dir, LISTED_UID, LISTED_UID)
        who = {"user": LISTED_UID, "group": LISTED_UID, "extra_groups": []}
        result = server.daemon("--init", **who)
        equal(result.status, 0, str(result))
        server.start(**who)
        with_user(server)
        equal(server.login("portal", USER, PASSWORD), "SUCCESS")


def test_process_is_hardened():
    who = pwd.getpwnam("daemon")
    with fresh_server(start=False, user='"daemon"') as server:
        server.init()
        server.start()
        server.ctl("status")  # it listens before it has read its keys
        pid = server.process.pid
        expect(re.search(r"Max core file size\s+0\s+0", open(f"/proc/{pid}/limits").read()), "no core files")
        locked = int(re.search(r"VmLck:\s+(\d+)", open(f"/proc/{pid}/status").read())[1])
        expect(locked > 0 or is_sanitized(), "locked pages")  # AddressSanitizer turns mlock() off
        equal(os.stat(f"/proc/{pid}/environ").st_uid, 0, "owner of /proc/PID: not dumpable")
        for name in ("mem", "maps", "environ"):
            done = subprocess.run(["cat", f"/proc/{pid}/{name}"], capture_output=True, user=who.pw_uid,
                                  group=who.pw_gid, extra_groups=[])
            equal((done.returncode != 0, done.stdout), (True, b""), f"{name}, read by its own user")


def test_descriptors_are_closed_on_exec():
    with fresh_server() as server:
        with_user(server)
        for fd in os.listdir(f"/proc/{server.process.pid}/fd"):
            if int(fd) <= 2:
                continue
            flags = int(re.search(r"flags:\s+(\d+)", open(f"/proc/{server.process.pid}/fdinfo/{fd}").read())[1], 8)
            target = os.readlink(f"/proc/{server.process.pid}/fd/{fd}")
            expect(flags & os.O_CLOEXEC, f"descriptor {fd}, {target}, is close-on-exec")


ACTIVATOR = r"""
import os, socket, sys
run_dir, config, daemon = sys.argv[1:4]
names = sys.argv[4].split(":")
os.makedirs(run_dir, exist_ok=True)
sockets = []
for i, name in enumerate(names):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    path = os.path.join(run_dir, name.split("/")[-1] + ".sock")
    s.bind(path)
    os.chmod(path, 0o666 if name == "auth" else 0o600)
    s.listen(64)
    sockets.append(os.dup(s.fileno()))
high = [os.dup2(fd, 100 + i) for i, fd in enumerate(sockets)]
for i, fd in enumerate(high):
    os.dup2(fd, 3 + i, inheritable=True)
os.closerange(3 + len(high), 200)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(high)), LISTEN_FDNAMES=sys.argv[4])
os.execv(daemon, [daemon, "--config", config])
"""


def activate(server, names):
    command = [sys.executable, "-c", ACTIVATOR, server.run_dir, server.path("pbxcred.conf"), DAEMON, names]
    with open(server.path("log"), "ab") as log:
        server.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                          env=child_environment(server.env))


def test_socket_activation():
    with fresh_server(start=False, user='"daemon"') as server:
        server.init()
        activate(server, "admin:auth")
        wait_until(lambda: "ready" in server.log() or server.process.poll() is not None, "it is ready")
        with_user(server)
        server.pam("portal", USER, "auth", [PASSWORD]).expect("SUCCESS")
        server.stop()
        expect(os.path.exists(server.path("run/auth.sock")), "systemd's sockets stay")


def test_socket_activation_with_a_wrong_set_stops():
    with fresh_server(start=False) as server:
        server.init()
        activate(server, "auth:other")
        wait_until(lambda: server.process.poll() is not None, "it ends")
        equal(server.process.returncode, 7, server.log())
        contains(server.log(), "auth and admin")
        server.process = None


def test_ready_is_told_to_systemd():
    with fresh_server(start=False) as server:
        path = server.path("notify")
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notify.bind(path)
        notify.settimeout(60)
        server.init()
        server.env = {"NOTIFY_SOCKET": path}
        server.start()
        contains(notify.recv(4096).decode(), "READY=1")
        server.ctl("reload")
        contains(notify.recv(4096).decode(), "RELOADING=1")
        contains(notify.recv(4096).decode(), "READY=1")
        server.stop()
        contains(notify.recv(4096).decode(), "STOPPING=1")
        notify.close()


def test_stop_finishes_what_was_begun():
    with fresh_server(memory_kib=65536, passes=2) as server:
        with_user(server)
        with wire.connect(server.path("run/auth.sock")) as sock:
            sock.send(wire.auth_request("password", USER, PASSWORD))
            wait_until(lambda: server.ctl_json("status")["queued"] > 0 or is_answered(sock), "it is being evaluated")
            equal(server.stop(), 0)
            equal(wire.Reply(wire.receive(sock)).verdict, "granted")


def is_answered(sock):
    try:
        return bool(sock.recv(10, socket.MSG_PEEK | socket.MSG_DONTWAIT))
    except BlockingIOError:
        return False


def test_usage_errors_have_status_2():
    with fresh_server(start=False) as server:
        for words in (["--init", "--check"], ["operand"], ["--frobnicate"]):
            equal(server.daemon(*words).status, 2, str(words))
        done = subprocess.run([DAEMON], capture_output=True, env=child_environment())
        equal(done.returncode, 2)
        os.unlink(server.path("pbxcred.conf"))
        result = server.daemon("--check")
        equal(result.status, 7, str(result))
        contains(result.err, "pbxcred.conf")


if __name__ == "__main__":
    main()
