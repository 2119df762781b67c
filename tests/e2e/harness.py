# SPDX-License-Identifier: BSD-2-Clause
"""A private daemon, the real PAM module and the real command, for end-to-end tests; TAP on standard output.

Every function test_* of a test file is one test; its name carries the requirement that it proves. A test gets a
directory of its own under /tmp (short: paths of sockets have at most 107 bytes) with what it starts in it:
  run/ state/ keys/  the daemon's places     pam.d/  PAM services     bin/  module and client, reachable by any uid
  pbxcred.conf  log

Environment: builddir, srcdir (make check sets them); PBXCRED_E2E=no skips everything.
"""
import contextlib
import fcntl
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

BUILD = os.path.abspath(os.environ.get("builddir", "."))
SOURCE = os.path.abspath(os.environ.get("srcdir", os.path.join(os.path.dirname(__file__), "..", "..")))
DAEMON = os.path.join(BUILD, "tools/pbxcredd/pbxcredd")
CTL = os.path.join(BUILD, "tools/pbxcredctl/pbxcredctl")
MODULE = os.path.join(BUILD, "pam_pbx/.libs/pam_pbx.so")
PAM_CLIENT = os.path.join(BUILD, "tests/pam/pam_client")
FAULTS = os.path.join(BUILD, "tests/faults/.libs/failio.so")
SAMPLE = os.path.join(SOURCE, "conf/examples/sample")
PATIENCE = 120.0  # seconds until something that must happen is taken not to: the machine may be very busy

LISTED_UID, UNLISTED_UID, NOBODY_UID = 12345, 12346, 65534


class Failure(AssertionError):
    """What was expected did not happen."""


class Skipped(Exception):
    """This test cannot run here; the text says why."""


# ---- assertions

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


def is_sanitized():
    """Whether the tree was built with AddressSanitizer: memory and time mean little then."""
    with open(DAEMON, "rb") as binary:
        return b"__asan_init" in binary.read()


def child_environment(extra=None):
    """What the programs under test get: nothing of ours that changes what they do."""
    keep = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")}
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


def as_user(uid):
    """Arguments of subprocess for a child of that uid without further groups."""
    return {} if uid is None else {"user": uid, "group": uid, "extra_groups": []}


# ---- the daemon

class Server:
    """A directory, a configuration and the daemon that runs on it."""

    def __init__(self, directory):
        self.dir = directory
        self.run_dir = self.path("run")
        self.settings = {"user": '""', "memory_kib": 1024, "passes": 1, "services": [], "extra": "", "store_size": "64M"}
        self.process = None
        self.env = {}
        for name in ("pam.d", "bin"):
            os.mkdir(self.path(name), 0o755)
        for source in (MODULE, PAM_CLIENT):
            shutil.copy(source, self.path("bin"))
        os.chmod(self.path("bin/pam_pbx.so"), 0o755)

    def path(self, name):
        return os.path.join(self.dir, name)

    # -- configuration

    def write_config(self, **settings):
        """settings: user (as written), memory_kib, passes, workers, store_size, default_domain, services (their texts),
        extra (further lines)."""
        self.settings.update(settings)
        get = self.settings.get
        lines = [f'run_dir = "{self.run_dir}";', f'state_dir = "{self.path("state")}";',
                 f'key_file = "{self.path("keys/ring")}";', f'user = {get("user")};',
                 f'store_size = "{get("store_size")}";',
                 f'hash = {{ memory_kib = {get("memory_kib")}; passes = {get("passes")}; lanes = 1; }};']
        if get("workers"):
            lines.append(f'workers = {get("workers")};')
        if get("default_domain"):
            lines.append(f'default_domain = "{get("default_domain")}";')
        if get("services"):
            lines.append("services = (" + ",\n".join(get("services")) + ");")
        lines.append(get("extra"))
        self.write("pbxcred.conf", "\n".join(line for line in lines if line) + "\n")

    def write(self, name, text, mode=0o644):
        path = self.path(name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    # -- life

    def daemon(self, *words, env=None, **kwargs):
        """Runs pbxcredd to its end: --init, --check, or a start that must fail."""
        command = [DAEMON, "--config", self.path("pbxcred.conf"), *words]
        done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=PATIENCE,
                              env=child_environment(env), **kwargs)
        return Result(command, done)

    def init(self):
        result = self.daemon("--init")
        equal(result.status, 0, str(result))

    def start(self, wait=True, **kwargs):
        """Starts the daemon; returns when it answers on both sockets."""
        with open(self.path("log"), "ab") as log:
            self.process = subprocess.Popen([DAEMON, "--config", self.path("pbxcred.conf")], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, env=child_environment(self.env), **kwargs)
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

    def ctl(self, *words, secret=None, status=0, uid=None, env=None):
        """Runs pbxcredctl; secret goes to its standard input. status: what it must end with, None: anything."""
        command = [CTL, "--run-dir", self.run_dir, *words]
        text = b"" if secret is None else (secret if isinstance(secret, bytes) else secret.encode()) + b"\n"
        done = subprocess.run(command, capture_output=True, input=text, timeout=PATIENCE,
                              env=child_environment(env), **as_user(uid))
        result = Result(command[3:], done)
        if status is not None:
            equal(result.status, status, str(result))
        return result

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
        self.write(os.path.join(folder, name), "".join(f"{t} {line}" for t in ("auth", "account", "password", "session")))

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


