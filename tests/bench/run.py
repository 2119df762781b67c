# SPDX-License-Identifier: BSD-2-Clause
"""make bench: what pbxcred costs beside the hash. One run, interleaved; a table of medians on standard output.

Environment: builddir; BENCH_ACCOUNTS=1000000, the larger number of accounts; BENCH_ROUNDS=9; BENCH_SECONDS=3, of one
measurement of (a); BENCH_IMPORT=50000, accounts imported in (d); TMPDIR, for stores. Arguments select parts:
a b c d e f. Needs Debian's own Python, whose dbm.ndbm writes what pam_userdb reads; without it that comparison is left
out. Everything stays on this machine and in one directory.
"""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

try:
    import dbm.ndbm as userdb
except ImportError:
    userdb = None

BUILD = os.path.abspath(os.environ.get("builddir", "."))
BENCH = os.path.join(BUILD, "tests/bench")
MODULE = os.path.join(BUILD, "pam_pbx/.libs/pam_pbx.so")
DAEMON = os.path.join(BUILD, "tools/pbxcredd/pbxcredd")
CTL = os.path.join(BUILD, "tools/pbxcredctl/pbxcredctl")
SMALL, LARGE = 10_000, int(os.environ.get("BENCH_ACCOUNTS", "1000000"))
ROUNDS, SECONDS = int(os.environ.get("BENCH_ROUNDS", "9")), float(os.environ.get("BENCH_SECONDS", "3"))
LOGINS = 300  # a round and service in (b)
IMPORTED = int(os.environ.get("BENCH_IMPORT", "50000"))
WRITES = 2000  # a round in (e)
MEMORY_KIB, PASSES = 19456, 2  # the default cost
WORKERS = os.cpu_count()
CROWD = 64
STORE_SIZE = 64 << 30  # address space
SECRET = "benchmark-secret-0123"
USERS_PER_DOMAIN = 1000
SAMPLE = 50_000  # users that log in, of a larger number
MIB = 1 << 20


# ---- daemons

def name_of(number):
    """The user of that number; those of a domain are together."""
    return f"{1000 + number % USERS_PER_DOMAIN}@pbx{number // USERS_PER_DOMAIN}.example"


