# SPDX-License-Identifier: BSD-2-Clause
"""A private daemon, the real PAM module and the real command, for end-to-end tests.

A test gets a directory of its own under /tmp (short: paths of sockets have at most 107 bytes) with all it starts:
  run/ state/ keys/  the daemon's places     pam.d/  PAM services     bin/  module and client, reachable by any uid
  pbxcred.conf  log

Environment: builddir, srcdir (make check sets them), PBXCRED_TEST_TMP in place of /tmp.
"""
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile

from checks import PATIENCE, Failure, diagnose, equal, wait_until

BUILD = os.path.abspath(os.environ.get("builddir", "."))
SOURCE = os.path.abspath(os.environ.get("srcdir", os.path.join(os.path.dirname(__file__), "..", "..")))
DAEMON = os.path.join(BUILD, "tools/pbxcredd/pbxcredd")
CTL = os.path.join(BUILD, "tools/pbxcredctl/pbxcredctl")
MODULE = os.path.join(BUILD, "pam_pbx/.libs/pam_pbx.so")
PAM_CLIENT = os.path.join(BUILD, "tests/pam/pam_client")
FAULTS = os.path.join(BUILD, "tests/faults/.libs/failio.so")
SAMPLE = os.path.join(SOURCE, "conf/examples/sample")

LISTED_UID, UNLISTED_UID, NOBODY_UID = 12345, 12346, 65534


def is_sanitized():
    """Whether the tree was built with AddressSanitizer: memory and time mean little then."""
    with open(DAEMON, "rb") as binary:
        return b"__asan_init" in binary.read()