# ---- other people's programs, on loopback, with files of our own in the place of the machine's

def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Neighbour:
    """A server that uses the module, in a mount namespace where server.path("etc-pam.d") is /etc/pam.d."""

    def __init__(self, server, command, mounts=()):
        """command: stays in the foreground. mounts: shell commands to run in the namespace first."""
        self.log_path = server.path("neighbour.log")
        setup = [f'mount --bind "{server.path("etc-pam.d")}" /etc/pam.d', *mounts, f"exec {command}"]
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(["unshare", "-m", "sh", "-c", " && ".join(setup)], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, env=child_environment(), start_new_session=True)

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def wait_for_port(self, port):
        def is_up():
            if self.process.poll() is not None:
                raise Failure(f"it ended with {self.process.returncode}:\n{self.log()}")
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0
        wait_until(is_up, "it listens")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is not None and issubclass(kind, Failure):
            print("# the program's log:")
            diagnose(self.log()[-3000:])
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def need_namespace(*programs):
    """Skips where a program is not installed or mounting is not allowed."""
    for program in programs:
        if not os.path.exists(program):
            raise Skipped(f"{program} is not installed")
    if subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True).returncode != 0:
        raise Skipped("no private mount namespace here")


# ---- running tests

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


def diagnose(text):
    for line in str(text).rstrip("\n").split("\n"):
        print("#", line)


def serialise(alone):
    """Tests of one tree run side by side under make -j, but those that measure run alone."""
    lock = os.open(os.path.join(BUILD, ".e2e-lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
    return lock


def skip_reason():
    if os.environ.get("PBXCRED_E2E") == "no":
        return "PBXCRED_E2E=no"
    if os.geteuid() != 0:
        return "needs root: other uids must connect"
    for binary in (DAEMON, CTL, MODULE, PAM_CLIENT):
        if not os.path.exists(binary):
            raise SystemExit(f"Bail out! {binary} is not built")
    return None


def run_one(number, name, function):
    begin = time.monotonic()
    directive = ""
    try:
        function()
        word = "ok"
    except Skipped as why:
        word, directive = "ok", f" # SKIP {why}"
    except Failure as failure:
        diagnose(failure)
        word = "not ok"
    except Exception:  # a test's own mistake is a failure too
        diagnose(traceback.format_exc())
        word = "not ok"
    print(f"{word} {number} - {name}{directive}")
    print(f"# {time.monotonic() - begin:.1f} s")
    sys.stdout.flush()
    return word == "ok"


def main(module_name="__main__", alone=False):
    """Runs the tests of a file in the order in which they are written; names on the command line select."""
    module = sys.modules[module_name]
    tests = [(name, f) for name, f in vars(module).items() if name.startswith("test_") and callable(f)]
    if len(sys.argv) > 1:
        tests = [(name, f) for name, f in tests if any(word in name for word in sys.argv[1:])]
    why = skip_reason()
    if why:
        print(f"1..0 # SKIP {why}")
        return
    os.umask(0o022)
    lock = serialise(alone)
    print(f"1..{len(tests)}")
    sys.stdout.flush()
    good = [run_one(i + 1, name, function) for i, (name, function) in enumerate(tests)]
    os.close(lock)
    sys.exit(0 if all(good) else 1)
