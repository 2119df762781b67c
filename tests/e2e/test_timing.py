# SPDX-License-Identifier: BSD-2-Clause
"""Promise 4: unknown, wrong, disabled, not set and the like take the same time. About 20 s on a quiet machine."""
import random
import statistics
import time

import wire
from checks import Skipped, equal, expect
from harness import fresh_server, is_sanitized
from tap import main

ROUNDS = 300
QUIET, CLOSE, COARSE = 0.02, 0.05, 0.25  # how far the medians of two equal things, or of all, may be apart

PASSWORD, PIN, CODE = "correct horse battery", "482915", "730264"
CASES = {  # what: (kind, user, secret, verdict)
    "wrong": ("password", "101@acme.example", "wrong every time", "refused"),
    "wrong, once more": ("password", "102@acme.example", "wrong every time", "refused"),
    "unknown": ("password", "999@acme.example", "wrong every time", "unknown"),
    "unknown domain": ("password", "101@nowhere.example", "wrong every time", "unknown"),
    "disabled, right secret": ("password", "103@acme.example", PASSWORD, "refused"),
    "not set": ("password", "104@acme.example", "wrong every time", "refused"),
    "locked, right secret": ("password", "105@acme.example", PASSWORD, "refused"),
    "phone falling back to login": ("phone", "106@acme.example", "999999", "refused"),
    "PIN-only user with the PIN": ("password", "107@acme.example", PIN, "refused"),
}


def prepare(server):
    server.ctl("domain", "add", "acme.example")
    for extension in (101, 102, 103, 105):
        server.add_user(f"{extension}@acme.example", password=PASSWORD)
    server.ctl("user", "disable", "103@acme.example")
    server.ctl("user", "add", "104@acme.example")
    server.add_user("106@acme.example", login=CODE)
    server.add_user("107@acme.example", voicemail=PIN)
    for i in range(5):
        wire.login(server.path("run/auth.sock"), "password", "105@acme.example", f"wrong {i}")
    expect(server.kind("105@acme.example", "password")["locked_until"], "105 is locked")


def try_once(path, case):
    kind, user, secret, wanted = CASES[case]
    request = wire.auth_request(kind, user, secret)
    begin = time.perf_counter()
    reply = wire.exchange(path, request)
    took = time.perf_counter() - begin
    equal(wire.Reply(reply).verdict, wanted, case)
    return took


def spread(values):
    values = list(values)
    return max(values) / min(values) - 1


def measure(path):
    """Medians by case, tries interleaved in changing order."""
    rng = random.Random(1)
    times = {case: [] for case in CASES}
    for _ in range(ROUNDS):
        for case in rng.sample(list(CASES), len(CASES)):
            times[case].append(try_once(path, case))
    return {case: statistics.median(values) for case, values in times.items()}


def report(measured):
    """Prints the medians; returns how far two equal cases are apart, and how far all are."""
    for case, median in sorted(measured.items(), key=lambda item: item[1]):
        print(f"# {median * 1e6:8.0f} us  {case}")
    control = spread([measured["wrong"], measured["wrong, once more"]])
    apart = spread(measured.values())
    print(f"# equal cases are {control:.1%} apart, all {apart:.1%}")
    return control, apart


def test_refusals_take_the_same_time():
    """On a noisy machine, up to three times; if it stays noisy, only gross differences are seen."""
    if is_sanitized():
        raise Skipped("a sanitizer's time says nothing")
    with fresh_server(memory_kib=4096, passes=1, extra='lockout = { steps = [ "24h" ]; };') as server:
        prepare(server)
        for _ in range(3):
            control, apart = report(measure(server.path("run/auth.sock")))
            if control <= QUIET and apart <= CLOSE:
                return
        if control > QUIET:
            print("# noisy")
        allowed = CLOSE if control <= QUIET else COARSE
        expect(apart <= allowed, f"medians are {apart:.1%} apart, more than {allowed:.0%}")


if __name__ == "__main__":
    main(alone=True)
