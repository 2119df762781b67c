# SPDX-License-Identifier: BSD-2-Clause
"""domain import and export: 300 domains as easily as one."""
import os

from checks import contains, equal, expect
from harness import fresh_server
from tap import main

DOMAINS = 300


def test_R19_three_hundred_domains_go_in_and_come_out_the_same():
    with fresh_server() as server:
        entries = ",\n".join(f'  {{ name = "pbx{i}.example"; timezone = "Europe/Berlin"; country = "DE"; '
                             f'aliases = [ "p{i}" ]; policies = {{ voicemail = "pin-standard"; }}; }}'
                             for i in range(DOMAINS))
        path = server.write("domains.conf", f"domains = (\n{entries}\n);\n")
        contains(server.ctl("domain", "import", path, "--dry-run").out, f"{DOMAINS} would be added")
        equal(server.ctl_json("domain", "list"), [])
        contains(server.ctl("domain", "import", path).out, f"{DOMAINS} added, 0 changed, 0 unchanged")
        contains(server.ctl("domain", "import", path).out, f"0 added, 0 changed, {DOMAINS} unchanged")
        server.ctl("domain", "export", server.path("out.conf"))
        run = server.ctl("domain", "import", server.path("out.conf"))
        contains(run.out, f"0 added, 0 changed, {DOMAINS} unchanged")
        before = server.ctl_json("domain", "list")
        with fresh_server() as other:
            contains(other.ctl("domain", "import", server.path("out.conf")).out, f"{DOMAINS} added")
            again = other.ctl("domain", "export", "-").out
            with open(server.path("out.conf"), encoding="utf-8") as file:
                equal(again, file.read(), "export after import")
            strip = [{key: value for key, value in domain.items() if key not in ("domain_id", "created_at")}
                     for domain in other.ctl_json("domain", "list")]
            equal(strip, [{key: domain[key] for key in strip[0]} for domain in before])
        server.ctl("store", "check")


def test_a_domain_file_that_is_wrong_changes_nothing_and_says_where():
    with fresh_server() as server:
        path = server.write("bad.conf", 'domains = (\n  { name = "a.example"; },\n'
                                        '  { name = "b.example"; colour = 1; },\n'
                                        '  { timezone = "UTC"; }\n);\n')
        run = server.ctl("domain", "import", path, status=7)
        contains(run.err, f'{path}:3: unknown key "colour"')
        contains(run.err, f"{path}:4: a domain needs a name")
        path = server.write("worse.conf", 'domains = (\n  { name = "a.example"; },\n  { name = "b.example";\n'
                                          '    timezone = "Mars/Olympus"; }\n);\n')
        run = server.ctl("domain", "import", path, status=7)
        contains(run.err, f"{path}:3: there is no time zone")
        contains(run.err, "1 of 2 domains are refused; nothing was changed")
        equal(server.ctl_json("domain", "list"), [])
        server.ctl("domain", "import", server.path("missing"), status=7)
        server.ctl("domain", "add", "a.example")
        server.ctl("domain", "export", path, status=6)
        expect(os.path.getsize(path) > 0, "nothing is overwritten")


if __name__ == "__main__":
    main()
