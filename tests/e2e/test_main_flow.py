# SPDX-License-Identifier: BSD-2-Clause
"""From an empty machine to real logins: domains, users, the sample import, and each door with its own secret."""
import os
import subprocess

from checks import PATIENCE, Skipped, contains, equal, expect, lacks
from harness import LISTED_UID, SAMPLE, child_environment, entry, fresh_server, in_namespace, is_sanitized
from neighbour import need_namespace
from tap import main

PASSWORD, PIN, CODE, DEVICE = "correct horse battery", "482915", "730264", "device-secret-0815"


def with_user(server, address="101@acme.example", options=(), **secrets):
    server.ctl("domain", "add", address.split("@")[1])
    server.add_user(address, *options, **(secrets or {"password": PASSWORD, "voicemail": PIN}))
    doors(server)


def doors(server, extra=""):
    """A PAM service for each door: portal, mailbox, logon, phone, console."""
    for name, kind in (("portal", "password"), ("mailbox", "voicemail"), ("logon", "login"), ("phone", "phone"),
                       ("console", "admin")):
        server.service(name, f"account={kind} {extra}")


def test_R2_R4_R10_R11_R21_R23_password_opens_portal_and_pin_opens_mailbox():
    with fresh_server() as server:
        with_user(server)
        portal = server.pam("portal", "101@acme.example", "auth acct setcred open close", [PASSWORD])
        portal.expect("SUCCESS", "SUCCESS", "SUCCESS", "SUCCESS", "SUCCESS")
        equal(portal.prompts, ["Password: "])
        equal(portal.envs[0], {"PBXCRED_ACCOUNT": "101@acme.example", "PBXCRED_METHOD": "password",
                               "PBXCRED_PHASE": "closed"})
        mailbox = server.pam("mailbox", "101@acme.example", "auth", [PIN])
        mailbox.expect("SUCCESS")
        equal(mailbox.prompts, ["PIN: "])
        equal(mailbox.env["PBXCRED_METHOD"], "pin")


def test_R1_each_secret_is_refused_at_the_others_door():
    with fresh_server() as server:
        with_user(server, password=PASSWORD, voicemail=PIN, login=CODE, phone=DEVICE)
        secrets = {"portal": PASSWORD, "mailbox": PIN, "logon": CODE, "phone": DEVICE}
        for door in secrets:
            for of, secret in secrets.items():
                wanted = "SUCCESS" if of == door else "AUTH_ERR"
                equal(server.login(door, "101@acme.example", secret), wanted, f"the {of} secret at {door}")
        run = server.pam("portal", "101@acme.example", "auth", [PIN]).expect("AUTH_ERR")
        equal(run.env, {}, "environment after a refusal")


def test_R12_R24_logon_takes_the_login_code():
    with fresh_server() as server:
        with_user(server, login=CODE)
        run = server.pam("logon", "101@acme.example", "auth", [CODE]).expect("SUCCESS")
        equal(run.prompts, ["PIN: "])
        equal(server.login("logon", "101@acme.example", "730265"), "AUTH_ERR")


def test_R13_R25_phone_falls_back_to_login_until_phone_is_set():
    with fresh_server() as server:
        with_user(server, login=CODE)
        equal(server.login("phone", "101@acme.example", CODE), "SUCCESS", "login code at the phone door")
        equal(server.login("phone", "101@acme.example", "999999"), "AUTH_ERR")
        equal(server.kind("101@acme.example", "login")["failures"], 1, "charged to the verifier that was tried")
        equal(server.kind("101@acme.example", "phone")["failures"], 0)
        server.set_secret("101@acme.example", "phone", DEVICE)
        equal(server.login("phone", "101@acme.example", DEVICE), "SUCCESS")
        equal(server.login("phone", "101@acme.example", CODE), "AUTH_ERR", "the device's secret wins where it is set")
        server.ctl("secret", "clear", "101@acme.example", "phone")
        equal(server.login("phone", "101@acme.example", CODE), "SUCCESS", "after clearing")


