# SPDX-License-Identifier: BSD-2-Clause
"""Changing secrets through pam_chauthtok: by the user, by root, on demand; and what grants are good for."""
import datetime

import wire
from checks import equal, expect, wait_until
from harness import LISTED_UID, UNLISTED_UID, effective_uid, entry, fresh_server
from tap import main

USER = "101@acme.example"
OLD, NEW, OTHER = "correct horse battery", "staple on a new page", "and yet another one"
PIN, NEW_PIN = "482915", "730264"


def prepared(change=True, **settings):
    """A server with one user; the portal's uid may change passwords and PINs."""
    entries = [entry(f"#{LISTED_UID}", ["password", "voicemail"], change=change)]
    return fresh_server(services=entries, **settings)


def with_user(server):
    server.ctl("domain", "add", "acme.example")
    server.add_user(USER, password=OLD, voicemail=PIN)
    server.service("portal", "account=password")
    server.service("mailbox", "account=voicemail")
    server.service("ivr", "account=voicemail prompts=sounds")


def expect_password(server, secret):
    equal(server.login("portal", USER, secret), "SUCCESS", f"signing in with {secret!r}")


def test_R14_R44_user_changes_with_the_current_secret():
    with prepared() as server:
        with_user(server)
        run = server.pam("portal", USER, "chauthtok", [OLD, NEW, NEW], uid=LISTED_UID).expect("SUCCESS")
        equal(run.prompts, ["Current password: ", "New password: ", "Retype new password: "])
        expect(any("15 to 256" in text for text in run.info), f"the rules are told first: {run}")
        expect_password(server, NEW)
        equal(server.login("portal", USER, OLD), "AUTH_ERR")
        run = server.pam("mailbox", USER, "chauthtok", [PIN, NEW_PIN, NEW_PIN], uid=LISTED_UID).expect("SUCCESS")
        equal(run.prompts, ["Current PIN: ", "New PIN: ", "Retype new PIN: "])
        equal(server.login("mailbox", USER, NEW_PIN), "SUCCESS")


def test_R69_root_changes_without_the_current_secret():
    with prepared() as server:
        with_user(server)
        run = server.pam("portal", USER, "chauthtok", [NEW, NEW]).expect("SUCCESS")
        equal(run.prompts, ["New password: ", "Retype new password: "])
        expect_password(server, NEW)
        server.pam("portal", "nobody-here", "chauthtok", [NEW, NEW]).expect("USER_UNKNOWN")


def test_R18_root_sets_what_was_not_set():
    with prepared() as server:
        with_user(server)
        server.ctl("secret", "clear", USER, "password")
        server.pam("portal", USER, "chauthtok", [NEW, NEW]).expect("SUCCESS")
        expect_password(server, NEW)


def test_root_on_demand_needs_the_current_secret():
    with prepared() as server:
        with_user(server)
        run = server.pam("portal", USER, "chauthtok", [OLD, NEW, NEW], options=["--expired"]).expect("SUCCESS")
        equal(run.prompts[0], "Current password: ")
        expect_password(server, NEW)


def demanded(server, *options):
    server.set_secret(USER, "password", OLD, *options)
    run = server.pam("portal", USER, "auth acct chauthtok", [OLD, NEW, NEW], uid=LISTED_UID, options=["--expired"])
    run.expect("SUCCESS", "NEW_AUTHTOK_REQD", "SUCCESS")
    equal(run.prompts, ["Password: ", "New password: ", "Retype new password: "], "the grant spares the current one")
    equal([env.get("PBXCRED_CHANGE") for env in run.envs], ["password", "password", None])
    expect_password(server, NEW)
    state = server.kind(USER, "password")
    equal((state["must_change"], state["temporary"], state["expires_at"]), (False, False, None))
    server.pam("portal", USER, "auth acct", [NEW], uid=LISTED_UID).expect("SUCCESS", "SUCCESS")


def test_R29_must_change_is_done_with_the_grant_of_the_login():
    with prepared() as server:
        with_user(server)
        demanded(server, "--must-change")


