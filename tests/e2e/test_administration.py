# SPDX-License-Identifier: BSD-2-Clause
"""What administrators do with pbxcredctl: selections, limits, policies, generated secrets, what they are shown."""
import csv
import os
import re

from checks import contains, equal, expect, lacks
from harness import fresh_server
from tap import main

PASSWORD, PIN, CODE = "correct horse battery", "482915", "730264"


def people(server):
    """Four users at two locations, two of them without a password."""
    server.ctl("domain", "add", "acme.example", "--country", "DE")
    server.ctl("domain", "add", "branch.example")
    for address, first, last, location, secrets in (
            ("101@acme.example", "Petra", "Hofmann", "Fürth", {"password": PASSWORD, "voicemail": PIN}),
            ("102@acme.example", "Lukas", "Brandt", "Fürth", {"voicemail": PIN}),
            ("103@acme.example", "Henry", "Okafor", "Chicago", {}),
            ("101@branch.example", "Iveta", "Nováková", "Nürnberg", {"password": PASSWORD})):
        server.add_user(address, "--first", first, "--last", last, "--location", location, **secrets)


def listed(server, *words):
    return [user["account"] for user in server.ctl_json("user", "list", *words)]


def test_R20_R55_R57_R77_selections():
    with fresh_server() as server:
        people(server)
        everyone = ["101@acme.example", "102@acme.example", "103@acme.example", "101@branch.example"]
        for words, wanted in ((["--all"], everyone),
                              (["--domain", "acme.example"], everyone[:3]),
                              (["--location", "FÜRTH"], everyone[:2]),
                              (["--find", "nov"], everyone[3:]),
                              (["--find", "10"], everyone),
                              (["--find", "petr"], everyone[:1]),
                              (["--without", "password"], everyone[1:3]),
                              (["--domain", "acme.example", "--location", "fürth"], everyone[:2]),
                              (["--location", "fürth", "--without", "password"], everyone[1:2]),
                              (["103@acme.example", "101@branch.example"], everyone[2:])):
            equal(sorted(listed(server, *words)), sorted(wanted), str(words))
        names = server.write("names", "102@acme.example\n\n  101@branch.example  \n")
        equal(sorted(listed(server, "--file", names)), ["101@branch.example", "102@acme.example"])
        server.ctl("user", "list", "--domain", "nowhere.example", status=5)
        server.ctl("user", "disable", status=2)
        server.ctl("user", "disable", "101@acme.example", "--all", status=2)
        run = server.ctl("user", "disable", "101@acme.example", "999@acme.example", status=9)
        contains(run.err, "999@acme.example")


def test_R55_dry_run_counts_and_changes_nothing():
    with fresh_server() as server:
        people(server)
        for words in (["user", "disable", "--all"], ["user", "remove", "--location", "Fürth"],
                      ["secret", "clear", "--all", "password"],
                      ["secret", "generate", "--without", "password", "password"]):
            run = server.ctl(*words, "--dry-run")
            expect(re.search(r"\b[24]\b", run.out), f"a count: {run}")
        equal(len(listed(server, "--all")), 4)
        expect(all(user["enabled"] for user in server.ctl_json("user", "list", "--all")), "nobody is disabled")
        equal(server.kind("101@acme.example", "password")["set"], True)
        equal(server.kind("102@acme.example", "password")["set"], False)


def test_R58_R59_one_value_for_a_selection():
    with fresh_server() as server:
        people(server)
        server.service("mailbox", "account=voicemail")
        server.ctl("secret", "set", "--domain", "acme.example", "voicemail", "--must-change", secret="905137")
        for user in ("101@acme.example", "102@acme.example", "103@acme.example"):
            server.pam("mailbox", user, "auth acct", ["905137"]).expect("SUCCESS", "NEW_AUTHTOK_REQD")
        equal(server.kind("101@branch.example", "voicemail")["set"], False)
        server.ctl("secret", "clear", "--domain", "acme.example", "voicemail")
        equal(server.login("mailbox", "102@acme.example", "905137"), "AUTH_ERR")


