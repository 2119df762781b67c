# SPDX-License-Identifier: BSD-2-Clause
"""Promise 11: backups are whole, private and verified, and a restore lets nobody in again who was shut out since; a machine
is rebuilt from a backup and a key file as pbxcredd(8) shows; keys change under the running daemon."""
import glob
import hashlib
import os
import re
import subprocess
import threading

import wire
from checks import Skipped, contains, equal, expect, lacks, wait_until
from harness import CTL, DAEMON, LISTED_UID, SOURCE, child_environment, fresh_server
from tap import main

OLD, NEW, PIN, NEW_PIN = "correct horse battery", "staple on a new page", "482915", "730264"
PASSPHRASE = "over the hills and far away"


def verdict(server, user, secret, kind="password"):
    return wire.login(server.path("run/auth.sock"), kind, user, secret)


def content(path):
    with open(path, "rb") as file:
        return file.read()


def files(server):
    """Names of the state directory's files to their content, without lock files."""
    paths = [path for path in glob.glob(server.path("state/*")) if not path.endswith("lock")]
    return {os.path.basename(path): hashlib.sha256(content(path)).hexdigest() for path in paths}


def users(server, *numbers):
    server.ctl("domain", "add", "acme.example")
    for number in numbers:
        server.add_user(f"{number}@acme.example", password=OLD, voicemail=PIN)


def backed_up(server, name="backup"):
    path = server.path(name)
    contains(server.ctl("store", "backup", path).out, "records backed up")
    return path


def grant_of(server, user, secret):
    """A sign-in with a secret that must be changed brings one."""
    reply = wire.ask(server.path("run/auth.sock"), wire.auth_request("password", user, secret))
    expect(reply.verdict == "granted" and reply.grant, f"{user} is given a grant")
    return reply.grant


def redeem(server, user, grant):
    request = wire.change_request("password", user, wire.COMMIT, wire.PROOF_GRANT, grant=grant,
                                  secrets=[("password", NEW)])
    return wire.ask(server.path("run/auth.sock"), request).verdict


def restored(server, backup):
    equal(server.stop(), 0)
    result = server.daemon("--restore", backup)
    equal(result.status, 0, str(result))
    server.start()
    return result.out


# ---- the drill