def test_R22_administrators_are_a_class_of_their_own():
    with fresh_server() as server:
        with_user(server)
        server.ctl("admin", "add", "alice", "--email", "alice@acme.example")
        server.set_secret("alice", "admin", "alice-keeps-the-keys")
        run = server.pam("console", "alice", "auth acct", ["alice-keeps-the-keys"]).expect("SUCCESS", "SUCCESS")
        equal(run.env["PBXCRED_ACCOUNT"], "alice")
        equal(server.login("console", "alice", "wrong"), "AUTH_ERR")
        equal(server.login("portal", "alice", "alice-keeps-the-keys"), "USER_UNKNOWN", "an administrator at a user's door")
        equal(server.login("console", "101@acme.example", PASSWORD), "USER_UNKNOWN", "a user at the administrators' door")
        server.set_secret("101@acme.example", "admin", "a-users-admin-secret", status=5)
        server.set_secret("alice", "password", "an-admins-password", status=5)


def test_R18_not_set_is_a_state_and_not_an_empty_secret():
    with fresh_server() as server:
        with_user(server, voicemail=PIN)
        equal(server.kind("101@acme.example", "password")["set"], False)
        equal(server.kind("101@acme.example", "voicemail")["set"], True)
        for answer in ("", "anything", PIN):
            equal(server.login("portal", "101@acme.example", answer), "AUTH_ERR", f"not set, answer {answer!r}")
        server.set_secret("101@acme.example", "password", "", status=7)
        server.set_secret("101@acme.example", "password", PASSWORD)
        equal(server.login("portal", "101@acme.example", PASSWORD), "SUCCESS")
        equal(server.login("portal", "101@acme.example", ""), "AUTH_ERR")
        server.ctl("secret", "clear", "101@acme.example", "password")
        equal(server.login("portal", "101@acme.example", PASSWORD), "AUTH_ERR", "after clearing")
        equal(server.kind("101@acme.example", "password")["set"], False)


def test_R3_pin_never_opens_the_portal():
    with fresh_server() as server:
        with_user(server, voicemail=PIN)
        equal(server.login("portal", "101@acme.example", PIN), "AUTH_ERR", "phase closed")
        equal(server.kind("101@acme.example", "voicemail")["failures"], 0, "the PIN is not even tested")


def test_R19_same_extension_and_email_in_two_domains():
    with fresh_server() as server:
        for domain, password in (("acme.example", "password of the first"),
                                 ("branch.example", "password of the second")):
            server.ctl("domain", "add", domain)
            server.add_user(f"101@{domain}", "--email", "shared@mail.example", password=password)
        doors(server)
        server.service("first", "account=password domain=acme.example")
        equal(server.login("portal", "101@acme.example", "password of the first"), "SUCCESS")
        equal(server.login("portal", "101@branch.example", "password of the second"), "SUCCESS")
        equal(server.login("portal", "101@branch.example", "password of the first"), "AUTH_ERR")
        equal(server.login("portal", "101", "password of the first"), "USER_UNKNOWN", "a bare name in two domains")
        equal(server.login("first", "101", "password of the first"), "SUCCESS", "within domain=")
        equal(server.login("first", "101@branch.example", "password of the second"), "USER_UNKNOWN", "a fence")


def test_names_alias_default_domain_username_like_an_address_and_e164():
    with fresh_server(default_domain="acme.example") as server:
        server.ctl("domain", "add", "acme.example", "--alias", "acme", "--country", "DE")
        server.ctl("domain", "add", "branch.example")
        server.add_user("101@acme.example", "--username", "Ada.Byron@mail.example", "--number", "+49 911 5000101",
                        "--alternate-id", "11635-05", password=PASSWORD)
        server.add_user("101@branch.example", password="somebody else's password")
        doors(server)
        for name in ("101@acme.example", "101@acme", "101", "ada.byron@mail.example", "ADA.BYRON@MAIL.EXAMPLE",
                     "+499115000101", "0911 5000101", "00499115000101", "11635-05"):
            run = server.pam("portal", name, "auth", [PASSWORD]).expect("SUCCESS")
            equal(run.env["PBXCRED_ACCOUNT"], "101@acme.example", name)
        for name in ("102", "101@nowhere.example", "ada.byron", "+499115000102", "11635-06"):
            equal(server.login("portal", name, PASSWORD), "USER_UNKNOWN", name)


