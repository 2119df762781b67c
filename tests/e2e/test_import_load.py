# SPDX-License-Identifier: BSD-2-Clause
"""Logins while an import hashes thousands of secrets: never busy, hardly slower. PBXCRED_LONG=1: a hundred thousand."""
import os
import statistics
import time

import wire
from checks import expect
from harness import fresh_server
from tap import main

ROWS = 100_000 if os.environ.get("PBXCRED_LONG") else 2000
SECRET = "correct horse battery"


def one_login(server):
    begin = time.monotonic()
    verdict = wire.login(server.path("run/auth.sock"), "password", "1@d.example", SECRET)
    return verdict, time.monotonic() - begin


def test_logins_during_an_import():
    # A hash that outweighs Python's share, and two workers as on a small machine: one is for the import.
    with fresh_server(memory_kib=8192, workers=2, store_size="4G") as server:
        server.ctl("domain", "add", "d.example")
        server.add_user("1@d.example", password=SECRET)
        alone = [one_login(server) for _ in range(60)]
        rows = "".join(f"d.example,{i},secret number {i}\n" for i in range(100000, 100000 + ROWS))
        command = server.begin_ctl("import", "csv", server.write("u.csv", "domain,extension,password\n" + rows))
        during = []
        while command.poll() is None:
            during.append(one_login(server))
        expect(command.returncode == 0, "the import failed")
        verdicts = {verdict for verdict, _ in alone + during}
        expect(verdicts == {"granted"}, f"verdicts: {verdicts}")
        before, within = (statistics.median(t for _, t in some) for some in (alone, during))
        worst = max(t for _, t in during)
        print(f"# alone {before * 1e3:.1f} ms, during {within * 1e3:.1f} ms ({within / before:.2f} times), "
              f"at worst {worst * 1e3:.0f} ms, of {len(during)}")
        expect(len(during) >= 20, "the import was over too soon")
        # The promise is twice. A loaded machine has its own share in this, so the test allows more.
        expect(within <= 4 * before, f"{within / before:.1f} times as slow")


if __name__ == "__main__":
    main(alone=True)