def test_restore_drill():
    with fresh_server() as server:
        users(server, 1000, 1001, 1002, 1003, 1004, 1005)
        server.set_secret("1005@acme.example", "password", OLD, "--must-change")
        grant_before = grant_of(server, "1005@acme.example", OLD)
        for i in range(3):
            equal(verdict(server, "1000@acme.example", f"wrong {i}"), "refused")
        backup = backed_up(server)

        # Since then: a password changes, a PIN goes, one is disabled, one locked, one removed, one new, a grant given.
        server.set_secret("1001@acme.example", "password", NEW)
        server.ctl("secret", "clear", "1001@acme.example", "voicemail")
        server.set_secret("1001@acme.example", "login", NEW_PIN)
        server.ctl("user", "disable", "1002@acme.example")
        for i in range(5):
            equal(verdict(server, "1003@acme.example", f"wrong {i}"), "refused")
        server.ctl("user", "remove", "1004@acme.example")
        server.add_user("1006@acme.example", password=OLD)
        grant_since = grant_of(server, "1005@acme.example", OLD)
        equal(verdict(server, "1000@acme.example", OLD), "granted")  # forgives its failures
        told = restored(server, backup)

        for line in ("1001@acme.example: password: was changed since; the restored one must be changed",
                     "1001@acme.example: voicemail: was changed since; the restored one must be changed",
                     "1001@acme.example: login: was set since and is lost",
                     "1002@acme.example: is disabled, as before the restore",
                     "1004@acme.example: was removed since; it is back, disabled",
                     "1 lock or count of wrong secrets kept", "1 account disabled again", "2 secrets changed since must be changed",
                     "1 account removed since is back, disabled", "1 secret set since is lost",
                     "1 account made since is in the replaced store only", "all grants are void"):
            contains(told, line)
        for user, secret, wanted in (("1000", OLD, "granted"), ("1000", "wrong", "refused"),
                                     ("1001", NEW, "refused"), ("1001", OLD, "granted"), ("1002", OLD, "refused"),
                                     ("1003", OLD, "refused"), ("1004", OLD, "refused"), ("1006", OLD, "unknown"),
                                     ("1005", OLD, "granted")):
            equal(verdict(server, user + "@acme.example", secret), wanted, f"{user} with {secret!r}")
        equal(server.kind("1000@acme.example", "password")["failures"], 1, "the backup's three, then forgiven, then one")
        equal(verdict(server, "1001@acme.example", PIN, "voicemail"), "granted")
        equal(verdict(server, "1001@acme.example", NEW_PIN, "login"), "refused")
        for user in ("1002", "1004"):
            expect(not server.ctl_json("user", "show", user + "@acme.example")["enabled"], f"{user} is disabled")
        for kind in ("password", "voicemail"):
            expect(server.kind("1001@acme.example", kind)["must_change"], f"1001 must change its {kind}")
            expect(not server.kind("1000@acme.example", kind)["must_change"], f"1000 need not change its {kind}")
        expect(server.kind("1003@acme.example", "password")["locked_until"], "1003 is still locked")
        for grant in (grant_before, grant_since):
            expect(redeem(server, "1005@acme.example", grant) != "granted", "a grant of before is void")
        equal(redeem(server, "1005@acme.example", grant_of(server, "1005@acme.example", OLD)), "granted")
        server.ctl("store", "check")
        (kept,) = glob.glob(server.path("state/store.mdb.replaced-*"))
        contains(told, f"the replaced store is {kept}")
        for path in (kept, server.path("state/store.mdb"), backup):
            equal(oct(os.stat(path).st_mode & 0o7777), "0o600", path)


def test_restore_keeps_working_after_many():
    """Restored, changed, backed up, restored again."""
    with fresh_server() as server:
        users(server, 1000)
        for round_ in range(3):
            backup = backed_up(server, f"backup {round_}")
            server.set_secret("1000@acme.example", "password", f"secret of round {round_:05}")
            restored(server, backup)
            expect(server.kind("1000@acme.example", "password")["must_change"], f"round {round_}")
            server.set_secret("1000@acme.example", "password", OLD)
        equal(verdict(server, "1000@acme.example", OLD), "granted")
        server.ctl("store", "check")
        equal(len(glob.glob(server.path("state/store.mdb.replaced-*"))), 3)


# ---- refused before anything is touched

def expect_refused(server, words, status, *mode):
    before = files(server)
    result = server.daemon(*mode)
    equal(result.status, status, str(result))
    contains(result.err, words)
    equal(files(server), before, "nothing was touched")


