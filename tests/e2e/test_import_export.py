# SPDX-License-Identifier: BSD-2-Clause
"""Moving users in and out: files as people have them, hashes of other systems, and the same file again."""
import os
import stat
import subprocess
import time

from checks import Skipped, equal, expect
from harness import SAMPLE, fresh_server
from tap import main

HEADER = ("domain,extension,username,first,last,email,number,alternate_id,location,language,trusted_extension,password,"
          "voicemail,login,phone\n")
# "pa55word" by libargon2, bcrypt, openssl (sha), libxcrypt (yescrypt); see tests/crypto/test_foreign_hash.cc
HASHES = (
    "$argon2id$v=19$m=64,t=3,p=1$MDEyMzQ1Njc4OWFiY2RlZg$FZzFotq3Zv4aZ8NJQQ4TfDoDMPhwOqng",
    "$2a$05$abcdefghijklmnopqrstuur.ZxEKly2fYX6K.hrvYXsoEaKgtr95a",
    "$2b$04$abcdefghijklmnopqrstuupn6eahIV9Ml9lnlQtVt1Wes7/c.Zj26",
    "$2y$04$abcdefghijklmnopqrstuupn6eahIV9Ml9lnlQtVt1Wes7/c.Zj26",
    "$5$saltstring$KbmL6Y1JEz4ypptJ/TP/aBCcH8NmJu0EhX5wPodzZL5",
    "$6$saltsalt$ilxf8dPgIGN4/3uZRFAeBdVeEXZQSvTSQ4RMM.0e90Vm8b33rTr5admmuaufdZ/JknQDVJXno7Tkp7EFzTcCF/",
    "$y$j75$k2XAnEHBqQ1Ct2aMXFKNa/$FyXPotYYW2PKZYcoz2ouo7uXQoN/5Nljz3ViVBU8ha4",
)