def test_R67_R82_temporary_secret_must_be_changed_at_the_first_sign_in():
    with prepared() as server:
        with_user(server)
        demanded(server, "--temporary")


def test_R67_temporary_pin_in_an_ivr():
    with prepared() as server:
        with_user(server)
        server.set_secret(USER, "voicemail", PIN, "--temporary")
        run = server.pam("ivr", USER, "auth acct chauthtok", [PIN, NEW_PIN, NEW_PIN], uid=LISTED_UID)
        run.expect("SUCCESS", "NEW_AUTHTOK_REQD", "SUCCESS")
        equal(run.prompts, ["vm-password", "vm-newpassword", "vm-reenterpassword"])
        equal((run.info, run.errors), (["vm-passchanged"], []))


def test_R81_temporary_secret_dies_after_its_time():
    with prepared() as server:
        with_user(server)
        server.set_secret(USER, "password", NEW, "--temporary", "--expires", "1s")
        ends = datetime.datetime.fromisoformat(server.kind(USER, "password")["expires_at"].replace("Z", "+00:00"))
        ends += datetime.timedelta(seconds=1.5)  # it is shown in whole seconds
        wait_until(lambda: datetime.datetime.now(datetime.timezone.utc) > ends, "the secret's last moment")
        equal(server.login("portal", USER, NEW), "AUTH_ERR")
        equal(server.kind(USER, "password")["failures"], 0, "it was right once: no guess")
        server.set_secret(USER, "password", NEW, "--temporary")
        left = server.kind(USER, "password")["expires_at"]
        hours = (datetime.datetime.fromisoformat(left.replace("Z", "+00:00")) -
                 datetime.datetime.now(datetime.timezone.utc)).total_seconds() / 3600
        expect(23 < hours <= 24, f"24 hours by default, not {hours}")


def test_login_for_another_handle_brings_no_grant():
    with prepared() as server:
        with_user(server)
        server.set_secret(USER, "password", OLD, "--must-change")
        server.pam("portal", USER, "auth acct", [OLD], uid=LISTED_UID).expect("SUCCESS", "NEW_AUTHTOK_REQD")
        run = server.pam("portal", USER, "chauthtok", [OLD, NEW, NEW], uid=LISTED_UID, options=["--expired"])
        run.expect("SUCCESS")
        equal(run.prompts[0], "Current password: ")


def test_a_second_authenticate_drops_the_grant():
    with prepared() as server:
        with_user(server)
        server.set_secret(USER, "password", OLD, "--must-change")
        run = server.pam("portal", USER, "auth auth chauthtok", [OLD, "wrong", NEW, NEW], uid=LISTED_UID,
                         options=["--expired"])
        run.expect("SUCCESS", "AUTH_ERR", "AUTH_ERR")
        equal(run.envs[1], {}, "environment after the refusal")
        equal(run.prompts[2], "Current password: ")


def grant_of(server):
    """A grant for the password, given to LISTED_UID by a login that must change it."""
    server.set_secret(USER, "password", OLD, "--must-change")
    with effective_uid(LISTED_UID):
        reply = wire.ask(server.path("run/auth.sock"), wire.auth_request("password", USER, OLD))
    equal((reply.verdict, reply.change), ("granted", {"password"}))
    expect(reply.grant is not None, "the login brings a grant")
    return reply.grant


def commit(server, grant, secret, uid=LISTED_UID, user=USER, kind="password"):
    request = wire.change_request("password", user, wire.COMMIT, wire.PROOF_GRANT, grant=grant,
                                  secrets=[(kind, secret)])
    with effective_uid(uid):
        return wire.ask(server.path("run/auth.sock"), request).verdict


