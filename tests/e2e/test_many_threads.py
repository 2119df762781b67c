# SPDX-License-Identifier: BSD-2-Clause
"""Many at once, and host programs in odd states. Promise 3: parallel guesses never exceed the limit, parallel right
logins never lock anyone out. Promise 7: what the module survives."""
import resource
import threading

import wire
from checks import contains, equal, expect
from harness import LISTED_UID, PamRun, entry, fresh_server
from tap import main

USER, PASSWORD, CODE = "101@acme.example", "correct horse battery", "730264"


def with_user(server):
    server.ctl("domain", "add", "acme.example")
    server.add_user(USER, password=PASSWORD, login=CODE)
    server.service("portal", "account=password timeout=60")


def at_once(count, function):
    """function(i) in that many threads, released together; their results in order."""
    results, barrier = [None] * count, threading.Barrier(count)

    def run(i):
        barrier.wait()
        results[i] = function(i)
    threads = [threading.Thread(target=run, args=(i,), daemon=True) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return results


def outcomes(server):
    """How many logins ended for which reason, by the log."""
    counts = {}
    for line in server.log().splitlines():
        if "login account" in line:
            reason = line.rsplit("reason=", 1)[1].strip('"')
            counts[reason] = counts.get(reason, 0) + 1
    return counts


def guess(server, kind, secret, user=USER):
    return wire.login(server.path("run/auth.sock"), kind, user, secret, timeout=120)


def test_32_threads_sign_in_through_libpam():
    with fresh_server() as server:
        with_user(server)
        run = server.pam("portal", USER, "auth", [PASSWORD], options=["--threads", "32", "--count", "10"])
        equal(run.counts, {"PAM_SUCCESS": 320}, str(run))
        equal(server.kind(USER, "password")["failures"], 0)


def test_32_threads_of_an_ordinary_user():
    with fresh_server(services=[entry(f"#{LISTED_UID}", ["password"])]) as server:
        with_user(server)
        run = server.pam("portal", USER, "auth", [PASSWORD], uid=LISTED_UID,
                         options=["--threads", "32", "--count", "4"])
        equal(run.counts, {"PAM_SUCCESS": 128}, str(run))


def test_32_threads_with_the_same_typo_count_once():
    with fresh_server() as server:
        with_user(server)
        run = server.pam("portal", USER, "auth", ["the same typo"], options=["--threads", "32", "--count", "4"])
        equal(run.counts, {"PAM_AUTH_ERR": 128}, str(run))
        equal(server.kind(USER, "password")["failures"], 1)
        equal(guess(server, "password", PASSWORD), "granted")


def test_64_parallel_guesses_never_exceed_the_limit():
    with fresh_server() as server:
        with_user(server)
        verdicts = at_once(64, lambda i: guess(server, "password", f"wrong secret {i}"))
        equal(verdicts, ["refused"] * 64)
        state = server.kind(USER, "password")
        equal(state["failures"], 5, "counted")
        expect(state["locked_until"], "locked")
        equal(outcomes(server).get("wrong"), 5, f"evaluated: {outcomes(server)}")
        equal(guess(server, "password", PASSWORD), "refused", "the right secret, locked out")


def test_the_right_guess_among_64_comes_too_late_or_is_one_of_five():
    """Whoever guesses in parallel has five tries, not sixty-four."""
    with fresh_server() as server:
        with_user(server)
        def one(i):
            return guess(server, "password", PASSWORD if i == 63 else f"wrong secret {i}")
        granted = at_once(64, one).count("granted")
        counts = outcomes(server)
        before = counts.get("wrong", 0)
        expect(granted <= 1 and before <= 9, f"{granted} granted, {counts}")  # a success forgives what came before it


def test_two_doors_of_one_secret_share_the_limit():
    with fresh_server() as server:
        with_user(server)
        verdicts = at_once(40, lambda i: guess(server, ("login", "phone")[i % 2], f"{800000 + i}"))
        equal(verdicts, ["refused"] * 40)
        equal(server.kind(USER, "login")["failures"], 5)
        equal(outcomes(server).get("wrong"), 5)


def test_names_of_one_account_share_the_limit():
    with fresh_server() as server:
        with_user(server)
        server.ctl("domain", "set", "acme.example", "--alias", "acme")
        server.ctl("user", "set", USER, "--username", "ada", "--alternate-id", "11635-05")
        names = (USER, "101@acme", "101", "ada", "ADA", "11635-05")
        verdicts = at_once(60, lambda i: guess(server, "password", f"wrong secret {i}", user=names[i % len(names)]))
        equal(verdicts, ["refused"] * 60)
        equal(outcomes(server).get("wrong"), 5)


def test_parallel_right_logins_lock_nobody_out():
    with fresh_server() as server:
        with_user(server)
        equal(at_once(64, lambda i: guess(server, "password", PASSWORD)), ["granted"] * 64)
        for i in range(4):
            equal(guess(server, "password", f"wrong {i}"), "refused")
        equal(at_once(64, lambda i: guess(server, "password", PASSWORD)), ["granted"] * 64)
        state = server.kind(USER, "password")
        equal((state["failures"], state["locked_until"]), (0, None), "forgiven by the success")


def test_four_wrong_among_sixty_right_lock_nobody_out():
    with fresh_server() as server:
        with_user(server)
        def one(i):
            return guess(server, "password", f"wrong {i}" if i % 16 == 0 else PASSWORD)
        verdicts = at_once(64, one)
        equal(verdicts.count("granted"), 60, str(verdicts))


def test_full_queue_is_busy_and_counts_nothing():
    with fresh_server(memory_kib=16384, passes=2, workers=1) as server:
        with_user(server)
        verdicts = at_once(300, lambda i: guess(server, "password", "the same typo", user=f"{500 + i}@acme.example"))
        status = server.ctl_json("status")
        expect(verdicts.count("busy") > 0, f"300 at once: {set(verdicts)}, capacity {status['queue_capacity']}")
        equal(status["busy"], verdicts.count("busy"))
        equal(set(verdicts), {"busy", "unknown"})
        equal(guess(server, "password", PASSWORD), "granted", "afterwards")


def test_descriptors_0_to_2_closed():
    with fresh_server() as server:
        with_user(server)
        out = server.path("out")
        for answer, wanted in ((PASSWORD, "PAM_SUCCESS"), ("wrong", "PAM_AUTH_ERR")):
            server.pam("portal", USER, "auth acct setcred", [answer], options=["--close-012", "--out", out])
            with open(out, encoding="utf-8") as file:
                text = file.read()
            contains(text, f"auth: {wanted}")
            contains(text, "acct: PAM_SUCCESS")


def test_change_with_descriptors_0_to_2_closed():
    with fresh_server() as server:
        with_user(server)
        out = server.path("out")
        server.pam("portal", USER, "chauthtok", ["a brand new secret"] * 2, options=["--close-012", "--out", out])
        with open(out, encoding="utf-8") as file:
            contains(file.read(), "chauthtok: PAM_SUCCESS")
        equal(guess(server, "password", "a brand new secret"), "granted")


def test_descriptors_above_1023():
    with fresh_server() as server:
        with_user(server)
        if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < 1300:
            return
        run = server.pam("portal", USER, "auth acct", [PASSWORD], options=["--fds", "1200"])
        run.expect("SUCCESS", "SUCCESS")


def test_no_descriptors_left():
    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    with fresh_server() as server:
        with_user(server)
        run = server.pam("portal", USER, "auth acct", [PASSWORD], options=["--exhaust"], preexec_fn=few)
        run.expect("SYSTEM_ERR", "SYSTEM_ERR")
        equal(server.kind(USER, "password")["failures"], 0)


def test_one_handle_used_again_and_again():
    with fresh_server() as server:
        with_user(server)
        answers = [PASSWORD, "wrong", PASSWORD, PASSWORD]
        run = server.pam("portal", USER, "auth acct", answers, options=["--rounds", "4"])
        equal(run.codes(), ["PAM_SUCCESS", "PAM_SUCCESS", "PAM_AUTH_ERR", "PAM_SUCCESS", *["PAM_SUCCESS"] * 4])
        expect(isinstance(run, PamRun) and run.envs[2] == {}, f"environment after the refusal: {run.envs}")


def test_silent_programs_get_no_messages():
    with fresh_server() as server:
        with_user(server)
        server.set_secret(USER, "password", PASSWORD, "--must-change")
        run = server.pam("portal", USER, "auth acct", [PASSWORD], options=["--silent"])
        run.expect("SUCCESS", "NEW_AUTHTOK_REQD")
        equal((run.info, run.errors), ([], []))


if __name__ == "__main__":
    main()