def write(server, name, text):
    path = server.path(name)
    with open(path, "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())
    return path


def read(path):
    with open(path, "rb") as file:
        return file.read()


def works(server, user, kind, secret):
    return server.ctl("auth", user, kind, secret=secret, status=None).status == 0


def test_files_are_taken_exactly_or_refused_with_their_line():
    long = "x" * (10 << 20)
    cases = [  # file, exit status, what is said on standard error
        ("domain;extension;first\nd.example;0007;\"a;b\"\n", 0, ""),
        ("domain\textension\tfirst\nd.example\t0008\tx\n", 0, ""),
        ("\ufeffdomain,extension,first\r\nd.example,0009,\"=cmd|' /C calc'!A0\"\r\n", 0, ""),
        ("domain,extension,first\nd.example,0010,\"two\r\nlines\"\n", 7, ":2: first: "),
        ("domain,extension,first\nd.example,0010,b\nd.example,0011,\"open\n", 7, ":3: a quote is opened"),
        ("domain,extension,first\nd.example,0010,5\" disk\n", 7, ":2: misplaced quotes"),
        (f"domain,extension,first\nd.example,0010,{long}\nd.example,0011,x\n", 7,
         ":2: a field is longer than 4096 bytes"),
        (b"domain,extension,first\nd.example,0010,a\0b\n", 7, ":2: first: has a NUL byte"),
        (b"domain,extension,password\nd.example,0010,a\0b\n", 7, ":2: password: has a NUL byte"),
        ("domain,extension,first\nd.example,0010,M\u00fcller\n".encode("latin-1"), 7, ":2: first: is not UTF-8"),
        ("domain,extension,password\nd.example,0010,M\u00fcller\n".encode("latin-1"), 7, ":2: password: "),
        ("domain,extension\nd.example,0010\n".encode("utf-16"), 7, ":1: is UTF-16"),
        ("domain,extension,password\nd.example,0010,$1$salt$hash\n", 7, ":2: password: looks like a hash"),
        ("domain,extension,password\nd.example,0010,$2b$15$" + "a" * 53 + "\n", 7, ":2: password: the hash costs more"),
        ("domain,extension,password\nd.example,0010,$6$short\n", 7, ":2: password: the hash is malformed"),
    ]
    with fresh_server() as server:
        for number, (text, status, said) in enumerate(cases):
            path = write(server, f"{number}.csv", text)
            result = server.ctl("import", "csv", path, status=status)
            expect(said in result.err, f"case {number}: {result}")
            expect(status == 0 or f"{path}:" in result.err, f"case {number}: {result}")
        users = {user["extension"]: user["first"] for user in server.ctl_json("user", "list", "--all")}
        equal(users, {"0007": "a;b", "0008": "x", "0009": "=cmd|' /C calc'!A0"})


def test_hashes_of_other_systems_open_until_replaced():
    with fresh_server() as server:
        rows = "".join(f"d.example,{100 + i},\"{text}\"\n" for i, text in enumerate(HASHES))
        path = write(server, "hashes.csv", "domain,extension,password\n" + rows)
        server.ctl("import", "csv", path)
        for i in range(len(HASHES)):
            user = f"{100 + i}@d.example"
            for secret, opens in ((HASHES[i], False), ("wrong", False), ("pa55word", True), ("pa55word", True),
                                  ("pa55word2", False)):
                equal(works(server, user, "password", secret), opens, f"{HASHES[i]}: {secret}")
        again = server.ctl("import", "csv", path, "--mode", "sync")
        expect(f"unchanged: {len(HASHES)}\n" in again.out, str(again))
        server.ctl("store", "check")


def test_update_and_sync():
    with fresh_server() as server:
        rows = [f"d.example,{i},secret number {i},{i}\n" for i in range(1000, 1040)]
        header = "domain,extension,password,voicemail\n"
        server.ctl("import", "csv", write(server, "u.csv", header + "".join(rows)), "--weak", "must-change")
        equal(server.kind("1000@d.example", "voicemail")["must_change"], True)
        equal(server.kind("1000@d.example", "password")["must_change"], False)
        set_at = server.kind("1000@d.example", "password")["set_at"]
        rows[1] = "d.example,1001,another secret of 1001,-\n"
        rows[2] = "d.example,1002,,\n"
        rows[39] = "d.example,2000,a new one of the file,\n"
        path = write(server, "u.csv", header + "".join(rows))
        dry = server.ctl("import", "csv", path, "--mode", "update", "--dry-run")
        expect("to compare: 38 more" not in dry.out and "added: 1\n" in dry.out, str(dry))
        document = server.ctl_json("import", "csv", path, "--mode", "update")
        notes = {note["where"]: note["what"] for note in document["notes"]}
        equal((notes["added"], notes["changed"], notes["unchanged"]), ("1", "1", "38"))
        equal(document["affected"], 2)
        equal(server.kind("1000@d.example", "password")["set_at"], set_at)
        equal(works(server, "1001@d.example", "password", "another secret of 1001"), True)
        equal(server.kind("1001@d.example", "voicemail")["set"], False)
        equal(works(server, "1002@d.example", "password", "secret number 1002"), True)
        # 1039 is absent: 1 of 41 is allowed, 3 are not, and nothing happens
        path = write(server, "u.csv", header + "".join(rows[3:]))
        refused = server.ctl("import", "csv", path, "--mode", "sync", status=1)
        expect("4 of 41 users of these domains are absent" in refused.err, str(refused))
        equal(server.ctl_json("status")["per_domain"][0]["disabled"], 0)
        server.ctl("import", "csv", path, "--mode", "sync", "--max-disable", "3", status=1)
        done = server.ctl("import", "csv", path, "--mode", "sync", "--max-disable", "10%")
        expect("absent, disabled: 4\n" in done.out, str(done))
        for user, enabled in (("1000@d.example", False), ("1039@d.example", False), ("1003@d.example", True)):
            equal(server.ctl_json("user", "show", user)["enabled"], enabled)
        for words in (["--max-disable", "3"], ["--mode", "sync", "--max-disable", "101%"],
                      ["--mode", "sync", "--max-disable", "x"], ["--mode", "merge"], ["--weak", "x"]):
            server.ctl("import", "csv", path, *words, status=2)
        server.ctl("store", "check")


AWKWARD = [  # fields of a user as `user add` takes them
    ["--first", "=cmd|' /C calc'!A0", "--last", "+1-2", "--location", "-", "--number", "+49 30 1234",
     "--number", "030"],
    ["--first", "'=quoted", "--last", "a,b;c", "--alternate-id", "back\\slash", "--alternate-id", "a b\\ c"],
    ["--first", "\"q\"", "--last", "M\u00fcller", "--username", "@at", "--email", "x@d.example", "--language", "de-AT"],
    ["--first", "$6$x", "--location", "-5", "--trusted-extension", "0008", "--username", "-minus"],
]


def test_export_and_import_are_exact():
    with fresh_server() as server, fresh_server() as other:
        server.ctl("domain", "add", "d.example")
        for number, words in enumerate(AWKWARD):
            server.ctl("user", "add", f"000{number}@d.example", *words)
        server.ctl("user", "add", "-7@d.example")
        server.set_secret("0000@d.example", "password", "correct horse battery")
        path = server.path("out.csv")
        exported = server.ctl("export", "csv", path)
        equal(exported.out, "5 users exported\n")
        text = read(path).decode()
        expect(text.startswith(HEADER) and "correct" not in text and "$pbxcred" not in text, text)
        for line in text.splitlines()[1:]:
            for field in line.split(","):
                expect(field.lstrip('"')[:1] not in ("=", "@", "\t") or not field, f"a formula: {field}")
        other.ctl("import", "csv", path)
        back = other.path("back.csv")
        other.ctl("export", "csv", back, "--domain", "d.example")
        equal(read(back).decode(), text)
        drop = ("account_id", "created_at", "kinds")
        users = [[{k: v for k, v in user.items() if k not in drop} for user in s.ctl_json("user", "list", "--all")]
                 for s in (server, other)]
        equal(users[0], users[1])
        unchanged = server.ctl("import", "csv", path, "--mode", "sync")
        expect("unchanged: 5\n" in unchanged.out, str(unchanged))
        equal(server.ctl("export", "csv", "-").out, text)


def test_export_makes_its_file_carefully():
    with fresh_server() as server:
        server.ctl("domain", "add", "d.example")
        server.add_user("1@d.example", password="correct horse battery")
        path = server.path("out.csv")
        server.ctl("export", "csv", path, "--with-verifiers")
        equal(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        expect(b"$pbxcred$1$1$" in read(path), "no verifier")
        server.ctl("export", "csv", path, status=6)
        os.chmod(path, 0o644)
        server.ctl("export", "csv", path, "--force", "--with-verifiers")
        equal(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        before = read(path)
        server.ctl("export", "csv", path, "--force", "--domain", "none.example", status=5)
        equal(read(path), before)
        server.ctl("export", "csv", server.path("new.csv"), "--domain", "none.example", status=5)
        expect(not os.path.exists(server.path("new.csv")), "a file is left")
        os.symlink(path, server.path("link"))
        server.ctl("export", "csv", server.path("link"), status=6)
        for place in (server.path("link"), "/dev/null", server.dir):
            server.ctl("export", "csv", place, "--force", status=7)
        left = [name for name in os.listdir(server.dir) if name.startswith(("out.csv.", "link."))]
        equal(left, [], "left behind")


def test_verifiers_open_under_the_same_ring_only():
    with fresh_server() as server, fresh_server() as other:
        server.ctl("domain", "add", "d.example")
        server.add_user("1@d.example", password="correct horse battery", voicemail="482915")
        server.add_user("2@d.example", password="another horse battery")
        path = server.path("out.csv")
        server.ctl("export", "csv", path, "--with-verifiers")
        refused = other.ctl("import", "csv", path, status=7)
        expect(f"{path}:2: password: the exported verifier does not open" in refused.err, str(refused))
        equal(other.ctl_json("user", "list", "--all"), [])
        server.ctl("user", "remove", "1@d.example")
        server.ctl("import", "csv", path, "--mode", "update")
        equal(works(server, "1@d.example", "password", "correct horse battery"), True)
        equal(works(server, "1@d.example", "voicemail", "482915"), True)
        # of another kind: a PIN is no password
        lines = read(path).decode().splitlines()
        fields = lines[1].split(",")
        fields[11] = fields[12]
        mixed = write(server, "mixed.csv", "\n".join([lines[0], ",".join(fields)]) + "\n")
        server.ctl("import", "csv", mixed, "--mode", "update", status=7)
        for secret in ("correct horse battery", "482915"):
            expect(secret not in server.log(), "a secret in the log")


def test_pins_in_the_spool():
    with fresh_server() as server:
        conf = write(server, "voicemail.conf", "[general]\npasswordlocation=spooldir\ntz=berlin\n"
                     "[zonemessages]\nberlin=Europe/Berlin|x\n[acme.example]\n1001 => 1111,Ada\n1002 => -482916,Bob\n")
        os.makedirs(server.path("spool/acme.example/1001"))
        write(server, "spool/acme.example/1001/secret.conf", "[general]\npassword=482915\n")
        without = server.ctl("import", "asterisk", conf, "--dry-run")
        equal(without.out.count("the PIN is in the spool directory"), 2, str(without))
        server.ctl("import", "asterisk", conf, "--spool", server.path("spool"))
        equal(works(server, "1001@acme.example", "voicemail", "482915"), True)
        equal(works(server, "1002@acme.example", "voicemail", "482916"), True)
        equal(server.ctl_json("domain", "show", "acme.example")["timezone"], "Europe/Berlin")


def test_the_sample_again_changes_nothing():
    with fresh_server() as server:
        path = os.path.join(SAMPLE, "users.csv")
        server.ctl("import", "csv", path)
        again = server.ctl("import", "csv", path, "--mode", "sync")
        expect("added: 0\nchanged: 0\nunchanged: 8\nabsent, disabled: 0\n" in again.out, str(again))


def test_a_spool_that_is_not_there_brings_no_old_pins_back():
    conf = "[general]\npasswordlocation=spooldir\n[acme.example]\n1001 => 482915,Ada\n"
    with fresh_server() as server:
        path = write(server, "voicemail.conf", conf)
        os.makedirs(server.path("spool/acme.example/1001"))
        write(server, "spool/acme.example/1001/secret.conf", "[general]\npassword = 739104\n")
        server.ctl("import", "asterisk", path, "--spool", server.path("spool"))
        refused = server.ctl("import", "asterisk", path, "--mode", "update", "--spool", server.path("spol"), status=5)
        expect("spol: No such file or directory" in refused.err, str(refused))
        expect(works(server, "1001@acme.example", "voicemail", "739104"), "the PIN of the spool")


def test_sync_says_whom_it_disables():
    with fresh_server() as server:
        rows = "".join(f"acme.example,{1000 + i}\n" for i in range(60))
        server.ctl("import", "csv", write(server, "all.csv", "domain,extension\n" + rows))
        few = write(server, "few.csv", "domain,extension\nacme.example,1000\n")
        for words, status in ((["--dry-run", "--max-disable", "100"], 0), ([], 1), (["--max-disable", "100%"], 0)):
            done = server.ctl("import", "csv", few, "--mode", "sync", *words, status=status)
            said = done.out + done.err
            equal(said.count("absent: 10"), 50, str(done))
            expect("absent: 1001@acme.example" in said and "absent: and 9 more" in said, str(done))
        equal(server.log().count('action=disable account="10'), 59)


def test_an_export_that_is_killed_leaves_nothing():
    with fresh_server() as server:
        rows = "".join(f"acme.example,{10000 + i}\n" for i in range(20000))
        server.ctl("import", "csv", write(server, "all.csv", "domain,extension\n" + rows))
        killed = 0
        for i in range(8):
            path = server.path(f"out{i}.csv")
            export = server.begin_ctl("export", "csv", path)
            time.sleep(0.02 * (i + 1))
            export.kill()
            killed += export.wait() == -9
            left = [name for name in os.listdir(server.dir) if name.startswith(f"out{i}.csv")]
            if left:
                equal((left, read(path).count(b"\n")), ([f"out{i}.csv"], 20001), "a file that is there is whole")
        expect(killed > 0, "none was killed in time")


def test_an_import_too_large_for_the_disk_stops_no_login():
    with fresh_server(start=False) as server:
        state = server.path("state")
        os.makedirs(state, exist_ok=True)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m,mode=700", "tmpfs", state], check=False).returncode != 0:
            raise Skipped("no mounts here")
        try:
            server.init()
            server.start()
            server.ctl("domain", "add", "acme.example")
            server.add_user("1000@acme.example", password="correct horse battery")
            rows = "".join(f"acme.example,{10000 + i},{'x' * 200}\n" for i in range(8000))
            failed = server.ctl("import", "csv", write(server, "all.csv", "domain,extension,first\n" + rows), status=8)
            expect("No space left on device" in failed.err, str(failed))
            expect(works(server, "1000@acme.example", "password", "correct horse battery"), "it goes on")
            expect("degraded" not in server.log(), server.log()[-2000:])
        finally:
            server.stop()
            subprocess.run(["umount", state], check=True)


if __name__ == "__main__":
    main()