def test_grant_is_bound_to_peer_account_kind_and_used_once():
    with prepared() as server:
        with_user(server)
        server.write_config(services=[entry(f"#{uid}", ["password", "voicemail"], change=True)
                                      for uid in (LISTED_UID, UNLISTED_UID)])
        server.ctl("reload")
        server.add_user("102@acme.example", password=OTHER)
        grant = grant_of(server)
        equal(commit(server, grant, NEW, uid=UNLISTED_UID), "refused", "another uid")
        equal(commit(server, grant, NEW, uid=0), "refused", "root")
        equal(commit(server, grant, NEW, user="102@acme.example"), "refused", "another account")
        equal(commit(server, grant, NEW_PIN, kind="voicemail"), "refused", "another kind")
        equal(commit(server, bytes(16), NEW), "refused", "no grant at all")
        equal(commit(server, grant, NEW), "granted")
        equal(commit(server, grant, OTHER), "refused", "a second time")
        expect_password(server, NEW)


def test_grant_survives_four_broken_rules_and_not_five():
    with prepared() as server:
        with_user(server)
        grant = grant_of(server)
        for _ in range(4):
            equal(commit(server, grant, "short"), "rule broken")
        equal(commit(server, grant, NEW), "granted")
        grant = grant_of(server)
        for _ in range(5):
            equal(commit(server, grant, "short"), "rule broken")
        equal(commit(server, grant, NEW), "refused")


def test_a_changed_secret_or_state_voids_grants():
    with prepared() as server:
        with_user(server)
        grant = grant_of(server)
        server.set_secret(USER, "voicemail", NEW_PIN)
        equal(commit(server, grant, NEW), "refused", "after another secret was set")
        grant = grant_of(server)
        server.ctl("user", "set", USER, "--email", "ada@acme.example")
        equal(commit(server, grant, NEW), "refused", "after the e-mail address changed")
        grant = grant_of(server)
        server.ctl("user", "disable", USER)
        server.ctl("user", "enable", USER)
        equal(commit(server, grant, NEW), "refused", "after having been disabled")


def test_privilege_is_roots_alone():
    with prepared() as server:
        with_user(server)
        request = wire.change_request("password", USER, wire.COMMIT, wire.PROOF_PRIVILEGE, secrets=[("password", NEW)])
        with effective_uid(LISTED_UID):
            equal(wire.ask(server.path("run/auth.sock"), request).verdict, "denied")
        for proof in (wire.PROOF_NONE, wire.PROOF_SECRET):
            request = wire.change_request("password", USER, wire.COMMIT, proof, current=OLD,
                                          secrets=[("password", NEW)])
            equal(wire.ask(server.path("run/auth.sock"), request).verdict, "refused", f"commit with proof {proof}")
        expect_password(server, OLD)


def test_R60_R66_broken_rules_three_times_end_it():
    with prepared() as server:
        with_user(server)
        run = server.pam("portal", USER, "chauthtok", [OLD, *["short", "short"] * 3], uid=LISTED_UID)
        run.expect("AUTHTOK_ERR")
        equal(run.prompts, ["Current password: ", *["New password: ", "Retype new password: "] * 3])
        equal(run.errors, ["The password must have at least 15 characters."] * 3)
        run = server.pam("mailbox", USER, "chauthtok", [PIN, "12ab", "12ab", NEW_PIN, NEW_PIN], uid=LISTED_UID)
        run.expect("SUCCESS")
        equal(run.errors, ["The PIN may contain only digits.", "The PIN must have at least 6 digits."])
        expect_password(server, OLD)


def test_mismatch_three_times_ends_it():
    with prepared() as server:
        with_user(server)
        run = server.pam("portal", USER, "chauthtok", [OLD, *[NEW, OTHER] * 3], uid=LISTED_UID).expect("AUTHTOK_ERR")
        equal(run.errors, ["The two entries do not match."] * 3)
        run = server.pam("ivr", USER, "chauthtok", [PIN, NEW_PIN, "111111", "12", "12", NEW_PIN, NEW_PIN],
                         uid=LISTED_UID).expect("SUCCESS")
        equal(run.errors, ["vm-mismatch", "vm-invalid-password"])
        expect_password(server, OLD)


def test_no_answer_and_empty_answer_change_nothing():
    with prepared() as server:
        with_user(server)
        server.pam("portal", USER, "chauthtok", [OLD], uid=LISTED_UID).expect("AUTHTOK_ERR")
        server.pam("portal", USER, "chauthtok", [OLD, NEW], uid=LISTED_UID).expect("AUTHTOK_ERR")
        server.pam("portal", USER, "chauthtok", [OLD, "", ""], uid=LISTED_UID).expect("AUTHTOK_ERR")
        expect_password(server, OLD)