def child_environment(extra=None):
    """What the programs under test get: nothing of ours that changes what they do."""
    ours = ("PATH", "HOME", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")
    keep = {name: value for name, value in os.environ.items() if name in ours}
    keep.setdefault("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
    keep["LC_ALL"] = "C.UTF-8"
    keep.update(extra or {})
    return keep


# ---- results

class Result:
    """How a program ended and what it said."""

    def __init__(self, words, done):
        self.words, self.status = words, done.returncode
        self.out = done.stdout.decode("utf-8", "replace")
        self.err = done.stderr.decode("utf-8", "replace")

    def __str__(self):
        return f"{' '.join(self.words)}\nstatus {self.status}\n{self.out}{self.err}"

    def json(self):
        try:
            return json.loads(self.out)
        except ValueError:
            raise Failure(f"not one JSON document: {self}") from None


class PamRun(Result):
    """One run of pam_client: results of the operations in order, prompts, messages, environment."""

    def __init__(self, words, done, output=None):
        super().__init__(words, done)
        lines = (self.out if output is None else output).splitlines()
        ends = [re.fullmatch(r"(auth|acct|chauthtok|setcred|open|close): (\w+)\((\d+)\)", line) for line in lines]
        self.results = [(end[1], end[2]) for end in ends if end]
        self.prompts = [line[7:] for line in lines if line.startswith("PROMPT ")]
        self.info = [line[5:] for line in lines if line.startswith("INFO ")]
        self.errors = [line[6:] for line in lines if line.startswith("ERROR ")]
        self.envs = []  # of each operation: what the PAM environment was after it
        for line, end in zip(lines, ends):
            if end:
                self.envs.append({})
            elif line.startswith("env: ") and self.envs:
                name, value = line[5:].split("=", 1)
                self.envs[-1][name] = value
        self.env = self.envs[-1] if self.envs else {}
        self.counts = {m[1]: int(m[2]) for m in (re.fullmatch(r"(\w+)\(\d+\): (\d+)", line) for line in lines) if m}

    def codes(self):
        return [code for _, code in self.results]

    def expect(self, *codes):
        """codes: of the operations in order, without PAM_."""
        equal(self.codes(), ["PAM_" + code for code in codes], str(self))
        return self


@contextlib.contextmanager
def effective_uid(uid):
    """Connections made within appear as that uid's: the kernel names a peer by its effective uid at connect."""
    os.setegid(uid)
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def as_user(uid, groups=()):
    """Arguments of subprocess for a child of that uid, its group of the same number, and these."""
    return {} if uid is None else {"user": uid, "group": uid, "extra_groups": list(groups)}


def unshare():
    """The command that gives what follows a mount namespace of its own. In a chroot the root is no mount point, whose
    propagation could be changed."""
    with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
        private = any(line.split()[4] == "/" for line in mounts)
    return ["unshare", "--mount", "--propagation", "private" if private else "unchanged"]


def in_namespace(setup, *command):
    """The command that runs setup, shell commands, and then becomes command, in a mount namespace of its own."""
    return [*unshare(), "sh", "-c", " && ".join([*setup, 'exec "$0" "$@"']), *command]


# ---- the daemon

class Server:
    """A directory, a configuration and the daemon that runs on it."""

    def __init__(self, directory):
        self.dir = directory
        self.run_dir = self.path("run")
        self.settings = {"user": '""', "memory_kib": 1024, "passes": 1, "store_size": "64M", "services": []}
        self.process = None
        self.env = {}
        for name in ("pam.d", "bin"):
            os.mkdir(self.path(name), 0o755)
        for source in (MODULE, PAM_CLIENT):
            self.public(source)

    def path(self, name):
        return os.path.join(self.dir, name)

    def public(self, source):
        """A copy that any uid can reach, wherever the build directory is."""
        copy = self.path(os.path.join("bin", os.path.basename(source)))
        if not os.path.exists(copy):
            shutil.copy(source, copy)
            os.chmod(copy, 0o755)
        return copy

    # -- configuration

    def write_config(self, **settings):
        """settings: user (as written), memory_kib, passes, workers, store_size, default_domain, services (their texts),
        key_file, extra (further lines)."""
        self.settings.update(settings)
        get = self.settings.get
        lines = [f'run_dir = "{self.run_dir}";', f'state_dir = "{self.path("state")}";',
                 f'key_file = "{get("key_file", self.path("keys/ring"))}";', f'user = {get("user")};',
                 f'store_size = "{get("store_size")}";',
                 f'hash = {{ memory_kib = {get("memory_kib")}; passes = {get("passes")}; lanes = 1; }};']
        if get("workers"):
            lines.append(f'workers = {get("workers")};')
        if get("default_domain"):
            lines.append(f'default_domain = "{get("default_domain")}";')
        if get("services"):
            lines.append("services = (" + ",\n".join(get("services")) + ");")
        lines.append(get("extra", ""))
        self.write("pbxcred.conf", "\n".join(line for line in lines if line) + "\n")

    def write(self, name, text, mode=0o644):
        path = self.path(name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    # -- life

    def daemon(self, *words, env=None, secret="", **kwargs):
        """Runs pbxcredd to its end: --init, --check and the like, or a start that must fail. secret: on its standard
        input."""
        binary = self.public(DAEMON) if "user" in kwargs else DAEMON
        command = [binary, "--config", self.path("pbxcred.conf"), *words]
        done = subprocess.run(command, capture_output=True, input=secret.encode(), timeout=PATIENCE,
                              env=child_environment(env), **kwargs)
        return Result(command, done)

    def init(self):
        result = self.daemon("--init")
        equal(result.status, 0, str(result))

    def start(self, wait=True, mounts=(), **kwargs):
        """Starts the daemon; returns when it answers on both sockets. mounts: shell commands to run before, in a mount
        namespace of its own."""
        binary = self.public(DAEMON) if "user" in kwargs else DAEMON
        command = [binary, "--config", self.path("pbxcred.conf")]
        if mounts:
            command = in_namespace(mounts, *command)
        with open(self.path("log"), "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=child_environment(self.env), **kwargs)
        if wait:
            wait_until(self.is_ready, "the daemon is ready")

    def is_ready(self):
        if self.process.poll() is not None:
            raise Failure(f"the daemon ended with {self.process.returncode}:\n{self.log()}")
        return self.answers("auth.sock") and self.answers("admin.sock")

    def answers(self, name):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as probe:
            try:
                probe.connect(os.path.join(self.run_dir, name))
                return True
            except OSError:
                return False

    def stop(self):
        """Asks the daemon to stop and waits; its exit status."""
        return self.end(signal.SIGTERM)

    def kill(self):
        return self.end(signal.SIGKILL)

    def end(self, how):
        process, self.process = self.process, None
        process.send_signal(how)
        try:
            return process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise Failure("the daemon does not stop") from None

    def expect_alive(self):
        if self.process.poll() is not None:
            raise Failure(f"the daemon has ended with {self.process.returncode}:\n{self.log()[-4000:]}")

    def log(self):
        with open(self.path("log"), encoding="utf-8", errors="replace") as log:
            return log.read()

    def clean_up(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    # -- administration

    def ctl(self, *words, secret=None, status=0, uid=None, groups=()):
        """Runs pbxcredctl; secret goes to its standard input. status: what it must end with, None: anything."""
        command = [CTL if uid is None else self.public(CTL), "--run-dir", self.run_dir, *words]
        text = b"" if secret is None else (secret if isinstance(secret, bytes) else secret.encode()) + b"\n"
        done = subprocess.run(command, capture_output=True, input=text, timeout=PATIENCE,
                              env=child_environment(), **as_user(uid, groups))
        result = Result(command[3:], done)
        if status is not None:
            equal(result.status, status, str(result))
        return result

    def begin_ctl(self, *words):
        """The same, not waited for and not heard."""
        return subprocess.Popen([CTL, "--run-dir", self.run_dir, *words], stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=child_environment())

    def ctl_json(self, *words, secret=None, status=0):
        return self.ctl("--json", *words, secret=secret, status=status).json()

    def add_user(self, address, *options, **secrets):
        """secrets: password=, voicemail=, login=, phone=."""
        self.ctl("user", "add", address, *options)
        for kind, secret in secrets.items():
            self.set_secret(address, kind, secret)

    def set_secret(self, user, kind, secret, *options, status=0):
        return self.ctl("secret", "set", user, kind, *options, secret=secret, status=status)

    def kind(self, user, kind):
        """What `user show` says of one secret."""
        return self.ctl_json("user", "show", user)["kinds"][kind]

    # -- PAM

    def service(self, name, words, folder="pam.d"):
        """A PAM service with one line a type. words: the module's arguments without run_dir."""
        os.makedirs(self.path(folder), exist_ok=True)
        line = f"required {self.path('bin/pam_pbx.so')} {words} run_dir={self.run_dir}\n"
        types = ("auth", "account", "password", "session")
        self.write(os.path.join(folder, name), "".join(f"{one} {line}" for one in types))

    def pam(self, service, user, operations, answers=(), uid=None, options=(), **kwargs):
        """Runs pam_client. operations: words as "auth acct"; answers: to the hidden prompts."""
        command = [self.path("bin/pam_client"), *options, self.path("pam.d"), service, user, *operations.split()]
        answers = [a if isinstance(a, bytes) else a.encode() for a in answers]
        done = subprocess.run(command, capture_output=True, input=b"".join(a + b"\n" for a in answers),
                              timeout=PATIENCE, env=child_environment(), **as_user(uid), **kwargs)
        return PamRun(command[2:], done)

    def login(self, service, user, secret, **kwargs):
        """The one code of one pam_authenticate, without PAM_."""
        run = self.pam(service, user, "auth", [secret], **kwargs)
        equal(len(run.results), 1, str(run))
        return run.codes()[0].removeprefix("PAM_")


def entry(user, kinds, domains=None, change=False, trust_rhost=False):
    """One entry of services, as the configuration has it."""
    text = f'{{ user = "{user}"; kinds = [ {", ".join(chr(34) + k + chr(34) for k in kinds)} ];'
    if domains:
        text += f' domains = [ {", ".join(chr(34) + d + chr(34) for d in domains)} ];'
    if change:
        text += " change = true;"
    if trust_rhost:
        text += " trust_rhost = true;"
    return text + " }"


@contextlib.contextmanager
def fresh_server(start=True, **settings):
    """A Server in a directory of its own: initialised and started, and gone afterwards. Its log is shown on failure."""
    directory = tempfile.mkdtemp(prefix="pbx", dir=os.environ.get("PBXCRED_TEST_TMP", "/tmp"))
    os.chmod(directory, 0o755)
    server = Server(directory)
    try:
        server.write_config(**settings)
        if start:
            server.init()
            server.start()
        yield server
    except Failure:
        if os.path.exists(server.path("log")):
            print("# the daemon's log:")
            diagnose(server.log()[-3000:])
        raise
    finally:
        server.clean_up()
        shutil.rmtree(directory, ignore_errors=True)
