# SPDX-License-Identifier: BSD-2-Clause
"""Long work survives a lost terminal, and can be looked at and stopped."""
import os
import signal
import subprocess

from checks import PATIENCE, contains, equal, expect, lacks, wait_until
from harness import CTL, child_environment, fresh_server
from tap import main

USERS = 300


def slow_import(server):
    """A file whose hashing takes seconds."""
    rows = "".join(f"acme.example,{1000 + i},secret number {i:05}\n" for i in range(USERS))
    return server.write("users.csv", "domain,extension,password\n" + rows)


def begin(server, *words):
    return subprocess.Popen([CTL, "--run-dir", server.run_dir, *words], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=child_environment())


def jobs(server):
    return server.ctl_json("job", "list")


def running_job(server):
    found = wait_until(lambda: [job for job in jobs(server) if job["stage"] == "hashing"], "a job that hashes")
    equal(found[0]["state"], "running")
    return found[0]["job"]


def ended(server, job):
    def look():
        found = server.ctl_json("job", "show", str(job))
        return found if found["state"] != "running" else None
    return wait_until(look, f"job {job} ends")


def test_an_import_goes_on_when_its_terminal_is_lost():
    with fresh_server(memory_kib=19456, passes=2, workers=2) as server:
        command = begin(server, "import", "csv", slow_import(server))
        job = running_job(server)
        command.kill()
        command.communicate()
        wait_until(lambda: "its job goes on" in server.log(), "the daemon notices")
        equal(jobs(server)[0]["state"], "running")
        found = ended(server, job)
        equal((found["state"], found["what"], found["affected"], found["failed"]), ("done", "import", USERS, 0))
        contains(str(found["notes"]), "acme.example")
        equal(len(server.ctl_json("user", "list", "--domain", "acme.example")), USERS)
        server.ctl("job", "cancel", str(job), status=6)
        server.ctl("job", "show", "99", status=5)
        server.ctl("job", "show", "one", status=2)
        server.ctl("store", "check")


def test_an_interrupted_command_says_which_job_goes_on_and_it_can_be_cancelled():
    with fresh_server(memory_kib=19456, passes=2, workers=2) as server:
        command = begin(server, "import", "csv", slow_import(server))
        job = running_job(server)
        command.send_signal(signal.SIGINT)
        _, told = command.communicate(timeout=PATIENCE)
        equal(command.returncode, -signal.SIGINT)
        contains(told.decode(), f"pbxcredctl job cancel {job}")
        contains(server.ctl("job", "cancel", str(job)).out, "told to stop")
        found = ended(server, job)
        equal((found["state"], found["error"]), ("cancelled", "cancelled; nothing was changed"))
        server.ctl("user", "list", "--domain", "acme.example", status=5)


def test_who_waits_is_told_that_the_job_was_cancelled():
    with fresh_server(memory_kib=19456, passes=2, workers=2) as server:
        command = begin(server, "import", "csv", slow_import(server))
        server.ctl("job", "cancel", str(running_job(server)))
        _, told = command.communicate(timeout=PATIENCE)
        equal(command.returncode, 1, told.decode())
        contains(told.decode(), "cancelled; nothing was changed")


def test_a_stopping_daemon_leaves_nothing_of_a_job():
    with fresh_server(memory_kib=19456, passes=2, workers=2) as server:
        command = begin(server, "import", "csv", slow_import(server))
        running_job(server)
        command.kill()
        command.communicate()
        server.kill()
        server.start()
        equal(jobs(server), [])
        server.ctl("user", "list", "--domain", "acme.example", status=5)
        server.ctl("store", "check")


def test_generated_secrets_and_dry_runs_are_no_jobs():
    with fresh_server() as server:
        path = slow_import(server)
        server.ctl("import", "csv", path, "--dry-run")
        server.ctl("import", "csv", path)
        new = server.path("new.csv")
        server.ctl("secret", "generate", "--domain", "acme.example", "voicemail", "--csv", new)
        with open(new, encoding="utf-8") as file:
            secret = file.read().splitlines()[1].split(",")[2]
        equal([job["what"] for job in jobs(server)], ["import"])
        server.ctl("secret", "clear", "--domain", "acme.example", "voicemail")
        equal([job["what"] for job in jobs(server)], ["import", "secret clear voicemail"])
        lacks(str(server.ctl_json("job", "show", "1")) + str(server.ctl_json("job", "show", "2")), secret)
        expect(os.path.exists(new), "the file stays")


if __name__ == "__main__":
    main()
