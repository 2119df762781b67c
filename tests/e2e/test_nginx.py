# SPDX-License-Identifier: BSD-2-Clause
"""A portal behind nginx with auth_pam: the worker runs as www-data, which services lists."""
import base64
import http.client
import os
import pwd
import threading

from checks import Skipped, contains, equal, expect
from harness import entry, fresh_server, is_sanitized
from neighbour import Neighbour, free_port, need_namespace
from tap import main

USER, PASSWORD, PIN = "101@acme.example", "correct horse battery", "482915"
MODULE = "/usr/lib/nginx/modules/ngx_http_auth_pam_module.so"

CONFIG = """
load_module {module};
daemon off;
user www-data;
worker_processes 2;
pid {dir}/nginx.pid;
error_log stderr info;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {dir}/tmp; proxy_temp_path {dir}/tmp; fastcgi_temp_path {dir}/tmp;
  uwsgi_temp_path {dir}/tmp; scgi_temp_path {dir}/tmp;
  server {{
    listen 127.0.0.1:{port};
    root {dir}/www;
    auth_pam "PBX";
    auth_pam_service_name "pbxcred-e2e";
  }}
}}
"""


class Portal:
    """nginx on a free port."""

    def __init__(self, server, words="account=password"):
        if is_sanitized():
            raise Skipped("nginx does not load a module with a sanitizer")
        need_namespace("/usr/sbin/nginx", MODULE)
        self.port = free_port()
        server.ctl("domain", "add", "acme.example")
        server.add_user(USER, "--username", "ada", password=PASSWORD, voicemail=PIN)
        server.service("pbxcred-e2e", words, folder="etc-pam.d")
        for name in ("www", "nginx"):
            os.mkdir(server.path(name))
        server.write("www/page.html", "the portal")
        os.chown(server.path("nginx"), pwd.getpwnam("www-data").pw_uid, -1)
        config = server.write("nginx.conf", CONFIG.format(module=MODULE, dir=server.dir, port=self.port))
        mounts = ["mount -t tmpfs tmpfs /var/log", "mkdir /var/log/nginx"]
        self.neighbour = Neighbour(server, ["/usr/sbin/nginx", "-c", config], mounts)
        self.neighbour.wait_for_port(self.port)

    def __enter__(self):
        self.neighbour.__enter__()
        return self

    def __exit__(self, *what):
        self.neighbour.__exit__(*what)

    def get(self, user=None, secret=None):
        """(status, body)"""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {}
        if user is not None:
            headers["Authorization"] = "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()
        try:
            connection.request("GET", "/page.html", headers=headers)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()


def portal_server(**settings):
    return fresh_server(services=[entry("www-data", ["password"], trust_rhost=True)], **settings)


def test_R2_R21_right_password_gets_the_page():
    with portal_server() as server, Portal(server) as portal:
        for name in (USER, "ada", "101"):
            equal(portal.get(name, PASSWORD), (200, "the portal"), name)
        contains(server.log(), 'entry="www-data" service="pbxcred-e2e"')


def test_R1_pin_wrong_unknown_and_nothing_get_401():
    with portal_server() as server, Portal(server) as portal:
        for name, secret in ((None, None), (USER, PIN), (USER, "wrong"), (USER, ""), ("nobody-here", PASSWORD),
                             ("", PASSWORD), (USER, "x" * 1025)):
            equal(portal.get(name, secret)[0], 401, f"{name}, {secret}")
        equal(portal.get(USER, PASSWORD)[0], 200, "the right one, afterwards")


def test_a_mailbox_service_is_not_served_to_www_data():
    with portal_server() as server, Portal(server, "account=voicemail") as portal:
        for secret in (PIN, PASSWORD):
            equal(portal.get(USER, secret)[0], 401)
        equal(server.kind(USER, "voicemail")["failures"], 0)


def test_addresses_come_from_nginx():
    with portal_server() as server, Portal(server) as portal:
        equal(portal.get(USER, "wrong")[0], 401)
        last = [line for line in server.log().splitlines() if "login account" in line][-1]
        contains(last, "source=127.0.0.1 ")


def test_must_change_with_strict_is_refused():
    with portal_server() as server, Portal(server, "account=password strict") as portal:
        equal(portal.get(USER, PASSWORD)[0], 200)
        server.set_secret(USER, "password", PASSWORD, "--must-change")
        expect(portal.get(USER, PASSWORD)[0] in (401, 403), "must change")


def test_daemon_away_disabled_and_locked_are_refused():
    with portal_server() as server, Portal(server) as portal:
        server.stop()
        expect(portal.get(USER, PASSWORD)[0] in (401, 403, 500), "daemon away")
        server.start()
        equal(portal.get(USER, PASSWORD)[0], 200, "and it is back")
        server.ctl("user", "disable", USER)
        equal(portal.get(USER, PASSWORD)[0], 401, "disabled")
        server.ctl("user", "enable", USER)
        for i in range(5):
            equal(portal.get(USER, f"wrong {i}")[0], 401)
        equal(portal.get(USER, PASSWORD)[0], 401, "locked")


def test_many_requests_at_once():
    with portal_server() as server, Portal(server) as portal:
        statuses = []
        threads = [threading.Thread(target=lambda: statuses.append(portal.get(USER, PASSWORD)[0])) for _ in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        equal(statuses, [200] * 40)


if __name__ == "__main__":
    main()