def test_names_are_compared_in_one_canonical_form():
    with fresh_server() as server:
        with_user(server, options=("--username", "Märta"), password="Grün ist die Hoffnung")
        decomposed = "MA\u0308RTA"
        equal(server.login("portal", decomposed, "Grün ist die Hoffnung"), "SUCCESS", "NFD name, folded")
        equal(server.login("portal", "märta", "Gru\u0308n ist die Hoffnung"), "SUCCESS", "NFD secret")
        equal(server.login("portal", "märta", "GRÜN IST DIE HOFFNUNG"), "AUTH_ERR", "secrets are not folded")


def test_results_unknown_hidden_and_shown_disabled_and_overlong():
    with fresh_server() as server:
        with_user(server)
        server.service("hiding", "account=password unknown=hide")
        equal(server.login("portal", "nobody-here", PASSWORD), "USER_UNKNOWN")
        equal(server.login("hiding", "nobody-here", PASSWORD), "AUTH_ERR")
        equal(server.login("portal", "101@acme.example", "x" * 1025), "AUTH_ERR", "over 1024 bytes")
        server.pam("portal", "101@acme.example", "auth", []).expect("AUTH_ERR")
        server.ctl("user", "disable", "101@acme.example")
        server.pam("portal", "101@acme.example", "auth acct", [PASSWORD]).expect("AUTH_ERR", "ACCT_EXPIRED")
        server.ctl("user", "enable", "101@acme.example")
        equal(server.login("portal", "101@acme.example", PASSWORD), "SUCCESS")


def test_acct_mgmt_works_alone():
    with fresh_server() as server:
        with_user(server)
        server.pam("portal", "101@acme.example", "acct").expect("SUCCESS")
        server.pam("portal", "nobody-here", "acct").expect("USER_UNKNOWN")
        for i in range(5):
            equal(server.login("portal", "101@acme.example", f"wrong secret {i}"), "AUTH_ERR")
        equal(server.login("portal", "101@acme.example", PASSWORD), "AUTH_ERR", "locked")
        server.pam("portal", "101@acme.example", "acct").expect("SUCCESS")
        server.stop()
        server.pam("portal", "101@acme.example", "auth acct", [PASSWORD]).expect("AUTHINFO_UNAVAIL", "AUTHINFO_UNAVAIL")


def test_setcred_and_sessions_succeed_without_anything():
    with fresh_server() as server:
        with_user(server)
        server.stop()
        server.pam("portal", "nobody-here", "setcred open close").expect("SUCCESS", "SUCCESS", "SUCCESS")


def test_strict_refuses_who_must_change():
    with fresh_server() as server:
        with_user(server, voicemail=PIN)
        server.set_secret("101@acme.example", "password", PASSWORD, "--must-change")
        server.service("strictly", "account=password strict")
        run = server.pam("portal", "101@acme.example", "auth acct", [PASSWORD]).expect("SUCCESS", "NEW_AUTHTOK_REQD")
        equal([env.get("PBXCRED_CHANGE") for env in run.envs], ["password", "password"])
        run = server.pam("strictly", "101@acme.example", "auth", [PASSWORD]).expect("AUTH_ERR")
        equal(run.env, {})
        expect(any("must be changed" in text for text in run.errors), f"a message says so: {run}")


def test_sounds_are_what_an_ivr_plays():
    with fresh_server() as server:
        with_user(server)
        server.service("ivr", "account=voicemail prompts=sounds")
        run = server.pam("ivr", "101@acme.example", "auth", [PIN]).expect("SUCCESS")
        equal((run.prompts, run.info, run.errors), (["vm-password"], [], []))


def test_module_arguments_that_make_no_sense_refuse():
    with fresh_server() as server:
        with_user(server)
        for words in ("account=mailbox", "account=password trust=ruser", "account=password frobnicate",
                      "account=password use_first_pass try_first_pass", "domain=acme.example"):
            server.service("odd", words)
            code = server.login("odd", "101@acme.example", PASSWORD)
            equal(code, "SYSTEM_ERR", words)