def test_restore_is_refused_before_anything_is_touched():
    with fresh_server() as server, fresh_server() as other:
        users(server, 1000)
        users(other, 1000)
        backup = backed_up(server)
        foreign = backed_up(other)
        expect_refused(server, "another process has the store", 6, "--restore", backup)
        expect_refused(server, "another process has the store", 6, "--store-check")
        equal(server.stop(), 0)
        expect_refused(server, "it needs its own key ring", 8, "--restore", foreign)
        whole = content(backup)
        broken = server.path("broken")
        for image in (whole[:-1], whole[:len(whole) // 2], b"", whole[:300] + bytes([whole[300] ^ 1]) + whole[301:],
                      whole + b"x"):
            with open(broken, "wb") as file:
                file.write(image)
            expect_refused(server, broken, 8, "--restore", broken)
        expect_refused(server, "No such file", 8, "--restore", server.path("nowhere"))
        expect_refused(server, "not a regular file", 7, "--restore", server.dir)
        equal(server.daemon("--restore").status, 2)
        equal(server.daemon("--restore", backup, "--store-check").status, 2)
        os.rename(server.path("keys/ring"), server.path("keys/away"))
        expect_refused(server, "key ring", 8, "--restore", backup)
        os.rename(server.path("keys/away"), server.path("keys/ring"))
        server.start()
        equal(verdict(server, "1000@acme.example", OLD), "granted")


def test_two_rings_a_missing_key_and_another_machines_store():
    with fresh_server() as server, fresh_server() as other:
        users(server, 1000)
        backup = backed_up(server)
        early = server.path("early-ring")
        subprocess.run(["cp", "-p", server.path("keys/ring"), early], check=True)
        server.ctl("key", "rotate")
        wait_until(lambda: "all records are under key 2" in server.log(), "the records are resealed")
        server.ctl("key", "retire", "1")
        server.stop()
        other.stop()
        expect_refused(server, "needs key 1, which the key ring does not hold", 8, "--restore", backup)
        # The ring of before, of another machine, and of after with another machine's store.
        subprocess.run(["cp", "-p", server.path("keys/ring"), server.path("ring-2")], check=True)
        for ring, words in ((early, "does not hold"), (other.path("keys/ring"), "does not open with this key ring")):
            subprocess.run(["cp", "-p", ring, server.path("keys/ring")], check=True)
            for mode in ([], ["--store-check"]):
                expect_refused(server, words, 8, *mode)
        subprocess.run(["cp", "-p", server.path("ring-2"), server.path("keys/ring")], check=True)
        checked = server.daemon("--store-check")
        equal(checked.status, 0, str(checked))
        subprocess.run(["cp", "-p", other.path("state/store.mdb"), server.path("state/store.mdb")], check=True)
        expect_refused(server, "the key ring", 8, "--store-check")


def test_store_check_tells_of_rot():
    with fresh_server() as server:
        users(server, *range(1000, 1040))
        server.stop()
        path = server.path("state/store.mdb")
        whole = content(path)
        flipped = whole[:8192] + whole[8192:].replace(b"1007", b"1003")  # in records and keys, also of free pages
        for what, image in (("cut", whole[:len(whole) // 2]), ("no page", whole[:4096]), ("empty", b""),
                            ("flipped", flipped)):
            with open(path, "wb") as file:
                file.write(image)
            result = server.daemon("--store-check")
            equal(result.status, 8, f"{what}: {result}")
            expect(result.err.startswith("pbxcredd: "), f"{what}: {result}")
        with open(path, "wb") as file:
            file.write(whole)
        contains(server.daemon("--store-check").out, "none is faulty")


# ---- making one

def test_store_backup_leaves_whole_files_only():
    with fresh_server() as server:
        users(server, 1000)
        backup = backed_up(server)
        first = content(backup)
        run = server.ctl("store", "backup", backup, status=6)
        contains(run.err, "--force replaces it")
        equal(content(backup), first)
        server.set_secret("1000@acme.example", "password", NEW)
        server.ctl("store", "backup", "--force", backup)
        expect(content(backup) != first, "it is a new one")
        server.ctl("store", "backup", server.path("nowhere/backup"), status=5)
        server.ctl("store", "backup", "--force", server.path("state"), status=7)
        os.symlink(backup, server.path("link"))
        server.ctl("store", "backup", server.path("link"), status=6)
        server.ctl("store", "backup", "--force", server.path("link"), status=7)
        # What a command that was killed has left does not stay in the way, nor grow into a backup.
        server.write("again.new", "pbxcred-backup-1, half of one")
        backed_up(server, "again")
        expect(not glob.glob(server.path("*.new")), "nothing is left over")
        server.write("third.new", "somebody's own")
        contains(server.ctl("store", "backup", server.path("third"), status=6).err, "is in the way")
        os.remove(server.path("third.new"))
        document = server.ctl_json("store", "backup", "--force", backup)
        expect(document["affected"] > 5, str(document))


def test_backups_on_a_full_disk_fail_and_leave_nothing():
    with fresh_server() as server:
        users(server, *range(1000, 1050))
        small = server.path("small")
        os.mkdir(small)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", small], check=False).returncode != 0:
            raise Skipped("no mounts here")
        try:
            run = server.ctl("store", "backup", small + "/backup", status=8)
            contains(run.err, "No space left on device")
            equal(os.listdir(small), [])
        finally:
            subprocess.run(["umount", small], check=True)
        equal(verdict(server, "1000@acme.example", OLD), "granted")


def test_backup_of_an_administrator_and_the_ring_for_root_alone():
    with fresh_server(start=False) as server:
        os.chown(server.dir, LISTED_UID, LISTED_UID)
        who = {"user": LISTED_UID, "group": LISTED_UID, "extra_groups": []}
        equal(server.daemon("--init", **who).status, 0)
        server.start(**who)
        users(server, 1000)
        server.ctl("store", "backup", server.path("mine"), uid=LISTED_UID)
        equal((os.stat(server.path("mine")).st_uid, os.stat(server.path("mine")).st_mode & 0o777), (LISTED_UID, 0o600))
        server.ctl("key", "backup", server.path("keys of root"), secret=PASSPHRASE)
        server.ctl("key", "backup", server.path("keys of its user"), secret=PASSPHRASE, uid=LISTED_UID)
        run = server.ctl("key", "backup", server.path("short"), secret="too short", status=7)
        contains(run.err, "at least 12 characters")
        expect(not os.path.exists(server.path("short")), "no file is left")
        lacks(content(server.path("keys of root")), content(server.path("keys/ring"))[24:56])


# ---- the manual's transcript

def blocks():
    """The literal examples of pbxcredd(8): lists of [command, lines of its output]."""
    with open(os.path.join(SOURCE, "man/pbxcredd.8"), encoding="utf-8") as page:
        text = page.read().split("\n.Sh EXAMPLES\n")[1].split("\n.Sh ")[0]
    found = []
    for block in re.findall(r"\.Bd -literal.*?\n(.*?)\n\.Ed", text, re.S):
        steps = []
        for line in block.replace("\\e\n", "").splitlines():
            if line.startswith("# "):
                steps.append([line[2:].split(), []])
            else:
                steps[-1][1].append(line)
        found.append(steps)
    return found


def blurred(lines):
    """Without what differs from machine to machine: numbers, times, spaces of tables."""
    lines = [re.sub(r"\d{4}-\d\d-\d\dT[\d:]+Z|\d{8}T\d+Z|\d{4}-\d\d-\d\d [\d:]+ UTC", "TIME", line) for line in lines]
    return [re.sub(r" +", " ", re.sub(r"\d+", "#", line)).rstrip() for line in lines]


class Transcript:
    """Runs what the manual shows, with the paths of a test's machine."""

    def __init__(self, server, stick):
        self.server = server
        self.paths = {"/etc/pbxcred/pbxcred.conf": server.path("pbxcred.conf"), "/media/stick": stick,
                      "/etc/pbxcred/keys/ring": server.path("keys/ring"), "/var/backups/pbxcred": stick,
                      "/var/lib/pbxcred": server.path("state")}

    def translated(self, text):
        for path, ours in self.paths.items():
            text = text.replace(path, ours)
        return text

    def run(self, steps):
        for words, output in steps:
            self.step([self.translated(word) for word in words], [self.translated(line) for line in output])

    def step(self, words, output):
        program, rest = words[0], words[1:]
        if program == "systemctl":
            self.server.start() if rest[0] == "start" else equal(self.server.stop(), 0)
            return
        prompts = [line for line in output if line.endswith(":")]
        command = [DAEMON, *rest] if program == "pbxcredd" else [CTL, "--run-dir", self.server.run_dir, *rest]
        done = subprocess.run(command, capture_output=True, input=(PASSPHRASE + "\n").encode() if prompts else b"",
                              timeout=120, env=child_environment())
        said = done.stdout.decode().splitlines()
        wanted = [line for line in output if line not in prompts]
        equal((done.returncode, blurred(said)), (0, blurred(wanted)), f"{' '.join(words)}\n{done.stderr.decode()}")
        for prompt in prompts:  # without a terminal they are not shown: they must be in the code
            self.expect_prompt(prompt.rstrip(":").removeprefix("Retype ").lower())

    @staticmethod
    def expect_prompt(text):
        for path in ("tools/pbxcredd/offline.cc", "tools/pbxcredctl/commands_key.cc"):
            with open(os.path.join(SOURCE, path), encoding="utf-8") as code:
                if f'"{text}"' in code.read().lower():
                    return
        expect(False, f"nothing asks for {text!r}")


def shown(word):
    """The block of the manual's examples with that word in a command."""
    (block,) = [steps for steps in blocks() if any(word in words for words, _ in steps)]
    return block


def test_a_machine_is_rebuilt_as_the_manual_shows():
    with fresh_server() as old, fresh_server(start=False) as new:
        users(old, 1000, 1001, 1002)
        old.set_secret("1000@acme.example", "password", NEW)
        stick = old.path("stick")
        os.mkdir(stick, 0o700)
        os.mkdir(stick + "/pbxcred", 0o700)
        Transcript(old, stick).run(first_backup())
        old.stop()
        Transcript(new, stick).run(shown("--restore-keys"))
        for user, secret, wanted in (("1000", NEW, "granted"), ("1000", OLD, "refused"), ("1001", OLD, "granted"),
                                     ("1002", OLD, "granted"), ("1002", "wrong", "refused")):
            equal(verdict(new, user + "@acme.example", secret), wanted, f"{user} with {secret!r}")
        equal(verdict(new, "1002@acme.example", PIN, "voicemail"), "granted")
        new.ctl("store", "check")
        for name in ("keys", "state"):
            equal(oct(os.stat(new.path(name)).st_mode & 0o7777), "0o700", name)
        for name in ("keys/ring", "state/store.mdb"):
            equal(oct(os.stat(new.path(name)).st_mode & 0o7777), "0o600", name)


def first_backup():
    (block,) = [steps for steps in blocks() if steps[-1][0][:3] == ["pbxcredctl", "key", "backup"]]
    return block


def test_the_same_machine_goes_back_as_the_manual_shows():
    with fresh_server() as server:
        users(server, 1000, 1001, 1002, 1003)
        transcript = Transcript(server, server.dir)
        transcript.paths["/var/backups/pbxcred/store"] = backed_up(server)
        transcript.paths = dict(sorted(transcript.paths.items(), key=lambda pair: -len(pair[0])))
        server.set_secret("1001@acme.example", "password", NEW)
        server.ctl("user", "disable", "1002@acme.example")
        equal(verdict(server, "1003@acme.example", "wrong"), "refused")
        (block,) = [steps for steps in blocks() if steps[0][0][:2] == ["systemctl", "stop"]]
        transcript.run(block)
        equal(verdict(server, "1002@acme.example", OLD), "refused")


def test_a_new_key_as_the_manual_shows():
    with fresh_server() as server:
        users(server, 1000)
        os.mkdir(server.path("pbxcred"))
        transcript = Transcript(server, server.path("pbxcred"))
        for words, output in shown("rotate"):
            if words[1:3] == ["key", "list"]:
                wait_until(lambda: "all records are under key 2" in server.log(), "the records are resealed")
            transcript.run([[words, output]])
        equal(verdict(server, "1000@acme.example", OLD), "granted")


def test_restore_keys_refuses_what_is_wrong():
    with fresh_server() as old, fresh_server(start=False) as new:
        backup = old.path("keys-backup")
        old.ctl("key", "backup", backup, secret=PASSPHRASE)
        for words, status, secret in (("wrong, or the file was changed", 1, "not the passphrase"),
                                      ("empty", 7, ""), ("exists", 6, PASSPHRASE)):
            server = old if status == 6 else new
            result = server.daemon("--restore-keys", backup, secret=secret + "\n")
            equal(result.status, status, str(result))
            contains(result.err, words)
        expect(not os.path.exists(new.path("keys")), "nothing was made")
        result = new.daemon("--restore-keys", old.path("pbxcred.conf"), secret=PASSPHRASE + "\n")
        equal(result.status, 8, str(result))
        contains(result.err, "no backup of a key ring")


# ---- keys under the running daemon

class Visitor(threading.Thread):
    """Signs in again and again, right and wrong, and changes its secret; remembers what went wrong."""

    def __init__(self, server, number):
        super().__init__(daemon=True)
        self.server, self.user = server, f"{number}@acme.example"
        self.secret, self.rounds, self.faults = OLD, 0, []
        self.ended = threading.Event()

    def run(self):
        while not self.ended.is_set():
            self.rounds += 1
            for secret, wanted in ((self.secret, "granted"), ("wrong", "refused"), (self.secret, "granted")):
                got = verdict(self.server, self.user, secret)
                if got != wanted:
                    self.faults.append(f"round {self.rounds}: {got} with {secret!r}")
            if self.rounds % 3 == 0:
                new = f"a new secret of round {self.rounds}"
                self.server.set_secret(self.user, "password", new)
                self.secret = new


def test_key_rotate_under_the_running_daemon():
    with fresh_server(memory_kib=64) as server:
        rows = "".join(f"acme.example,{i},{OLD}\n" for i in range(2000, 4000))
        server.ctl("import", "csv", server.write("users.csv", "domain,extension,password\n" + rows))
        visitors = [Visitor(server, number) for number in range(2000, 2004)]
        for visitor in visitors:
            visitor.start()
        for key in (2, 3):
            wait_until(lambda: all(v.rounds > 4 * (key - 1) for v in visitors), "they sign in")
            server.ctl("key", "rotate")
            wait_until(lambda: f"all records are under key {key}" in server.log(), "the records are resealed")
        for key in (1, 2):
            wait_until(lambda: server.ctl("key", "retire", str(key), status=None).status == 0, f"key {key} is retired")
        for visitor in visitors:
            visitor.ended.set()
        for visitor in visitors:
            visitor.join(60)
            expect(not visitor.faults, f"{visitor.user}: {visitor.faults}")
        equal([key["id"] for key in server.ctl_json("key", "list")], [3])
        server.ctl("store", "check")
        server.stop()
        server.start()
        for visitor in visitors:
            equal(verdict(server, visitor.user, visitor.secret), "granted", visitor.user)
        equal(verdict(server, "3999@acme.example", OLD), "granted")
        server.ctl("key", "retire", "3", status=6)
        server.ctl("key", "retire", "1", status=5)
        server.ctl("key", "retire", "none", status=2)


def test_key_rotate_on_a_full_disk_changes_nothing():
    with fresh_server() as server:
        users(server, 1000)
        server.stop()
        keys = server.path("keys")
        ring = content(keys + "/ring")
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k,mode=700", "tmpfs", keys], check=False).returncode != 0:
            raise Skipped("no mounts here")
        try:
            with open(os.open(keys + "/ring", os.O_CREAT | os.O_WRONLY, 0o600), "wb") as file:
                file.write(ring)  # the one page that there is
            server.start()
            run = server.ctl("key", "rotate", status=8)
            contains(run.err, "No space left on device")
            equal([key["id"] for key in server.ctl_json("key", "list")], [1])
            equal(os.listdir(keys), ["ring"])
            equal(verdict(server, "1000@acme.example", OLD), "granted")
            server.stop()
            server.start()
            equal(verdict(server, "1000@acme.example", OLD), "granted")
            server.stop()
        finally:
            if server.process is not None:
                server.kill()
            subprocess.run(["umount", keys], check=True)


if __name__ == "__main__":
    main()
