# SPDX-License-Identifier: BSD-2-Clause
"""What a test expects, and how it says that this did not happen."""
import time

PATIENCE = 120.0  # seconds until something that must happen is taken not to: the machine may be very busy


class Failure(AssertionError):
    """What was expected did not happen."""


class Skipped(Exception):
    """This test cannot run here; the text says why."""


def expect(condition, what):
    if not condition:
        raise Failure(what)


def equal(got, wanted, what=""):
    if got != wanted:
        raise Failure(f"{what or 'value'}: got {got!r}, expected {wanted!r}")


def contains(text, part, what=""):
    if part not in text:
        raise Failure(f"{what or 'text'} lacks {part!r}:\n{text}")


def lacks(text, part, what=""):
    if part in text:
        raise Failure(f"{what or 'text'} has {part!r}:\n{text}")


def wait_until(condition, what, patience=PATIENCE):
    """Polls until condition() is true and returns that value."""
    end = time.monotonic() + patience
    pause = 0.01
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure(f"{what}: not within {patience:.0f} s")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.2)


def diagnose(text):
    for line in str(text).rstrip("\n").split("\n"):
        print("#", line)