def test_R5_R8_a_listed_service_takes_the_secret_of_its_kind_only():
    entries = [entry(f"#{LISTED_UID}", ["password"], domains=["acme.example"])]
    with fresh_server(services=entries) as server:
        with_user(server)
        server.ctl("domain", "add", "branch.example")
        server.add_user("102@branch.example", password="a branch password")
        equal(server.login("portal", "101@acme.example", PASSWORD, uid=LISTED_UID), "SUCCESS")
        equal(server.login("mailbox", "101@acme.example", PIN, uid=LISTED_UID), "SYSTEM_ERR")
        equal(server.login("portal", "102@branch.example", "a branch password", uid=LISTED_UID), "USER_UNKNOWN",
              "a domain that the entry does not name")


def import_sample(server):
    voicemail = os.path.join(SAMPLE, "voicemail.conf")
    maps = ("--map", "default=acme.example", "--map", "branch=branch.acme.example")
    dry = server.ctl("import", "asterisk", voicemail, *maps, "--dry-run")
    lacks(server.ctl("user", "list", "--json").out, "101@acme.example", "after a dry run")
    contains(dry.out, "13")
    server.ctl("import", "asterisk", voicemail, *maps)
    server.ctl("import", "csv", os.path.join(SAMPLE, "users.csv"))


def test_import_of_the_sample_pbx_and_first_logins():
    with fresh_server() as server:
        import_sample(server)
        doors(server)
        users = server.ctl_json("user", "list", "--all")
        equal(len(users), 21, "13 mailboxes and 8 users")
        equal(len(server.ctl_json("domain", "list")), 2)
        for door, user, secret, wanted in (
                ("mailbox", "101@acme.example", "4711", "SUCCESS"),
                ("mailbox", "103@acme.example", "8642", "SUCCESS"),
                ("mailbox", "120@branch.acme.example", "121212", "SUCCESS"),
                ("mailbox", "106@acme.example", "", "AUTH_ERR"),
                ("portal", "p.hofmann", "Kiesel-Regen-Lampe-7", "SUCCESS"),
                ("mailbox", "p.hofmann", "482915", "SUCCESS"),
                ("portal", "p.hofmann", "482915", "AUTH_ERR"),
                ("mailbox", "p.hofmann", "Kiesel-Regen-Lampe-7", "AUTH_ERR"),
                ("portal", "203@acme.example", 'Sieben "Zwerge", ein Schuh', "SUCCESS"),
                ("logon", "z.uenal", "815093", "SUCCESS"),
                ("phone", "0208@acme.example", "tisch-telefon-geheim-0208", "SUCCESS"),
                ("portal", "202@branch.acme.example", "anything at all", "AUTH_ERR")):
            equal(server.login(door, user, secret), wanted, f"{user} at {door}")
        view = server.ctl_json("user", "show", "101@acme.example")
        equal(view["kinds"]["voicemail"]["weak"], True, "four digits are kept and marked (R102)")
        equal(view["first"] + " " + view["last"], "Erika Mustermann")
        server.ctl("store", "check")


def test_import_reports_every_bad_line_and_changes_nothing():
    with fresh_server() as server:
        path = server.write("bad.csv", "domain,extension,password,voicemail\n"
                                       "acme.example,101,a-good-password-1,482915\n"
                                       "acme.example,102,a-good-password-2,48x915\n"
                                       "acme.example,101,a-good-password-3,482916\n"
                                       "acme.example,bad extension,a-good-password-4,482917\n")
        run = server.ctl("import", "csv", path, status=None)
        expect(run.status not in (0, 9), f"refused as a whole: {run}")
        for line in (3, 4, 5):
            contains(run.err, f"bad.csv:{line}", "the report")
        equal(server.ctl_json("user", "list", "--all"), [])
        run = server.ctl("import", "csv", path, "--skip-bad", status=9)
        contains(run.err, "bad.csv:3")
        equal([u["account"] for u in server.ctl_json("user", "list", "--all")], ["101@acme.example"])
        for secret in ("48x915", "a-good-password-2"):
            lacks(run.out + run.err, secret, "a report")