def test_R84_new_secret_must_differ_from_the_current_one():
    with prepared() as server:
        with_user(server)
        run = server.pam("portal", USER, "chauthtok", [OLD, OLD, OLD, NEW, NEW], uid=LISTED_UID).expect("SUCCESS")
        expect(any("differ" in text for text in run.errors), f"a message says so: {run}")


def test_R102_administrators_meet_the_same_rules():
    with prepared() as server:
        with_user(server)
        run = server.set_secret(USER, "password", "short", status=1)
        expect("at least 15" in run.err, str(run))
        run = server.set_secret(USER, "voicemail", "12ab56", status=1)
        expect("only digits" in run.err, str(run))


def test_wrong_current_secret_is_counted_and_locks():
    with prepared() as server:
        with_user(server)
        server.pam("portal", USER, "chauthtok", ["wrong", NEW, NEW], uid=LISTED_UID).expect("AUTH_ERR")
        equal(server.kind(USER, "password")["failures"], 1)
        for i in range(4):
            server.pam("portal", USER, "chauthtok", [f"wrong {i}", NEW, NEW], uid=LISTED_UID).expect("AUTH_ERR")
        server.pam("portal", USER, "chauthtok", [OLD, NEW, NEW], uid=LISTED_UID).expect("AUTH_ERR")
        equal(server.login("portal", USER, OLD), "AUTH_ERR", "locked")


def test_daemon_away_is_try_again():
    with prepared() as server:
        with_user(server)
        server.stop()
        server.pam("portal", USER, "chauthtok", [NEW, NEW]).expect("TRY_AGAIN")
        server.pam("portal", USER, "chauthtok", [OLD, NEW, NEW], uid=LISTED_UID).expect("TRY_AGAIN")


def test_not_permitted_and_disabled_are_permission_denied():
    with prepared(change=False) as server:
        with_user(server)
        server.pam("portal", USER, "chauthtok", [OLD, NEW, NEW], uid=LISTED_UID).expect("PERM_DENIED")
        server.set_secret(USER, "password", OLD, "--must-change")
        run = server.pam("portal", USER, "auth acct chauthtok", [OLD, OLD, NEW, NEW], uid=LISTED_UID,
                         options=["--expired"])
        run.expect("SUCCESS", "NEW_AUTHTOK_REQD", "PERM_DENIED")
        server.ctl("user", "disable", USER)
        server.pam("portal", USER, "chauthtok", [NEW, NEW]).expect("PERM_DENIED")


def test_R25_change_at_the_phone_door():
    device = "a secret for the device"
    with prepared() as server:
        with_user(server)
        server.service("phone", "account=phone")
        server.set_secret(USER, "login", "730264")
        # Its user changes what the door takes: the login code.
        run = server.pam("phone", USER, "chauthtok", ["730264", "815093", "815093"], options=["--expired"])
        run.expect("SUCCESS")
        equal(run.prompts, ["Current password: ", "New PIN: ", "Retype new PIN: "])
        equal(server.login("phone", USER, "815093"), "SUCCESS")
        equal(server.kind(USER, "phone")["set"], False)
        # Root sets what the door is named after.
        run = server.pam("phone", USER, "chauthtok", [device, device]).expect("SUCCESS")
        equal(run.prompts, ["New password: ", "Retype new password: "])
        equal(server.login("phone", USER, device), "SUCCESS")


def test_administrator_changes_its_password():
    with prepared() as server:
        with_user(server)
        server.ctl("admin", "add", "alice")
        server.set_secret("alice", "admin", OLD)
        server.service("console", "account=admin")
        server.pam("console", "alice", "chauthtok", [OLD, NEW, NEW], options=["--expired"]).expect("SUCCESS")
        equal(server.login("console", "alice", NEW), "SUCCESS")


if __name__ == "__main__":
    main()