def test_R67_generated_secrets_are_shown_once_and_work():
    with fresh_server() as server:
        people(server)
        for door, kind in (("portal", "password"), ("mailbox", "voicemail"), ("logon", "login"), ("phone", "phone")):
            server.service(door, f"account={kind}")
            run = server.ctl("secret", "generate", "103@acme.example", kind, "--temporary")
            secret, = run.out.splitlines()
            server.pam(door, "103@acme.example", "auth acct", [secret]).expect("SUCCESS", "NEW_AUTHTOK_REQD")
            lacks(server.log(), secret)
        path = server.path("new.csv")
        server.ctl("secret", "generate", "--domain", "acme.example", "password", "--csv", path)
        equal(oct(os.stat(path).st_mode & 0o777), "0o600")
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        equal(sorted(row["account"] for row in rows), ["101@acme.example", "102@acme.example", "103@acme.example"])
        equal(len({row["secret"] for row in rows}), 3, "all different")
        for row in rows:
            equal(server.login("portal", row["account"], row["secret"]), "SUCCESS")
        server.ctl("secret", "generate", "--all", "password", "--csv", path, status=6)


def test_R9_R18_user_show_json_is_a_contract():
    with fresh_server() as server:
        people(server)
        server.ctl("user", "set", "101@acme.example", "--username", "petra", "--email", "petra@acme.example",
                   "--number", "+49911500101", "--alternate-id", "11635-01", "--language", "de",
                   "--trusted-extension", "204")
        view = server.ctl_json("user", "show", "petra")
        wanted = {"account": "101@acme.example", "domain": "acme.example", "extension": "101", "username": "petra",
                  "email": "petra@acme.example", "first": "Petra", "last": "Hofmann", "location": "Fürth",
                  "enabled": True, "numbers": ["+49911500101"], "alternate_ids": ["11635-01"],
                  "trusted_extensions": ["204"]}
        equal({key: view[key] for key in wanted}, wanted)
        expect(re.fullmatch(r"[0-9a-f]{32}", view["account_id"]), view["account_id"])
        equal(set(view["kinds"]) >= {"password", "voicemail", "login", "phone"}, True, str(view["kinds"].keys()))
        state = view["kinds"]["password"]
        expect(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", state["set_at"]), f"RFC 3339: {state['set_at']}")
        for key, value in (("set", True), ("must_change", False), ("expires_at", None), ("weak", False),
                           ("failures", 0), ("locked_until", None), ("locked_permanently", False)):
            equal(state[key], value, key)
        equal(view["kinds"]["login"]["set"], False)
        equal(view["kinds"]["login"]["set_at"], None)


def test_R19_fields_are_cleared_by_an_empty_value():
    with fresh_server() as server:
        people(server)
        server.ctl("user", "set", "101@acme.example", "--email", "petra@acme.example", "--number", "+49911500101")
        server.ctl("user", "set", "101@acme.example", "--email=", "--number=")
        view = server.ctl_json("user", "show", "101@acme.example")
        equal((view["email"], view["numbers"]), ("", []))


def test_names_outside_the_limits_are_refused_with_the_rule():
    with fresh_server() as server:
        people(server)
        not_utf8 = b"\xff\xfe".decode("utf-8", "surrogateescape")
        cases = [(["user", "add", "x" * 65 + "@acme.example"], "1 to 64"),
                 (["user", "add", "1 1@acme.example"], "1 to 64"),
                 (["user", "add", "ä1@acme.example"], "1 to 64"), (["user", "add", "101"], "EXTENSION@DOMAIN"),
                 (["user", "set", "101@acme.example", "--username", "u" * 256], "255 bytes"),
                 (["user", "set", "101@acme.example", "--username", "a\u0007b"], "control"),
                 (["user", "set", "101@acme.example", "--username", " blank"], "blank"),
                 (["user", "set", "101@acme.example", "--username", not_utf8], "UTF-8"),
                 (["user", "set", "101@acme.example", "--email", "no address"], "e-mail"),
                 (["domain", "add", "not a domain"], "domain"),
                 (["domain", "set", "acme.example", "--timezone", "Middle/Earth"], "time"),
                 (["domain", "set", "acme.example", "--policy", "password=no-such"], "no-such")]
        for words, rule in cases:
            run = server.ctl(*words, status=None)
            expect(run.status in (5, 7), f"status {run.status}: {run}")
            contains(run.err, rule)
        # U+1D160 has 4 bytes and becomes 12: the limit holds after normalisation too.
        run = server.ctl("user", "set", "101@acme.example", "--username", "\U0001D160" * 60, status=7)
        contains(run.err, "255")


def test_secrets_outside_the_limits_are_refused_with_the_rule():
    with fresh_server() as server:
        people(server)
        for kind, secret, status, rule in (
                ("password", "", 7, "empty"), ("password", "x" * 1025, 7, "1024"),
                ("password", "fourteen chars", 1, "15"),
                ("password", "x" * 257, 1, "256"), ("password", "with a \u0007 control char", 1, "control"),
                ("password", b"not UTF-8 \xff\xfe at all", 1, "UTF-8"), ("voicemail", "12345", 1, "6"),
                ("voicemail", "1234567890123456", 1, "15"), ("voicemail", "12345a", 1, "digits"),
                ("voicemail", "١٢٣٤٥٦", 1, "digits"), ("login", "1" * 32, 1, "31"), ("phone", "elevenchars", 1, "12")):
            run = server.set_secret("103@acme.example", kind, secret, status=None)
            equal(run.status, status, f"{kind} {secret!r}: {run}")
            contains(run.err, rule, f"{kind} {secret!r}")
            equal(server.kind("103@acme.example", kind)["set"], False)
        for kind, secret in (("password", "x" * 256), ("password", "ä" * 15), ("voicemail", "1" * 15),
                             ("login", "1" * 31), ("phone", "twelve chars")):
            server.set_secret("103@acme.example", kind, secret)


POLICIES = """
policies = {
  d-password = { min_length = 1; max_length = 31; alphabet = "alphanumeric"; };
  d-voicemail = { min_length = 1; max_length = 15; alphabet = "digits"; };
  d-login = { min_length = 1; max_length = 31; alphabet = "digits"; };
};
kinds = { voicemail = "d-voicemail"; };
"""


def test_R15_R16_R17_R99_policies_by_kind_and_domain():
    with fresh_server(extra=POLICIES) as server:
        people(server)
        server.ctl("domain", "set", "branch.example", "--policy", "password=d-password", "--policy", "login=d-login")
        user = "101@branch.example"
        server.set_secret(user, "password", "a1B2")
        server.set_secret(user, "password", "a1-B2", status=1)
        server.set_secret(user, "password", "a" * 32, status=1)
        server.set_secret(user, "login", "7")
        server.set_secret(user, "voicemail", "0")
        server.set_secret("101@acme.example", "password", "a1B2", status=1)
        server.set_secret("101@acme.example", "voicemail", "0")
        view = server.ctl_json("explain", user, "password")
        equal((view["policy"], view["policy_origin"]), ("d-password", "domain"))
        server.ctl("domain", "set", "branch.example", "--policy", "password=")
        server.set_secret(user, "password", "a1B2", status=1)


def test_R108_locks_are_shown_explained_and_cleared():
    with fresh_server() as server:
        people(server)
        server.service("portal", "account=password")
        for i in range(5):
            equal(server.login("portal", "101@acme.example", f"wrong {i}"), "AUTH_ERR")
        lock, = server.ctl_json("lock", "list")
        equal((lock["account"], lock["kind"], lock["failures"]), ("101@acme.example", "password", 5))
        equal(server.ctl_json("status")["locked"], 1)
        view = server.ctl_json("explain", "101@acme.example", "password")
        contains(view["outcome"].lower(), "lock")
        run = server.ctl("auth", "101@acme.example", "password", secret=PASSWORD, status=1)
        contains(run.out, "locked", "administrators are told")
        server.ctl("lock", "clear", "101@acme.example")
        equal(server.ctl_json("lock", "list"), [])
        equal(server.login("portal", "101@acme.example", PASSWORD), "SUCCESS")


def test_R99_explain_needs_no_secret_and_counts_nothing():
    with fresh_server() as server:
        people(server)
        equal(server.ctl_json("explain", "101@acme.example", "password")["secret"], "password")
        equal(server.ctl_json("explain", "103@acme.example", "password")["secret"], "")
        server.set_secret("103@acme.example", "login", CODE)
        equal(server.ctl_json("explain", "103@acme.example", "phone")["secret"], "login", "R25")
        equal(server.ctl_json("explain", "101@acme.example", "password")["phase"], "closed")
        server.ctl("explain", "999@acme.example", "password", status=5)


def test_status_stat_keys_and_check():
    with fresh_server() as server:
        people(server)
        status = server.ctl_json("status")
        equal((status["domains"], status["users"], status["degraded"]), (2, 4, False))
        acme, = [domain for domain in status["per_domain"] if domain["domain"] == "acme.example"]
        equal((acme["phase"], acme["users"], acme["no_password"]), ("closed", 3, 2))
        expect(any(row["table"] == "file" for row in server.ctl_json("store", "stat")), "the file's size")
        key, = server.ctl_json("key", "list")
        equal((key["id"], key["current"]), (1, True))
        lacks(server.ctl("key", "list").out, open(server.path("keys/ring"), "rb").read()[24:40].hex())
        server.ctl("store", "check")


def test_a_dry_run_refuses_what_the_import_would():
    rows = ["domain,extension,username,alternate_id",
            "acme.example,501,taken,",             # the username is alice's
            "acme.example,502,503@acme.example,",  # reads like the next one
            "acme.example,503,,",
            "acme.example,504,," + "\u0149" * 127,  # 381 bytes once folded
            "new.example,505,taken,",
            "acme.example,506,,"]
    with fresh_server() as server:
        server.ctl("domain", "add", "acme.example")
        server.ctl("user", "add", "500@acme.example", "--username", "taken")
        file = server.write("rows.csv", "\n".join(rows) + "\n")
        dry = server.ctl("import", "csv", file, "--skip-bad", "--dry-run", status=9)
        real = server.ctl("import", "csv", file, "--skip-bad", status=9)
        for run in (dry, real):
            for line in (2, 4, 5, 6):
                contains(run.err, f"rows.csv:{line}:")
        contains(dry.out, "2 accounts")
        contains(real.out, "2 accounts")
        server.ctl("store", "check")


def test_an_alias_must_not_shadow_a_username():
    with fresh_server() as server:
        server.ctl("domain", "add", "acme.example")
        server.ctl("user", "add", "1001@acme.example")
        server.ctl("user", "add", "1002@acme.example", "--username", "1001@zzz")
        server.ctl("domain", "set", "acme.example", "--alias", "zzz", status=6)
        server.ctl("domain", "rename", "acme.example", "zzz", status=6)
        server.ctl("user", "set", "1001@acme.example", "--first", "Anna")


def test_every_level_has_help():
    with fresh_server(start=False) as server:
        for words in ([], ["user"], ["user", "add"], ["secret"], ["secret", "set"], ["import", "asterisk"], ["status"]):
            run = server.ctl(*words, "--help")
            expect(len(run.out) > 40 and not run.err, str(run))
        server.ctl("user", status=2)
        server.ctl("user", "add", status=2)


def test_secrets_on_the_command_line_are_not_repeated():
    with fresh_server() as server:
        people(server)
        for words in (["secret", "set", "101@acme.example", "password", "typed-here-by-mistake"],
                      ["auth", "101@acme.example", "password", "typed-here-by-mistake"],
                      ["secret", "set", "101@acme.example", "typed-here-by-mistake"]):
            run = server.ctl(*words, secret=PASSWORD, status=None)
            expect(run.status != 0, str(run))
            lacks(run.out + run.err + server.log(), "typed-here-by-mistake")


if __name__ == "__main__":
    main()