def test_conflicts_and_missing_things_have_their_exit_status():
    with fresh_server() as server:
        with_user(server, options=("--username", "ada"))
        server.ctl("domain", "add", "acme.example", status=6)
        server.ctl("user", "add", "101@acme.example", status=6)
        server.ctl("user", "add", "102@acme.example", "--username", "ADA", status=6)
        server.ctl("user", "add", "102@nowhere.example", status=5)
        server.ctl("user", "show", "102@acme.example", status=5)
        server.ctl("user", "add", "bad name@acme.example", status=7)
        server.ctl("frobnicate", status=2)
        server.ctl("domain", "remove", "acme.example", status=6)
        server.set_secret("101@acme.example", "password", "short", status=1)
        server.ctl("auth", "101@acme.example", "password", secret="wrong", status=1)
        server.ctl("auth", "101@acme.example", "password", secret=PASSWORD, status=0)
        server.set_secret("101@acme.example", "password", PASSWORD, "--must-change")
        server.ctl("auth", "101@acme.example", "password", secret=PASSWORD, status=10)
        server.stop()
        server.ctl("status", status=3)


def test_moves_and_renames_keep_account_and_secrets():
    with fresh_server() as server:
        with_user(server)
        before = server.ctl_json("user", "show", "101@acme.example")["account_id"]
        server.ctl("domain", "rename", "acme.example", "acme.test")
        server.ctl("domain", "add", "branch.example")
        server.ctl("user", "move", "101@acme.test", "201@branch.example")
        equal(server.ctl_json("user", "show", "201@branch.example")["account_id"], before)
        equal(server.login("portal", "201@branch.example", PASSWORD), "SUCCESS")
        equal(server.login("portal", "101@acme.test", PASSWORD), "USER_UNKNOWN")
        server.ctl("user", "remove", "201@branch.example")
        equal(server.login("portal", "201@branch.example", PASSWORD), "USER_UNKNOWN")
        server.ctl("store", "check")


def test_restart_keeps_everything():
    with fresh_server() as server:
        with_user(server)
        equal(server.login("portal", "101@acme.example", "wrong"), "AUTH_ERR")
        equal(server.stop(), 0, "exit status of a clean stop")
        expect(not os.path.exists(server.path("run/auth.sock")), "the socket is gone")
        server.start()
        equal(server.kind("101@acme.example", "password")["failures"], 1)
        equal(server.login("portal", "101@acme.example", PASSWORD), "SUCCESS")


def test_lock_after_five_wrong_secrets_and_lock_clear():
    with fresh_server() as server:
        with_user(server)
        for i in range(5):
            equal(server.login("mailbox", "101@acme.example", f"48291{i + 6}" if i < 4 else "000000"), "AUTH_ERR")
        equal(server.login("mailbox", "101@acme.example", PIN), "AUTH_ERR", "locked")
        equal(server.login("portal", "101@acme.example", PASSWORD), "SUCCESS", "the other verifier is not")
        locks = server.ctl_json("lock", "list")
        equal([(l["account"], l["kind"]) for l in locks], [("101@acme.example", "voicemail")])
        server.ctl("lock", "clear", "101@acme.example")
        equal(server.login("mailbox", "101@acme.example", PIN), "SUCCESS")


def test_same_wrong_secret_again_counts_once():
    with fresh_server() as server:
        with_user(server)
        for _ in range(8):
            equal(server.login("portal", "101@acme.example", "the same typo"), "AUTH_ERR")
        equal(server.kind("101@acme.example", "password")["failures"], 1)
        equal(server.login("portal", "101@acme.example", PASSWORD), "SUCCESS")


def test_R10_R11_pamtester_signs_in():
    """Another PAM program than ours; it knows /etc/pam.d only."""
    need_namespace("/usr/bin/pamtester")
    if is_sanitized():
        raise Skipped("pamtester has no sanitizer that the module could use")
    with fresh_server() as server:
        with_user(server)
        for door, secret, wanted in (("portal", PASSWORD, 0), ("portal", PIN, 1), ("mailbox", PIN, 0),
                                     ("mailbox", PASSWORD, 1)):
            command = in_namespace([f'mount --bind "{server.path("pam.d")}" /etc/pam.d'], "pamtester", "-v", door,
                                   "101@acme.example", "authenticate", "acct_mgmt", "setcred")
            done = subprocess.run(command, input=secret.encode() + b"\n", capture_output=True, timeout=PATIENCE,
                                  env=child_environment())
            equal(done.returncode, wanted, f"{door}: {done}")


if __name__ == "__main__":
    main()