class Daemon:
    """A daemon with so many accounts in a directory of its own, and a PAM service for it."""

    def __init__(self, directory, name, accounts, hashing, confdir):
        self.dir, self.name = os.path.join(directory, name), name
        self.binary = DAEMON if hashing else os.path.join(BENCH, "pbxcredd-nohash")
        self.process = None
        os.mkdir(self.dir)
        self.config = self.path("pbxcred.conf")
        with open(self.config, "w", encoding="ascii") as file:
            file.write(f'run_dir = "{self.path("run")}";\nstate_dir = "{self.path("state")}";\n'
                       f'key_file = "{self.path("keys/ring")}";\nuser = "";\nstore_size = "{STORE_SIZE >> 30}G";\n'
                       f'workers = {WORKERS};\nhash = {{ memory_kib = {MEMORY_KIB}; passes = {PASSES}; lanes = 1; }};\n'
                       f'services = ( {{ user = "#{os.getuid()}"; kinds = [ "password" ]; }} );\n')
        subprocess.run([self.binary, "--config", self.config, "--init"], check=True)
        self.fill(accounts, "load_store" if hashing else "load_store-nohash")
        step = max(1, accounts // SAMPLE)
        self.names = write_names(self.path("names"), range(0, accounts, step))
        write_service(confdir, name, f"{MODULE} account=password run_dir={self.path('run')}")

    def path(self, name):
        return os.path.join(self.dir, name)

    def fill(self, accounts, loader):
        """Before the daemon starts."""
        begin = time.monotonic()
        command = [os.path.join(BENCH, loader), self.path("state"), self.path("keys/ring"), str(STORE_SIZE),
                   str(MEMORY_KIB), str(PASSES)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as process:
            process.stdin.write(SECRET + "\n")
            process.stdin.writelines(name_of(i) + "\n" for i in range(accounts))
            process.stdin.close()
            if process.wait() != 0:
                raise SystemExit("the store could not be filled")
        size = os.stat(self.path("state/store.mdb")).st_blocks * 512 / MIB
        print(f"# {self.name}: {accounts} accounts in {time.monotonic() - begin:.1f} s, {size:.0f} MiB", flush=True)

    def __enter__(self):
        with open(self.path("log"), "wb") as log:
            self.process = subprocess.Popen([self.binary, "--config", self.config],
                                            stdin=subprocess.DEVNULL, stderr=log)
        end = time.monotonic() + 60
        while not (self.ready() or self.process.poll() is not None or time.monotonic() > end):
            time.sleep(0.02)
        if not self.ready():
            self.__exit__()
            raise SystemExit("the daemon does not start:\n" + self.log())
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(60)

    def log(self):
        with open(self.path("log"), encoding="utf-8", errors="replace") as log:
            return log.read()

    def ready(self):
        return os.path.exists(self.path("log")) and " ready: " in self.log()

    def word(self):
        """The argument that tells pam_logins of it."""
        return f"{self.name}={self.names}"

    def forget_peak(self):
        """From now on peak() counts anew. A daemon is not dumpable: only root may say so; others start it again."""
        try:
            with open(f"/proc/{self.process.pid}/clear_refs", "w", encoding="ascii") as file:
                file.write("5")
        except PermissionError:
            self.__exit__()
            self.__enter__()

    def cpu_us(self):
        """Processor time its threads have taken."""
        spent = 0
        for thread in os.listdir(f"/proc/{self.process.pid}/task"):
            with open(f"/proc/{self.process.pid}/task/{thread}/schedstat", encoding="ascii") as file:
                spent += int(file.read().split()[0])
        return spent / 1000

    def peak(self):
        """The most memory it had, in MiB."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            fields = dict(line.split(":", 1) for line in file)
        return int(fields["VmHWM"].split()[0]) / 1024


def write_names(path, numbers):
    with open(path, "w", encoding="ascii") as file:
        file.writelines(name_of(i) + "\n" for i in numbers)
    return path


def write_service(confdir, name, words):
    with open(os.path.join(confdir, name), "w", encoding="ascii") as file:
        file.write(f"auth required {words}\n")


def make_userdb(directory, name, accounts, confdir):
    """pam_userdb's file with secrets in clear: no hash there either. Returns its argument for pam_logins."""
    path = os.path.join(directory, name + "-file")
    with userdb.open(path, "n", 0o600) as file:
        for i in range(accounts):
            file[name_of(i)] = SECRET
    write_service(confdir, name, f"pam_userdb.so db={path} crypt=none")
    return name + "=" + write_names(path + "-names", range(0, accounts, max(1, accounts // SAMPLE)))


# ---- measuring

def numbers_of(program, *words):
    """What a program of this folder prints, a list of numbers a line."""
    done = subprocess.run([os.path.join(BENCH, program), *map(str, words)], input=SECRET + "\n", text=True, check=True,
                          stdout=subprocess.PIPE)
    return [[float(word) for word in line.split()] for line in done.stdout.splitlines()]


def number_of(program, *words):
    return numbers_of(program, *words)[0][0]


class Table:
    """Prints a line a figure: median, minimum, maximum, count, and how it stands to its target."""

    def __init__(self):
        self.empty = True

    def line(self, what, values, target=None, most=None):
        """target: (words, limit); most: whether the limit is the most there may be, else the least."""
        if self.empty:
            print(f"\n{'':58}{'median':>10}{'min':>10}{'max':>10}{'n':>4}  target")
        self.empty = False
        middle = statistics.median(values)
        verdict = ""
        if target is not None:
            good = middle <= target[1] if most else middle >= target[1]
            verdict = f"  {target[0]} {'PASS' if good else 'MISS'}"
        digits = 3 if middle < 10 else 1
        print(f"{what:58}{middle:>10.{digits}f}{min(values):>10.{digits}f}{max(values):>10.{digits}f}{len(values):>4}"
              f"{verdict}", flush=True)


def compare_throughput(table, directory, confdir):
    """(a) Four clients a worker keep the daemon busy; beside it nothing but hashes."""
    rates, raws = [], []
    with Daemon(directory, "rate", CROWD, True, confdir) as daemon:
        for i in range(ROUNDS):
            def run_daemon():
                rates.append(number_of("pam_logins", "rate", confdir, SECONDS, 4 * WORKERS, daemon.word()))

            def run_raw():
                raws.append(number_of("raw_argon2", WORKERS, MEMORY_KIB, PASSES, SECONDS))
            for run in (run_daemon, run_raw) if i % 2 == 0 else (run_raw, run_daemon):
                run()
    table.line("(a) daemon logins / raw argon2id hashes", [d / r for d, r in zip(rates, raws)], (">= 0.90", 0.90))
    table.line("    daemon, logins per second", rates)
    table.line("    raw, hashes per second", raws)


def compare_logins(table, directory, confdir):
    """(b) One login after the other, without the hash, by turns with pam_permit and pam_userdb."""
    write_service(confdir, "permit", "pam_permit.so")
    few = Daemon(directory, "few", SMALL, False, confdir)
    many = Daemon(directory, "many", LARGE, False, confdir)
    words = ["permit=" + few.names, few.word(), many.word(), "bare=" + few.names]
    if userdb is not None:
        words += [make_userdb(directory, "userdb", SMALL, confdir),
                  make_userdb(directory, "userdb-many", LARGE, confdir)]
    with few, many:
        before = few.cpu_us()
        rounds = numbers_of("pam_logins", "each", confdir, 3 * ROUNDS, LOGINS, *words)
        cpu = (few.cpu_us() - before) / (LOGINS * (len(rounds) + 1))
    over = [[value - row[0] for value in row] for row in rounds]
    pbx = [row[1] for row in over]
    table.line(f"(b) us a login over pam_permit, {SMALL} accounts", pbx, ("<= 90", 90), most=True)
    table.line("    an empty daemon with a worker, us over pam_permit", [row[3] for row in over])
    table.line("    pbxcred / the empty daemon, both over pam_permit", [row[1] / row[3] for row in over])
    table.line(f"    the same, {LARGE} accounts / {SMALL}", [row[2] / row[1] for row in over], ("<= 1.15", 1.15),
               most=True)
    table.line(f"    us over pam_permit, {LARGE} accounts", [row[2] for row in over])
    table.line("    pam_permit itself, us", [row[0] for row in rounds])
    table.line("    the daemon's processor time, us a login (mean)", [cpu])
    if userdb is not None:
        table.line(f"    pbxcred / pam_userdb, both over pam_permit, {SMALL}", [row[1] / row[4] for row in over])
        table.line(f"    pbxcred / pam_userdb, both over pam_permit, {LARGE}", [row[2] / row[5] for row in over])
        table.line(f"    pam_userdb, us over pam_permit, {SMALL} accounts", [row[4] for row in over])
        table.line(f"    pam_userdb, us over pam_permit, {LARGE} accounts", [row[5] for row in over])
    else:
        print("    pam_userdb: left out, this Python has no dbm.ndbm")


def compare_crowds(table, directory, confdir):
    """(c) 64 logins at the same moment against 2: memory and time."""
    peaks, times = {2: [], CROWD: []}, {2: [], CROWD: []}
    with Daemon(directory, "crowd", CROWD, True, confdir) as daemon:
        for i in range(ROUNDS):
            for clients in (2, CROWD) if i % 2 == 0 else (CROWD, 2):
                daemon.forget_peak()
                times[clients].append(number_of("pam_logins", "burst", confdir, 1, clients, daemon.word()))
                peaks[clients].append(daemon.peak())
    limit = WORKERS * MEMORY_KIB / 1024 + 32
    table.line(f"(c) MiB of the daemon at most, {CROWD} logins at once", peaks[CROWD], (f"<= {limit:.0f}", limit),
               most=True)
    table.line(f"    the same, {CROWD} / 2 logins", [m / f for m, f in zip(peaks[CROWD], peaks[2])])
    table.line(f"    ms of the median login, {CROWD} at once", times[CROWD])
    table.line("    ms of the median login, 2 at once", times[2])
    table.line(f"    time, {CROWD} / 2 logins ({CROWD // 2 / WORKERS:.0f} hashes ahead of the median one)",
               [m / f for m, f in zip(times[CROWD], times[2])])


def compare_imports(table, directory, confdir):
    """(d) Users with ready hashes through an import's settling; beside it LMDB alone, loaded in order with the same
    keys and values: by MDB_APPEND, the fastest there is, and by mdb_put as it is; and LMDB that has to sort them first,
    as an import has."""
    rounds = []
    for i in range(ROUNDS):
        where = os.path.join(directory, f"import{i}")
        os.mkdir(where)
        rounds.append(numbers_of("import_users", where, IMPORTED)[0])
        shutil.rmtree(where)
    table.line("(d) import / bare LMDB (MDB_APPEND), rate of records", [row[2] / row[0] for row in rounds],
               (">= 0.4", 0.4))
    table.line("    import / bare LMDB without MDB_APPEND", [row[3] / row[0] for row in rounds])
    table.line("    import / bare LMDB that sorts first, then appends", [row[1] / row[0] for row in rounds])
    table.line(f"    {IMPORTED} users imported, a second", [IMPORTED / row[0] for row in rounds])
    table.line("    the same records by bare LMDB, users a second", [IMPORTED / row[2] for row in rounds])
    table.line("    file / payload, after the import", [row[4] / row[5] for row in rounds],
               ("<= 1.3", 1.3), most=True)


def compare_writes(table, directory, confdir):
    """(e) `user set`, acknowledged after its commit, with so many asked for at once."""
    rates = {1: [], 10: [], 100: []}
    with Daemon(directory, "writes", SMALL, False, confdir) as daemon:
        for i in range(ROUNDS):
            for clients in sorted(rates, reverse=i % 2 == 1):
                rates[clients].append(number_of("admin_writes", daemon.path("run/admin.sock"), daemon.names, clients,
                                                WRITES))
    table.line("(e) acknowledged writes, 100 in flight / 1", [m / o for m, o in zip(rates[100], rates[1])], (">= 4", 4))
    table.line("    10 in flight / 1", [m / o for m, o in zip(rates[10], rates[1])])
    for clients, found in rates.items():
        table.line(f"    a second, {clients} in flight", found)


def compare_finds(table, directory, confdir):
    """(f) `user list --find` with 20 hits, the whole command; beside it one that asks for nothing."""
    times, idle = {SMALL: [], LARGE: []}, []

    def run(daemon, *words):
        begin = time.monotonic()
        done = subprocess.run([CTL, "--run-dir", daemon.path("run"), *words], check=True, stdout=subprocess.PIPE,
                              text=True)
        return done.stdout, (time.monotonic() - begin) * 1000

    def needles(daemon, accounts):
        path = daemon.path("needles.csv")
        with open(path, "w", encoding="ascii") as file:
            file.write("domain,extension,last\n")
            for i in range(20):
                file.write(f"pbx{i * (accounts // USERS_PER_DOMAIN) // 20}.example,7{i:04},Needleman-{i}\n")
        run(daemon, "import", "csv", path)

    with Daemon(directory, "few", SMALL, False, confdir) as few, \
            Daemon(directory, "many", LARGE, False, confdir) as many:
        daemons = {SMALL: few, LARGE: many}
        for accounts, daemon in daemons.items():
            needles(daemon, accounts)
        for _ in range(ROUNDS):
            idle.append(run(few, "key", "list")[1])
            for accounts, daemon in daemons.items():
                text, took = run(daemon, "user", "list", "--find", "needle")
                if "20 users" not in text:
                    raise SystemExit("not 20 hits: " + text)
                times[accounts].append(took)
    table.line(f"(f) ms of user list --find, 20 hits of {LARGE}", times[LARGE], ("<= 50", 50), most=True)
    table.line(f"    the same of {SMALL}", times[SMALL])
    table.line("    ms of key list, which searches nothing", idle)


def load():
    with open("/proc/loadavg", encoding="ascii") as file:
        return file.read().strip()


def main():
    parts = {"a": compare_throughput, "b": compare_logins, "c": compare_crowds, "d": compare_imports,
             "e": compare_writes, "f": compare_finds}
    chosen = sys.argv[1:] or list(parts)
    directory = tempfile.mkdtemp(prefix="pbxbench")
    confdir = os.path.join(directory, "pam.d")
    os.umask(0o022)
    os.mkdir(confdir)
    with open(os.path.join(confdir, "other"), "wb"):
        pass  # without one libpam complains to syslog at every login
    print(f"pbxcred benchmark: {WORKERS} processors and workers, argon2id {MEMORY_KIB} KiB x {PASSES}, "
          f"{ROUNDS} rounds\n"
          f"load before: {load()}", flush=True)
    try:
        for part in chosen:
            parts[part](Table(), directory, confdir)
    finally:
        shutil.rmtree(directory)
    print(f"\nload after: {load()}")


if __name__ == "__main__":
    main()
